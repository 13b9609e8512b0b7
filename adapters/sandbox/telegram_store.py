"""Where a Telegram sandbox keeps what it knows: in a folder that survives a kill, or nowhere.

Everything lives in memory and is read from here once, at the start. What changes is put down, and whoever is about to
tell of it waits until it is settled: all that was put down meanwhile is then written together.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, Protocol

import orjson

TABLE: Final = """
CREATE TABLE IF NOT EXISTS things (
    kind  text NOT NULL,
    key   text NOT NULL,
    value text NOT NULL,
    PRIMARY KEY (kind, key)
) WITHOUT ROWID
"""
WRITE: Final = "INSERT OR REPLACE INTO things (kind, key, value) VALUES (?, ?, ?)"
DROP: Final = "DELETE FROM things WHERE kind = ? AND key = ?"
READ: Final = "SELECT value FROM things WHERE kind = ? ORDER BY key"


class Store(Protocol):
    """A place for things of several kinds, each under its key."""

    def put(self, kind: str, key: object, value: object) -> None:
        """Puts a thing down, in place of the one before. It is read when it is written, so it may change until then."""

    def drop(self, kind: str, key: object) -> None:
        """Forgets a thing."""

    def load(self, kind: str) -> list[Any]:
        """Everything of a kind, as JSON says it."""

    async def settled(self) -> None:
        """Returns when all that was put down before is kept."""

    async def close(self) -> None:
        """Settles the rest and lets go."""


class Nowhere:
    """Keeps nothing: what is in memory is all there is."""

    def put(self, kind: str, key: object, value: object) -> None:
        """Does nothing."""

    def drop(self, kind: str, key: object) -> None:
        """Does nothing."""

    def load(self, kind: str) -> list[Any]:  # noqa: ARG002 - there is nothing of any kind
        """Nothing."""
        return []

    async def settled(self) -> None:
        """Returns at once."""

    async def close(self) -> None:
        """Does nothing."""


class Folder:
    """Keeps things in one SQLite file of a folder, for one sandbox at a time.

    Raises sqlite3.OperationalError when another one has it.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="telegram-store")
        try:
            self._connection = self._threads.submit(_opened, folder / "telegram.sqlite").result()
        except sqlite3.Error:
            self._threads.shutdown()
            raise
        self._waiting: dict[tuple[str, str], object] = {}
        self._number = 0
        self._written = 0
        self._writing: asyncio.Task[None] | None = None

    def put(self, kind: str, key: object, value: object) -> None:
        """Puts a thing down."""
        self._number += 1
        self._waiting[kind, str(key)] = value

    def drop(self, kind: str, key: object) -> None:
        """Forgets a thing."""
        self.put(kind, key, None)

    def load(self, kind: str) -> list[Any]:
        """Everything of a kind."""
        rows = self._threads.submit(lambda: self._connection.execute(READ, (kind,)).fetchall()).result()
        return [orjson.loads(value) for (value,) in rows]

    async def settled(self) -> None:
        """Returns when all that was put down before is in the file."""
        number = self._number
        while self._written < number:
            if self._writing is None:
                self._writing = asyncio.create_task(self._write(), name="telegram store")
            await asyncio.shield(self._writing)

    async def close(self) -> None:
        """Settles the rest and closes the file."""
        await self.settled()
        await asyncio.wrap_future(self._threads.submit(self._connection.close))
        self._threads.shutdown()

    async def _write(self) -> None:
        try:
            number, waiting, self._waiting = self._number, self._waiting, {}
            rows = [
                (kind, key, None if value is None else orjson.dumps(value).decode())
                for (kind, key), value in waiting.items()
            ]
            await asyncio.wrap_future(self._threads.submit(_written, self._connection, rows))
            self._written = number
        finally:
            self._writing = None


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=0)
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = WAL")
        # What a power cut takes is no matter for a sandbox; a kill of the process takes nothing this way.
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(TABLE)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _written(connection: sqlite3.Connection, rows: Iterable[tuple[str, str, str | None]]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for kind, key, value in rows:
        if value is None:
            connection.execute(DROP, (kind, key))
        else:
            connection.execute(WRITE, (kind, key, value))
    connection.execute("COMMIT")
