"""Connections that are kept for the next request, each in a client of its own.

A pool of httpx looks through all its connections at the start and the end of every request and asks the system about
each idle one: with dozens of them that takes more of the processor than the request itself. The lane that was used last
is taken first, so no more of them stay warm than are needed at once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import httpx

IDLE_MAX: Final = 64


class Lanes:
    """Clients for one request at a time, all with the same settings of `httpx.AsyncClient`; `idle_max` are kept."""

    def __init__(self, *, idle_max: int = IDLE_MAX, **settings: Any) -> None:
        self._settings = {"verify": httpx.create_ssl_context(), **settings}
        self._idle: list[httpx.AsyncClient] = []
        self._idle_max = idle_max

    @asynccontextmanager
    async def one(self) -> AsyncIterator[httpx.AsyncClient]:
        """A client that nobody else uses meanwhile."""
        client = self._idle.pop() if self._idle else httpx.AsyncClient(**self._settings)
        try:
            yield client
        finally:
            if len(self._idle) < self._idle_max:
                self._idle.append(client)
            else:
                await client.aclose()

    async def close(self) -> None:
        """Closes the connections; those in use when they are given back."""
        self._idle_max = 0
        while self._idle:
            await self._idle.pop().aclose()
