"""The waiting room for appends is bounded: who comes when it is full waits outside, and nobody is turned away."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.postgres.appender import Appender
from adapters.postgres.batches import Answer
from adapters.postgres.event_store import PostgresEventStore
from domain.account_words import OpenAccount
from domain.log import Append
from domain.streams import account_of
from processors.execute import Executor
from tests.adapters.postgres.faults import SEEN
from tests.adapters.postgres.raw import answers, head_held, owners_in, row, until_sent
from tests.conftest import DATA_KEY, Database

SHARD = 1
ROOM = 8
OWNERS = owners_in(SHARD)


class Watched(PostgresEventStore):
    """Counts how many appends are under way at once."""

    under_way = 0
    most = 0

    def append(self, append: Append, answer: Answer) -> None:
        def counted(what: int | Exception) -> None:
            self.under_way -= 1
            answer(what)

        super().append(append, counted)
        self.under_way += 1
        self.most = max(self.most, self.under_way)


async def commands_wait_outside_a_full_room(database: Database) -> None:
    async with Watched.opened(database.url, DATA_KEY, waiting_max=ROOM) as store:
        executor = Executor(store)
        at = datetime(2026, 1, 1, tzinfo=UTC)
        commands = [OpenAccount(account=account_of(owner), at=at) for owner in OWNERS]
        async with head_held(database, SHARD):
            done = [asyncio.create_task(executor.execute(command)) for command in commands]
            await until_sent(database)
        await asyncio.gather(*done)
        assert await store.reader.head(SHARD) == len(OWNERS)
        assert store.most <= ROOM


async def test_commands_wait_outside_a_full_room(database: Database) -> None:
    await commands_wait_outside_a_full_room(database)


async def test_a_room_without_walls_is_seen(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PostgresEventStore, "is_full", False)
    with pytest.raises(SEEN):
        await commands_wait_outside_a_full_room(database)


async def test_a_full_room_opens_when_a_batch_is_written(database: Database) -> None:
    async with PostgresEventStore.opened(database.url, DATA_KEY, waiting_max=ROOM) as store:
        futures: list[asyncio.Future[int]] = []
        async with head_held(database, SHARD):
            was_full = []
            for owner in OWNERS[:ROOM]:
                was_full.append(store.is_full)
                futures.append(store.append_rows(owner, [row(owner, 1)], None))
            assert was_full == [False] * ROOM
            assert store.is_full
            await until_sent(database)
            room: asyncio.Task[Any] = asyncio.create_task(store.room())
            await asyncio.sleep(0)
            assert not room.done()
        async with asyncio.timeout(10):
            await room
        await asyncio.gather(*futures)


async def batches_of(store: PostgresEventStore, shard: int) -> list[int]:
    """How many events each batch of the shard wrote, in order."""
    found = await store.reader.shard_page(shard, after=0)
    return list(Counter(row["recorded_at"] for row in found).values())


async def a_shard_alone_is_written_in_halves(store: PostgresEventStore) -> None:
    await answers([store.append_rows(owner, [row(owner, 1)], None) for owner in OWNERS[:32]])
    assert await batches_of(store, SHARD) == [16, 16]


async def test_a_shard_alone_is_written_in_halves(store: PostgresEventStore) -> None:
    await a_shard_alone_is_written_in_halves(store)


async def test_a_shard_alone_that_is_written_as_a_whole_is_seen(
    store: PostgresEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Appender, "_is_alone", lambda *_: False)
    with pytest.raises(SEEN):
        await a_shard_alone_is_written_in_halves(store)


async def test_few_appends_travel_together(store: PostgresEventStore) -> None:
    await answers([store.append_rows(owner, [row(owner, 1)], None) for owner in OWNERS[:15]])
    assert await batches_of(store, SHARD) == [15]


async def test_beside_another_shard_appends_travel_together(store: PostgresEventStore) -> None:
    elsewhere = owners_in(SHARD + 1)[0]
    others = [store.append_rows(elsewhere, [row(elsewhere, 1)], None)]
    await answers(others + [store.append_rows(owner, [row(owner, 1)], None) for owner in OWNERS[:32]])
    assert await batches_of(store, SHARD) == [32]
