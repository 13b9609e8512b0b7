"""The database: the one DATABASE_URL names, or a server of our own in DATA_DIR. Wiring and the checks at start-up.

A server of our own is started before the event loop and stopped after it: its calls block.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import structlog

from adapters.local_postgres import local_postgres
from adapters.postgres.appender import RETRY_FOR_S
from adapters.postgres.connections import connect
from adapters.postgres.event_store import PostgresEventStore
from adapters.postgres.migrate import migrate, pending
from adapters.postgres.rights import excess_rights, some_owner_with_key
from app.key_file import make_key_file, read_key_file
from app.settings import MAKE_A_KEY, Settings, SettingsError

KEY_FILE: Final = "data_key"

log = structlog.get_logger(__name__)


class NotMigrated(Exception):
    """The database is older than this program; `neurocards migrate` brings it up."""

    def __init__(self, files: list[str]) -> None:
        count = f"{len(files)} migration{'s' if len(files) > 1 else ''}"
        super().__init__(f"the database lacks {count}, the first is {files[0]}: run `neurocards migrate`")


@dataclass(frozen=True)
class Place:
    """Where the database is. `data_dir` is None when it is not a server of our own."""

    url: str = field(repr=False)
    owner_url: str | None = field(repr=False)
    data_dir: Path | None


@contextmanager
def located(settings: Settings) -> Iterator[Place]:
    """The database's place; a server of our own runs meanwhile. Blocks. Raises any LocalPostgresError."""
    if settings.database_url is not None:
        owner = settings.database_owner_url
        yield Place(settings.database_url.get_secret_value(), owner.get_secret_value() if owner else None, None)
        return
    with local_postgres(settings.data_dir) as server:
        yield Place(server.application_url, server.owner_url, server.data_dir)


async def bring_up(place: Place, settings: Settings) -> list[str]:
    """Migrates the database and returns the names of the files applied. Raises SettingsError or a MigrationError."""
    if place.owner_url is None:
        msg = "DATABASE_OWNER_URL is missing: migrating needs the address of the role that owns the database"
        raise SettingsError(msg)
    user = urlsplit(place.url).username
    return await migrate(place.owner_url, shards=settings.shards, application_user=unquote(user) if user else None)


@asynccontextmanager
async def opened(
    place: Place, settings: Settings, *, retry_for_s: float = RETRY_FOR_S
) -> AsyncIterator[PostgresEventStore]:
    """The log, fit for use: nothing pending, DATA_KEY right. A server of our own is migrated first. An append is sent
    again for `retry_for_s` when the database does not answer.

    Warns when the role may do more than it should. Raises NotMigrated, SettingsError, WrongDataKey, a MigrationError.
    """
    if place.data_dir is not None:
        await bring_up(place, settings)
    key = await data_key(place, settings)
    if missing := await pending(place.url):
        raise NotMigrated(missing)
    async with PostgresEventStore.opened(place.url, key, retry_for_s=retry_for_s) as store:
        owner = await some_owner_with_key(store.pool)
        if owner is not None:
            await store.keys.read(owner)
        if place.data_dir is None and (excess := await excess_rights(store.pool)):
            log.warning("the role of DATABASE_URL can do more than it should", role=excess)
        yield store


async def data_key(place: Place, settings: Settings) -> bytes:
    """DATA_KEY, or the one kept beside a database of our own, made now if it holds no texts yet.

    Raises SettingsError.
    """
    if (key := settings.key()) is not None:
        return key
    if place.data_dir is None:
        msg = f"DATA_KEY is missing: 32 bytes that open the personal texts in the database; {MAKE_A_KEY}"
        raise SettingsError(msg)
    file = place.data_dir / KEY_FILE
    if not file.exists():
        connection = await connect(place.url)
        try:
            if await some_owner_with_key(connection) is not None:
                msg = f"DATA_KEY is not set and {file} is gone, but the database holds texts that it opens: restore it"
                raise SettingsError(msg)
        finally:
            await connection.close()
        make_key_file(file)
    return read_key_file(file)
