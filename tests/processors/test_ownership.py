"""Shards have one owner each: shared fairly, taken over from whoever is gone or silent, given up when asked for."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from adapters.postgres.locks import NotDirect, PostgresLocks
from processors import lease as lease_module
from processors import ownership
from processors.lease import Lease, LeaseOver
from processors.ownership import Ownership
from tests.adapters.postgres.pooler import pooled
from tests.adapters.postgres.raw import connected
from tests.conftest import Database
from tests.processors.owners import (
    EVERY_SHARD,
    LIMIT_S,
    ROLE,
    SHARDS,
    NewerEvent,
    Worker,
    at_work,
    session_of,
    shares,
    until_true,
)
from tests.proofs.programs import Program, start


async def end_session(database: Database, shard: int) -> None:
    """Ends the session that holds the shard's lock, as an operator would."""
    async with connected(database.superuser_url) as connection:
        assert await connection.fetchval("SELECT pg_terminate_backend($1)", await session_of(database, shard))


async def test_a_worker_alone_runs_every_shard(database: Database) -> None:
    worker = Worker(database)
    async with at_work(worker):
        await shares(worker)
        assert worker.ownership.owned == EVERY_SHARD
        assert all(lease.fresh for lease in worker.leases.values())


async def test_who_joins_gets_a_fair_share_and_who_leaves_gives_it_back(database: Database) -> None:
    first, second, third = (Worker(database) for _ in range(3))
    async with at_work(first):
        await shares(first)
        async with at_work(second):
            await shares(first, second)
            async with at_work(third):
                await shares(first, second, third)
            await shares(first, second)
        await shares(first)
    assert all(worker.cancelled == set() for worker in (first, second, third))
    assert sum(worker.starts.total() for worker in (first, second, third)) == 8 + 4 + 2 + 2 + 4


async def test_a_shard_is_given_away_only_when_it_has_ended(database: Database) -> None:
    first, second = Worker(database), Worker(database)
    first.stubborn.set()
    async with at_work(first):
        await shares(first)
        before = {shard: await session_of(database, shard) for shard in EVERY_SHARD}
        async with at_work(second):
            await until_true(lambda: len(first.runs) == SHARDS // 2)
            ending = first.leases.keys() - first.runs
            assert second.leases == {}
            assert {shard: await session_of(database, shard) for shard in EVERY_SHARD} == before
            assert all(first.leases[shard].fresh for shard in ending)


async def test_what_does_not_end_in_time_is_cancelled(database: Database) -> None:
    first, second = Worker(database, grace_s=0.1), Worker(database)
    first.stubborn.set()
    async with at_work(first):
        await shares(first)
        leases = dict(first.leases)
        async with at_work(second):
            await shares(first, second)
            assert first.cancelled == second.runs
            assert all(not leases[shard].fresh for shard in first.cancelled)


async def test_a_lost_session_cancels_everything_and_bids_again(database: Database) -> None:
    worker = Worker(database)
    async with at_work(worker):
        await shares(worker)
        leases = dict(worker.leases)
        waiting = asyncio.create_task(leases[0].locks.pinged())
        await end_session(database, 0)
        await waiting
        await until_true(lambda: worker.cancelled == EVERY_SHARD)
        await shares(worker)
        assert set(worker.starts.values()) == {2}
        for lease in leases.values():
            assert not lease.fresh
            with pytest.raises(LeaseOver):
                await lease.may_call()
        assert all(lease.fresh for lease in worker.leases.values())


async def test_stopping_ends_shards_gently_and_gives_them_back(database: Database) -> None:
    worker = Worker(database)
    async with at_work(worker):
        await shares(worker)
        await worker.ownership.stop(LIMIT_S)
        assert worker.leases == {}
        assert worker.cancelled == set()
        assert worker.ownership.owned == set()
        assert await session_of(database, 0) is None


async def test_stopping_cancels_what_does_not_end_within_the_limit(database: Database) -> None:
    worker = Worker(database)
    worker.stubborn.set()
    async with at_work(worker):
        await shares(worker)
        await worker.ownership.stop(0.1)
        assert worker.leases == {}
        assert worker.cancelled == EVERY_SHARD


async def test_a_shard_that_fails_is_told_and_tried_again(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ownership, "RETRY_AFTER_S", (0.1, 0.2))
    worker = Worker(database)
    worker.failing[3] = ValueError("a bug")
    with capture_logs() as told:
        async with at_work(worker):
            await until_true(lambda: worker.starts[3] == 3)
            worker.failing.clear()
            await shares(worker)
    failures = [line for line in told if line["event"] == "shard failed"]
    assert [(line["shard"], line["retry_after_s"]) for line in failures] == [(3, 0.1), (3, 0.2), (3, 0.2)]
    assert {type(line["exc_info"].__traceback__).__name__ for line in failures} == {"traceback"}
    assert {worker.starts[shard] for shard in EVERY_SHARD - {3}} == {1}


async def test_a_shard_that_fails_here_may_run_elsewhere(database: Database) -> None:
    failing, other = Worker(database), Worker(database)
    failing.failing = {shard: ValueError("a bug") for shard in EVERY_SHARD}
    async with at_work(failing, other):
        await until_true(lambda: len(other.runs) == SHARDS // 2)


async def test_a_shard_that_returns_unasked_has_failed(database: Database) -> None:
    ended: list[int] = []

    async def end_at_once(shard: int, _lease: Lease) -> None:
        ended.append(shard)

    returning = Ownership(partial(PostgresLocks.opened, database.url, role=ROLE), end_at_once, shards=2)
    with capture_logs() as told:
        task = asyncio.create_task(returning.run())
        await until_true(lambda: [line["event"] for line in told].count("shard failed") == 2)
        await returning.stop(LIMIT_S)
        await task
    assert sorted(ended) == [0, 1]


@pytest.mark.parametrize("error", [NewerEvent("v2"), ExceptionGroup("both", [ValueError(), NewerEvent("v2")])])
@pytest.mark.parametrize("loses_its_session", [False, True])
async def test_a_shard_that_this_build_cannot_run_is_left_to_others(
    error: Exception, loses_its_session: bool, database: Database
) -> None:
    old, new = Worker(database), Worker(database)
    old.failing = dict.fromkeys(range(2, SHARDS), error)
    async with at_work(old):
        await until_true(lambda: old.ownership.owned == {0, 1} and set(old.starts) == EVERY_SHARD)
        if loses_its_session:
            await end_session(database, 0)
            await until_true(lambda: old.cancelled == old.runs == {0, 1})
        async with at_work(new):
            await until_true(lambda: new.runs == EVERY_SHARD - {0, 1})
            assert old.runs == {0, 1}
    assert {old.starts[shard] for shard in range(2, SHARDS)} == {1}


async def test_locks_that_cannot_work_end_the_process(database: Database) -> None:
    async with pooled(database.url, size=2) as url:
        behind = Ownership(partial(PostgresLocks.opened, url, role=ROLE), _nothing, shards=SHARDS)
        with pytest.raises(NotDirect):
            await behind.run()


async def _nothing(_shard: int, _lease: Lease) -> None:
    return


async def test_a_call_waits_for_a_fresh_lease(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease_module, "FRESH_FOR_S", 0.2)
    async with PostgresLocks.opened(database.url, role=ROLE) as locks:
        lease = Lease(locks)
        await until_true(lambda: not lease.fresh)
        await lease.may_call()
        assert lease.fresh
        await until_true(lambda: not lease.fresh)
        call = asyncio.create_task(lease.may_call())
        await asyncio.sleep(0)
        assert not call.done()
        lease.end()
        with pytest.raises(LeaseOver):
            await call


def spoken(program: Program) -> list[dict[str, Any]]:
    """What the program said of its shards so far."""
    return [json.loads(line) for line in program.said()]


def at_work_in(program: Program) -> set[int]:
    """The shards that the program owns and has called for, as far as it says."""
    called: set[int] = set()
    for line in spoken(program):
        if line["what"] == "called":
            called.add(line["shard"])
        elif line["what"] == "ended":
            called.discard(line["shard"])
    return called


@pytest.fixture
async def beside_a_program(database: Database, tmp_path: Path) -> AsyncIterator[tuple[Worker, Program]]:
    """A worker here and one in a process of its own, each with its share."""
    worker = Worker(database)
    program = start(tmp_path, "tests.processors.owner_program", database.url, SHARDS)
    try:
        async with at_work(worker):
            await until_true(lambda: len(at_work_in(program)) == len(worker.runs) == SHARDS // 2)
            yield worker, program
    finally:
        program.kill()


async def test_the_shards_of_a_killed_process_are_taken_over(beside_a_program: tuple[Worker, Program]) -> None:
    worker, program = beside_a_program
    before = worker.runs
    program.kill()
    await shares(worker)
    last = {line["shard"]: line["at"] for line in spoken(program)}
    assert all(worker.started_at[shard] > last[shard] for shard in EVERY_SHARD - before)
    assert {worker.starts[shard] for shard in before} == {1}


async def test_the_shards_of_a_stopped_process_are_taken_over_and_it_notices(
    beside_a_program: tuple[Worker, Program],
) -> None:
    worker, program = beside_a_program
    program.process.send_signal(signal.SIGSTOP)
    await shares(worker)
    before = spoken(program)
    owned = {line["lease"] for line in before if line["what"] == "taken"} - {
        line["lease"] for line in before if line["what"] == "ended"
    }
    assert len(owned) == SHARDS // 2
    program.process.send_signal(signal.SIGCONT)
    await until_true(lambda: len(at_work_in(program)) == len(worker.runs) == SHARDS // 2)
    after = spoken(program)[len(before) :]
    assert [line["what"] for line in after if line["lease"] in owned] == ["ended"] * len(owned)
    assert {line["what"] for line in after if line["lease"] not in owned} == {"taken", "called"}
