"""Making all views anew, beside a bare cursor that only reads the same rows."""

from __future__ import annotations

import asyncio
from typing import Final

from adapters.postgres.event_store import PostgresEventStore
from adapters.postgres.reader import COLUMNS
from adapters.postgres.views import PostgresViews
from benchmarks.figures import Figure, Sample, Series
from benchmarks.seeding import grown_log
from benchmarks.surroundings import DATA_KEY, Bench, GrownLog, connected
from processors.rebuild import rebuild

REACH: Final = 0.25
ALL_ROWS: Final = COLUMNS + "ORDER BY shard, position"


async def rebuilding(bench: Bench) -> list[Figure]:
    """All shards' views, in the way and at the pace of `neurocards rebuild`."""
    log = await grown_log(bench, bench.options.rebuild_events)
    cursors, rebuilds = [], []
    for _ in range(bench.options.runs):
        cursors.append(await _read(bench, log))
        rebuilds.append(await _rebuild(bench, log))
    name = f"rebuild of {log.events:,} events"
    ours, cursor = Series("ours", rebuilds), Series("a bare cursor", cursors)
    return [Figure("rebuild", name, "events/s", ours, cursor, ratio_min=REACH)]


async def _read(bench: Bench, log: GrownLog) -> Sample:
    events = 0
    async with connected(log.database.url) as connection, connection.transaction():
        with bench.meter.stretch() as stretch:
            async for _ in connection.cursor(ALL_ROWS):
                events += 1
    assert events == log.events, "a cursor reads what was written"
    return stretch.rate(events)


async def _rebuild(bench: Bench, log: GrownLog) -> Sample:
    async with PostgresEventStore.opened(log.database.url, DATA_KEY) as store:
        views = PostgresViews(store.pool)
        with bench.meter.stretch(is_ours=True) as stretch:
            folded = await asyncio.gather(*(rebuild(store, views, shard) for shard in range(store.shards)))
    assert sum(folded) == log.events, "a rebuild folds what was written"
    return stretch.rate(log.events)
