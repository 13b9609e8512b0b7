"""Workers that divide shards among themselves on a real database, and what is seen of them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from time import monotonic

from adapters.postgres.locks import PostgresLocks, Role
from processors.lease import Lease
from processors.ownership import GRACE_S, Ownership
from tests.adapters.postgres.raw import connected, until
from tests.conftest import Database

ROLE = Role.PROCESSORS
SHARDS = 8
EVERY_SHARD = frozenset(range(SHARDS))
LIMIT_S = 20.0

SESSION_OF = """
    SELECT pid FROM pg_locks
    WHERE locktype = 'advisory' AND classid::bigint = $1 AND objid::bigint = $2 AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class NewerEvent(Exception):
    """Says that this build cannot run the shard."""


class Worker:
    """One process's part, here a task: what it runs and what happened to it."""

    def __init__(self, database: Database, *, grace_s: float = GRACE_S) -> None:
        self.leases: dict[int, Lease] = {}
        self.starts: Counter[int] = Counter()
        self.started_at: dict[int, float] = {}
        self.cancelled: set[int] = set()
        self.failing: dict[int, Exception] = {}
        self.stubborn = asyncio.Event()
        """Set: what is asked to end goes on."""
        self.ownership = Ownership(
            partial(PostgresLocks.opened, database.url, role=ROLE),
            self._run_shard,
            shards=SHARDS,
            unfit=(NewerEvent,),
            grace_s=grace_s,
        )

    async def _run_shard(self, shard: int, lease: Lease) -> None:
        self.leases[shard] = lease
        self.starts[shard] += 1
        self.started_at[shard] = monotonic()
        try:
            if shard in self.failing:
                raise self.failing[shard]
            await lease.ending.wait()
            if self.stubborn.is_set():
                await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled.add(shard)
            raise
        finally:
            del self.leases[shard]

    @property
    def runs(self) -> frozenset[int]:
        """The shards that run here now and were not asked to end."""
        return frozenset(shard for shard, lease in self.leases.items() if not lease.ending.is_set())


@asynccontextmanager
async def at_work(*workers: Worker) -> AsyncIterator[None]:
    """While this lasts the workers take part. Raises what ended one of them."""
    tasks = [asyncio.create_task(worker.ownership.run()) for worker in workers]
    try:
        yield
    finally:
        for worker in workers:
            await worker.ownership.stop(0)
        for task in tasks:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks)


async def until_true(holds: Callable[[], bool]) -> None:
    """Returns when it holds, asked again and again. Raises TimeoutError."""

    async def asked() -> bool:
        return holds()

    await until(asked)


async def session_of(database: Database, shard: int) -> int | None:
    """The server's process that holds the shard's lock, if any does."""
    async with connected(database.superuser_url) as connection:
        found: int | None = await connection.fetchval(SESSION_OF, ROLE, shard)
    return found


def shares(*workers: Worker) -> Awaitable[None]:
    """Returns when every shard runs once and nobody has more than a fair share."""
    most = -(-SHARDS // len(workers))

    def are_fair() -> bool:
        running = [shard for worker in workers for shard in worker.runs]
        all_run = sorted(running) == sorted(EVERY_SHARD)
        return all_run and all(worker.leases.keys() == worker.runs and len(worker.runs) <= most for worker in workers)

    return until_true(are_fair)
