"""One POST of an update over a connection of its own, and what the bot's server says to it."""

from __future__ import annotations

import asyncio
import re
from typing import Final, NamedTuple

import httpx

STATUS_LINE: Final = re.compile(rb"HTTP/1\.[01] (\d{3})\b *([^\r\n]*)")
PORTS: Final = {"http": 80, "https": 443}
SECRET_HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of a header
RETRY_AFTER_MAX_S: Final = 3600


class Taken(NamedTuple):
    """The bot's server took the update."""


class NotTaken(NamedTuple):
    """It did not. `retry_after_s` if it said so."""

    why: str
    gone: bool = False
    retry_after_s: int | None = None


async def post(url: str, *, body: bytes, secret: str, timeout_s: float) -> Taken | NotTaken:
    """Posts an update. Of the answer only its status and `Retry-After` are read."""
    try:
        address = httpx.URL(url)
        port = address.port or PORTS[address.scheme]
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_connection(address.host, port, ssl=address.scheme == "https" or None)
            try:
                writer.write(_head(address, secret=secret, size_bytes=len(body)) + body)
                return await _answer(reader)
            finally:
                writer.transport.abort()
    except TimeoutError:
        return NotTaken("Read timeout expired")
    except (httpx.InvalidURL, KeyError, OSError, ValueError, EOFError):
        return NotTaken("Connection refused")


async def _answer(reader: asyncio.StreamReader) -> Taken | NotTaken:
    line = STATUS_LINE.match(await reader.readline())
    if line is None:
        return NotTaken("Connection closed")
    status = int(line.group(1))
    if 200 <= status < 300:
        return Taken()
    retry_after_s = None
    while (header := await reader.readline()).strip():
        name, _, value = header.partition(b":")
        if name.lower() == b"retry-after" and value.strip().isdigit():
            retry_after_s = min(int(value), RETRY_AFTER_MAX_S)
    why = f"Wrong response from the webhook: {status} {line.group(2).decode('latin-1').strip()}".rstrip()
    return NotTaken(why, gone=status == 410, retry_after_s=retry_after_s)


def _head(address: httpx.URL, *, secret: str, size_bytes: int) -> bytes:
    lines = [f"{SECRET_HEADER}: {secret}"] if secret else []
    lines += ["Content-Type: application/json", f"Content-Length: {size_bytes}", "Connection: close", "", ""]
    return b"POST %b HTTP/1.1\r\nHost: %b\r\n%b" % (address.raw_path, address.netloc, "\r\n".join(lines).encode())
