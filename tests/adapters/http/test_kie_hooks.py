"""Callbacks over real HTTP: what KIE says is kept before it is answered, and whatever else comes does no harm."""

from __future__ import annotations

import asyncio
import hmac
import json
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from adapters.http import kie_hooks
from adapters.http.kie_hooks import BODY_BYTES_MAX, kie_router
from adapters.kie.callbacks import callback_path
from adapters.postgres.callbacks import PostgresCallbacks
from adapters.postgres.connections import PatientPool
from app.serving import serving
from tests.adapters.postgres.raw import connected
from tests.conftest import Database

SECRET = bytes(range(16))
KEY = "a key that KIE and we know"
JOB = "b7.42.1001.0"
NOW = datetime(2026, 10, 20, 12, 0, tzinfo=UTC)
PATH = callback_path(SECRET, account=42, job=JOB, number=1)
SUCCESS = {"code": 200, "msg": "done", "data": {"taskId": "t1", "state": "success", "resultJson": "{}"}}
FAILURE = {"code": 501, "msg": "failed", "data": {"taskId": "t1", "state": "fail", "failMsg": "no"}}
KEPT = [(1, "t1")]


class Hooks:
    """The route, its inbox and a client of it."""

    def __init__(self, inbox: PostgresCallbacks, client: httpx.AsyncClient) -> None:
        self.inbox = inbox
        self.client = client

    async def post(self, body: Any, *, path: str = PATH, headers: dict[str, str] | None = None) -> int:
        """The status of the answer. A body that is not bytes goes as JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        raw = {name.encode(): value.encode("latin-1") for name, value in (headers or {}).items()}
        return (await self.client.post(path, content=content, headers=raw)).status_code

    async def kept(self) -> list[tuple[int, str]]:
        """What the inbox holds of the job."""
        return await self.inbox.of_job(42, JOB)


@asynccontextmanager
async def hooked(database: Database, *, webhook_key: str | None) -> AsyncIterator[Hooks]:
    """The route on a server of its own."""
    async with PatientPool.opened(database.url, size=4) as pool:
        inbox = PostgresCallbacks(pool, database.url, shards=database.shards)
        key = None if webhook_key is None else SecretStr(webhook_key)
        app = FastAPI()
        app.include_router(kie_router(inbox, path_secret=SECRET, webhook_key=key, clock=lambda: NOW))
        async with serving(app) as address, httpx.AsyncClient(base_url=address) as client:
            yield Hooks(inbox, client)


@pytest.fixture
async def hooks(database: Database) -> AsyncIterator[Hooks]:
    """Without a webhook key."""
    async with hooked(database, webhook_key=None) as one:
        yield one


@pytest.fixture
async def signed_hooks(database: Database) -> AsyncIterator[Hooks]:
    """With a webhook key."""
    async with hooked(database, webhook_key=KEY) as one:
        yield one


def signature(*, task: str = "t1", at: float = NOW.timestamp(), key: str = KEY) -> dict[str, str]:
    """The headers with which KIE signs."""
    digest = hmac.digest(key.encode(), f"{task}.{at:.0f}".encode(), "sha256")
    return {"X-Webhook-Timestamp": f"{at:.0f}", "X-Webhook-Signature": b64encode(digest).decode()}


SHAPES: list[dict[str, Any]] = [
    SUCCESS,
    FAILURE,
    {"data": {"task_id": "t1"}},
    {"taskId": "t1"},
    {"task_id": "t1"},
    {"code": 200, "data": {"taskId": "t1", "info": {"resultUrls": []}, "fallbackFlag": False}},
]


async def test_a_callback_is_kept_before_it_is_answered(hooks: Hooks) -> None:
    for account, body in enumerate(SHAPES, 1):
        path = callback_path(SECRET, account=account, job=JOB, number=1)
        assert await hooks.post(body, path=path) == 200, body
        assert await hooks.inbox.of_job(account, JOB) == KEPT, body


async def test_a_callback_that_is_repeated_is_kept_once(hooks: Hooks) -> None:
    assert [await hooks.post(body) for body in (SUCCESS, SUCCESS, FAILURE)] == [200] * 3
    assert await hooks.kept() == KEPT


async def test_each_request_of_a_job_has_an_address_of_its_own(hooks: Hooks) -> None:
    second = callback_path(SECRET, account=42, job=JOB, number=2)
    other = callback_path(SECRET, account=43, job="no.such.job+=:_-", number=1)
    assert [await hooks.post(SUCCESS, path=path) for path in (second, PATH, other)] == [200] * 3
    assert await hooks.kept() == [(1, "t1"), (2, "t1")]
    assert await hooks.inbox.of_job(43, "no.such.job+=:_-") == KEPT


FORGED_PATHS = [
    PATH[:-1],
    PATH + "A",
    PATH.replace("/42/", "/43/"),
    PATH.replace("/1/", "/2/"),
    PATH.replace("/1/", "/01/"),
    PATH.replace(JOB, "other"),
    PATH.rpartition("/")[0] + "/%00",
    callback_path(bytes(16), account=42, job=JOB, number=1),
    "/hooks/kie/42/x/1/x",
    "/hooks/kie/%E2%98%83/%FF/one/%0A",
]


async def test_an_address_that_is_not_ours_is_refused(hooks: Hooks, database: Database) -> None:
    answers = {path: await hooks.post(SUCCESS, path=path) for path in FORGED_PATHS}
    assert answers == dict.fromkeys(FORGED_PATHS, 403)
    assert await everything_kept(database) == 0


async def everything_kept(database: Database) -> int:
    """How many callbacks are kept, of whatever job."""
    async with connected(database.superuser_url) as connection:
        return int(await connection.fetchval("SELECT count(*) FROM kie_callbacks"))


async def test_other_addresses_do_not_exist(hooks: Hooks) -> None:
    for path in ("/hooks/kie", PATH + "/more", PATH.rpartition("/")[0]):
        assert await hooks.post(SUCCESS, path=path) == 404, path


WORDS = st.sampled_from(["data", "code", "msg", "state", "taskid", "recordId"])
GARBAGE = [b"", b"{", b"null", b"[]", b'"t1"', b"\xff\xfe", b"\0", b'{"data": {}}', b"[" * 60_000, b"9" * 9_000]
NO_IDS = ["", " ", "a b", "a/b", "a\0b", "\ud800", "x" * 256, 5, True, None, ["t1"], {"id": "t1"}]


VALUES = st.recursive(st.none() | st.text() | st.integers(), lambda some: st.lists(some) | st.dictionaries(WORDS, some))
"""JSON that looks like a callback and names no task."""


async def test_garbage_is_refused(hooks: Hooks) -> None:
    for body in GARBAGE:
        assert await hooks.post(body) == 400, body[:20]
    assert await hooks.kept() == []


async def test_what_is_no_tasks_id_is_refused(hooks: Hooks) -> None:
    for task in NO_IDS:
        assert await hooks.post({"data": {"taskId": task}}) == 400, task
    assert await hooks.kept() == []


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=300) | VALUES.map(json.dumps).map(str.encode))
async def test_no_body_makes_anything_but_a_refusal(body: bytes, hooks: Hooks) -> None:
    assert await hooks.post(body) == 400


async def test_a_body_that_is_too_long_is_refused(hooks: Hooks) -> None:
    body = json.dumps({"taskId": "t1", "param": "x" * BODY_BYTES_MAX}).encode()

    async def in_chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 1_000):
            yield body[start : start + 1_000]

    for content in (body, in_chunks()):
        assert (await hooks.client.post(PATH, content=content)).status_code == 413
    assert await hooks.kept() == []


async def test_a_body_of_just_the_right_size_is_read(hooks: Hooks) -> None:
    frame = json.dumps({"taskId": "t1", "param": ""}).encode()
    body = json.dumps({"taskId": "t1", "param": "x" * (BODY_BYTES_MAX - len(frame))}).encode()
    assert len(body) == BODY_BYTES_MAX
    assert await hooks.post(body) == 200


async def test_a_body_that_does_not_come_is_not_waited_for(hooks: Hooks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kie_hooks, "BODY_WITHIN_S", 0.1)
    reader, writer = await asyncio.open_connection(hooks.client.base_url.host, hooks.client.base_url.port)
    writer.write(f'POST {PATH} HTTP/1.1\r\nHost: here\r\nContent-Length: 99\r\n\r\n{{"taskId": "t1"'.encode())
    assert (await reader.readline()).startswith(b"HTTP/1.1 408 ")
    writer.close()
    await writer.wait_closed()
    assert await hooks.kept() == []


async def test_a_caller_that_hangs_up_in_the_middle_leaves_nothing(hooks: Hooks) -> None:
    _, writer = await asyncio.open_connection(hooks.client.base_url.host, hooks.client.base_url.port)
    writer.write(f'POST {PATH} HTTP/1.1\r\nHost: here\r\nContent-Length: 99\r\n\r\n{{"taskId": "t1"'.encode())
    await writer.drain()
    writer.transport.abort()
    assert await hooks.post({"taskId": "t2"}) == 200
    assert await hooks.kept() == [(1, "t2")]


async def test_a_signed_callback_is_kept(signed_hooks: Hooks) -> None:
    assert await signed_hooks.post(SUCCESS, headers=signature()) == 200
    assert await signed_hooks.kept() == KEPT


async def test_a_fresh_signature_may_be_a_little_old_or_early(signed_hooks: Hooks) -> None:
    for age_s in (-299, 0, 299):
        assert await signed_hooks.post(SUCCESS, headers=signature(at=NOW.timestamp() - age_s)) == 200, age_s


FORGED_HEADERS = {
    "none": {},
    "another key": signature(key="a guess"),
    "another task": signature(task="t2"),
    "old": signature(at=NOW.timestamp() - 301),
    "of tomorrow": signature(at=NOW.timestamp() + 86_400),
    "another time": signature() | {"X-Webhook-Timestamp": f"{NOW.timestamp() + 1:.0f}"},
    "no time": signature() | {"X-Webhook-Timestamp": "now"},
    "no signature": {"X-Webhook-Timestamp": f"{NOW.timestamp():.0f}"},
    "strange": {"X-Webhook-Timestamp": "1", "X-Webhook-Signature": "\xff"},
}


async def test_a_callback_that_is_not_signed_is_refused(signed_hooks: Hooks) -> None:
    answers = {name: await signed_hooks.post(SUCCESS, headers=some) for name, some in FORGED_HEADERS.items()}
    assert answers == dict.fromkeys(FORGED_HEADERS, 401)
    assert await signed_hooks.kept() == []


async def test_a_signature_does_not_make_up_for_the_address(signed_hooks: Hooks) -> None:
    assert await signed_hooks.post(SUCCESS, path=PATH.replace("/42/", "/43/"), headers=signature()) == 403


async def test_a_database_that_does_not_answer_is_told_so_that_kie_tries_again(
    hooks: Hooks, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kie_hooks, "KEPT_WITHIN_S", 0.2)
    async with connected(database.superuser_url) as connection, connection.transaction():
        await connection.execute("LOCK TABLE kie_callbacks")
        assert await hooks.post(SUCCESS) == 503
    assert await hooks.post(SUCCESS) == 200
    assert await hooks.kept() == KEPT
