"""A processor's position moves with what it writes, forward only, or neither happens."""

from __future__ import annotations

from typing import Any

import pytest
from eventsourcing.persistence import IntegrityError

from adapters.postgres import tracking
from adapters.postgres.event_store import PostgresEventStore
from adapters.postgres.tracking import AlreadyTracked
from domain.log import VersionConflict
from domain.streams import shard_of
from tests.adapters.postgres.faults import SEEN, Fault, named, plant
from tests.adapters.postgres.raw import OWNER, answers, job, log_of, owners_in, row
from tests.conftest import Database

SHARD = shard_of(OWNER, 8)
ME = "settler"


async def tracked(store: PostgresEventStore) -> int:
    return await tracking.position(store.pool, SHARD, ME)


async def events_and_position_are_written_together(store: PostgresEventStore, database: Database) -> None:
    assert await tracked(store) == 0
    await store.append_rows(OWNER, [row(OWNER, 1)], (ME, 5))
    assert await tracked(store) == 5
    await store.append_rows(OWNER, [row(OWNER, 2)], (ME, 6))
    assert await tracked(store) == 6
    assert len(await log_of(database, SHARD)) == 2


async def whoever_was_there_before_writes_nothing(store: PostgresEventStore, database: Database) -> None:
    await store.append_rows(OWNER, [row(OWNER, 1)], (ME, 5))
    for late in (5, 4):
        with pytest.raises(VersionConflict) as conflict:
            await store.append_rows(OWNER, [row(OWNER, 2), row(job(1), 1)], (ME, late))
        assert conflict.value.stream == f"tracking/{ME}"
    assert await log_of(database, SHARD) == [(1, OWNER, 1)]
    assert await tracked(store) == 5
    assert await store.reader.head(SHARD) == 1


async def whoever_may_not_write_is_not_moved_on(store: PostgresEventStore, database: Database) -> None:
    await store.append_rows(OWNER, [row(OWNER, 1)], (ME, 5))
    with pytest.raises(VersionConflict) as conflict:
        await store.append_rows(OWNER, [row(job(1), 1), row(OWNER, 1)], (ME, 6))
    assert conflict.value.stream == OWNER
    assert await tracked(store) == 5
    assert await log_of(database, SHARD) == [(1, OWNER, 1)]


async def a_position_can_move_alone_and_only_forward(store: PostgresEventStore, database: Database) -> None:
    await store.append_rows(OWNER, [], (ME, 7))
    assert await tracked(store) == 7
    await tracking.advance(store.pool, SHARD, ME, 8)
    for late in (8, 7):
        with pytest.raises(AlreadyTracked):
            await tracking.advance(store.pool, SHARD, ME, late)
        with pytest.raises(VersionConflict):
            await store.append_rows(OWNER, [], (ME, late))
    assert await tracked(store) == 8
    assert await log_of(database, SHARD) == []


async def of_two_who_are_at_one_position_one_writes(store: PostgresEventStore, database: Database) -> None:
    first, second = owners_in(SHARD)[:2]
    given = await answers([store.append_rows(owner, [row(owner, 1)], (ME, 3)) for owner in (first, second)])
    assert [type(answer).__name__ for answer in given] == ["int", "Conflict"]
    assert await log_of(database, SHARD) == [(1, first, 1)]


CHECKS = (
    events_and_position_are_written_together,
    whoever_was_there_before_writes_nothing,
    whoever_may_not_write_is_not_moved_on,
    a_position_can_move_alone_and_only_forward,
    of_two_who_are_at_one_position_one_writes,
)


@pytest.mark.parametrize("check", CHECKS, ids=named)
async def test_it_holds_that(check: Any, store: PostgresEventStore, database: Database) -> None:
    await check(store, database)


FORGETS_THE_POSITION: Fault = {"append_one_by_one": (("IF is_new AND one.tracker IS NOT NULL", "IF false"),)}
MOVES_ANYWHERE: Fault = {"append_one_by_one": ((" WHERE t.position < EXCLUDED.position", ""),)}
MOVES_EVEN_WHEN_REFUSED: Fault = {"append_one_by_one": (("IF is_new AND one.tracker", "IF one.tracker"),)}
WRITES_EVEN_WHEN_LATE: Fault = {"append_one_by_one": (("is_new := false;\n                answer :=", "answer :="),)}
FAULTS = (
    (FORGETS_THE_POSITION, events_and_position_are_written_together),
    (MOVES_ANYWHERE, whoever_was_there_before_writes_nothing),
    (MOVES_ANYWHERE, of_two_who_are_at_one_position_one_writes),
    (MOVES_ANYWHERE, a_position_can_move_alone_and_only_forward),
    (WRITES_EVEN_WHEN_LATE, whoever_was_there_before_writes_nothing),
    (MOVES_EVEN_WHEN_REFUSED, whoever_may_not_write_is_not_moved_on),
)


@pytest.mark.parametrize(("fault", "check"), FAULTS, ids=named)
async def test_a_planted_fault_is_seen(fault: Fault, check: Any, store: PostgresEventStore, database: Database) -> None:
    await plant(database, fault)
    with pytest.raises(SEEN):
        await check(store, database)


async def test_a_position_that_moves_back_alone_is_seen(
    store: PostgresEventStore, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracking, "ADVANCE", tracking.ADVANCE.replace("WHERE t.position < EXCLUDED.position", ""))
    with pytest.raises(SEEN):
        await a_position_can_move_alone_and_only_forward(store, database)


async def test_positions_are_kept_by_processor_and_shard(store: PostgresEventStore) -> None:
    await tracking.advance(store.pool, 0, ME, 9)
    assert await tracking.position(store.pool, 0, "another") == 0
    assert await tracking.position(store.pool, 1, ME) == 0


async def test_being_late_is_an_integrity_error_in_the_words_of_the_library(store: PostgresEventStore) -> None:
    await store.append_rows(OWNER, [], (ME, 7))
    with pytest.raises(IntegrityError):
        await store.append_rows(OWNER, [], (ME, 7))
    with pytest.raises(IntegrityError):
        await tracking.advance(store.pool, SHARD, ME, 7)


async def test_tracked_and_other_appends_travel_in_one_batch(store: PostgresEventStore, database: Database) -> None:
    owners = owners_in(SHARD)[:4]
    trackers = [None, (ME, 1), None, ("another", 4)]
    futures = [store.append_rows(owner, [row(owner, 1)], one) for owner, one in zip(owners, trackers, strict=True)]
    assert await answers(futures) == [1, 2, 3, 4]
    assert await tracked(store) == 1
    assert [stream for _, stream, _ in await log_of(database, SHARD)] == owners
