"""Kept connections: taken again, never shared, closed when there are too many or when all is over."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from adapters.kie.lanes import Lanes
from app.serving import serving


async def _caller(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the port that the caller has connected from."""
    if scope["type"] == "http":
        client = Request(scope).client
        assert client is not None
        await PlainTextResponse(str(client.port))(scope, receive, send)


@pytest.fixture
async def lanes() -> AsyncIterator[Lanes]:
    kept = Lanes(trust_env=False)
    yield kept
    await kept.close()


async def _port(client: httpx.AsyncClient, url: str) -> str:
    return (await client.get(url)).text


async def test_a_connection_is_kept_for_the_next_request(lanes: Lanes) -> None:
    async with serving(_caller) as url:
        ports = set()
        for _ in range(3):
            async with lanes.one() as client:
                ports.add(await _port(client, url))
    assert len(ports) == 1


async def test_nobody_shares_a_connection_that_is_in_use(lanes: Lanes) -> None:
    async with lanes.one() as kept:
        pass
    async with serving(_caller) as url, lanes.one() as first, lanes.one() as second:
        assert first is kept
        assert await _port(first, url) != await _port(second, url)


async def test_the_connection_that_was_used_last_is_taken_first(lanes: Lanes) -> None:
    async with lanes.one() as first, lanes.one() as second:
        pass  # the second one is given back first
    async with lanes.one() as again:
        assert again is first
        assert again is not second


async def test_no_more_than_some_are_kept() -> None:
    lanes = Lanes(idle_max=1)
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(lanes.one()) for _ in range(3)]
    assert sorted(client.is_closed for client in clients) == [False, True, True]
    await lanes.close()
    assert all(client.is_closed for client in clients)


async def test_what_is_in_use_at_the_end_is_closed_when_it_is_given_back(lanes: Lanes) -> None:
    async with lanes.one() as client:
        await lanes.close()
        assert not client.is_closed
    assert client.is_closed
