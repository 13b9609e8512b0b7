"""Bringing a database into the shape that this program knows. Forward only, each file in a transaction of its own.

MigrationError
├── EditedMigration      a file that was applied has changed since; put the old text back
├── NewerDatabase        the database has files that this program does not know; start the newer program
├── WrongShards          SHARDS differs from the number that the database was made with; it never changes
└── MissingRight         the migrating role may not do what is needed; the message says which right
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

import asyncpg
import structlog

from adapters.postgres.connections import CONNECT_TIMEOUT_S, connect

DEFAULT_SHARDS: Final = 4
LOCK: Final = 7_205_759_403
"""The advisory lock under which one program at a time migrates."""

APPLICATION_ROLE: Final = "neurocards_application"

log = structlog.get_logger(__name__)


class MigrationError(Exception):
    """The database was left as it is."""


class EditedMigration(MigrationError):
    """A file that was applied has changed since."""


class NewerDatabase(MigrationError):
    """The database has files that this program does not know."""


class WrongShards(MigrationError):
    """SHARDS differs from the number that the database was made with."""


class MissingRight(MigrationError):
    """The migrating role may not do what is needed."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file."""

    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def packaged() -> list[Migration]:
    """The migrations that this program brings, by number."""
    found = [
        Migration(int(matched[1]), file.name, file.read_text(encoding="utf-8"))
        for file in files("migrations").iterdir()
        if (matched := re.fullmatch(r"(\d{4})_\w+\.sql", file.name))
    ]
    return sorted(found, key=lambda migration: migration.number)


async def migrate(
    owner_url: str,
    *,
    shards: int | None = None,
    application_user: str | None = None,
    migrations: Sequence[Migration] | None = None,
) -> list[str]:
    """Applies what is missing and returns the names of the files applied.

    `shards` counts at the first migration only (default 4); later it must agree or be None. The role
    `application_user` gets the right to read the log and to append to it. Raises a MigrationError.
    """
    wanted = packaged() if migrations is None else list(migrations)
    # Without a limit for a command: a file may take long, and so may the wait for a program that applies one.
    connection = await asyncpg.connect(owner_url, timeout=CONNECT_TIMEOUT_S)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
        applied = await _apply(connection, wanted)
        await _make_shards(connection, shards)
        await _admit(connection, application_user)
    except asyncpg.InsufficientPrivilegeError as error:
        msg = f"the role of DATABASE_OWNER_URL lacks a right it needs to migrate: {error}"
        raise MissingRight(msg) from error
    finally:
        await connection.close()
    return applied


async def pending(url: str) -> list[str]:
    """The names of the files that are still to be applied. Raises EditedMigration or NewerDatabase."""
    connection = await connect(url)
    try:
        return [migration.name for migration in _missing(packaged(), await _checksums(connection))]
    finally:
        await connection.close()


async def _checksums(connection: asyncpg.Connection) -> dict[int, str]:
    if await connection.fetchval("SELECT to_regclass('migrations')") is None:
        return {}
    rows = await connection.fetch("SELECT number, checksum FROM migrations ORDER BY number")
    return {row["number"]: row["checksum"] for row in rows}


def _missing(wanted: Sequence[Migration], applied: dict[int, str]) -> list[Migration]:
    known = {migration.number for migration in wanted}
    if newer := sorted(applied.keys() - known):
        msg = f"the database has migration {newer[-1]:04d}, which this program does not know; start a newer one"
        raise NewerDatabase(msg)
    for migration in wanted:
        if applied.get(migration.number, migration.checksum) != migration.checksum:
            msg = f"{migration.name} was applied with another text; put the old text back and add a new file instead"
            raise EditedMigration(msg)
    return [migration for migration in wanted if migration.number not in applied]


async def _apply(connection: asyncpg.Connection, wanted: Sequence[Migration]) -> list[str]:
    await connection.execute("""
        CREATE TABLE IF NOT EXISTS migrations (
            number     integer     PRIMARY KEY,
            name       text        NOT NULL,
            checksum   text        NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
        )
    """)
    missing = _missing(wanted, await _checksums(connection))
    for migration in missing:
        async with connection.transaction():
            await connection.execute(migration.sql)
            await connection.execute(
                "INSERT INTO migrations (number, name, checksum) VALUES ($1, $2, $3)",
                migration.number,
                migration.name,
                migration.checksum,
            )
        log.info("migration applied", file=migration.name)
    return [migration.name for migration in missing]


async def _make_shards(connection: asyncpg.Connection, shards: int | None) -> None:
    if await connection.fetchval("SELECT to_regclass('heads')") is None:
        return
    made = await connection.fetchval("SELECT count(*) FROM heads")
    if made == 0:
        count = DEFAULT_SHARDS if shards is None else shards
        await connection.execute("INSERT INTO heads SELECT n, 0 FROM generate_series(0, $1::integer - 1) AS n", count)
    elif shards not in {None, made}:
        msg = f"this database was made with {made} shards and keeps them; SHARDS says {shards}, take it out"
        raise WrongShards(msg)


async def _admit(connection: asyncpg.Connection, user: str | None) -> None:
    await connection.execute(f"GRANT SELECT ON migrations TO {APPLICATION_ROLE}")
    if user is None or user == await connection.fetchval("SELECT current_user"):
        return
    if not await connection.fetchval("SELECT pg_has_role($1, $2, 'member')", user, APPLICATION_ROLE):
        quoted = await connection.fetchval("SELECT quote_ident($1)", user)
        await connection.execute(f"GRANT {APPLICATION_ROLE} TO {quoted}")
