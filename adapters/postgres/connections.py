"""Connections to PostgreSQL: a patient pool for reading, and a few lasting ones for appending.

A pool that asyncpg hands out resets each connection when it comes back, which is one more round trip; ours never
change a session's state, so theirs is not reset.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, Self, TypeVar

import asyncpg
import structlog

COMMAND_TIMEOUT_S: Final = 60.0
CONNECT_TIMEOUT_S: Final = 10.0
PATIENCE_S: Final = 60.0
ANSWER_WITHIN_S: Final = 10.0
"""A server that says nothing for so long is taken for lost where it can be asked again: a line can die silently."""

LOOK_EVERY_S: Final = 30.0
ASK_AGAIN_EVERY_S: Final = 0.1

Answer = TypeVar("Answer")

log = structlog.get_logger(__name__)

LOST: Final = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # of a connection that breaks while it is handed on
    asyncpg.exceptions.OperatorInterventionError,
    asyncpg.exceptions.InsufficientResourcesError,
    asyncpg.exceptions.DeadlockDetectedError,
    asyncpg.exceptions.ReadOnlySQLTransactionError,  # of a server that was the primary until now
)
"""What it looks like when the server or the way to it is gone, or sent us away for a while: trying again can help."""


async def connect(url: str) -> asyncpg.Connection:
    """One connection, for a purpose that outlives a query."""
    return await asyncpg.connect(url, command_timeout=COMMAND_TIMEOUT_S, timeout=CONNECT_TIMEOUT_S)


async def listen_until(event: asyncio.Event, connection: asyncpg.Connection) -> None:
    """Returns when the event is set. Asks for a sign of life meanwhile and raises one of LOST when none comes: whoever
    only listens would not notice a dead line."""
    while not event.is_set():
        try:
            async with asyncio.timeout(LOOK_EVERY_S):
                await event.wait()
        except TimeoutError:
            await connection.execute("SELECT 1", timeout=ANSWER_WITHIN_S)


async def _keep_session(_connection: Any) -> None:  # noqa: ANN401 - asyncpg hands a proxy without a type
    return


class PatientPool:
    """A pool of up to `size` connections that waits a lost server out.

    A statement whose answer was lost is sent again, so every statement that goes through here must be one that may run
    twice: a read, or a write that is conditional. After `patience_s` the loss is raised.
    """

    def __init__(self, pool: asyncpg.Pool, *, patience_s: float) -> None:
        self._pool = pool
        self._patience_s = patience_s

    @classmethod
    @asynccontextmanager
    async def opened(cls, url: str, *, size: int, patience_s: float = PATIENCE_S) -> AsyncIterator[Self]:
        """The pool, closed on leaving. Connections are opened when they are needed."""
        pool = asyncpg.create_pool(
            url,
            min_size=0,
            max_size=size,
            command_timeout=COMMAND_TIMEOUT_S,
            timeout=CONNECT_TIMEOUT_S,
            reset=_keep_session,
        )
        async with pool:
            yield cls(pool, patience_s=patience_s)

    async def fetch(self, query: str, *arguments: object) -> list[asyncpg.Record]:
        """All rows."""
        return await self._patiently(lambda: self._pool.fetch(query, *arguments))

    async def fetchrow(self, query: str, *arguments: object) -> asyncpg.Record | None:
        """The first row, if there is one."""
        return await self._patiently(lambda: self._pool.fetchrow(query, *arguments))

    async def fetchval(self, query: str, *arguments: object) -> Any:  # noqa: ANN401 - whatever the column holds
        """The first column of the first row, None if there is none."""
        return await self._patiently(lambda: self._pool.fetchval(query, *arguments))

    async def execute(self, query: str, *arguments: object) -> str:
        """What the server says it did."""
        return await self._patiently(lambda: self._pool.execute(query, *arguments))

    async def _patiently(self, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + self._patience_s
        while True:
            try:
                return await ask()
            except LOST as error:
                if isinstance(error, ValueError) or loop.time() > give_up_at:
                    raise
                log.warning("query sent again", error=type(error).__name__)
                if isinstance(error, asyncpg.PostgresError):
                    await self._pool.expire_connections()
                await asyncio.sleep(ASK_AGAIN_EVERY_S)


class LastingConnections:
    """Up to `size` connections that are opened when first needed and kept. A broken one is dropped."""

    def __init__(self, url: str, *, size: int) -> None:
        self._url = url
        self._free: list[asyncpg.Connection] = []
        self._slots = asyncio.Semaphore(size)

    @asynccontextmanager
    async def one(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection for one call. Raises one of LOST when the server cannot be reached."""
        async with self._slots:
            connection = self._free.pop() if self._free else await connect(self._url)
            try:
                yield connection
            except asyncpg.PostgresError as error:
                if isinstance(error, LOST):
                    connection.terminate()
                else:
                    self._put_back(connection)
                raise
            except BaseException:
                connection.terminate()
                raise
            self._put_back(connection)

    def _put_back(self, connection: asyncpg.Connection) -> None:
        if not connection.is_closed():
            self._free.append(connection)

    async def close(self) -> None:
        """Closes those that are not in use."""
        while self._free:
            await self._free.pop().close()
