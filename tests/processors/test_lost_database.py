"""A database that is gone is asked for again with a pause in between, not in a hurry."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from adapters.postgres.locks import LocksLost, PostgresLocks
from processors import ownership
from processors.lease import Lease
from processors.ownership import Ownership
from tests.adapters.postgres.raw import connected
from tests.conftest import Database
from tests.processors.owners import LIMIT_S, ROLE, SHARDS, session_of, until_true


async def test_lost_locks_are_not_opened_again_before_a_pause(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ownership, "REOPEN_EVERY_S", 3_600)
    opened: list[PostgresLocks] = []
    leases: list[Lease] = []

    @asynccontextmanager
    async def once() -> AsyncIterator[PostgresLocks]:
        if opened:
            opened.append(opened[0])
            await asyncio.sleep(0)
            raise LocksLost
        async with PostgresLocks.opened(database.url, role=ROLE) as locks:
            opened.append(locks)
            yield locks

    async def run_shard(_shard: int, lease: Lease) -> None:
        leases.append(lease)
        await lease.ending.wait()

    owner = Ownership(once, run_shard, shards=SHARDS)
    running = asyncio.create_task(owner.run())
    await until_true(lambda: len(leases) == SHARDS)
    async with connected(database.superuser_url) as connection:
        await connection.execute("SELECT pg_terminate_backend($1)", await session_of(database, 0))
    await until_true(lambda: not owner.owned)
    for _ in range(100):
        await asyncio.sleep(0)
    assert len(opened) <= 2
    await owner.stop(LIMIT_S)
    await running
