"""One POST, taken by a real server or by something that is none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from fastapi import FastAPI, Request, Response

from adapters.sandbox.posting import post
from app.serving import serving


@asynccontextmanager
async def saying(words: bytes) -> AsyncIterator[str]:
    """Something that says these words to everybody and hangs up."""

    async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(words)
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


async def sent_to(url: str) -> int | None:
    return await post(url, body=b"{}", headers={}, timeout_s=5)


async def test_a_post_arrives_whole_and_its_status_comes_back() -> None:
    app, seen = FastAPI(), []

    async def take(request: Request) -> Response:
        seen.append((request.url.path, request.url.query, request.headers["x-mine"], await request.body()))
        return Response("thanks" * 1000, status_code=202)

    app.add_api_route("/a/{rest}", take, methods=["POST"])
    body = b"0123456789" * 50_000
    async with serving(app) as base_url:
        status = await post(f"{base_url}/a/кофе?b=c%20d", body=body, headers={"X-Mine": "yes"}, timeout_s=5)
    assert status == 202
    assert seen == [("/a/кофе", "b=c%20d", "yes", body)]


@pytest.mark.parametrize("words", [b"", b"SSH-2.0-x\r\n", b"HTTP/1.1\r\n", b"x" * 200_000, b"HTTP/1.1 9999 ?\r\n"])
async def test_what_does_not_speak_http_gives_no_status(words: bytes) -> None:
    async with saying(words) as url:
        assert await sent_to(url) is None


@pytest.mark.parametrize("url", ["", "x", "ftp://127.0.0.1/", "http://", "http://[", "http://127.0.0.1:1/", "/path"])
async def test_an_address_where_nobody_is_gives_no_status(url: str) -> None:
    assert await sent_to(url) is None


async def test_an_old_server_is_understood() -> None:
    async with saying(b"HTTP/1.0 503 Busy\r\n\r\n") as url:
        assert await sent_to(url) == 503
