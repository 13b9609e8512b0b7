"""An ASGI app over real HTTP, in this process and event loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress

import uvicorn
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

HOST = "127.0.0.1"
GOODBYE_S = 2


class _Server(uvicorn.Server):
    """Says when it is ready, goes when told, and leaves signals to the program."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()
        self.leave = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self.leave.wait()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(app: ASGIApp, *, host: str = HOST, port: int = 0) -> AsyncIterator[str]:
    """Serves the app, its start-up and shutdown included, and gives its address: `http://127.0.0.1:40123`.

    Port 0 is any free one. Requests that are still open at the end are cancelled after 2 s. Raises OSError when the
    port is taken.
    """
    # Said to be TCP in so many words: asyncio sends small answers without delay (40 ms each) only on such sockets.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    server = _Server(
        uvicorn.Config(_unless_gone(app), log_config=None, access_log=False, timeout_graceful_shutdown=GOODBYE_S)
    )
    running = asyncio.create_task(server.serve(sockets=[listener]), name="serving")
    ready = asyncio.create_task(server.ready.wait(), name="serving ready")
    try:
        await asyncio.wait({running, ready}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            await running
        yield f"http://{host}:{listener.getsockname()[1]}"
    finally:
        ready.cancel()
        server.leave.set()
        await running


def _unless_gone(app: ASGIApp) -> ASGIApp:
    """The app; that a caller left in the middle of a request is nothing to report."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        with suppress(ClientDisconnect):
            await app(scope, receive, send)

    return served


@asynccontextmanager
async def serving_somewhere(app: ASGIApp, *, host: str = HOST, port: int) -> AsyncIterator[str]:
    """As `serving`, at any free port when that one is taken."""
    async with AsyncExitStack() as stack:
        try:
            url = await stack.enter_async_context(serving(app, host=host, port=port))
        except OSError:
            url = await stack.enter_async_context(serving(app, host=host))
        yield url
