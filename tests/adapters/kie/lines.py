"""A server on a free port that speaks bytes: for answers that no web framework would give."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Line:
    """What came in. `requests` hold the head of each, `connections` counts."""

    url: str = ""
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)


@asynccontextmanager
async def listening(answer: Answer | None) -> AsyncIterator[Line]:
    """Takes requests and gives each the answer; None: hangs up before any is read. Connections are kept open."""
    line = Line()
    open_ends: set[asyncio.StreamWriter] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line.connections += 1
        open_ends.add(writer)
        try:
            while answer is not None:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next((int(row[15:]) for row in head.lower().splitlines() if row[:15] == b"content-length:"), 0)
                await reader.readexactly(length)
                line.requests.append(head)
                await answer(writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            open_ends.discard(writer)
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    line.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield line
    finally:
        server.close()
        for writer in open_ends.copy():
            writer.transport.abort()
        await server.wait_closed()


def says(text: bytes) -> Answer:
    """Sends these bytes, whatever they are."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(text)

    return answer


def says_and_hangs_up(text: bytes = b"") -> Answer:
    """Sends these bytes and closes the connection."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(text)
        writer.close()

    return answer


def ok(body: bytes, *, status: str = "200 OK", headers: str = "") -> bytes:
    """A whole answer of HTTP."""
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body
