"""Confirming: once, however often; refused in words, with the card kept."""

from __future__ import annotations

from datetime import UTC, datetime

from app.catalogue import packaged_catalogue
from domain.catalogue import Catalogue
from domain.revocation import RevokeCredits
from tests.bot.ordering.person import COFFEE, Person
from tests.bot.scene import Scene, toast, words

STALE = "Эта кнопка уже не действует."


def without(catalogue: Catalogue, model: str) -> Catalogue:
    """The catalogue with that model closed."""
    entries = [entry.model_copy(update={"open": entry.open and entry.id != model}) for entry in catalogue.models]
    return catalogue.model_copy(update={"models": tuple(entries)})


async def test_ten_taps_are_one_order(scene: Scene, anna: Person) -> None:
    card = await anna.at_card(3)
    data = anna.data("ok")
    answers = [await anna.taps_data(data, message=card) for _ in range(10)]
    assert [toast(answer) for answer in answers] == ["Заказ принят!", *["Этот заказ уже принят."] * 9]
    assert "".join(words(answer) for answer in answers[1:]) == "Этот заказ уже принят." * 9
    assert await anna.jobs_count() == 3
    assert (await anna.balance())[:2] == (7, 3)
    await scene.verified()


async def test_a_tap_that_is_handled_again_after_a_crash_says_the_same_and_orders_once(
    scene: Scene, anna: Person
) -> None:
    card = await anna.at_card(3)
    before = scene.conversations[42].model_copy(deep=True)
    update = scene.update(42, tap=(card, anna.data("ok")))
    first = await scene.receives(42, update)
    after = scene.conversations[42]
    scene.conversations[42] = before
    again = await scene.receives(42, update)
    assert again == first
    assert scene.conversations[42] == after
    scene.conversations[42] = before
    await scene.desk.offers.switch_off("seedance-1.5-pro", "switched off in between")
    assert toast(await scene.receives(42, update)) == "Заказ принят!"
    assert await anna.jobs_count() == 3
    await scene.verified()


async def test_a_card_ordered_long_ago_is_not_ordered_again_by_a_lost_and_new_draft(scene: Scene, anna: Person) -> None:
    card = await anna.at_card()
    data = anna.data("ok")
    await anna.taps_data(data, message=card)
    del scene.conversations[42]
    await anna.at_card(3)
    assert anna.data("ok") == data
    await anna.taps_data(data, message=card)
    assert anna.toast == "Этот заказ уже принят."
    assert await anna.jobs_count() == 1
    assert anna.draft.count == 3


async def test_an_older_card_orders_nothing_and_leads_to_the_newest(anna: Person) -> None:
    old = await anna.at_card()
    data = anna.data("ok")
    await anna.at_card(3)
    await anna.taps_data(data, message=old)
    assert anna.toast == STALE
    assert "3 видео × 1" in anna.words
    assert await anna.jobs_count() == 0
    await anna.taps("Заказать")
    assert await anna.jobs_count() == 3


async def test_a_card_without_a_draft_is_out_of_date(scene: Scene, anna: Person) -> None:
    card = await anna.at_card()
    data = anna.data("ok")
    await anna.says("/cancel")
    assert "Черновик забыт" in anna.words
    for _ in range(2):
        await anna.taps_data(data, message=card)
        assert anna.toast == STALE
        assert anna.words == STALE
        scene.conversations.pop(42, None)
    assert await anna.jobs_count() == 0


async def test_without_credits_the_card_waits_until_they_are_bought(scene: Scene, anna: Person) -> None:
    card = await anna.at_card(5)
    data = anna.data("ok")
    taken = RevokeCredits(account=42, at=datetime.now(UTC), revocation="r", amount=7, reason="a test", by="a test")
    await anna.does(taken)
    await anna.taps_data(data, message=card)
    assert "нужно 5, а доступно 3" in anna.words
    assert anna.data("g:packages") == "g:packages"
    assert await anna.jobs_count() == 0
    await anna.given(2, source="more")
    await anna.taps_data(data, message=card)
    assert anna.toast == "Заказ принят!"
    assert await anna.jobs_count() == 5
    await scene.verified()


async def test_after_buying_credits_the_card_comes_again_further_below(scene: Scene, anna: Person) -> None:
    old = await anna.at_card(5)
    taken = RevokeCredits(account=42, at=datetime.now(UTC), revocation="r", amount=7, reason="a test", by="a test")
    await anna.does(taken)
    await anna.taps("Заказать")
    await anna.given(2, source="more")
    await anna.taps_data("g:order")
    assert "ниже" in anna.shows(old)
    assert anna.labels(old) == []
    card = anna.newest
    assert card > old
    await anna.taps("Заказать")
    assert anna.order(card)
    assert await anna.jobs_count() == 5
    await scene.verified()


async def test_the_way_back_to_an_order_without_a_photo_is_to_send_one(anna: Person) -> None:
    await anna.taps_data("g:order", message=1)
    assert "Начнём с фото" in anna.words
    assert anna.step == "Step:PHOTO"


async def test_on_the_way_back_an_open_question_is_asked_again(anna: Person) -> None:
    await anna.says(photo=COFFEE)
    asked = anna.words
    await anna.taps_data("g:order")
    assert anna.words in asked


async def test_in_debt_the_card_waits_until_it_is_settled(anna: Person) -> None:
    card = await anna.at_card()
    data = anna.data("ok")
    taken = RevokeCredits(account=42, at=datetime.now(UTC), revocation="r", amount=12, reason="a test", by="a test")
    await anna.does(taken)
    await anna.taps_data(data, message=card)
    assert "долг: 2 кредита" in anna.words
    await anna.taps("Количество", message=card)
    await anna.taps("1 видео", message=card)
    assert "долг: 2 кредита" in anna.words
    await anna.taps("Оставить", message=card)
    assert "На счёте долг: 2 кредита" in anna.shows(card)
    await anna.given(3, source="more")
    await anna.taps("Заказать", message=card)
    assert anna.toast == "Заказ принят!"


async def test_a_model_that_was_switched_off_meanwhile_leads_to_the_others(scene: Scene, anna: Person) -> None:
    card = await anna.at_card()
    await scene.desk.offers.switch_off("seedance-1.5-pro", "a test")
    await anna.taps("Заказать")
    assert "Seedance 1.5 Pro сейчас недоступна" in anna.shows(card)
    assert await anna.jobs_count() == 0
    await anna.taps("Grok Imagine — 1 кредит")
    assert "Grok Imagine" in anna.shows(card)
    await anna.taps("Заказать за 1 кредит")
    assert [brief.model for brief in await anna.briefs(anna.order(card))] == ["grok-imagine"]


async def test_a_model_that_was_closed_meanwhile_leads_to_the_others(scene: Scene, anna: Person) -> None:
    card = await anna.at_card()
    object.__setattr__(scene.desk, "catalogue", without(packaged_catalogue(), "seedance-1.5-pro"))
    await anna.taps("Заказать")
    assert "Seedance 1.5 Pro сейчас недоступна" in anna.shows(card)
    assert not any("Seedance" in label for label in anna.labels(card))
    await anna.taps("Оставить")
    assert "Kling" in anna.shows(card)
    assert await anna.jobs_count() == 0


async def test_a_discarded_draft_is_forgotten(anna: Person) -> None:
    card = await anna.at_card()
    data = anna.data("x")
    await anna.taps("Отменить")
    assert "Черновик забыт" in anna.shows(card)
    assert anna.draft.photo is None
    assert anna.step is None
    await anna.taps_data(data, message=card)
    assert anna.toast == STALE
    await anna.says("/cancel")
    assert "Отменять нечего" in anna.words
