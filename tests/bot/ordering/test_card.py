"""The confirmation card: each of its parts is changed, and only the newest card works."""

from __future__ import annotations

import html
import re

from bot.buttons import Part
from bot.ordering.draft import Step
from domain.bonus import GiveBonus
from tests.bot.ordering.person import COFFEE, Person
from tests.bot.scene import Scene

LIMIT = 4096
"""Units of UTF-16 in a message, once its markup is read."""


async def test_every_part_can_be_changed(anna: Person) -> None:
    card = await anna.at_card()
    offered = {data.split(":")[1] for data in map(anna.data, (f"e:{part}" for part in Part))}
    assert offered == set(Part)
    assert anna.labels(card)[0] == "✅ Заказать за 1 кредит"
    assert anna.labels(card)[-1] == "✖️ Отменить"


async def test_the_photo_alone_is_replaced(anna: Person) -> None:
    card = await anna.at_card(3)
    before = anna.draft
    await anna.taps("Фото")
    assert "Тексты и настройки заказа останутся" in anna.words
    await anna.says("а?")
    assert "другое фото" in anna.words
    await anna.says(photo="rocket.jpg", caption="что-то ещё", album="a")
    assert anna.draft.photo != before.photo
    same = {"photo": before.photo, "serial": before.serial}
    assert anna.draft.model_copy(update=same) == before
    assert "теперь ниже" in anna.shows(card)
    assert anna.labels(card) == []
    assert anna.newest > card
    await anna.says(photo=COFFEE, album="a")
    assert anna.replies == []


async def test_the_idea_is_changed_in_the_card_s_place(anna: Person) -> None:
    card = await anna.at_card()
    await anna.taps("Идея")
    assert "Каким будет видео?" in anna.shows(card)
    assert "✓ Медленный наезд" in anna.labels(card)
    await anna.taps("Левитация")
    assert "Идея:</b> Левитация. Флакон парит" in anna.shows(card)
    await anna.taps("Идея")
    await anna.taps("Своя идея")
    assert "Опишите своё видео" in anna.shows(card)
    await anna.says("Чашка на окне")
    assert "теперь ниже" in anna.shows(card)
    assert "Ваша идея:</b> Чашка на окне" in anna.shows()
    assert (anna.draft.template, anna.draft.prompt) == (None, "Чашка на окне")
    await anna.taps("Идея")
    await anna.taps("Распаковка")
    assert (anna.draft.template, anna.draft.prompt) == ("unboxing", None)


async def test_the_product_and_the_wishes_are_changed_or_removed(anna: Person) -> None:
    for label, name in (("Товар", "Товар"), ("Пожелания", "Пожелания")):
        card = await anna.at_card()
        await anna.taps(label)
        assert ("Кофе в зёрнах" if name == "Товар" else "Тёплый свет") in anna.words
        await anna.says("Совсем другое")
        assert f"{name}:</b> Совсем другое" in anna.shows()
        assert "теперь ниже" in anna.shows(card)
        await anna.taps(label)
        await anna.taps("Убрать этот текст")
        assert f"{name}:</b> {'без описания' if name == 'Товар' else 'нет'}" in anna.shows()
        await anna.taps(label)
        assert "Убрать этот текст" not in anna.labels()
        assert "Пропустить" not in anna.labels()


async def test_another_model_brings_its_own_format_length_and_price(anna: Person) -> None:
    card = await anna.at_card(3)
    await anna.taps("Формат")
    await anna.taps("16:9")
    await anna.taps("Длина")
    assert [label for label in anna.labels(card) if "с" in label][:3] == ["4 с", "✓ 8 с", "12 с"]
    await anna.taps("4 с")
    await anna.taps("Модель")
    assert "✓ Seedance 1.5 Pro — 1 кредит" in anna.labels(card)
    assert not any("Sora" in label for label in anna.labels(card))
    await anna.taps("Veo 3.1 Fast — 4 кредита")
    assert "Формат:</b> 16:9" in anna.shows(card)
    assert "Длина:</b> 4 с" in anna.shows(card)
    assert "3 видео × 4 = <b>12 кредитов</b>" in anna.shows(card)
    assert "Не хватает: 2 кредита" in anna.shows(card)
    assert "⭐ Купить кредиты" in anna.labels(card)
    await anna.taps("Модель")
    await anna.taps("Kling")
    assert "Формат:</b> как у фото" in anna.shows(card)
    assert "Длина:</b> 5 с" in anna.shows(card)
    assert not any("Формат" in label for label in anna.labels(card))
    await anna.taps("Количество")
    await anna.taps("1 видео")
    await anna.taps("Заказать за 2 кредита")
    (brief,) = await anna.briefs(anna.order(card))
    assert (brief.model, brief.price, brief.aspect_ratio, brief.duration_s) == ("kling-2.6", 2, None, 5)


async def test_a_model_that_takes_less_text_is_not_taken_silently(anna: Person) -> None:
    await anna.says(photo=COFFEE)
    await anna.says("я" * 1001)
    await anna.taps("Пропустить")
    await anna.taps("Пропустить")
    await anna.taps("1 видео")
    await anna.taps("Модель")
    await anna.taps("Kling")
    assert "до 1\xa0000 знаков, а ваша идея длиннее на 1." in (anna.toast or "")
    assert anna.draft.model == "seedance-1.5-pro"


async def test_a_model_that_is_switched_off_is_shown_so_and_not_taken(scene: Scene, anna: Person) -> None:
    card = await anna.at_card()
    await anna.taps("Модель")
    await scene.desk.offers.switch_off("hailuo-2.3", "a test")
    await anna.taps("Hailuo")
    assert "сейчас недоступна" in (anna.toast or "")
    assert "⏸ Hailuo 2.3 — сейчас недоступна" in anna.labels(card)
    assert anna.draft.model == "seedance-1.5-pro"
    await anna.taps("Оставить")
    await scene.desk.offers.switch_off("seedance-1.5-pro", "a test")
    await anna.taps("Количество")
    await anna.taps("Оставить")
    assert "Эта модель сейчас недоступна" in anna.shows(card)


async def test_a_new_draft_begins_with_a_model_that_can_be_had(scene: Scene, anna: Person) -> None:
    await scene.desk.offers.switch_off("seedance-1.5-pro", "a test")
    await anna.says(photo=COFFEE)
    assert anna.draft.model == "kling-2.6"


async def test_everything_can_be_left_as_it_is(anna: Person) -> None:
    await anna.at_card()
    for part in Part:
        before = anna.draft
        await anna.taps_data(anna.data(f"e:{part}"))
        await anna.taps("Оставить как есть")
        assert anna.draft.model_copy(update={"serial": before.serial}) == before
        assert "Проверьте заказ" in anna.shows()
        assert anna.step == Step.CARD.state


async def test_the_number_is_changed_within_the_balance(anna: Person) -> None:
    card = await anna.at_card()
    await anna.taps("Модель")
    await anna.taps("Veo")
    await anna.taps("Количество")
    assert anna.labels(card)[:3] == [
        "✓ 1 видео — 4 кредита",
        "🔒 3 видео — 12 кредитов, не хватает 2",
        "🔒 5 видео — 20 кредитов, не хватает 10",
    ]
    await anna.taps("3 видео")
    assert "нужно 12, а доступно 10" in anna.words
    assert anna.data("g:packages") == "g:packages"
    await anna.does(GiveBonus.model_validate(
        {"account": 42, "at": "2026-01-01T00:00:00Z", "source": "more", "amount": 2, "reason": "r", "by": "t"},
        strict=False,
    ))  # fmt: skip  # one value
    await anna.taps("3 видео", message=card)
    assert "3 видео × 4" in anna.shows(card)


async def test_a_text_at_the_card_is_answered_with_the_card(anna: Person) -> None:
    card = await anna.at_card()
    await anna.says("хорошо")
    assert "Текст здесь не нужен" in anna.words
    assert "Проверьте заказ" in anna.shows()
    await anna.taps("Заказать", message=card)
    assert anna.toast == "Эта кнопка уже не действует."


async def test_a_card_shows_long_texts_shortened_and_whole_within_a_message(anna: Person) -> None:
    await anna.says(photo=COFFEE)
    for sign in ("<&>😀" * 250, "&" * 1000, "😀" * 1000):
        await anna.says(sign)
    await anna.says("5")
    shown = html.unescape(re.sub(r"</?[bi]>", "", anna.shows()))
    assert len(shown.encode("utf-16-le")) // 2 <= LIMIT
    assert ("&" * 299 + "…") in shown
    assert ("😀" * 300) not in shown
    await anna.taps("Товар")
    assert ("&" * 299 + "…") in html.unescape(anna.shows())


async def test_buttons_of_an_older_card_do_nothing(anna: Person) -> None:
    card = await anna.at_card()
    old = [anna.data(start) for start in ("e:photo", "e:idea", "e:model", "e:count", "x")]
    await anna.taps("Модель")
    models = anna.data("c:model")
    await anna.taps("Veo")
    before = anna.draft
    for data in (*old, models, "i:unboxing:1", "s:product:1", "c:count:5:1"):
        await anna.taps_data(data, message=card)
        assert anna.toast == "Эта кнопка уже не действует."
    assert anna.draft == before


async def test_buttons_that_were_never_shown_do_nothing(anna: Person) -> None:
    await anna.at_card()
    serial, before = anna.draft.serial, anna.draft
    for data in (
        "c:count:2", "c:count:-1", "c:model:none", "c:ratio:2x1", "c:length:7", "c:photo:x",
        "i:none", "s:model", "s:product",
    ):  # fmt: skip  # a list of words
        await anna.taps_data(f"{data}:{serial}")
        assert anna.toast == "Эта кнопка уже не действует.", data
    await anna.taps_data(f"c:model:sora-2:{serial}")
    assert "сейчас недоступна" in (anna.toast or "")
    assert anna.draft == before
