"""Waking readers: in this process at once, in others by NOTIFY after the commit, at most every 2 ms.

The append itself does not notify: PostgreSQL's notify lock is database-wide and held to the commit. A signal is a
hint; readers look by themselves once in a while, so a lost one costs time and nothing else.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

import asyncpg
import structlog

from adapters.postgres.connections import LOST, connect, listen_until

CHANNEL: Final = "neurocards_events"
NOTIFY_EVERY_S: Final = 0.002
RECONNECT_EVERY_S: Final = 0.5

log = structlog.get_logger(__name__)


class Signals:
    """Tells waiting readers which shards have something new."""

    def __init__(self, url: str, *, shards: int, channel: str = CHANNEL) -> None:
        self._url = url
        self._channel = channel
        self._news = [asyncio.Event() for _ in range(shards)]
        self._unsent: set[int] = set()
        self._sending = asyncio.Event()
        self._sender: asyncio.Task[None] | None = None
        self._sent_by: int | None = None
        self._listener: asyncio.Task[None] | None = None
        self._listening = asyncio.Event()

    def appended(self, shard: int) -> None:
        """To be called after a commit to the shard."""
        self._wake(shard)
        self._unsent.add(shard)
        self._sending.set()
        if self._sender is None:
            self._sender = asyncio.create_task(self._send(), name="notify")

    async def listen(self) -> None:
        """Returns once news from other processes are heard; to be called before the first read."""
        if self._listener is None:
            self._listener = asyncio.create_task(self._hear(), name="listen")
        await self._listening.wait()

    def news(self, shard: int) -> asyncio.Event:
        """An event that is set at the shard's next news; to be taken before reading and awaited after it."""
        return self._news[shard]

    async def close(self) -> None:
        """Hangs up. What is unsent stays unsent: readers look by themselves."""
        tasks = [task for task in (self._sender, self._listener) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _wake(self, shard: int) -> None:
        self._news[shard].set()
        self._news[shard] = asyncio.Event()

    async def _send(self) -> None:
        connection: asyncpg.Connection | None = None
        try:
            while True:
                await self._sending.wait()
                shards, self._unsent = self._unsent, set()
                self._sending.clear()
                try:
                    if connection is None:
                        connection = await connect(self._url)
                        self._sent_by = connection.get_server_pid()
                    await connection.execute("SELECT pg_notify($1, $2)", self._channel, ",".join(map(str, shards)))
                except LOST as error:
                    log.warning("notify failed", error=type(error).__name__)
                    if connection is not None:
                        connection.terminate()
                        connection = None
                    self._unsent |= shards
                    self._sending.set()
                    await asyncio.sleep(RECONNECT_EVERY_S)
                await asyncio.sleep(NOTIFY_EVERY_S)
        finally:
            if connection is not None:
                connection.terminate()

    async def _hear(self) -> None:
        while True:
            try:
                connection = await connect(self._url)
            except LOST as error:
                log.warning("listen failed", error=type(error).__name__)
                await asyncio.sleep(RECONNECT_EVERY_S)
                continue
            try:
                await self._hear_on(connection)
            except LOST as error:
                log.warning("listen failed", error=type(error).__name__)
            finally:
                connection.terminate()

    async def _hear_on(self, connection: asyncpg.Connection) -> None:
        gone = asyncio.Event()
        connection.add_termination_listener(lambda _connection: gone.set())
        await connection.add_listener(self._channel, self._heard)
        self._listening.set()
        for shard in range(len(self._news)):
            self._wake(shard)
        await listen_until(gone, connection)
        log.warning("listen lost")

    def _heard(self, _connection: Any, pid: int, _channel: str, payload: object) -> None:  # noqa: ANN401 - asyncpg's proxy
        if pid == self._sent_by:  # who waits here was woken when it was appended
            return
        for shard in str(payload).split(","):
            self._wake(int(shard))
