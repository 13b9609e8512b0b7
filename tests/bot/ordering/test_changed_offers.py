"""What is ordered is what the card showed: when the catalogue has changed since, the card is shown again instead."""

from __future__ import annotations

from typing import Any

import pytest

from app.catalogue import packaged_catalogue
from bot.conversation import Conversation
from tests.bot.ordering.person import Person
from tests.bot.scene import Scene, toast, words

CHANGED = "Условия обновились. Пока ничего не заказано: проверьте карточку и подтвердите ещё раз."
FIRST = "seedance-1.5-pro"


def now_offers(scene: Scene, **changed: Any) -> None:
    """The first model's entry is another one from now on, as after a deploy."""
    catalogue = packaged_catalogue()
    entries = [entry.model_copy(update=changed if entry.id == FIRST else {}) for entry in catalogue.models]
    object.__setattr__(scene.desk, "catalogue", catalogue.model_copy(update={"models": tuple(entries)}))


async def test_a_price_that_was_raised_is_shown_before_it_is_charged(scene: Scene, anna: Person) -> None:
    card = await anna.at_card(3)
    now_offers(scene, price=2)
    await anna.taps("Заказать за 3 кредита")
    assert anna.toast == CHANGED
    assert "Цена видео изменилась:</b> была 1, теперь 2 кредита." in anna.shows(card)
    assert "3 видео × 2 = <b>6 кредитов</b>" in anna.shows(card)
    assert await anna.jobs_count() == 0
    await anna.taps("Заказать за 6 кредитов", message=card)
    assert anna.toast == "Заказ принят!"
    assert [brief.price for brief in await anna.briefs(anna.order(card))] == [2, 2, 2]
    assert (await anna.balance())[:2] == (4, 6)
    await scene.verified()


async def test_ten_taps_on_a_card_of_another_price_order_nothing_and_show_one_card(scene: Scene, anna: Person) -> None:
    card = await anna.at_card()
    data = anna.data("ok")
    now_offers(scene, price=2)
    answers = [await anna.taps_data(data, message=card) for _ in range(10)]
    assert [toast(answer) for answer in answers] == [CHANGED] * 10
    assert [len(answer) for answer in answers] == [2, *[1] * 9]
    assert anna.newest == card
    assert await anna.jobs_count() == 0
    await anna.taps("Заказать за 2 кредита")
    assert anna.toast == "Заказ принят!"


@pytest.mark.parametrize(
    ("changed", "shown"),
    [
        ({"aspect_ratios": ("16:9", "1:1")}, "Формат:</b> 16:9"),
        ({"aspect_ratios": ()}, "Формат:</b> как у фото"),
        ({"durations": (5, 10)}, "Длина:</b> 5 с"),
    ],
    ids=["another format", "no format", "another length"],
)
async def test_a_format_or_length_that_is_gone_is_not_replaced_silently(
    scene: Scene, anna: Person, changed: dict[str, Any], shown: str
) -> None:
    card = await anna.at_card()
    now_offers(scene, **changed)
    await anna.taps("Заказать")
    assert anna.toast == CHANGED
    assert anna.shows(card).startswith("⚠️ <b>Условия обновились,</b> пока карточка ждала.")
    assert shown in anna.shows(card)
    assert await anna.jobs_count() == 0
    await anna.taps("Заказать")
    assert anna.toast == "Заказ принят!"


async def test_another_first_choice_leaves_what_a_card_shows_and_is_still_offered(scene: Scene, anna: Person) -> None:
    card = await anna.at_card()
    now_offers(scene, durations=(4, 8, 12), aspect_ratios=("1:1", "9:16"))
    await anna.taps("Заказать")
    assert anna.toast == "Заказ принят!"
    (brief,) = await anna.briefs(anna.order(card))
    assert (brief.aspect_ratio, brief.duration_s) == ("9:16", 8)


async def test_a_card_of_before_prices_were_kept_is_shown_again(scene: Scene, anna: Person) -> None:
    card = await anna.at_card()
    stored = scene.conversations[42].model_dump(mode="json", exclude_defaults=True)
    for unknown in ("price", "aspect_ratio", "duration_s"):
        del stored["draft"][unknown]
    scene.conversations[42] = Conversation.model_validate(stored)
    await anna.taps("Заказать")
    assert anna.toast == CHANGED
    assert "Условия обновились" in anna.shows(card)
    assert await anna.jobs_count() == 0
    await anna.taps("Заказать")
    assert anna.toast == "Заказ принят!"


async def test_what_was_ordered_before_a_crash_stays_ordered_at_its_price(scene: Scene, anna: Person) -> None:
    card = await anna.at_card()
    before = scene.conversations[42].model_copy(deep=True)
    update = scene.update(42, tap=(card, anna.data("ok")))
    first = await scene.receives(42, update)
    scene.conversations[42] = before
    now_offers(scene, price=2, durations=(5,))
    again = await scene.receives(42, update)
    assert toast(again) == "Заказ принят!"
    assert words(again) == words(first)
    assert [brief.price for brief in await anna.briefs(anna.order(card))] == [1]
    await scene.verified()
