"""One POST over a connection of its own, for thousands of callbacks: an HTTP client costs ten times as much CPU."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Final

import httpx

STATUS_LINE: Final = re.compile(rb"HTTP/1\.[01] (\d{3})\b")
PORTS: Final = {"http": 80, "https": 443}


async def post(url: str, *, body: bytes, headers: Mapping[str, str], timeout_s: float) -> int | None:
    """The status of the answer; None when none came in time. The rest of the answer is not read."""
    try:
        address = httpx.URL(url)
        port = address.port or PORTS[address.scheme]
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_connection(address.host, port, ssl=address.scheme == "https" or None)
            try:
                writer.write(_head(address, headers, size_bytes=len(body)) + body)
                line = STATUS_LINE.match(await reader.readline())
            finally:
                writer.transport.abort()
    except (httpx.InvalidURL, KeyError, OSError, ValueError):
        return None  # no address, nobody there, too late (an OSError too) or no HTTP: all the same to who calls back
    return None if line is None else int(line.group(1))


def _head(address: httpx.URL, headers: Mapping[str, str], *, size_bytes: int) -> bytes:
    lines = [f"{name}: {value}" for name, value in headers.items()]
    said = "\r\n".join([*lines, f"Content-Length: {size_bytes}", "Connection: close", "", ""])
    return b"POST %b HTTP/1.1\r\nHost: %b\r\n%b" % (address.raw_path, address.netloc, said.encode())
