"""The line between a worker and its database, which can go dead while both sides live: a TCP proxy on real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit


class Line:
    """Passes bytes on. `hold` keeps them back, hang-ups too; `cut` hangs up on everybody; `mend` ends either."""

    def __init__(self, server: tuple[str, int]) -> None:
        self._server = server
        self._flows = asyncio.Event()
        self._flows.set()
        self._is_cut = False
        self._connections: set[asyncio.Task[None]] = set()

    def hold(self) -> None:
        """From now on nothing arrives on either side, and nobody is told. It arrives when the line is mended."""
        self._flows.clear()

    def cut(self) -> None:
        """Hangs up on everybody, and on everybody who calls from now on."""
        self._is_cut = True
        for task in self._connections:
            task.cancel()

    def mend(self) -> None:
        """Passes bytes on again, those that were kept back first."""
        self._is_cut = False
        self._flows.set()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one connection until one of the two sides hangs up or the line is cut."""
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            with suppress(OSError, asyncio.CancelledError):
                if not self._is_cut:
                    await self._serve(reader, writer)
        finally:
            self._connections.discard(task)
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._flows.wait()
        from_server, to_server = await asyncio.open_connection(*self._server)
        ways = {
            asyncio.create_task(self._pass_on(reader, to_server)),
            asyncio.create_task(self._pass_on(from_server, writer)),
        }
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            to_server.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while sent := await reader.read(65_536):
            await self._flows.wait()
            writer.write(sent)
            await writer.drain()
        await self._flows.wait()


@asynccontextmanager
async def line_to(url: str) -> AsyncIterator[tuple[Line, str]]:
    """A line to the server of `url`, and the address by which a program uses it."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    line = Line((parts.hostname, parts.port))
    server = await asyncio.start_server(line.accept, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield line, parts._replace(netloc=parts.netloc.replace(f":{parts.port}", f":{port}")).geturl()
        line.cut()
