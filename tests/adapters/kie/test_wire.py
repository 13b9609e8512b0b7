"""Connections that break: a creation leaves at most once, and only what never left counts as not taken."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from adapters.kie.client import KieService
from adapters.kie.keys import KeyRing, read_keys
from domain.catalogue import Model
from domain.failures import FailureClass
from domain.outside import NotTaken, StillRunning, TaskCreated, TaskOrder, Trouble, Unanswered
from tests.adapters.kie.lines import Answer, listening, ok, says, says_and_hangs_up
from tests.adapters.kie.memory import MemoryRests, StillClock

MODEL = Model(id="m", name="M", price=1)
ORDER = TaskOrder(MODEL, "a prompt", "https://files.example/p.jpg", None, None, None)
TAKEN = json.dumps({"code": 200, "msg": "success", "data": {"taskId": "t1"}}).encode()
LARGE = b'{"code": 200, "data": {"taskId": "t1"}, "msg": "' + b"x" * 1_100_000 + b'"}'


@asynccontextmanager
async def service(url: str, *, patience_s: float = 10.0) -> AsyncIterator[KieService]:
    """A client of whatever listens there."""
    clock = StillClock()
    ring = KeyRing(read_keys("one@main=some-secret-key"), MemoryRests(clock), rate=None, now=clock.now)
    opened = KieService(
        ring, [MODEL], base_url=url, upload_url=url, connect_s=5, create_s=patience_s, look_up_s=patience_s
    )
    yield opened
    await opened.close()


async def never(_writer: asyncio.StreamWriter) -> None:
    """Does not answer."""


BROKEN: dict[str, Answer] = {
    "hangs up after reading": says_and_hangs_up(),
    "hangs up within the head": says_and_hangs_up(b"HTTP/1.1 200 OK\r\nContent-"),
    "hangs up within the body": says_and_hangs_up(ok(TAKEN)[:-5]),
    "is no HTTP": says_and_hangs_up(b"\x00\xff\x00 what?\r\n\r\n"),
    "lies about its coding": says_and_hangs_up(ok(TAKEN, headers="Content-Encoding: gzip\r\n")),
    "sends without end": says_and_hangs_up(ok(LARGE)),
    "sends nothing": says(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "sends an empty body": says(ok(b"")),
}


@pytest.mark.parametrize("how", BROKEN)
async def test_a_broken_answer_leaves_the_outcome_open_and_the_request_alone(how: str) -> None:
    async with listening(BROKEN[how]) as line, service(line.url) as kie:
        assert isinstance(await kie.create(ORDER, key="one"), Unanswered)
        assert len(line.requests) == 1
        assert await kie.look_up("t1", model="m", key="one") == StillRunning()


async def test_a_line_that_is_dropped_before_the_request_is_read_leaves_the_outcome_open() -> None:
    async with listening(None) as line, service(line.url) as kie:
        assert isinstance(await kie.create(ORDER, key="one"), Unanswered)
        assert line.connections == 1


async def test_an_answer_that_does_not_come_leaves_the_outcome_open() -> None:
    async with listening(never) as line, service(line.url, patience_s=0.05) as kie:
        assert isinstance(await kie.create(ORDER, key="one"), Unanswered)
        assert await kie.look_up("t1", model="m", key="one") == StillRunning()
        assert len(line.requests) == 2


async def test_where_nobody_listens_nothing_was_taken() -> None:
    async with listening(never) as line:
        url = line.url
    async with service(url) as kie:
        refused = await kie.create(ORDER, key="one")
        assert refused == NotTaken(Trouble(FailureClass.TEMPORARY, "no connection: ConnectError"))
        assert await kie.upload(b"photo", key="one") == refused
        assert await kie.look_up("t1", model="m", key="one") == StillRunning()
        assert not await kie.alive("m")
        assert await kie.credits(key="one") is None


@pytest.mark.parametrize("status", ["301 Moved", "307 Temporary Redirect"])
async def test_a_redirect_is_not_followed(status: str) -> None:
    async with (
        listening(says(ok(b"", status=status, headers="Location: /elsewhere\r\n"))) as line,
        service(line.url) as kie,
    ):
        assert isinstance(await kie.create(ORDER, key="one"), NotTaken)
        assert len(line.requests) == 1


async def test_what_costs_money_never_goes_out_on_a_line_that_was_used_before() -> None:
    async with listening(says(ok(TAKEN))) as line, service(line.url) as kie:
        for _ in range(3):
            await kie.look_up("t1", model="m", key="one")
        assert line.connections == 1
        for _ in range(3):
            assert await kie.create(ORDER, key="one") == TaskCreated("t1")
        assert line.connections == 4


async def test_the_request_says_who_asks_and_shows_the_key_in_its_header_only() -> None:
    async with listening(says(ok(TAKEN))) as line, service(line.url) as kie:
        await kie.create(ORDER, key="one")
        await kie.look_up("t 1&x=2", model="m", key="one")
    created, looked_up = (head.decode() for head in line.requests)
    assert created.startswith("POST /api/v1/jobs/createTask HTTP/1.1\r\n")
    assert looked_up.startswith("GET /api/v1/jobs/recordInfo?taskId=t+1%26x%3D2 HTTP/1.1\r\n")
    for head in (created, looked_up):
        assert "user-agent: neurocards/" in head.lower()
        assert head.count("some-secret-key") == 1
        assert "authorization: bearer some-secret-key" in head.lower()


async def test_what_runs_on_this_machine_is_asked_past_any_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening(never) as closed:
        nobody = closed.url
    monkeypatch.setenv("HTTP_PROXY", nobody)
    monkeypatch.setenv("ALL_PROXY", nobody)
    async with listening(says(ok(TAKEN))) as line, service(line.url) as kie:
        assert await kie.create(ORDER, key="one") == TaskCreated("t1")
        assert await kie.look_up("t1", model="m", key="one") == StillRunning()
        assert len(line.requests) == 2


async def test_a_cancelled_creation_is_cancelled() -> None:
    heard = asyncio.Event()

    async def hear(_writer: asyncio.StreamWriter) -> None:
        heard.set()

    async with listening(hear) as line, service(line.url) as kie:
        asking = asyncio.create_task(kie.create(ORDER, key="one"))
        await heard.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
