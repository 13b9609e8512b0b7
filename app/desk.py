"""The desk: opens the database, puts the office together, runs one piece of work, closes everything again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from adapters.postgres.accounts import PostgresAccounts
from adapters.postgres.event_store import PostgresEventStore
from adapters.postgres.open_jobs import PostgresOpenJobs
from adapters.postgres.verification import PostgresVerification
from adapters.postgres.views import PostgresViews
from admin.office import Office
from app.database import Place, located, opened
from app.failures import heard
from app.loop import run
from app.settings import Settings, read_settings
from processors.execute import Executor


@asynccontextmanager
async def office_on(store: PostgresEventStore) -> AsyncIterator[Office]:
    """The office on an open log."""
    executor = Executor(store)
    try:
        yield Office(
            shards=store.shards,
            accounts=PostgresAccounts(store),
            executor=executor,
            shard_log=store,
            settlements=store,
            views=PostgresViews(store.pool),
            keys=store.keys,
            queue=PostgresOpenJobs(store.pool),
            verification=PostgresVerification(store.pool),
        )
    finally:
        await executor.close()


class OfficeDesk:
    """The desk of the command line."""

    def run(self, work: Callable[[Office], Awaitable[int]]) -> int:
        """Opens the office, has the work done, closes it, and returns the work's exit code."""
        settings = read_settings()
        with heard(), located(settings) as place:
            return run(_in_office(place, settings, work))


async def _in_office(place: Place, settings: Settings, work: Callable[[Office], Awaitable[int]]) -> int:
    async with opened(place, settings) as store, office_on(store) as office:
        return await work(office)
