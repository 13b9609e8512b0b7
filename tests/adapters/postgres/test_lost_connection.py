"""Appends over a wire that is cut: whatever the moment, the events are in the log once and the caller knows where."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from adapters.postgres import appender, batches, tracking
from adapters.postgres.event_store import PostgresEventStore
from domain.log import OutcomeUnknown, VersionConflict
from domain.streams import shard_of
from tests.adapters.postgres.faults import SEEN, Fault, plant
from tests.adapters.postgres.raw import (
    OWNER,
    answers,
    append_directly,
    connected,
    head_held,
    job,
    log_of,
    owners_in,
    row,
    until_sent,
)
from tests.adapters.postgres.wire import Wire, wire_to
from tests.conftest import DATA_KEY, Database

SHARD = shard_of(OWNER, 8)


@pytest.fixture
async def wired(database: Database) -> AsyncIterator[tuple[Wire, PostgresEventStore]]:
    """A store behind a wire, warmed up: its connection for appending is open."""
    async with wire_to(database.url) as (wire, url), PostgresEventStore.opened(url, DATA_KEY) as store:
        other = owners_in(0)[0]
        await store.append_rows(other, [row(other, 1)], None)
        yield wire, store


async def a_lost_answer_is_no_second_append(wire: Wire, store: PostgresEventStore, database: Database) -> None:
    await store.append_rows(OWNER, [row(OWNER, 1)], None)
    wire.cut("before the answer comes back", at=OWNER)
    assert await store.append_rows(OWNER, [row(OWNER, 2), row(job(1), 1)], None) == 2
    assert wire.cuts == 1
    assert await log_of(database, SHARD) == [(1, OWNER, 1), (2, OWNER, 2), (3, job(1), 1)]


async def test_a_lost_answer_is_no_second_append(wired: tuple[Wire, PostgresEventStore], database: Database) -> None:
    await a_lost_answer_is_no_second_append(*wired, database)


NEVER_RECOGNISES_ITS_OWN: Fault = {"append_answer": (("WHERE e.number = 1", "WHERE false"),)}
SENT = "FROM events_of(batch) AS e\n            GROUP"
COLUMNS = "e.stream, e.version, e.type"
WRITES_WHATEVER_COMES: Fault = {
    "append_events": (
        (SENT, SENT.replace("GROUP", "WHERE false GROUP")),
        (COLUMNS, COLUMNS.replace("e.stream", "e.stream || CASE WHEN before > 1 THEN '/again' ELSE '' END")),
    )
}


@pytest.mark.parametrize("fault", [NEVER_RECOGNISES_ITS_OWN, WRITES_WHATEVER_COMES], ids=["conflict", "twice"])
async def test_an_append_that_does_not_know_itself_is_seen(
    fault: Fault, wired: tuple[Wire, PostgresEventStore], database: Database
) -> None:
    await plant(database, fault)
    with pytest.raises(SEEN):
        await a_lost_answer_is_no_second_append(*wired, database)


async def test_a_lost_answer_is_found_behind_what_others_wrote_meanwhile(
    wired: tuple[Wire, PostgresEventStore], database: Database
) -> None:
    wire, store = wired

    async def others_write() -> None:
        async with connected(database.url) as elsewhere:
            await append_directly(elsewhere, SHARD, [row(OWNER, 2), row(job(1), 1)])

    wire.cut("before the answer comes back", at=OWNER, meanwhile=others_write)
    assert await store.append_rows(OWNER, [row(OWNER, 1)], None) == 1
    assert await log_of(database, SHARD) == [(1, OWNER, 1), (2, OWNER, 2), (3, job(1), 1)]


async def test_a_batch_whose_answer_was_lost_is_answered_as_it_was(
    wired: tuple[Wire, PostgresEventStore], database: Database
) -> None:
    wire, store = wired
    first, loser, last = owners_in(SHARD)[:3]
    await store.append_rows(loser, [row(loser, 1)], None)
    wire.cut("before the answer comes back", at=first)
    futures = [
        store.append_rows(first, [row(first, 1)], ("me", 4)),
        store.append_rows(loser, [row(loser, 1)], None),
        store.append_rows(loser, [row(loser, 2)], None),
        store.append_rows(last, [row(last, 1)], None),
    ]
    given = await answers(futures)
    assert [given[0], given[3]] == [2, 3]
    assert [type(answer).__name__ for answer in given[1:3]] == ["Conflict", "Conflict"]
    assert wire.cuts == 1
    assert await log_of(database, SHARD) == [(1, loser, 1), (2, first, 1), (3, last, 1)]
    assert await tracking.position(store.pool, SHARD, "me") == 4


async def an_append_that_never_arrived_is_written_once(
    wire: Wire, store: PostgresEventStore, database: Database
) -> None:
    wire.cut("before the server gets it", at=OWNER, times=3)
    assert await store.append_rows(OWNER, [row(OWNER, 1)], None) == 1
    assert wire.cuts == 3
    assert await log_of(database, SHARD) == [(1, OWNER, 1)]


async def test_an_append_that_never_arrived_is_written_once(
    wired: tuple[Wire, PostgresEventStore], database: Database
) -> None:
    await an_append_that_never_arrived_is_written_once(*wired, database)


async def test_a_store_that_gives_up_at_once_is_seen(database: Database) -> None:
    async with (
        wire_to(database.url) as (wire, url),
        PostgresEventStore.opened(url, DATA_KEY, retry_for_s=-1) as store,
    ):
        with pytest.raises(SEEN):
            await an_append_that_never_arrived_is_written_once(wire, store, database)


async def test_an_append_whose_backend_is_killed_while_it_waits_is_written_once(
    store: PostgresEventStore, database: Database
) -> None:
    async with head_held(database, SHARD):
        future = store.append_rows(OWNER, [row(OWNER, 1)], None)
        await until_sent(database)
        async with connected(database.superuser_url) as connection:
            await connection.execute("""
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND query LIKE '%append_events%' AND wait_event_type = 'Lock'
            """)
    assert await future == 1
    assert await log_of(database, SHARD) == [(1, OWNER, 1)]


async def test_the_outcome_is_unknown_when_the_server_stays_away(database: Database) -> None:
    async with (
        wire_to(database.url) as (wire, url),
        PostgresEventStore.opened(url, DATA_KEY, retry_for_s=0.2) as store,
    ):
        wire.break_down()
        first = store.append_rows(OWNER, [row(OWNER, 1)], None)
        await asyncio.sleep(0)
        behind = store.append_rows(OWNER, [row(OWNER, 2)], None)
        with pytest.raises(OutcomeUnknown, match="gave no answer"):
            await first
        with pytest.raises(VersionConflict):
            await behind
        wire.repair()
        assert await store.append_rows(OWNER, [row(OWNER, 1)], None) == 1
    assert await log_of(database, SHARD) == [(1, OWNER, 1)]


async def test_an_append_on_a_dead_line_is_sent_again(
    wired: tuple[Wire, PostgresEventStore], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire, store = wired
    monkeypatch.setattr(appender, "ANSWER_WITHIN_S", 0.2)
    wire.cut("before the server gets it", at=OWNER, meanwhile=asyncio.Event().wait)
    async with asyncio.timeout(20):
        assert await store.append_rows(OWNER, [row(OWNER, 1)], None) == 1
    assert wire.cuts == 1
    assert await log_of(database, SHARD) == [(1, OWNER, 1)]


async def a_cancelled_caller_leaves_the_batch_alone(store: PostgresEventStore, database: Database) -> None:
    sent, waiting, other = owners_in(SHARD)[:3]

    async def append(owner: str) -> int:
        return await store.append_rows(owner, [row(owner, 1)], None)

    async with head_held(database, SHARD):
        callers = [asyncio.create_task(append(sent))]
        await until_sent(database)
        callers += [asyncio.create_task(append(waiting)), asyncio.create_task(append(other))]
        await asyncio.sleep(0)
        for cancelled in callers[:2]:
            cancelled.cancel()
    given: list[Any] = await asyncio.gather(*callers, return_exceptions=True)
    assert [type(answer).__name__ for answer in given] == ["CancelledError", "CancelledError", "int"]
    assert await log_of(database, SHARD) == [(1, sent, 1), (2, waiting, 1), (3, other, 1)]


async def test_a_cancelled_caller_leaves_the_batch_alone(store: PostgresEventStore, database: Database) -> None:
    await a_cancelled_caller_leaves_the_batch_alone(store, database)


async def test_a_batch_that_drops_the_cancelled_is_seen(
    store: PostgresEventStore, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = batches.next_batch

    def without_the_cancelled(waiting: Any, **limits: Any) -> Any:
        batch: Any = whole(waiting, **limits)  # each answer is told to a future
        return [one for one in batch if not one.answer.args[0].cancelled()]

    monkeypatch.setattr(appender, "next_batch", without_the_cancelled)
    with pytest.raises(SEEN):
        await a_cancelled_caller_leaves_the_batch_alone(store, database)
