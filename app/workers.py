"""The processors that run beside the commands: a shard's projector, its settler, what lets its credits end in time, and
with a pipeline its jobs.

Either of all shards, by the only process there is, or of those that this process owns among others.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final

from eventsourcing.persistence import MapperDeserialisationError

from adapters.postgres.accounts import PostgresAccounts
from adapters.postgres.event_store import PostgresEventStore
from adapters.postgres.expiries import PostgresExpiries
from adapters.postgres.locks import PostgresLocks, Role
from adapters.postgres.open_jobs import PostgresOpenJobs
from adapters.postgres.tracking import PostgresTracking
from adapters.postgres.views import PostgresViews
from app.alongside import alongside
from app.packages import packaged_packages
from processors.clock import Clock, SystemClock
from processors.execute import Executor
from processors.expiring import Expiring
from processors.job_at_hand import JobAtHand
from processors.lease import Lease
from processors.ownership import Ownership
from processors.pipeline import Pipeline
from processors.projector import project
from processors.rewards import Rewards
from processors.settler import Settler
from processors.shard_jobs import ShardJobs
from processors.steady import keep_going

STOP_WITHIN_S: Final = 10.0
UNFIT: Final = (MapperDeserialisationError,)
"""What a processor stops at when this build cannot read an event."""


MACHINES_OWN: Final[Clock] = SystemClock()


def of_ledger(
    store: PostgresEventStore, executor: Executor, shard: int, clock: Clock
) -> list[Coroutine[Any, Any, None]]:
    """The shard's settler, rewards, expiring and projector, to be run. Credits end by the clock.

    Each runs for ever, and a second one beside it does no harm.
    """
    tracking = PostgresTracking(store.pool)
    settler = Settler(shard, shard_log=store, settlements=store, tracking=tracking, executor=executor)
    rewards = Rewards(
        shard,
        shard_log=store,
        tracking=tracking,
        executor=executor,
        accounts=PostgresAccounts(store),
        referral_bonus=packaged_packages().referral_bonus,
    )
    expiring = Expiring(
        shard,
        shard_log=store,
        tracking=tracking,
        expiries=PostgresExpiries(store.pool),
        executor=executor,
        clock=clock,
    )
    return [settler.run(), rewards.run(), expiring.run(), project(store, PostgresViews(store.pool), shard)]


@asynccontextmanager
async def at_work(
    store: PostgresEventStore, executor: Executor, *, clock: Clock = MACHINES_OWN
) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Runs the ledger's of all shards, and gives their tasks, until it is left. Raises what one of them stopped at."""
    workers = [
        asyncio.create_task(work) for shard in range(store.shards) for work in of_ledger(store, executor, shard, clock)
    ]
    try:
        yield workers
    finally:
        for worker in workers:
            worker.cancel()
        ended = await asyncio.gather(*workers, return_exceptions=True)
        for end in ended:
            if isinstance(end, Exception):
                raise end


Beside = Mapping[str, Callable[[], Awaitable[None]]]
NOTHING_ELSE: Final[Beside] = {}

PerShard = Callable[[int], Sequence[Coroutine[Any, Any, None]]]


def no_more(_shard: int) -> Sequence[Coroutine[Any, Any, None]]:
    """Nothing runs in a shard but the usual."""
    return ()


class Workers:
    """Runs the shards that this process owns."""

    def __init__(
        self,
        store: PostgresEventStore,
        executor: Executor,
        *,
        url: str,
        pipeline: Pipeline,
        beside: Beside,
        per_shard: PerShard,
    ) -> None:
        self._store = store
        self._executor = executor
        self._pipeline = pipeline
        self._beside = beside
        self._per_shard = per_shard
        self._jobs: dict[int, ShardJobs] = {}
        open_locks = partial(PostgresLocks.opened, url, role=Role.PROCESSORS)
        self.ownership = Ownership(open_locks, self._run_shard, shards=store.shards, unfit=UNFIT)

    async def run(self) -> None:
        """Takes part until the ownership is told to stop."""
        works = {"callbacks": self._hear, "probing of models": self._pipeline.offers.run, **self._beside}
        beside = [asyncio.create_task(keep_going(name, work), name=name) for name, work in works.items()]
        try:
            await self.ownership.run()
        finally:
            for other in beside:
                other.cancel()
            await asyncio.gather(*beside, return_exceptions=True)

    def at_hand(self) -> list[JobAtHand]:
        """The jobs under way, of all shards that run here."""
        return [job for jobs in self._jobs.values() for job in jobs.at_hand()]

    async def _run_shard(self, shard: int, lease: Lease) -> None:
        jobs = ShardJobs(
            shard,
            pipeline=self._pipeline,
            shard_log=self._store,
            open_jobs=PostgresOpenJobs(self._store.pool),
            lease=lease,
        )
        self._jobs[shard] = jobs
        try:
            async with asyncio.TaskGroup() as group:
                works = [*of_ledger(self._store, self._executor, shard, self._pipeline.clock), *self._per_shard(shard)]
                beside = [group.create_task(work) for work in works]
                await jobs.run()
                for other in beside:
                    other.cancel()
        finally:
            del self._jobs[shard]

    async def _hear(self) -> None:
        """Wakes the jobs that the video service called back about."""
        async for account, job in self._pipeline.callbacks.heard():
            for jobs in self._jobs.values():
                jobs.wake(account, job)


@asynccontextmanager
async def sharing_work(
    store: PostgresEventStore,
    executor: Executor,
    *,
    url: str,
    pipeline: Pipeline,
    beside: Beside = NOTHING_ELSE,
    per_shard: PerShard = no_more,
    stop_within_s: float = STOP_WITHIN_S,
) -> AsyncIterator[Workers]:
    """Runs this process's share of the shards, works `beside` them by name and those `per_shard` in each,
    until it is left; then steps under way come to their end in time.

    Raises what opening the locks raises, as `alongside` does.
    """
    workers = Workers(store, executor, url=url, pipeline=pipeline, beside=beside, per_shard=per_shard)
    async with alongside(workers.run(), name="workers", stop=partial(workers.ownership.stop, stop_within_s)):
        yield workers
