"""Refunds that somebody asked for, on a real log: Telegram is called after it is written, and answered once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from adapters.postgres.accounts import PostgresAccounts
from adapters.postgres.event_store import PostgresEventStore
from adapters.postgres.tracking import PostgresTracking
from domain import streams
from domain.payment import PaymentRefunded, PaymentRefundRefused, ReceivePayment, RecordPaymentRefund
from domain.payment import RequestPaymentRefund as Request
from domain.shapes import Event
from domain.stars import StarsKept, StarsUnknown
from processors.clock import FastClock
from processors.execute import Executor
from processors.ports import Tracking
from processors.star_refunds import NAME, TOLD_EVERY, StarRefunds
from tests.adapters.postgres.raw import tails_of
from tests.processors.lives import verified
from tests.processors.rewarding import account_of
from tests.processors.scene import AT, PATIENCE_S
from tests.processors.stars import Telegram

PAYER = 42


@pytest.fixture
def shards() -> int:
    """One is enough."""
    return 1


@asynccontextmanager
async def refunding(
    store: PostgresEventStore, executor: Executor, telegram: Telegram, *, tracking: Tracking | None = None
) -> AsyncIterator[asyncio.Task[None]]:
    """The reactor, until it is left. Its minutes pass in milliseconds."""
    reactor = StarRefunds(
        0,
        shard_log=store,
        tracking=tracking or PostgresTracking(store.pool),
        executor=executor,
        accounts=PostgresAccounts(store),
        stars=telegram,
        clock=FastClock(100_000),
    )
    task = asyncio.create_task(reactor.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def pay(executor: Executor, charge: str) -> None:
    await executor.execute(ReceivePayment(account=PAYER, at=AT, charge=charge, invoice=None, credits=5, stars=50))


async def ask(executor: Executor, charge: str, request: str = "q1") -> None:
    await executor.execute(Request(account=PAYER, at=AT, charge=charge, request=request, reason="unhappy", by="anna"))


async def answered(store: PostgresEventStore, charge: str) -> Event:
    """Waits for what follows the request."""
    stream = streams.payment(PAYER, charge)
    async with asyncio.timeout(PATIENCE_S):
        while len(events := (await tails_of(store, stream))[2:]) < 1:  # noqa: ASYNC110 - the reactor writes
            await asyncio.sleep(0.01)
    return events[-1].event


async def unanswered(telegram: Telegram, charge: str) -> None:
    """Waits until all that was set for the charge has been answered: refunds run beside each other, in no order."""
    async with asyncio.timeout(PATIENCE_S):
        while telegram.answers[charge]:  # noqa: ASYNC110 - the reactor calls
            await asyncio.sleep(0.01)


async def position(store: PostgresEventStore) -> int:
    return await PostgresTracking(store.pool).position(0, NAME)


async def test_a_refund_goes_to_telegram_and_takes_the_credits(store: PostgresEventStore, executor: Executor) -> None:
    telegram = Telegram()
    await pay(executor, "c1")
    async with refunding(store, executor, telegram):
        await ask(executor, "c1")
        assert await answered(store, "c1") == PaymentRefunded(stars=50)
    assert (await account_of(store, PAYER)).available == 0
    assert telegram.asked == {"c1": 1}
    assert (await verified(store)).findings == []


async def test_what_telegram_refuses_is_written_and_the_payment_stands(
    store: PostgresEventStore, executor: Executor
) -> None:
    telegram = Telegram(answers={"c1": [StarsKept("CHARGE_NOT_FOUND")]})
    await pay(executor, "c1")
    async with refunding(store, executor, telegram):
        await ask(executor, "c1")
        assert await answered(store, "c1") == PaymentRefundRefused(request="q1", message="CHARGE_NOT_FOUND")
    assert (await account_of(store, PAYER)).available == 5


async def test_no_answer_is_asked_for_again_and_operators_hear_of_it(
    store: PostgresEventStore, executor: Executor
) -> None:
    telegram = Telegram(answers={"c1": [StarsUnknown("bad gateway")] * (TOLD_EVERY + 2)})
    await pay(executor, "c1")
    with capture_logs() as told:
        async with refunding(store, executor, telegram):
            await ask(executor, "c1")
            assert isinstance(await answered(store, "c1"), PaymentRefunded)
    assert telegram.asked["c1"] == TOLD_EVERY + 3
    assert [line["attempts"] for line in told if line["log_level"] == "critical"] == [TOLD_EVERY]


async def test_a_refund_without_an_answer_holds_up_no_other_and_is_not_passed_by(
    store: PostgresEventStore, executor: Executor
) -> None:
    telegram = Telegram(answers={"c1": [StarsUnknown("later", retry_after_s=10**9)]})
    await pay(executor, "c1")
    await pay(executor, "c2")
    async with refunding(store, executor, telegram):
        await ask(executor, "c1")
        await ask(executor, "c2")
        assert isinstance(await answered(store, "c2"), PaymentRefunded)
        await unanswered(telegram, "c1")
    asked = await store.pool.fetchval("SELECT min(position) FROM events WHERE type = 'PaymentRefundRequested'")
    assert await position(store) < asked
    async with refunding(store, executor, telegram):
        assert isinstance(await answered(store, "c1"), PaymentRefunded)
    assert telegram.asked == {"c1": 2, "c2": 1}


async def test_a_reactor_that_dies_while_it_calls_calls_again(store: PostgresEventStore, executor: Executor) -> None:
    telegram = Telegram(waits=asyncio.Event())
    await pay(executor, "c1")
    await ask(executor, "c1")
    async with refunding(store, executor, telegram):
        async with asyncio.timeout(PATIENCE_S):
            while not telegram.asked:  # noqa: ASYNC110 - the reactor calls
                await asyncio.sleep(0.01)
    assert telegram.waits is not None
    telegram.waits.set()
    async with refunding(store, executor, telegram):
        assert isinstance(await answered(store, "c1"), PaymentRefunded)
    assert telegram.asked["c1"] == 2


class Dying(PostgresTracking):
    """Remembers nothing: its reactor dies where it would."""

    async def advance(self, shard: int, name: str, upto: int) -> bool:
        raise ConnectionAbortedError


@dataclass
class Counted:
    """The tracking table, and where its reactor was remembered to be."""

    usual: PostgresTracking
    remembered: list[int] = field(default_factory=list)

    async def position(self, shard: int, name: str) -> int:
        return await self.usual.position(shard, name)

    async def advance(self, shard: int, name: str, upto: int) -> bool:
        self.remembered.append(upto)
        return await self.usual.advance(shard, name, upto)


async def test_what_is_no_refund_is_not_remembered_at_once(
    store: PostgresEventStore, executor: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("processors.remembering.REMEMBER_EVERY_S", 1e9)  # the moment for it never comes
    telegram, tracking = Telegram(), Counted(PostgresTracking(store.pool))
    async with refunding(store, executor, telegram, tracking=tracking):
        for number in range(10):
            await pay(executor, f"c{number}")
        await ask(executor, "c9")
        await answered(store, "c9")
        asked = await store.pool.fetchval("SELECT position FROM events WHERE type = 'PaymentRefundRequested'")
        async with asyncio.timeout(PATIENCE_S):
            while await position(store) < asked:  # noqa: ASYNC110 - the reactor remembers
                await asyncio.sleep(0.01)
    assert len(tracking.remembered) == 2  # once before the refund, once when it was answered
    assert tracking.remembered[0] == asked - 1


async def test_what_was_answered_before_is_not_asked_again(store: PostgresEventStore, executor: Executor) -> None:
    telegram = Telegram()
    await pay(executor, "c1")
    await ask(executor, "c1")
    with pytest.raises(ConnectionAbortedError):
        async with refunding(store, executor, telegram, tracking=Dying(store.pool)) as reactor:
            await reactor
    await come_past(store, executor, telegram)
    assert (await account_of(store, PAYER)).available == 0
    assert (await account_of(store, PAYER)).debt == 0


async def come_past(store: PostgresEventStore, executor: Executor, telegram: Telegram) -> None:
    """Runs the reactor until it has come past a second refund."""
    await pay(executor, "c2")
    async with refunding(store, executor, telegram):
        await ask(executor, "c2")
        await answered(store, "c1")
        await answered(store, "c2")


async def test_telegrams_own_word_may_come_first(store: PostgresEventStore, executor: Executor) -> None:
    telegram = Telegram(waits=asyncio.Event(), answers={"c1": [StarsKept("too late")]})
    assert telegram.waits is not None
    await pay(executor, "c1")
    await pay(executor, "c2")
    async with refunding(store, executor, telegram):
        await ask(executor, "c1")
        await executor.execute(RecordPaymentRefund(account=PAYER, at=AT, charge="c1", stars=50))
        telegram.waits.set()
        await ask(executor, "c2")
        assert isinstance(await answered(store, "c2"), PaymentRefunded)
    assert await answered(store, "c1") == PaymentRefunded(stars=50)
    assert len(await tails_of(store, streams.payment(PAYER, "c1"))) == 3
