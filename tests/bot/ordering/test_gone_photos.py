"""Photos are stored for so many days: an order whose photo is gone asks for one and keeps everything else."""

from __future__ import annotations

import pytest

from bot.ordering.draft import Step
from domain.job_words import JobQueued
from tests.bot.ordering.person import COFFEE, Person
from tests.bot.scene import Scene

GONE = "Фото этого заказа больше нет"


async def its_days_are_over(scene: Scene, photo: object) -> None:
    """The photo is swept."""
    assert isinstance(photo, str)
    await scene.storage.delete(photo)


def said_of(brief: JobQueued) -> tuple[object, ...]:
    """What the video is to be like."""
    return brief.template, brief.product_text, brief.wishes, brief.model, brief.aspect_ratio, brief.duration_s


async def test_a_card_whose_photo_is_gone_asks_for_it_and_orders_with_the_next_one(scene: Scene, anna: Person) -> None:
    card = await anna.at_card(3)
    before, data = anna.draft, anna.data("ok")
    await its_days_are_over(scene, anna.draft.photo)
    for _ in range(2):
        await anna.taps_data(data, message=card)
        assert GONE in anna.shows(card)
        assert anna.newest == card
    assert anna.step == Step.PHOTO.state
    assert await anna.jobs_count() == 0
    await anna.says(photo="rocket.jpg")
    assert "Проверьте заказ" in anna.words
    changed = {"photo": anna.draft.photo, "serial": anna.draft.serial}
    assert anna.draft == before.model_copy(update=changed)
    again = anna.newest
    await anna.taps("Заказать за 3 кредита")
    assert len(await anna.briefs(anna.order(again))) == 3
    await scene.verified()


async def test_another_one_of_an_order_whose_photo_is_gone_keeps_its_texts(scene: Scene, anna: Person) -> None:
    order = await anna.with_order()
    (before,) = await anna.briefs(order)
    await its_days_are_over(scene, before.photo)
    await anna.taps_data(f"a:{order}")
    assert GONE in anna.words
    await anna.says(photo=COFFEE)
    assert anna.step == Step.COUNT.state
    await anna.taps("1 видео")
    card = anna.newest
    await anna.taps("Заказать")
    (brief,) = await anna.briefs(anna.order(card))
    assert said_of(brief) == said_of(before)
    assert await scene.storage.exists(str(brief.photo))


async def test_reworking_an_order_whose_photo_is_gone_leads_to_the_card_after_the_photo(
    scene: Scene, anna: Person
) -> None:
    order = await anna.with_order(3)
    await its_days_are_over(scene, (await anna.briefs(order))[0].photo)
    await anna.taps_data(f"w:{order}")
    assert GONE in anna.words
    await anna.says(photo=COFFEE)
    assert "Проверьте заказ" in anna.words
    assert "3 видео × 1" in anna.words


@pytest.mark.parametrize("way", ["button", "text", "later text"])
async def test_the_photo_that_is_missing_is_asked_for_until_it_comes(scene: Scene, anna: Person, way: str) -> None:
    order = await anna.with_order()
    await its_days_are_over(scene, (await anna.briefs(order))[0].photo)
    await anna.says("/again")
    if way == "later text":
        scene.conversations[42].state = None
    await (anna.taps_data("g:order", message=1) if way == "button" else anna.says("Где я?"))
    assert GONE in anna.words
    await anna.says(photo=COFFEE)
    assert anna.draft.product_text == "Кофе в зёрнах"


async def test_an_order_that_lacks_its_photo_can_be_forgotten(scene: Scene, anna: Person) -> None:
    order = await anna.with_order()
    await its_days_are_over(scene, (await anna.briefs(order))[0].photo)
    await anna.says("/again")
    await anna.says("/cancel")
    assert "Черновик забыт" in anna.words
    await anna.says(photo=COFFEE)
    assert anna.step == Step.IDEA.state
    assert anna.draft.product_text is None


async def test_what_was_ordered_before_a_crash_stays_ordered_though_its_photo_is_gone(
    scene: Scene, anna: Person
) -> None:
    card = await anna.at_card()
    before = scene.conversations[42].model_copy(deep=True)
    update = scene.update(42, tap=(card, anna.data("ok")))
    first = await scene.receives(42, update)
    scene.conversations[42] = before
    await its_days_are_over(scene, before.draft.photo)
    assert await scene.receives(42, update) == first
    assert await anna.jobs_count() == 1
