"""A small company at work: a log, an executor, and every shard's processors running."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import app.workers
from adapters.postgres.event_store import PostgresEventStore
from adapters.postgres.views import PostgresViews
from domain import job_words as words
from domain.account_words import OpenAccount
from domain.bonus import GiveBonus
from domain.failures import FailureClass
from domain.order import PlaceOrder
from domain.streams import owner_of, shard_of
from processors.execute import Done, Executor
from processors.freshness import wait_for

AT = datetime(2026, 1, 1, tzinfo=UTC)
PATIENCE_S = 30.0

UNSETTLED = """
    SELECT count(*) FROM events AS ended
    WHERE ended.type IN ('VideoDelivered', 'JobFailed', 'JobCancelled') AND NOT EXISTS (
        SELECT FROM events AS settled
        WHERE settled.shard = ended.shard AND settled.type IN ('CreditCaptured', 'CreditRefunded')
          AND settled.stream = 'account/' || split_part(ended.stream, '/', 2)
          AND settled.data ->> 'job' = split_part(ended.stream, '/', 4)
    )
"""


def life_of(account: int, job: str) -> list[words.JobCommand]:
    """The commands that take a queued job to its delivery."""
    common: dict[str, Any] = {"account": account, "at": AT, "job": job}
    return [
        words.WritePrompt(**common, script="slow zoom", source=words.ScriptSource.TEMPLATE),
        words.RequestTask(**common, number=1, key="main"),
        words.RecordTask(**common, number=1, task="t1"),
        words.RecordVideo(**common, number=1, url="https://example.org/v.mp4"),
        words.StoreVideo(**common, file="outputs/v.mp4"),
        words.StartDelivery(**common, attempt=1),
        words.ConfirmDelivery(**common, attempt=1),
    ]


class StandingClock:
    """A clock that stands at one moment, as the tests' commands do; waiting takes as long as it does."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    def seconds_until(self, moment: datetime) -> float:
        return max(0.0, (moment - self._at).total_seconds())


@dataclass
class Scene:
    """What a test does and looks at."""

    store: PostgresEventStore
    executor: Executor
    views: PostgresViews
    workers: list[asyncio.Task[None]]

    async def open(self, account: int, amount: int) -> None:
        """Opens the account with a gift of `amount` credits."""
        await self.executor.execute(OpenAccount(account=account, at=AT))
        gift = GiveBonus(account=account, at=AT, source="gift", amount=amount, reason="a gift", by="a test")
        await self.executor.execute(gift)

    async def order(self, account: int, number: int, *, count: int = 1) -> list[str]:
        """Places an order and returns its jobs' ids."""
        order = f"b.{account}.{number}"
        await self.executor.execute(
            PlaceOrder(account=account, at=AT, order=order, count=count, model="model", price=1, photo="photo")
        )
        return [f"{order}.{index}" for index in range(count)]

    async def deliver(self, account: int, job: str) -> Done:
        """Takes a queued job through its whole life."""
        done = None
        for command in life_of(account, job):
            done = await self.executor.execute(command)
        assert done is not None
        return done

    async def fail(self, account: int, job: str) -> Done:
        """Ends a queued job without a video."""
        return await self.executor.execute(
            words.FailJob(account=account, at=AT, job=job, failure=FailureClass.UNKNOWN, message="no luck")
        )

    async def settled(self, account: int, job: str) -> str:
        """Waits until the job is settled and returns by which event."""
        stream = f"account/{account}"
        async with asyncio.timeout(PATIENCE_S):
            while (settled_by := await self.store.settled_by(stream, job)) is None:  # noqa: ASYNC110 - others settle it
                await asyncio.sleep(0.01)
        return settled_by

    async def caught_up(self) -> None:
        """Waits until every shard's views show everything."""
        for shard, head in (await self.store.reader.heads()).items():
            assert await wait_for(self.views, shard, head, patience_s=PATIENCE_S)

    async def at_rest(self) -> None:
        """Waits until every job that has ended is settled and every view shows it."""
        async with asyncio.timeout(PATIENCE_S):
            while await self.store.pool.fetchval(UNSETTLED):  # noqa: ASYNC110 - other programs settle too
                await asyncio.sleep(0.05)
        await self.caught_up()

    async def balance(self, account: int) -> tuple[int, int, int, int]:
        """Available, reserved, spent, debt as the view shows them."""
        await self.caught_up()
        shard = shard_of(owner_of(f"account/{account}"), self.store.shards)
        row = await self.store.pool.fetchrow(
            "SELECT available, reserved, spent, debt FROM balances WHERE shard = $1 AND account = $2", shard, account
        )
        assert row is not None
        return row["available"], row["reserved"], row["spent"], row["debt"]


@asynccontextmanager
async def at_work(store: PostgresEventStore) -> AsyncIterator[Scene]:
    """The scene, with its workers running until it is left. It is AT all the while: no credits end that end later."""
    executor = Executor(store)
    async with app.workers.at_work(store, executor, clock=StandingClock(AT)) as workers:
        yield Scene(store, executor, PostgresViews(store.pool), workers)
    await executor.close()
