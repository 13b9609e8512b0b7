"""The processors that run beside the commands: every shard's projector and settler."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.postgres.event_store import PostgresEventStore
from adapters.postgres.tracking import PostgresTracking
from adapters.postgres.views import PostgresViews
from processors.execute import Executor
from processors.projector import project
from processors.settler import Settler


@asynccontextmanager
async def at_work(store: PostgresEventStore, executor: Executor) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Runs them for all shards, and gives their tasks, until it is left. Raises what one of them stopped at."""
    views, tracking = PostgresViews(store.pool), PostgresTracking(store.pool)
    workers: list[asyncio.Task[None]] = []
    for shard in range(store.shards):
        settler = Settler(shard, shard_log=store, settlements=store, tracking=tracking, executor=executor)
        workers += [asyncio.create_task(settler.run()), asyncio.create_task(project(store, views, shard))]
    try:
        yield workers
    finally:
        for worker in workers:
            worker.cancel()
        ended = await asyncio.gather(*workers, return_exceptions=True)
        for end in ended:
            if isinstance(end, Exception):
                raise end
