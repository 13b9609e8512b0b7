"""Connections to PostgreSQL: a pool for reading, and a few lasting ones for appending.

A pool that asyncpg hands out resets each connection when it comes back, which is one more round trip; ours never
change a session's state, so theirs is not reset.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg

COMMAND_TIMEOUT_S: Final = 60.0
CONNECT_TIMEOUT_S: Final = 10.0

LOST: Final = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.exceptions.OperatorInterventionError,
    asyncpg.exceptions.TooManyConnectionsError,
    asyncpg.exceptions.DeadlockDetectedError,
)
"""What it looks like when the server or the way to it is gone, or sent us away for a while: trying again can help."""


async def connect(url: str) -> asyncpg.Connection:
    """One connection, for a purpose that outlives a query."""
    return await asyncpg.connect(url, command_timeout=COMMAND_TIMEOUT_S, timeout=CONNECT_TIMEOUT_S)


async def _keep_session(_connection: Any) -> None:  # noqa: ANN401 - asyncpg hands a proxy without a type
    return


async def reading_pool(url: str, *, size: int) -> asyncpg.Pool:
    """A pool of up to `size` connections, opened when they are needed."""
    return await asyncpg.create_pool(
        url,
        min_size=0,
        max_size=size,
        command_timeout=COMMAND_TIMEOUT_S,
        timeout=CONNECT_TIMEOUT_S,
        reset=_keep_session,
    )


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
            except asyncpg.PostgresError:
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
