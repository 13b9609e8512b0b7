"""After an order: once more, changed, cancelled, and its videos sent again."""

from __future__ import annotations

from adapters.postgres.views import PostgresViews
from bot.ordering.draft import Step
from bot.talk import Resend
from tests.bot.ordering.person import Person
from tests.bot.scene import Scene, buttons_of, toast
from tests.processors.scene import Scene as LedgerScene
from tests.processors.scene import life_of

STALE = "Эта кнопка уже не действует."


async def test_another_one_asks_only_for_the_number(anna: Person) -> None:
    order = await anna.with_order(3)
    before = (await anna.briefs(order))[0]
    await anna.taps_data(f"a:{order}")
    assert "То же фото и те же тексты" in anna.words
    assert anna.step == Step.COUNT.state
    await anna.taps("1 видео")
    card = anna.newest
    await anna.taps("Заказать")
    (brief,) = await anna.briefs(anna.order(card))
    assert brief.model_copy(
        update={"order": before.order, "index": before.index, "count": before.count, "at": before.at}
    ) == before  # fmt: skip  # one comparison


async def test_the_last_order_is_repeated_by_command_and_from_the_menu(scene: Scene, anna: Person) -> None:
    await anna.with_order()
    await anna.taps_data("g:again")
    assert anna.draft.product_text == "Кофе в зёрнах"
    await seen(scene)
    del scene.conversations[42]
    await anna.says("/again")
    assert anna.draft.product_text == "Кофе в зёрнах"
    assert anna.step == Step.COUNT.state


async def test_without_an_order_there_is_nothing_to_repeat(anna: Person) -> None:
    await anna.says("/again")
    assert "Повторять пока нечего" in anna.words
    await anna.taps_data("g:again", message=1)
    assert "Повторять пока нечего" in anna.words


async def test_reworking_leads_to_the_card(anna: Person) -> None:
    order = await anna.with_order(3)
    await anna.taps_data(f"w:{order}")
    assert "Проверьте заказ" in anna.words
    assert "3 видео × 1" in anna.words
    await anna.taps("Пожелания")
    await anna.says("Побольше пара")
    card = anna.newest
    await anna.taps("Заказать")
    briefs = await anna.briefs(anna.order(card))
    assert [brief.wishes for brief in briefs] == ["Побольше пара"] * 3


async def test_what_is_not_offered_any_more_is_replaced(scene: Scene, anna: Person) -> None:
    order = await anna.with_order()
    await scene.desk.offers.switch_off("seedance-1.5-pro", "a test")
    object.__setattr__(scene.desk, "templates", {})
    await anna.taps_data(f"w:{order}")
    assert "Kling" in anna.words
    assert "Идея:</b> на наш вкус" in anna.words


async def test_a_forgotten_person_begins_with_a_photo(scene: Scene, anna: Person) -> None:
    order = await anna.with_order()
    await scene.store.keys.forget("account/42")
    for data in (f"a:{order}", f"w:{order}"):
        await anna.taps_data(data)
        assert "Пришлите фото товара" in anna.words
        assert anna.step == Step.PHOTO.state


async def test_other_people_s_and_unknown_orders_are_out_of_date(anna: Person, emma: Person) -> None:
    order, job = await anna.with_order(), await anna.with_video()
    for data in (
        f"a:{order}", f"w:{order}", f"xo:{order}", f"r:{job}", f"f:{job}", "a:b1.2.3", "xo:", "r:\x00", "a:%", "w:\x00",
    ):  # fmt: skip  # a list of words
        await emma.taps_data(data, message=1)
        assert emma.toast == "This button does nothing any more.", data
        assert len(emma.replies) == 1
    assert (await anna.balance()).reserved == 1


async def test_what_is_queued_is_cancelled_and_its_credits_come_back(scene: Scene, anna: Person) -> None:
    order = await anna.with_order(3)
    await anna.taps("Отменить")
    assert anna.toast == "Отменено видео: 3. 3 кредита возвращаются."
    again = await anna.taps_data(f"xo:{order}")
    assert toast(again) == "Отменено видео: 3. 3 кредита возвращаются."
    for index in range(3):
        assert await settled(scene, f"{order}.{index}") == "CreditRefunded"
    assert (await anna.balance())[:2] == (10, 0)
    await scene.verified()


async def test_of_an_order_begun_the_rest_is_cancelled(scene: Scene, anna: Person) -> None:
    order = await anna.with_order(3)
    for command in life_of(42, f"{order}.1")[:3]:
        await anna.does(command)
    await anna.taps_data(f"xo:{order}")
    assert anna.toast == "Отменено видео: 2. 2 кредита возвращаются. Остальные (1) уже в работе или закончены."
    await scene.verified()


async def test_what_is_being_made_or_has_ended_is_not_cancelled(anna: Person) -> None:
    order = await anna.with_order()
    life = life_of(42, f"{order}.0")
    for command in life[:2]:
        await anna.does(command)
    await anna.taps_data(f"xo:{order}")
    assert "Отменить уже нельзя" in (anna.toast or "")
    for command in life[2:]:
        await anna.does(command)
    await anna.taps_data(f"xo:{order}")
    assert "Отменить уже нельзя" in (anna.toast or "")


async def test_videos_are_listed_by_pages_and_sent_again(scene: Scene, anna: Person) -> None:
    await anna.given(10, source="more")
    jobs = [await anna.with_video() for _ in range(11)]
    await seen(scene)
    await anna.says("/videos")
    listed = anna.newest
    pages = [sent_by(anna)]
    for _ in range(2):
        await anna.taps("Старее", message=listed)
        pages.append(sent_by(anna))
    assert [len(page) for page in pages] == [5, 5, 1]
    assert [job for page in pages for job in page] == list(reversed(jobs))
    assert "Старее →" not in anna.labels(listed)
    await anna.taps("Новее", message=listed)
    assert sent_by(anna) == pages[1]
    assert anna.labels(listed)[0].endswith(" Кофе в зёрнах")
    await anna.taps("Кофе в зёрнах", message=listed)
    assert anna.toast == "Отправляю видео…"
    assert anna.replies[1:] == [Resend(pages[1][0])]
    await anna.taps_data(f"f:{jobs[0]}")
    assert anna.toast == "Отправляю файлом…"
    assert anna.replies[1:] == [Resend(jobs[0], as_document=True)]


async def test_a_page_that_is_not_there_is_out_of_date(anna: Person) -> None:
    await anna.with_video()
    for skip in (-1, 500, 10**30):
        await anna.taps_data(f"v:{skip}")
        assert anna.toast == STALE


async def test_without_videos_the_list_says_how_to_get_one(anna: Person) -> None:
    await anna.says("/videos")
    assert "Пока их нет" in anna.words
    await anna.taps_data("g:videos")
    assert "Пока их нет" in anna.words
    job = f"{await anna.with_order()}.0"
    await anna.taps_data(f"r:{job}")
    assert anna.toast == STALE


async def test_a_video_without_a_name_or_with_a_long_one_has_its_button(scene: Scene, anna: Person) -> None:
    job = await anna.with_video()
    await seen(scene)
    for said, shown in ((None, " видео"), ("я" * 41, " " + "я" * 39 + "…")):
        await anna.taps_data(f"w:{job.removesuffix('.0')}")
        await anna.taps("Товар")
        await (anna.taps("Убрать этот текст") if said is None else anna.says(said))
        card = anna.newest
        await anna.taps("Заказать")
        for command in life_of(42, f"{anna.order(card)}.0"):
            await anna.does(command)
        await seen(scene)
        await anna.says("/videos")
        assert anna.labels()[0].endswith(shown)


def sent_by(person: Person) -> list[str]:
    """The jobs whose videos the newest message offers."""
    shown = person.scene.shown[person.number, person.newest]
    found = [button.callback_data or "" for button in buttons_of(shown)]
    return [data.removeprefix("r:") for data in found if data.startswith("r:")]


async def seen(scene: Scene) -> None:
    """Returns when the views show everything."""
    await ledger_of(scene).at_rest()


async def settled(scene: Scene, job: str) -> str:
    """By which event the job was settled, once it is."""
    return await ledger_of(scene).settled(42, job)


def ledger_of(scene: Scene) -> LedgerScene:
    """The same ledger, to be waited for."""
    return LedgerScene(scene.store, scene.desk.executor, PostgresViews(scene.store.pool), [])
