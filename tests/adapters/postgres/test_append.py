"""Appending: whole or not at all, and each caller gets its own answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import asyncpg
import pytest
from eventsourcing.persistence import IntegrityError

from adapters.postgres import batches
from adapters.postgres.event_store import PostgresEventStore
from domain.log import VersionConflict
from domain.streams import shard_of
from tests.adapters.postgres.faults import SEEN, SWALLOWS_CONFLICTS, Fault, named, plant
from tests.adapters.postgres.raw import (
    OWNER,
    answers,
    append_directly,
    connected,
    head_held,
    job,
    log_of,
    owners_in,
    position_of,
    row,
)
from tests.conftest import Database

SHARD = shard_of(OWNER, 8)
Check = Callable[[PostgresEventStore, Database], Awaitable[None]]


async def an_append_is_written_whole_or_not_at_all(store: PostgresEventStore, database: Database) -> None:
    await store.append_rows(OWNER, [row(job(1), 1)], None)
    with pytest.raises(VersionConflict) as conflict:
        await store.append_rows(OWNER, [row(OWNER, 1), row(job(2), 1), row(job(1), 1)], None)
    assert (conflict.value.stream, conflict.value.actual) == (job(1), 1)
    assert await log_of(database, SHARD) == [(1, job(1), 1)]
    await store.append_rows(OWNER, [row(OWNER, 1), row(job(2), 1), row(job(1), 2)], None)
    assert await log_of(database, SHARD) == [(1, job(1), 1), (2, OWNER, 1), (3, job(2), 1), (4, job(1), 2)]


async def a_conflict_is_told_to_the_loser_only(store: PostgresEventStore, database: Database) -> None:
    first, loser, last = owners_in(3)[:3]
    await store.append_rows(loser, [row(loser, 1)], None)
    async with head_held(database, 3):
        futures = [
            store.append_rows(owner, [row(owner, 1), row(job(1, owner=owner), 1)], None)
            for owner in (first, loser, last)
        ]
    given = await answers(futures)
    assert [type(answer) for answer in given] == [int, type(given[1]), int]
    assert isinstance(given[1], VersionConflict)
    assert given[1].stream == loser
    assert await log_of(database, 3) == [
        (1, loser, 1),
        (2, first, 1), (3, job(1, owner=first), 1),
        (4, last, 1), (5, job(1, owner=last), 1),
    ]  # fmt: skip  # an append a line


async def of_two_appends_for_one_place_the_first_is_written(store: PostgresEventStore, database: Database) -> None:
    events = [row(OWNER, 1), row(OWNER, 1)]
    first, second = await answers([store.append_rows(OWNER, [event], None) for event in events])
    assert first == 1
    assert isinstance(second, VersionConflict)
    assert await position_of(database, events[0][3]) == 1
    assert len(await log_of(database, SHARD)) == 1


async def every_caller_gets_the_position_of_its_own_event(store: PostgresEventStore, database: Database) -> None:
    """In the first round one conflicts, the second takes the short way. Appends hold one to three events."""
    loser = owners_in(5)[3]
    await store.append_rows(loser, [row(loser, 1)], None)
    versions = dict.fromkeys(owners_in(5), 0)
    for _ in range(2):
        appends = [[row(owner, versions[owner] + n) for n in range(1, 2 + i % 3)] for i, owner in enumerate(versions)]
        given = await answers([store.append_rows(rows[0][0], rows, None) for rows in appends])
        for rows, answer in zip(appends, given, strict=True):
            owner = rows[0][0]
            if owner == loser and versions[loser] == 0:
                assert isinstance(answer, VersionConflict)
                versions[loser] = 1
            else:
                assert answer == await position_of(database, rows[0][3])
                versions[owner] += len(rows)


async def an_append_beyond_the_end_of_a_stream_is_refused(store: PostgresEventStore, database: Database) -> None:
    for versions in ((2,), (1, 3), (1, 1), (2, 1), (0,)):
        with pytest.raises(VersionConflict):
            await store.append_rows(OWNER, [row(OWNER, version) for version in versions], None)
    assert await log_of(database, SHARD) == []


async def versions_follow_each_other_by_position(store: PostgresEventStore, database: Database) -> None:
    second, first = await answers([store.append_rows(OWNER, [row(OWNER, version)], None) for version in (2, 1)])
    assert isinstance(second, VersionConflict)
    assert isinstance(first, VersionConflict)  # it waited behind one that failed
    assert await log_of(database, SHARD) == []


async def no_position_is_left_out(store: PostgresEventStore, database: Database) -> None:
    losers = owners_in(2)[::3]
    for loser in losers:
        await store.append_rows(loser, [row(loser, 1)], None)
    await answers([store.append_rows(owner, [row(owner, 1)], None) for owner in owners_in(2)])
    await answers([store.append_rows(owner, [row(owner, 2)], None) for owner in owners_in(2)])
    log = await log_of(database, 2)
    assert [position for position, _, _ in log] == list(range(1, 81))
    assert await store.reader.head(2) == 80


CHECKS: tuple[Check, ...] = (
    an_append_is_written_whole_or_not_at_all,
    a_conflict_is_told_to_the_loser_only,
    of_two_appends_for_one_place_the_first_is_written,
    every_caller_gets_the_position_of_its_own_event,
    an_append_beyond_the_end_of_a_stream_is_refused,
    versions_follow_each_other_by_position,
    no_position_is_left_out,
)


@pytest.mark.parametrize("check", CHECKS, ids=named)
async def test_the_log_holds_that(check: Check, store: PostgresEventStore, database: Database) -> None:
    await check(store, database)


ANSWERS_ONE_TOO_MANY: Fault = {
    "append_answer": (("jsonb_build_object('position', next)", "jsonb_build_object('position', next + 1)"),)
}
LEAVES_A_GAP_AT_A_CONFLICT: Fault = {
    "append_events": (("UPDATE heads SET head = before WHERE shard = to_shard;", "before := before + 1;"),)
}
SWALLOWS_CONFLICTS_ONE_BY_ONE: Fault = {
    "append_answer": (("wanted.version <> coalesce(wanted.before, present.version, 0) + 1", "false"),),
    "append_one_by_one": (("events_of(mine) AS e;", "events_of(mine) AS e ON CONFLICT DO NOTHING;"),),
}
FAULTS: tuple[tuple[Fault, Check], ...] = (
    (SWALLOWS_CONFLICTS, an_append_is_written_whole_or_not_at_all),
    (SWALLOWS_CONFLICTS, a_conflict_is_told_to_the_loser_only),
    (SWALLOWS_CONFLICTS_ONE_BY_ONE, an_append_is_written_whole_or_not_at_all),
    (SWALLOWS_CONFLICTS_ONE_BY_ONE, a_conflict_is_told_to_the_loser_only),
    (SWALLOWS_CONFLICTS_ONE_BY_ONE, of_two_appends_for_one_place_the_first_is_written),
    (SWALLOWS_CONFLICTS_ONE_BY_ONE, an_append_beyond_the_end_of_a_stream_is_refused),
    (SWALLOWS_CONFLICTS_ONE_BY_ONE, versions_follow_each_other_by_position),
    (ANSWERS_ONE_TOO_MANY, every_caller_gets_the_position_of_its_own_event),
    (LEAVES_A_GAP_AT_A_CONFLICT, no_position_is_left_out),
)


@pytest.mark.parametrize(("fault", "check"), FAULTS, ids=named)
async def test_a_planted_fault_is_seen(
    fault: Fault, check: Check, store: PostgresEventStore, database: Database
) -> None:
    await plant(database, fault)
    with pytest.raises(SEEN):
        await check(store, database)


async def test_a_batch_out_of_order_that_is_looked_at_all_at_once_is_seen(
    store: PostgresEventStore, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "_in_order", lambda batch: True)
    with pytest.raises(SEEN):
        await versions_follow_each_other_by_position(store, database)


async def test_a_conflict_is_an_integrity_error_in_the_words_of_the_library(store: PostgresEventStore) -> None:
    with pytest.raises(IntegrityError):
        await store.append_rows(OWNER, [row(OWNER, 7)], None)


async def test_what_another_program_wrote_is_a_conflict_at_its_version(
    store: PostgresEventStore, database: Database
) -> None:
    async with connected(database.url) as elsewhere:
        await append_directly(elsewhere, SHARD, [row(OWNER, 1), row(OWNER, 2)])
    with pytest.raises(VersionConflict) as conflict:
        await store.append_rows(OWNER, [row(OWNER, 1)], None)
    assert (conflict.value.stream, conflict.value.actual) == (OWNER, 2)


async def test_there_is_no_appending_to_an_unknown_shard(database: Database) -> None:
    async with connected(database.url) as connection:
        with pytest.raises(asyncpg.NoDataFoundError, match="there is no shard 8"):
            await append_directly(connection, 8, [row(OWNER, 1)])
        assert await connection.fetchval("SELECT count(*) FROM events") == 0


async def test_all_events_of_an_append_are_recorded_at_one_moment(
    store: PostgresEventStore, database: Database
) -> None:
    await store.append_rows(OWNER, [row(OWNER, 1), row(OWNER, 2), row(job(1), 1)], None)
    await store.append_rows(OWNER, [row(OWNER, 3)], None)
    moments = [found["recorded_at"] for found in await store.reader.shard_page(SHARD, after=0)]
    assert moments[0] == moments[1] == moments[2] < moments[3]
