"""Letting go of a caller without an answer, which ASGI has no word for, and keeping one waiting.

Letting go works under uvicorn, for the outermost application: there `send` is a method of the object that holds the
connection.
"""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.types import Receive, Send


async def hang_up(receive: Receive, send: Send, *, flush: bool = False) -> None:
    """Closes the caller's connection and returns once it is closed. `flush`: what was sent so far still arrives.

    Raises RuntimeError when the server keeps its connections to itself.
    """
    transport: Any = getattr(getattr(send, "__self__", None), "transport", None)
    if not hasattr(transport, "abort"):  # uvloop's are transports by their methods, not by their class
        msg = "this server gives no way to close a connection; run the sandbox under uvicorn, not inside another app"
        raise RuntimeError(msg)
    if flush:
        transport.close()
    else:
        transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass


async def stays(receive: Receive, *, for_s: float) -> bool:
    """Whether the caller is still there after that time; False as soon as it has left."""
    try:
        async with asyncio.timeout(for_s):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return True
    return False
