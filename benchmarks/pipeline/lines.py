"""How the processes of a run talk to the one that started them: a line of JSON on standard output, a word on input."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping

import orjson


def say(what: Mapping[str, object]) -> None:
    """Says it at once."""
    sys.stdout.write(f"{orjson.dumps(what).decode()}\n")
    sys.stdout.flush()


async def heard() -> AsyncIterator[str]:
    """The lines of standard input, until it is closed."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield line.decode().strip()
