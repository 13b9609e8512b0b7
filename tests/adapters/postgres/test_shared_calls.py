"""Small batches of several shards share a call, and no other one's misfortune."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from adapters.postgres import appender
from adapters.postgres.appender import Appender
from adapters.postgres.batches import Waiting
from adapters.postgres.event_store import PostgresEventStore
from domain.log import LogError
from tests.adapters.postgres.faults import SEEN
from tests.adapters.postgres.raw import answers, connected, head_held, log_of, owners_in, row, until_sent
from tests.adapters.postgres.wire import wire_to
from tests.conftest import DATA_KEY, Database

FIRST, SECOND, THIRD = (owners_in(shard)[:10] for shard in (1, 2, 5))
MIXED = [owner for trio in zip(FIRST[:3], SECOND[:3], THIRD[:3], strict=True) for owner in trio]

OTHERS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


async def calls_of(database: Database) -> list[int]:
    """How many events each transaction wrote."""
    async with connected(database.superuser_url) as connection:
        rows = await connection.fetch("SELECT count(*) FROM events GROUP BY xmin::text")
    return sorted(found["count"] for found in rows)


def put(store: PostgresEventStore, *owners: str, version: int = 1) -> list[asyncio.Future[int]]:
    """One append of one event for each."""
    return [store.append_rows(owner, [row(owner, version)], None) for owner in owners]


async def small_batches_share_a_call(store: PostgresEventStore, database: Database) -> None:
    given = await answers(put(store, *MIXED[:6]))
    assert given == [1, 1, 1, 2, 2, 2]
    assert await calls_of(database) == [6]


async def test_small_batches_share_a_call(store: PostgresEventStore, database: Database) -> None:
    await small_batches_share_a_call(store, database)


async def test_batches_that_share_nothing_are_seen(
    store: PostgresEventStore, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(appender, "FEW", 0)
    with pytest.raises(SEEN):
        await small_batches_share_a_call(store, database)


async def test_many_appends_of_several_shards_go_in_halves(store: PostgresEventStore, database: Database) -> None:
    await answers(put(store, *FIRST, *SECOND, *THIRD))
    assert await calls_of(database) == [10, 20]


async def nobody_pays_for_another_shard(store: PostgresEventStore, database: Database) -> None:
    """One append errs, one comes too late; the others in their call are written."""
    await answers(put(store, SECOND[0]))
    futures = put(store, FIRST[0], THIRD[0])
    futures.append(store.append_rows(FIRST[1], [row(FIRST[1], 1, data="{")], None))
    futures += put(store, SECOND[0], SECOND[1], THIRD[1])
    given = [answer if isinstance(answer, int) else type(answer).__name__ for answer in await answers(futures)]
    assert given == [1, 1, "AppendRejected", "Conflict", 2, 2]
    assert [len(await log_of(database, shard)) for shard in (1, 2, 5)] == [1, 2, 2]


async def test_nobody_pays_for_another_shard(store: PostgresEventStore, database: Database) -> None:
    await nobody_pays_for_another_shard(store, database)


async def test_a_call_that_fails_as_a_whole_is_seen(
    store: PostgresEventStore, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Appender._write_together

    async def gives_up(self: Appender, batches: Mapping[int, list[Waiting]]) -> None:
        if len(batches) == 1:
            return await write(self, batches)
        for shard, batch in batches.items():
            self._fail_all(shard, batch, LogError("one of them erred"))
        return None

    monkeypatch.setattr(Appender, "_write_together", gives_up)
    with pytest.raises(SEEN):
        await nobody_pays_for_another_shard(store, database)


async def test_a_bug_in_one_batch_is_told_to_its_own_callers(store: PostgresEventStore) -> None:
    malformed: list[Any] = [row(FIRST[0], 1), ("a row",)]
    wrong = store.append_rows(FIRST[0], malformed, None)
    good = put(store, SECOND[0], THIRD[0])
    with pytest.raises(IndexError):
        async with asyncio.timeout(10):
            await wrong
    assert await answers(good) == [1, 1]


async def test_a_shared_call_whose_answer_was_lost_is_answered_as_it_was(database: Database) -> None:
    async with wire_to(database.url) as (wire, url), PostgresEventStore.opened(url, DATA_KEY) as store:
        await answers(put(store, SECOND[0]))
        wire.cut("before the answer comes back", at=FIRST[0])
        assert await answers(put(store, *MIXED[:3], version=1)[::2]) == [1, 1]
        assert wire.cuts == 1
    assert [len(await log_of(database, shard)) for shard in (1, 2, 5)] == [1, 1, 1]


async def two_who_share_never_wait_in_a_circle(database: Database, *, rounds: int) -> None:
    """Both write to both shards, each asked for them in the other order, while the first shard's head is held."""
    async with opened_twice(database) as (one, other):
        futures = []
        for number in range(rounds):
            async with head_held(database, 1):
                futures += put(one, FIRST[0], SECOND[0], version=number + 1)
                futures += put(other, SECOND[1], FIRST[1], version=number + 1)
                await until_sent(database)
            async with asyncio.timeout(20):
                assert all(isinstance(answer, int) for answer in await answers(futures[-4:]))


@asynccontextmanager
async def opened_twice(database: Database) -> AsyncIterator[tuple[PostgresEventStore, PostgresEventStore]]:
    """Two stores, as of two processes."""
    async with (
        PostgresEventStore.opened(database.url, DATA_KEY) as one,
        PostgresEventStore.opened(database.url, DATA_KEY) as other,
    ):
        yield one, other


async def test_two_who_share_never_wait_in_a_circle(database: Database) -> None:
    await two_who_share_never_wait_in_a_circle(database, rounds=20)
    assert await deadlocks(database) == 0


async def test_locks_taken_in_any_order_are_seen(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    in_any_order: Callable[[Mapping[int, Any]], list[int]] = list
    monkeypatch.setattr(appender, "sorted", in_any_order, raising=False)
    await two_who_share_never_wait_in_a_circle(database, rounds=2)
    assert await deadlocks(database) > 0


async def deadlocks(database: Database) -> int:
    """How often the server had to break a circle. Sessions count for certain what they saw when they end."""
    async with connected(database.superuser_url) as connection:
        async with asyncio.timeout(20):
            while await connection.fetchval(OTHERS):  # noqa: ASYNC110 - the server's sessions
                await asyncio.sleep(0.01)
        found: int = await connection.fetchval(DEADLOCKS)
    return found
