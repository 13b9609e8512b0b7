"""Apps over real HTTP: who leaves in the middle of a request is no error."""

from __future__ import annotations

import asyncio
import logging
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from adapters.sandbox.openai_sandbox import OpenAISandbox
from app import serving as module
from app.serving import serving

HALF = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"


class Seen:
    """An app that tells when a request has come to it, and when it is through with it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.come = asyncio.Event()
        self.through = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        self.come.set()
        try:
            await self._app(scope, receive, send)
        finally:
            self.through.set()


async def leaves_in_mid_body(address: str, app: Seen) -> None:
    """Sends half a request and is gone."""
    parts = urlsplit(address)
    _, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(HALF)
    await writer.drain()
    await app.come.wait()
    writer.close()
    await writer.wait_closed()
    await app.through.wait()


async def whoever_leaves_is_not_reported(caplog: pytest.LogCaptureFixture) -> None:
    site = FastAPI()

    @site.post("/v1/chat/completions")
    async def whole(request: Request) -> int:
        return len(await request.body())

    with caplog.at_level(logging.INFO):
        for app in (Seen(OpenAISandbox().app), Seen(site)):
            async with serving(app) as address:
                await leaves_in_mid_body(address, app)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_whoever_leaves_is_not_reported(caplog: pytest.LogCaptureFixture) -> None:
    await whoever_leaves_is_not_reported(caplog)


async def test_a_server_that_reports_them_is_seen(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_unless_gone", lambda app: app)
    with pytest.raises(AssertionError):
        await whoever_leaves_is_not_reported(caplog)
