"""Settlement lag: how long after a job's end is durable the account's settled balance is visible.

All shards' projectors and settlers run in this process, as in a company of one machine. Visible means: a query of the
view `balances` by somebody else shows that nothing is reserved any more. Each end is of an account of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from statistics import quantiles
from time import perf_counter
from typing import Final

import asyncpg

from adapters.postgres.event_store import PostgresEventStore
from adapters.postgres.tracking import PostgresTracking
from adapters.postgres.views import PostgresViews
from benchmarks.figures import Cost, Figure, Sample, Series
from benchmarks.orders import AT, TOGETHER, draw_accounts, job_of, open_accounts, order
from benchmarks.seeding import job_commands
from benchmarks.surroundings import DATA_KEY, Bench, Database, connected
from domain import streams
from domain.job_words import JobCommand
from processors.execute import Executor
from processors.freshness import wait_for
from processors.projector import project
from processors.settler import Settler

P50_MAX_MS: Final = 10.0
P99_MAX_MS: Final = 50.0
LOOK_EVERY_S: Final = 0.002
"""Part of what is measured. The loop counts milliseconds: with half of one, looking would never pause."""
PATIENCE_S: Final = 60.0

SETTLED: Final = """
    SELECT b.account FROM unnest($1::integer[], $2::bigint[]) AS wanted (shard, account)
    JOIN balances AS b ON b.shard = wanted.shard AND b.account = wanted.account
    WHERE b.reserved = 0
"""


async def lag(bench: Bench) -> list[Figure]:
    """The medians of the runs' percentiles. The cost is of everything in the run: end, settlement, views, looking."""
    database = await bench.migrated("lag")
    middles, worst = [], []
    for _ in range(bench.options.runs):
        times, cost = await _one_run(bench, database)
        cuts = quantiles(times, n=100)
        middles.append(Sample(cuts[49], cost))
        worst.append(Sample(cuts[98], cost))
    name = f"settlement lag at {bench.options.ends_per_s} ends/s"
    return [
        Figure("lag", f"{name}, p50", "ms", Series("ours", middles), value_max=P50_MAX_MS),
        Figure("lag", f"{name}, p99", "ms", Series("ours", worst), value_max=P99_MAX_MS),
    ]


async def _one_run(bench: Bench, database: Database) -> tuple[list[float], Cost]:
    options = bench.options
    async with _at_work(database) as (store, executor), connected(database.url) as watching:
        accounts = draw_accounts(max(4, round(options.ends_per_s * options.ends_s)))
        ends = await _prepare(executor, accounts)
        await _caught_up(store)
        async with connected(database.superuser_url) as connection:
            await connection.execute("VACUUM (ANALYZE)")
        watch = Watch(watching, store.shards)
        with bench.meter.stretch(is_ours=True) as stretch:
            async with asyncio.TaskGroup() as group:
                group.create_task(watch.run(len(ends)))
                start = perf_counter()
                for number, end in enumerate(ends):
                    await asyncio.sleep(start + number / options.ends_per_s - perf_counter())
                    group.create_task(watch.end(executor, end))
        return watch.times_ms, stretch.cost(len(ends))


class Watch:
    """Notes when an end was durable, and looks at the view until it shows the settlement."""

    def __init__(self, connection: asyncpg.Connection, shards: int) -> None:
        self._connection = connection
        self._shards = shards
        self._ended: dict[int, float] = {}
        self.times_ms: list[float] = []

    async def end(self, executor: Executor, command: JobCommand) -> None:
        """Ends the job."""
        await executor.execute(command)
        self._ended[command.account] = perf_counter()

    async def run(self, count: int) -> None:
        """Looks until so many settlements were seen. Raises TimeoutError when they do not come."""
        async with asyncio.timeout(PATIENCE_S + count):
            while len(self.times_ms) < count:
                if self._ended:
                    await self._look()
                await asyncio.sleep(LOOK_EVERY_S)

    async def _look(self) -> None:
        accounts = list(self._ended)
        shards = [streams.shard_of(streams.account(account), self._shards) for account in accounts]
        rows = await self._connection.fetch(SETTLED, shards, accounts)
        now = perf_counter()
        for row in rows:
            self.times_ms.append((now - self._ended.pop(row["account"])) * 1000)


@asynccontextmanager
async def _at_work(database: Database) -> AsyncIterator[tuple[PostgresEventStore, Executor]]:
    """The log with every shard's projector and settler running."""
    async with PostgresEventStore.opened(database.url, DATA_KEY) as store:
        executor = Executor(store)
        views, tracking = PostgresViews(store.pool), PostgresTracking(store.pool)
        workers = []
        for shard in range(store.shards):
            settler = Settler(shard, shard_log=store, settlements=store, tracking=tracking, executor=executor)
            workers += [asyncio.create_task(settler.run()), asyncio.create_task(project(store, views, shard))]
        try:
            yield store, executor
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            await executor.close()


async def _prepare(executor: Executor, accounts: list[int]) -> list[JobCommand]:
    """One job on each account, on the verge of its end. Returns the commands that end them: every second delivers."""
    await open_accounts(executor, accounts)
    ends: list[JobCommand] = []

    async def prepare(account: int, *, ending: str) -> JobCommand:
        await executor.execute(order(account, 1))
        *before, end = job_commands(account, job_of(account, 1), AT, ending=ending)
        for command in before:
            await executor.execute(command)
        return end

    for first in range(0, len(accounts), TOGETHER):
        some = enumerate(accounts[first : first + TOGETHER])
        ends += await asyncio.gather(
            *(prepare(account, ending="failed" if n % 2 else "delivered") for n, account in some)
        )
    return ends


async def _caught_up(store: PostgresEventStore) -> None:
    views = PostgresViews(store.pool)
    for shard, head in (await store.reader.heads()).items():
        assert await wait_for(views, shard, head, patience_s=PATIENCE_S), "the projectors keep up"
