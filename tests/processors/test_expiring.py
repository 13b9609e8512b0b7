"""Credits that end in time on a real log: once, not before, and whatever dies in between.

All of it lies in the past of the machine's clock; what time it is for the processor, each look says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

import app.workers
from adapters.postgres.event_store import PostgresEventStore
from adapters.postgres.expiries import PostgresExpiries
from adapters.postgres.reader import PAGE
from adapters.postgres.tracking import PostgresTracking
from adapters.postgres.views import PostgresViews
from domain.account import REFUND_TERM
from domain.account_words import CreditRefunded, CreditsExpired, OpenAccount, RefundCredit
from domain.bonus import GiveBonus
from domain.order import PlaceOrder
from domain.refusals import InsufficientCredits
from domain.streams import account as account_stream
from processors.clock import FastClock
from processors.execute import Executor
from processors.expiring import DUE_PAGE, EVERY, NAME, End, Expiring
from tests.adapters.postgres.raw import tails_of, until
from tests.processors.lives import verified
from tests.processors.rewarding import account_of
from tests.processors.scene import AT, Scene, StandingClock

END = AT + timedelta(days=1)
LATER = END + timedelta(days=1)
MOMENT = timedelta(microseconds=1)
ME = 42
HOW_MANY = "SELECT count(*) FROM expiries"
FORGET = "UPDATE tracking SET position = 0 WHERE name = $1"


def expiring_of(
    store: PostgresEventStore,
    executor: Executor,
    shard: int,
    *,
    at: datetime,
    tracking: PostgresTracking | None = None,
    expiries: PostgresExpiries | None = None,
) -> Expiring:
    """The processor of one shard, for which it is that moment."""
    return Expiring(
        shard,
        shard_log=store,
        tracking=tracking or PostgresTracking(store.pool),
        expiries=expiries or PostgresExpiries(store.pool),
        executor=executor,
        clock=StandingClock(at),
    )


async def look(store: PostgresEventStore, executor: Executor, at: datetime) -> None:
    """All shards are looked at, once."""
    for shard in range(store.shards):
        await expiring_of(store, executor, shard, at=at).look()


async def give(executor: Executor, account: int, amount: int, ends_at: datetime | None, source: str = "gift") -> None:
    await executor.execute(OpenAccount(account=account, at=AT))
    gift = GiveBonus(
        account=account, at=AT, source=source, amount=amount, expires_at=ends_at, reason="a gift", by="a test"
    )
    await executor.execute(gift)


def ordering(account: int, price: int) -> PlaceOrder:
    return PlaceOrder(account=account, at=AT, order="b.1.1", count=1, model="m", price=price, photo="p")


async def expired(store: PostgresEventStore, account: int) -> list[int]:
    """The amounts that have ended, in order."""
    events = [placed.event for placed in await tails_of(store, account_stream(account))]
    return [event.expired.amount for event in events if isinstance(event, CreditsExpired)]


async def listed(store: PostgresEventStore) -> int:
    return int(await store.pool.fetchval(HOW_MANY))


async def test_credits_end_in_time_and_not_before(store: PostgresEventStore, executor: Executor) -> None:
    await give(executor, ME, 3, END)
    await give(executor, ME, 5, LATER, "longer")
    await give(executor, ME, 7, None, "lasting")
    await look(store, executor, END - MOMENT)
    assert (await account_of(store, ME)).available == 15
    await look(store, executor, END)
    assert (await account_of(store, ME)).available == 12
    await look(store, executor, LATER - MOMENT)
    assert await expired(store, ME) == [3]
    await look(store, executor, LATER)
    assert await expired(store, ME) == [3, 5]
    assert (await account_of(store, ME)).available == 7
    assert await listed(store) == 0
    assert (await verified(store)).findings == []


async def test_credits_that_end_after_the_machines_clock_wait_for_it(
    store: PostgresEventStore, executor: Executor
) -> None:
    soon = datetime.now(UTC) + timedelta(hours=1)
    await give(executor, ME, 3, END)
    await give(executor, ME, 5, soon, "longer")
    await look(store, executor, soon + timedelta(hours=1))
    assert await expired(store, ME) == [3]
    assert await listed(store) == 1


async def test_what_was_spent_meanwhile_does_nothing(store: PostgresEventStore, executor: Executor) -> None:
    await give(executor, ME, 3, END)
    await executor.execute(ordering(ME, price=3))
    heads = await store.reader.heads()
    await look(store, executor, LATER)
    assert await store.reader.heads() == heads
    assert await listed(store) == 0


async def test_a_refund_with_a_fresh_term_ends_with_it(store: PostgresEventStore, executor: Executor) -> None:
    await give(executor, ME, 3, END)
    await executor.execute(ordering(ME, price=2))
    await look(store, executor, END)
    assert await expired(store, ME) == [1]
    done = await executor.execute(RefundCredit(account=ME, at=LATER, job="b.1.1.0", reason="no video"))
    ((_, refunded),) = done.changes
    assert isinstance(refunded, CreditRefunded)
    assert [part.expires_at for part in refunded.returned] == [LATER + REFUND_TERM]
    await look(store, executor, LATER + REFUND_TERM - MOMENT)
    assert (await account_of(store, ME)).available == 2
    await look(store, executor, LATER + REFUND_TERM)
    assert await expired(store, ME) == [1, 2]


async def test_credits_that_come_in_after_their_end_go_with_the_next_look(
    store: PostgresEventStore, executor: Executor
) -> None:
    await give(executor, ME, 3, END)
    await look(store, executor, LATER)
    await give(executor, ME, 2, END, "late")
    await look(store, executor, LATER)
    assert await expired(store, ME) == [3, 2]


class Killed(Exception):
    """The program ends here."""


class DiesBeforeItRemembers(PostgresTracking):
    """The ends are noted, and how far the log was read is not."""

    async def advance(self, shard: int, name: str, upto: int) -> bool:
        raise Killed


class DiesBeforeTheyEnd(PostgresExpiries):
    """Noted and remembered, and no credits have ended."""

    async def due(self, shard: int, *, at: datetime, limit: int) -> list[End]:
        raise Killed


class DiesBeforeItNotes(PostgresExpiries):
    """The log was read, and nothing is noted."""

    async def note(self, shard: int, ends: Sequence[End]) -> None:
        raise Killed


class DiesBeforeItIsDone(PostgresExpiries):
    """The credits have ended, and the note is still there."""

    async def done(self, shard: int, end: End) -> None:
        raise Killed


@pytest.mark.parametrize("shards", [1])
@pytest.mark.parametrize("dying", [DiesBeforeItNotes, DiesBeforeItRemembers, DiesBeforeTheyEnd, DiesBeforeItIsDone])
async def test_whatever_dies_in_between_credits_end_once(
    store: PostgresEventStore, dying: type[PostgresTracking | PostgresExpiries]
) -> None:
    before, after = Executor(store), Executor(store)
    await give(before, ME, 3, END)
    await give(before, ME, 5, LATER, "longer")
    tracking = dying(store.pool) if issubclass(dying, PostgresTracking) else None
    expiries = dying(store.pool) if issubclass(dying, PostgresExpiries) else None
    with pytest.raises(Killed):
        await expiring_of(store, before, 0, at=END, tracking=tracking, expiries=expiries).look()
    assert await expired(store, ME) == ([3] if dying is DiesBeforeItIsDone else [])
    await look(store, after, END)
    assert await expired(store, ME) == [3]
    assert await listed(store) == 1
    await look(store, after, LATER)
    assert await expired(store, ME) == [3, 5]
    assert (await verified(store)).findings == []
    await before.close()
    await after.close()


@pytest.mark.parametrize("shards", [2])
async def test_of_two_owners_at_once_each_lot_ends_once(store: PostgresEventStore, executor: Executor) -> None:
    accounts = range(1, 31)
    await asyncio.gather(*(give(executor, account, 3, END) for account in accounts))
    owners = [Executor(store), Executor(store)]
    await asyncio.gather(*(look(store, owner, LATER) for owner in owners))
    for owner in owners:
        await owner.close()
    assert [await expired(store, account) for account in accounts] == [[3]] * len(accounts)
    assert await listed(store) == 0
    assert (await verified(store)).findings == []


class Counting(PostgresTracking):
    """Keeps in mind what it was moved to."""

    moves: tuple[int, ...] = ()

    async def advance(self, shard: int, name: str, upto: int) -> bool:
        self.moves = (*self.moves, upto)
        return await super().advance(shard, name, upto)


@pytest.mark.parametrize("shards", [1])
async def test_a_first_start_on_an_old_log_reads_all_of_it_page_by_page(
    store: PostgresEventStore, executor: Executor
) -> None:
    accounts, lots = range(1, DUE_PAGE // 2 + 6), range(1, 21)
    for lot in lots:
        ends_at = END + lot * MOMENT if lot in (1, 20) else None
        await asyncio.gather(*(give(executor, account, lot, ends_at, f"gift-{lot}") for account in accounts))
    assert len(accounts) * len(lots) > PAGE
    tracking = Counting(store.pool)
    await expiring_of(store, executor, 0, at=LATER, tracking=tracking).look()
    assert [await expired(store, account) for account in accounts] == [[1, 20]] * len(accounts)
    assert len(tracking.moves) == 2
    assert await listed(store) == 0
    heads = await store.reader.heads()
    await store.pool.execute(FORGET, NAME)
    await look(store, executor, LATER)
    assert await store.reader.heads() == heads


async def test_what_the_rules_refuse_stops_nothing_behind_it(store: PostgresEventStore, executor: Executor) -> None:
    await give(executor, ME, 3, END)
    for shard in range(store.shards):
        await PostgresExpiries(store.pool).note(shard, [(999, AT, 1)])
    await look(store, executor, END)
    assert await expired(store, ME) == [3]
    assert await listed(store) == 0


async def test_the_workers_let_credits_end_and_the_view_shows_it(store: PostgresEventStore) -> None:
    executor = Executor(store)
    minutes_like_moments = FastClock(EVERY / timedelta(milliseconds=20))
    async with app.workers.at_work(store, executor, clock=minutes_like_moments) as workers:
        scene = Scene(store, executor, PostgresViews(store.pool), workers)
        await give(executor, ME, 3, END)

        async def gone() -> bool:
            return await scene.balance(ME) == (0, 0, 0, 0)

        await until(gone)
        with pytest.raises(InsufficientCredits, match="0 available"):
            await executor.execute(ordering(ME, price=3))
        lines = await store.pool.fetch("SELECT type, amount, available FROM statement ORDER BY version")
        assert [tuple(line) for line in lines] == [("CreditsGranted", 3, 3), ("CreditsExpired", 3, 0)]
        report = await verified(store)
    assert report.findings == []
    await executor.close()
