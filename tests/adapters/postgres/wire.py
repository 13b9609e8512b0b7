"""A wire to the database that can be cut: a TCP proxy on real sockets, for the moments a real network chooses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Literal
from urllib.parse import urlsplit

Cut = Literal["before the server gets it", "before the answer comes back"]


async def nothing() -> None:
    """What usually happens while the wire is cut."""


class Wire:
    """Passes bytes on, until what a client sends contains `marker`: then it cuts that connection, so many times."""

    def __init__(self, server: tuple[str, int]) -> None:
        self._server = server
        self._marker = b""
        self._cut: Cut = "before the server gets it"
        self._left = 0
        self._meanwhile: Callable[[], Awaitable[object]] = nothing
        self._connections: set[asyncio.Task[None]] = set()
        self.broken = False
        self.cuts = 0

    def cut(self, cut: Cut, *, at: str, times: int = 1, meanwhile: Callable[[], Awaitable[object]] = nothing) -> None:
        """Cuts the next connections on which `at` is sent. `meanwhile` happens before the client notices."""
        self._cut, self._marker, self._left, self._meanwhile = cut, at.encode(), times, meanwhile

    def break_down(self) -> None:
        """Hangs up on everybody, and on everybody who calls from now on."""
        self.broken = True
        for task in self._connections:
            task.cancel()

    def repair(self) -> None:
        """Passes bytes on again."""
        self.broken = False

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one client until one of the two sides hangs up or the wire is cut."""
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            if not self.broken:
                await self._serve(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._connections.discard(task)
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection(*self._server)
        answering = asyncio.create_task(self._pass_on(from_server, writer))
        try:
            while sent := await reader.read(65_536):
                if self._left and self._marker in sent:
                    self._left -= 1
                    self.cuts += 1
                    if self._cut == "before the answer comes back":
                        answering.cancel()
                        await asyncio.gather(answering, return_exceptions=True)
                        to_server.write(sent)
                        await from_server.read(1)
                    await self._meanwhile()
                    return
                to_server.write(sent)
        finally:
            answering.cancel()
            to_server.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while sent := await reader.read(65_536):
                writer.write(sent)
        writer.close()


@asynccontextmanager
async def wire_to(url: str) -> AsyncIterator[tuple[Wire, str]]:
    """A wire to the server of `url`, and the address by which a program uses it."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    wire = Wire((parts.hostname, parts.port))
    server = await asyncio.start_server(wire.accept, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield wire, parts._replace(netloc=parts.netloc.replace(f":{parts.port}", f":{port}")).geturl()
        wire.break_down()
