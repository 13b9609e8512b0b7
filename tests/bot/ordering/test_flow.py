"""From a photo to an accepted order, in both languages, by every way through the questions."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.conversation import Conversation
from bot.ordering.draft import Step
from tests.bot.ordering.person import COFFEE, Person
from tests.bot.scene import Scene, words


async def test_a_photo_becomes_an_order_in_russian(scene: Scene, anna: Person) -> None:
    await anna.says("/new")
    assert "Пришлите фото товара" in anna.words
    await anna.says(photo=COFFEE)
    assert "Каким будет видео?" in anna.words
    assert anna.labels()[:2] == ["Медленный наезд", "Распаковка"]
    assert anna.labels()[-1] == "✍️ Своя идея"
    ideas = anna.newest
    await anna.taps("Распаковка")
    assert "Коробка раскрывается сама" in anna.shows(ideas)
    assert anna.labels(ideas) == []
    assert "Что это за товар?" in anna.shows()
    await anna.says("Кофе <Бодрый> & Ко")
    assert "пожелания" in anna.words
    await anna.says("Тёплый свет")
    assert "Seedance 1.5 Pro: 1 кредит за видео" in anna.words
    assert "На балансе: 10." in anna.words
    assert anna.labels() == ["1 видео — 1 кредит", "3 видео — 3 кредита", "5 видео — 5 кредитов"]
    await anna.taps("3 видео")
    card = anna.newest
    for said in (
        "Распаковка. Коробка", "Кофе &lt;Бодрый&gt; &amp; Ко", "Тёплый свет", "Seedance 1.5 Pro", "9:16", "8 с",
        "3 видео × 1 = <b>3 кредита</b>", "останется: 7", "списывается только за полученное видео",
    ):  # fmt: skip  # a list of words
        assert said in anna.shows(card)
    await anna.taps("Заказать за 3 кредита")
    assert anna.toast == "Заказ принят!"
    assert "Заказ принят: 3 видео" in anna.shows(card)
    assert "Зарезервировано: 3 кредита" in anna.shows(card)
    assert anna.data("xo", message=card) == f"xo:{anna.order(card)}"
    briefs = await anna.briefs(anna.order(card))
    assert len(briefs) == 3
    brief = briefs[0]
    assert (brief.template, brief.product_text, brief.wishes) == ("unboxing", "Кофе <Бодрый> & Ко", "Тёплый свет")
    assert (brief.model, brief.price, brief.aspect_ratio, brief.duration_s) == ("seedance-1.5-pro", 1, "9:16", 8)
    assert await scene.storage.read(str(brief.photo)) is not None
    assert (await anna.balance())[:2] == (7, 3)
    assert anna.draft.photo is None
    assert anna.step is None
    await scene.verified()


async def test_a_photo_becomes_an_order_in_english(scene: Scene, emma: Person) -> None:
    await emma.says(photo=COFFEE)
    assert "What should the video be like?" in emma.words
    ideas = emma.newest
    await emma.taps("Unboxing")
    assert "A box opens by itself" in emma.shows(ideas)
    await emma.says("Coffee beans")
    await emma.taps("Skip")
    assert "How many videos?" in emma.shows()
    assert emma.labels() == ["1 video — 1 credit", "3 videos — 3 credits", "5 videos — 5 credits"]
    await emma.taps("1 video")
    card = emma.newest
    assert "Check your order" in emma.shows(card)
    assert "Wishes:</b> none" in emma.shows(card)
    await emma.taps("Order for 1 credit")
    assert emma.toast == "Order accepted!"
    assert "Order accepted: 1 video<" in emma.shows(card)
    assert len(await emma.briefs(emma.order(card))) == 1
    await scene.verified()


async def test_an_own_prompt_is_written_instead_of_picking_a_template(anna: Person) -> None:
    await anna.says(photo=COFFEE)
    ideas = anna.newest
    await anna.taps("Своя идея")
    assert "До 3\xa0500 знаков" in anna.shows(ideas)
    await anna.taps("К идеям", message=ideas)
    assert "Каким будет видео?" in anna.shows(ideas)
    await anna.taps("Своя идея", message=ideas)
    await anna.says("Чашка\nна подоконнике")
    await anna.taps("Пропустить")
    await anna.taps("Пропустить")
    await anna.taps("1 видео")
    card = anna.newest
    assert "Ваша идея:</b> Чашка на подоконнике" in anna.shows(card)
    await anna.taps("Заказать")
    (brief,) = await anna.briefs(anna.order(card))
    assert (brief.prompt, brief.template, brief.product_text, brief.wishes) == (
        "Чашка на подоконнике", None, None, None,
    )  # fmt: skip  # one tuple


async def test_a_text_in_place_of_a_template_is_an_own_prompt(anna: Person) -> None:
    await anna.says(photo=COFFEE)
    await anna.says("Чашка на подоконнике")
    assert anna.draft.prompt == "Чашка на подоконнике"
    assert anna.step == Step.PRODUCT.state


async def test_a_caption_answers_the_question_about_the_product(anna: Person) -> None:
    await anna.says(photo=COFFEE, caption="Кофе в зёрнах")
    assert "Подпись запомнили" in anna.words
    await anna.taps("Левитация")
    assert "пожелания" in anna.shows()
    assert anna.draft.product_text == "Кофе в зёрнах"


async def test_a_caption_that_is_too_long_or_a_command_is_not_taken(anna: Person) -> None:
    await anna.says(photo=COFFEE, caption="я" * 1001)
    assert "Подпись длиннее" in anna.words
    assert anna.draft.product_text is None
    await anna.says(photo=COFFEE, caption="/new")
    assert "Подпись" not in anna.words
    assert anna.draft.photo is not None
    assert anna.draft.product_text is None


async def test_the_number_may_be_typed(anna: Person) -> None:
    await anna.says(photo=COFFEE, caption="Кофе")
    await anna.taps("Левитация")
    await anna.taps("Пропустить")
    await anna.says("много")
    assert "1, 3 или 5" in anna.words
    await anna.says(" 5 ")
    assert anna.draft.count == 5
    assert "5 видео × 1" in anna.shows()


async def test_a_text_without_a_single_sign_is_asked_for_again(anna: Person) -> None:
    await anna.says(photo=COFFEE)
    for _ in (Step.IDEA, Step.PRODUCT, Step.WISHES):
        await anna.says("\u2063\u200b")
        assert "нужен текст" in anna.words
        await anna.says("слова")


async def test_a_text_before_a_photo_is_answered_with_what_is_missing(anna: Person) -> None:
    await anna.says("Хочу видео про кофе")
    assert "Начнём с фото" in anna.words
    await anna.says("Про кофе!")
    assert "Начнём с фото" in anna.words
    assert anna.draft.photo is None


async def test_who_begins_with_a_photo_is_welcomed_there_and_needs_no_start(scene: Scene) -> None:
    newcomer = Person(scene, 77)
    await newcomer.says(photo=COFFEE)
    assert newcomer.words.startswith("👍 Фото на месте.\n🎁 Дарим вам 1 кредит, чтобы попробовать.\n\n🎬")
    await newcomer.taps("Левитация")
    await newcomer.taps("Пропустить")
    await newcomer.taps("Пропустить")
    await newcomer.taps("1 видео — 1 кредит")
    await newcomer.taps("Заказать")
    assert newcomer.toast == "Заказ принят!"
    await newcomer.says(photo=COFFEE)
    assert "Дарим" not in newcomer.words
    del scene.conversations[77]
    await newcomer.says(photo=COFFEE)
    assert "Дарим" not in newcomer.words
    assert (await newcomer.balance())[:2] == (0, 1)
    await scene.verified()


async def test_a_first_photo_that_is_handled_again_after_a_crash_says_the_same(scene: Scene) -> None:
    update, at = scene.update(77, photo=COFFEE), datetime.now(UTC)
    first = await scene.handling.handle(update, Conversation(), received_at=at)
    again = await scene.handling.handle(update, Conversation(), received_at=at)
    assert "Дарим вам 1 кредит" in words(first.replies)
    assert words(again.replies) == words(first.replies)
    assert (await Person(scene, 77).balance()).available == 1


async def test_a_file_that_is_no_photo_opens_no_account(scene: Scene) -> None:
    scene.folder.files["f"] = b""
    newcomer = Person(scene, 77)
    await newcomer.says(photo="f")
    assert await scene.desk.balance(77) is None
    await newcomer.says(photo=COFFEE)
    assert "Дарим вам 1 кредит" in newcomer.words
