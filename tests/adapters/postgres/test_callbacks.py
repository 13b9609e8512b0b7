"""The inbox of callbacks: kept once, found by job, bounded, forgotten, and heard of elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from adapters.postgres import callbacks as module
from adapters.postgres.callbacks import KEPT_MAX, PostgresCallbacks
from adapters.postgres.connections import PatientPool
from tests.adapters.postgres.faults import run_as_superuser
from tests.adapters.postgres.raw import connected, until
from tests.adapters.postgres.wire import wire_to
from tests.conftest import Database

JOB = "b7.42.1001.0"
LISTENING = """
    SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%' AND state = 'idle'
"""


@asynccontextmanager
async def opened(database: Database, *, url: str | None = None) -> AsyncIterator[PostgresCallbacks]:
    """The inbox as one process sees it; it listens at `url`."""
    async with PatientPool.opened(database.url, size=4) as pool:
        yield PostgresCallbacks(pool, url or database.url, shards=database.shards)


@pytest.fixture
async def inbox(database: Database) -> AsyncIterator[PostgresCallbacks]:
    """The inbox."""
    async with opened(database) as one:
        yield one


async def test_a_callback_is_kept_once(inbox: PostgresCallbacks) -> None:
    assert await inbox.keep(42, JOB, number=1, task="t1")
    assert not await inbox.keep(42, JOB, number=1, task="t1")
    assert await inbox.of_job(42, JOB) == [(1, "t1")]


async def test_a_jobs_callbacks_come_in_the_order_of_its_requests(inbox: PostgresCallbacks) -> None:
    for number, task in [(2, "t2"), (1, "t9"), (1, "t1")]:
        await inbox.keep(42, JOB, number=number, task=task)
    assert await inbox.of_job(42, JOB) == [(1, "t9"), (1, "t1"), (2, "t2")]


async def test_jobs_and_accounts_are_kept_apart(inbox: PostgresCallbacks) -> None:
    for account, job in [(42, JOB), (42, "other"), (43, JOB)]:
        await inbox.keep(account, job, number=1, task=f"{account} {job}")
    assert await inbox.of_job(42, JOB) == [(1, f"42 {JOB}")]
    assert await inbox.of_job(42, "other") == [(1, "42 other")]
    assert await inbox.of_job(43, JOB) == [(1, f"43 {JOB}")]


async def test_a_job_keeps_so_many_callbacks_and_no_more(inbox: PostgresCallbacks) -> None:
    kept = [await inbox.keep(42, JOB, number=1, task=f"t{n}") for n in range(KEPT_MAX + 3)]
    assert kept == [True] * KEPT_MAX + [False] * 3
    assert len(await inbox.of_job(42, JOB)) == KEPT_MAX
    assert await inbox.keep(42, "other", number=1, task="t1")


async def test_callbacks_of_one_moment_are_all_kept_and_told_once(inbox: PostgresCallbacks) -> None:
    kept = await asyncio.gather(*(inbox.keep(42, JOB, number=1, task=f"t{n % 4}") for n in range(40)))
    assert kept.count(True) == 4
    assert {task for _, task in await inbox.of_job(42, JOB)} == {"t0", "t1", "t2", "t3"}


async def test_what_is_old_is_swept(inbox: PostgresCallbacks, database: Database) -> None:
    for account in range(1, 30):
        await inbox.keep(account, JOB, number=1, task="old")
    await run_as_superuser(database, "UPDATE kie_callbacks SET received_at = $1", datetime(2026, 1, 1, tzinfo=UTC))
    await inbox.keep(7, JOB, number=2, task="new")
    assert await inbox.sweep(datetime(2026, 1, 1, tzinfo=UTC)) == 0
    assert await inbox.sweep(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=1)) == 29
    assert await inbox.of_job(7, JOB) == [(2, "new")]
    assert await inbox.of_job(8, JOB) == []


async def test_the_application_cannot_change_what_was_called_back(inbox: PostgresCallbacks, database: Database) -> None:
    await inbox.keep(42, JOB, number=1, task="t1")
    async with connected(database.url) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("UPDATE kie_callbacks SET task = 't2'")


async def listeners(database: Database) -> set[int]:
    """The server's sessions that listen."""
    async with connected(database.superuser_url) as connection:
        return {row["pid"] for row in await connection.fetch(LISTENING)}


async def until_listening(database: Database, *, but: frozenset[int] = frozenset()) -> None:
    """Returns when some session of the server listens, none of `but`."""

    async def is_there() -> bool:
        return bool(await listeners(database) - but)

    await until(is_there)


async def next_of(hints: AsyncGenerator[tuple[int, str]]) -> tuple[int, str]:
    """The next hint."""
    return await anext(hints)


async def test_what_one_process_keeps_another_hears_of(inbox: PostgresCallbacks, database: Database) -> None:
    async with opened(database) as elsewhere, aclosing(elsewhere.heard()) as hints:
        hearing = asyncio.create_task(next_of(hints))
        await until_listening(database)
        await inbox.keep(42, JOB, number=1, task="t1")
        assert await hearing == (42, JOB)
        await inbox.keep(42, JOB, number=1, task="t1")
        await inbox.keep(43, "other", number=1, task="t1")
        await inbox.keep(43, "other", number=2, task="t2")
        assert [await anext(hints) for _ in range(2)] == [(43, "other")] * 2


async def test_a_lost_line_is_opened_again(
    inbox: PostgresCallbacks, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RECONNECT_EVERY_S", 0.01)
    async with (
        wire_to(database.url) as (wire, url),
        opened(database, url=url) as elsewhere,
        aclosing(elsewhere.heard()) as hints,
    ):
        hearing = asyncio.create_task(next_of(hints))
        await until_listening(database)
        before = frozenset(await listeners(database))
        wire.break_down()
        wire.repair()
        await until_listening(database, but=before)
        await inbox.keep(42, JOB, number=1, task="t1")
        assert await hearing == (42, JOB)


async def test_a_line_that_cannot_be_opened_is_tried_again(
    inbox: PostgresCallbacks, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RECONNECT_EVERY_S", 0.01)
    async with wire_to(database.url) as (wire, url), opened(database, url=url) as elsewhere:
        wire.break_down()
        async with aclosing(elsewhere.heard()) as hints:
            hearing = asyncio.create_task(next_of(hints))
            await asyncio.sleep(0)
            wire.repair()
            await until_listening(database)
            await inbox.keep(42, JOB, number=1, task="t1")
            assert await hearing == (42, JOB)


async def test_who_stops_hearing_leaves_no_session(inbox: PostgresCallbacks, database: Database) -> None:
    async with aclosing(inbox.heard()) as hints:
        hearing = asyncio.create_task(next_of(hints))
        await until_listening(database)
        await inbox.keep(42, JOB, number=1, task="t1")
        await hearing

    async def is_gone() -> bool:
        return not await listeners(database)

    await until(is_gone)
