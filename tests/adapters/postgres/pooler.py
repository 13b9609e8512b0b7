"""A transaction pooler in miniature: what stands in front of many PostgreSQL servers, and must not carry locks.

A client logs in over a connection of its own to the server. From then on that connection belongs to all: each
transaction of any client runs on whichever was put back last (or first), and takes another only if that one is busy.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

READY = b"Z"
IDLE = b"I"
GOODBYE = b"X"
ASKS_FOR_ENCRYPTION = (80_877_103).to_bytes(4, "big")
LOG_IN = b"R"
NEEDS_NO_ANSWER = {bytes(4), (12).to_bytes(4, "big")}
"""Of the server's words at a log-in: that it was right, and the last ones before."""


@dataclass
class _Backend:
    """A connection to the server."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


async def _hello(reader: asyncio.StreamReader) -> bytes:
    """The first message of a client, which has no kind."""
    length = await reader.readexactly(4)
    return length + await reader.readexactly(int.from_bytes(length, "big") - 4)


async def _message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """The next message: its kind, and all its bytes."""
    head = await reader.readexactly(5)
    return head[:1], head + await reader.readexactly(int.from_bytes(head[1:], "big") - 4)


class Pooler:
    """Lends backends out for a transaction at a time. With `size` 1 all clients share one."""

    def __init__(self, server: tuple[str, int], *, size: int, oldest_first: bool) -> None:
        self._server = server
        self._size = size
        self._next = 0 if oldest_first else -1
        self._free: list[_Backend] = []
        self._given_back = asyncio.Condition()
        self._clients: set[asyncio.Task[None]] = set()
        self._backends: list[_Backend] = []

    async def accept(self, client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        """Serves one client until it hangs up."""
        task = asyncio.current_task()
        assert task is not None
        self._clients.add(task)
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._log_in(client, answers)
                await self._serve(client, answers)
        finally:
            self._clients.discard(task)
            answers.transport.abort()

    async def _log_in(self, client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        backend = _Backend(*await asyncio.open_connection(*self._server))
        self._backends.append(backend)
        while (hello := await _hello(client))[4:] == ASKS_FOR_ENCRYPTION:
            answers.write(b"N")
        backend.writer.write(hello)
        kind = b""
        while kind != READY:
            kind, message = await _message(backend.reader)
            answers.write(message)
            if kind == LOG_IN and message[5:9] not in NEEDS_NO_ANSWER:
                backend.writer.write((await _message(client))[1])
        if len(self._backends) <= self._size:
            await self._give_back(backend)
        else:
            backend.writer.transport.abort()

    async def _serve(self, client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        reading = asyncio.create_task(_message(client))
        try:
            while True:
                kind, _ = await asyncio.shield(reading)
                if kind == GOODBYE:
                    return
                backend = await self._take()
                answering = asyncio.create_task(self._answer(backend, answers))
                try:
                    while not answering.done():
                        if reading.done():
                            backend.writer.write(reading.result()[1])
                            reading = asyncio.create_task(_message(client))
                        await asyncio.wait({reading, answering}, return_when=asyncio.FIRST_COMPLETED)
                    await answering
                    await self._give_back(backend)
                finally:
                    if answering.cancel():
                        backend.writer.transport.abort()
                    await asyncio.gather(answering, return_exceptions=True)
        finally:
            reading.cancel()

    async def _answer(self, backend: _Backend, answers: asyncio.StreamWriter) -> None:
        """Passes on what the server says until a transaction has ended."""
        kind, message = b"", b""
        while kind != READY or message[-1:] != IDLE:
            kind, message = await _message(backend.reader)
            answers.write(message)

    async def _take(self) -> _Backend:
        async with self._given_back:
            await self._given_back.wait_for(lambda: self._free)
            return self._free.pop(self._next)

    async def _give_back(self, backend: _Backend) -> None:
        async with self._given_back:
            self._free.append(backend)
            self._given_back.notify()

    async def close(self) -> None:
        """Hangs up on everybody."""
        for task in self._clients:
            task.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)
        for backend in self._backends:
            backend.writer.transport.abort()


@asynccontextmanager
async def pooled(url: str, *, size: int, oldest_first: bool = False) -> AsyncIterator[str]:
    """The address of a pooler in front of the server of `url`."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    pooler = Pooler((parts.hostname, parts.port), size=size, oldest_first=oldest_first)
    server = await asyncio.start_server(pooler.accept, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield parts._replace(netloc=parts.netloc.replace(f":{parts.port}", f":{port}")).geturl()
        await pooler.close()
