"""The desk: opens the database, puts the office together, runs one piece of work, closes everything again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

from adapters.postgres.accounts import PostgresAccounts
from adapters.postgres.event_store import PostgresEventStore
from adapters.postgres.inbox import Dialogues
from adapters.postgres.open_jobs import PostgresOpenJobs
from adapters.postgres.verification import PostgresVerification
from adapters.postgres.views import PostgresViews
from admin.office import Office
from app.database import Place, located, opened
from app.failures import heard
from app.loop import run
from app.settings import Settings, read_settings
from app.storage import storage_of
from processors.execute import Executor
from processors.reconciliation import Reconciliation

PATIENCE_S: Final = 10.0
"""How long a person at a terminal waits for a database that does not answer an append."""


@asynccontextmanager
async def office_on(store: PostgresEventStore, settings: Settings, *, data_dir: Path) -> AsyncIterator[Office]:
    """The office on an open log. `data_dir` is where files are without STORAGE_URL."""
    executor = Executor(store)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(executor.close)
        yield Office(
            shards=store.shards,
            accounts=PostgresAccounts(store),
            executor=executor,
            shard_log=store,
            settlements=store,
            views=PostgresViews(store.pool),
            keys=store.keys,
            dialogues=Dialogues(store.pool, shards=store.shards),
            files=partial(storage_of, settings, data_dir),
            queue=PostgresOpenJobs(store.pool),
            verification=PostgresVerification(store.pool),
            reconciliation=await stack.enter_async_context(_reconciliation(store, executor, settings)),
        )


@asynccontextmanager
async def _reconciliation(
    store: PostgresEventStore, executor: Executor, settings: Settings
) -> AsyncIterator[Reconciliation | None]:
    """Asks the Telegram of BOT_TOKEN; None without one. Raises SettingsError."""
    if settings.bot_token is None:
        yield None
        return
    from adapters.telegram.messenger import Messenger  # noqa: PLC0415 - aiogram takes seconds to import, and few need it
    from adapters.telegram.pace import Pace  # noqa: PLC0415 - as above
    from app.messenger import bot_at, reconciliation_of  # noqa: PLC0415 - as above

    async with bot_at(settings.bot_token, settings.telegram_base(), settings) as bot:
        yield reconciliation_of(bot, Messenger(bot, Pace()), store, executor)


class OfficeDesk:
    """The desk of the command line."""

    def run(self, work: Callable[[Office], Awaitable[int]]) -> int:
        """Opens the office, has the work done, closes it, and returns the work's exit code."""
        settings = read_settings()
        with heard(), located(settings) as place:
            return run(_in_office(place, settings, work))


async def _in_office(place: Place, settings: Settings, work: Callable[[Office], Awaitable[int]]) -> int:
    data_dir = place.data_dir or settings.data_dir
    async with (
        opened(place, settings, retry_for_s=PATIENCE_S) as store,
        office_on(store, settings, data_dir=data_dir) as office,
    ):
        return await work(office)
