"""An order: 1 to 5 videos of one confirmation, all or none, once."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from domain import order, streams
from domain.account_words import AccountEvent, CreditReserved
from domain.job_words import JobQueued
from domain.ledger import Change
from domain.refusals import AccountInDebt, AccountNotOpen, InsufficientCredits, SameIdOtherContent
from domain.shapes import Forgotten
from tests.domain import samples as s
from tests.domain.given_when_then import NOTHING, GivenStreams
from tests.domain.samples import OPENED, after, expired, granted, paid, part, purchased, queued, reserved

MINE = streams.account(s.ME)
ORDER = "bot.42.1001"
OTHER = {
    "count": 1,
    "model": "veo-3",
    "price": 2,
    "template": None,
    "photo": "photos/42/b.jpg",
    "prompt": "a cat",
    "product_text": None,
    "wishes": "no steam",
    "aspect_ratio": "9:16",
    "duration_s": 10,
}
"""Of every field of an order, something else."""


def account_with(*events: AccountEvent) -> GivenStreams:
    """An open account in which this happened."""
    return NOTHING.then_given((MINE, OPENED), *((MINE, event) for event in events))


def job(index: int, **fields: object) -> Change:
    """One video of the order is queued."""
    return streams.job(s.ME, f"{ORDER}.{index}"), queued(index=index, **fields)


def test_an_order_reserves_the_price_of_each_video_and_queues_it() -> None:
    known = account_with(granted("g1", 4), purchased("c1", 9))
    known.when(s.order(count=3, price=2)).then(
        (MINE, reserved(f"{ORDER}.0", part("g1", 2))),
        job(0, count=3, price=2),
        (MINE, reserved(f"{ORDER}.1", part("g1", 2))),
        job(1, count=3, price=2),
        (MINE, reserved(f"{ORDER}.2", paid("c1", 2))),
        job(2, count=3, price=2),
    )


@pytest.mark.parametrize("count", [1, 3, 5])
def test_an_order_is_all_or_nothing(count: int) -> None:
    enough = account_with(granted("g1", 2 * count)).when(s.order(count=count, price=2))
    assert len(enough.events) == 2 * count
    one_short = account_with(granted("g1", 2 * count - 1)).when(s.order(count=count, price=2))
    one_short.then_refused(InsufficientCredits, available=2 * count - 1, asked=2 * count)


def test_an_order_needs_an_open_account() -> None:
    NOTHING.when(s.order()).then_refused(AccountNotOpen, account=s.ME)


def test_in_debt_videos_are_refused() -> None:
    account_with(s.revoked(debt=2)).when(s.order()).then_refused(AccountInDebt, debt=2)


def test_expired_credits_buy_no_video() -> None:
    known = account_with(granted("over", 5, expires_at=after(days=1)), granted("g1", 1))
    known.when(s.order(count=3, at=after(days=1))).then_refused(InsufficientCredits, available=1, asked=3)


def test_expired_credits_go_once_and_before_the_first_video() -> None:
    known = account_with(granted("over", 5, expires_at=after(days=1)), granted("g1", 3))
    outcome = known.when(s.order(count=3, at=after(days=1)))
    assert outcome.events[0] == (MINE, expired(part("over", 5, expires_at=after(days=1))))
    assert [event for _, event in outcome.events[1::2]] == [
        reserved(f"{ORDER}.{index}", part("g1", 1)) for index in range(3)
    ]
    assert len(outcome.events) == 7


def test_a_repeated_order_is_answered_with_nothing() -> None:
    placed = account_with(granted("g1", 9)).after(s.order(count=3))
    placed.when(s.order(count=3)).then()
    placed.when(s.order(count=3, at=after(days=400))).then()


def test_a_repeat_is_recognised_after_all_credits_are_gone() -> None:
    account_with(granted("g1", 3)).after(s.order(count=3)).when(s.order(count=3)).then()


def test_a_repeat_is_recognised_in_debt() -> None:
    account_with(granted("g1", 3)).after(s.order(count=3), s.revocation(5)).when(s.order(count=3)).then()


def test_a_repeat_is_recognised_after_its_jobs_ended() -> None:
    jobs = [f"{ORDER}.{index}" for index in range(3)]
    placed = account_with(granted("g1", 3)).after(s.order(count=3))
    spent = placed.after(*(s.capture(job_id) for job_id in jobs))
    spent.when(s.order(count=3)).then()
    back = placed.after(*(s.refund(job_id) for job_id in jobs))
    back.when(s.order(count=3)).then()


def test_every_field_of_an_order_counts_as_its_content() -> None:
    assert set(order.CONTENT) == set(OTHER)
    assert set(order.CONTENT) == order.PlaceOrder.model_fields.keys() - {"account", "at", "order"}


@pytest.mark.parametrize(("field", "other"), OTHER.items(), ids=str)
def test_the_same_order_with_other_content_is_refused_by_its_field(field: str, other: object) -> None:
    placed = account_with(granted("g1", 9)).after(s.order(count=3))
    outcome = placed.when(s.order(at=s.NOON, **{"count": 3, field: other}))
    outcome.then_refused(SameIdOtherContent, what=f"order {ORDER}", field=field)


def test_other_content_is_refused_before_missing_credits_are() -> None:
    placed = account_with(granted("g1", 1)).after(s.order())
    placed.when(s.order(price=1000)).then_refused(SameIdOtherContent, what=f"order {ORDER}", field="price")


def test_a_repeat_is_recognised_when_its_texts_are_forgotten() -> None:
    gone = Forgotten()
    known = account_with().then_given(job(0, photo=gone, prompt=gone, product_text=gone, wishes=gone))
    known.when(s.order()).then()
    known.when(s.order(model="veo-3")).then_refused(SameIdOtherContent, what=f"order {ORDER}", field="model")


def test_another_order_is_another_order() -> None:
    placed = account_with(granted("g1", 2)).after(s.order())
    assert len(placed.when(s.order(order="bot.42.1002")).events) == 2


@pytest.mark.parametrize("count", [0, 6, -1, True, 1.0, "3"])
def test_an_order_is_of_one_to_five_videos(count: object) -> None:
    with pytest.raises(ValidationError):
        s.order(count=count)


def test_an_orders_id_leaves_room_for_the_ids_of_its_jobs() -> None:
    longest = "x" * 250
    known = account_with(granted("g1", 5))
    assert len(known.when(s.order(order=longest, count=5)).events) == 10
    with pytest.raises(ValidationError):
        s.order(order=longest + "x")


def test_the_ids_of_jobs_follow_from_the_order() -> None:
    jobs = tuple(streams.job(s.ME, f"{ORDER}.{index}") for index in range(3))
    assert order.job_streams(s.order(count=3)) == jobs
    assert order.job_streams(s.order(count=1)) == jobs[:1]
    events = account_with(granted("g1", 3)).when(s.order(count=3)).events
    queued = [(stream, event.index) for stream, event in events if isinstance(event, JobQueued)]
    assert queued == [(jobs[index], index) for index in range(3)]
    assert [event.job for _, event in events if isinstance(event, CreditReserved)] == [
        streams.id_of(stream) for stream in jobs
    ]
