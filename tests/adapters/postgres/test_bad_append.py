"""One bad append harms nobody else: it is rejected alone, what was decided on it falls with it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.postgres.appender import Appender
from adapters.postgres.batches import Row
from adapters.postgres.event_store import PostgresEventStore
from domain.job_words import PromptWritten, ScriptSource, VideoStored
from domain.log import Append, AppendRejected, Cause, LogError, Placed
from tests.adapters.postgres.faults import SEEN, Fault, plant
from tests.adapters.postgres.raw import (
    answers,
    append,
    head_held,
    job,
    log_of,
    owners_in,
    row,
    settlement,
    tails_of,
    until_sent,
)
from tests.conftest import Database

SHARD = 6
OWNERS = owners_in(SHARD)
GUILTY = OWNERS[9]
AT = datetime(2026, 1, 1, tzinfo=UTC)

BAD: dict[str, list[Row]] = {
    "NUL in a text": [row(GUILTY, 2, data='{"text": "a\\u0000b"}')],
    "half an escaped surrogate pair": [row(GUILTY, 2, data='{"text": "\\ud800"}')],
    "no JSON": [row(GUILTY, 2, data="{")],
    "a version beyond all": [row(GUILTY, 2**63)],
    "a settlement without its job": [row(GUILTY, 2, name="CreditCaptured")],
    "a second settlement": [settlement(2, name="CreditRefunded", owner=GUILTY)],
    "a good event beside a bad one": [row(job(1, owner=GUILTY), 1), row(GUILTY, 2, data="{")],
}


async def only_the_guilty_one_is_rejected(store: PostgresEventStore, database: Database, bad: list[Row]) -> None:
    """The guilty owner has three appends in the batch, the second is bad, and one that waits for the next batch."""
    await store.append_rows(GUILTY, [settlement(1, name="CreditCaptured", owner=GUILTY)], None)
    async with head_held(database, SHARD):
        blocked = store.append_rows(OWNERS[0], [row(OWNERS[0], 1)], None)
        await until_sent(database)
        good = [store.append_rows(owner, [row(owner, 1), row(job(1, owner=owner), 1)], None) for owner in OWNERS[10:30]]
        chain = [
            store.append_rows(GUILTY, [row(job(0, owner=GUILTY), 1)], None),
            store.append_rows(GUILTY, bad, None),
            store.append_rows(GUILTY, [row(job(2, owner=GUILTY), 1)], None),
        ]
    given = await answers([blocked, *good, *chain])
    assert [type(answer).__name__ for answer in given] == ["int"] * 22 + ["AppendRejected", "Conflict"]
    streams = [stream for _, stream, _ in await log_of(database, SHARD)]
    assert [stream for stream in streams if stream.startswith(f"{GUILTY}")] == [GUILTY, job(0, owner=GUILTY)]
    assert len(streams) == 1 + 1 + 40 + 1
    assert await store.append_rows(GUILTY, [row(job(2, owner=GUILTY), 1)], None) == 44


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
async def test_only_the_guilty_one_is_rejected(bad: list[Row], store: PostgresEventStore, database: Database) -> None:
    await only_the_guilty_one_is_rejected(store, database, bad)


async def test_an_appender_that_rejects_the_whole_batch_is_seen(
    store: PostgresEventStore, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def rejects_all(_self: Appender, _shard: int, batch: list[Any]) -> None:
        for waiting in batch:
            waiting.tell(AppendRejected("all of it"))

    monkeypatch.setattr(Appender, "_write_one_by_one", rejects_all)
    with pytest.raises(SEEN):
        await only_the_guilty_one_is_rejected(store, database, BAD["no JSON"])


async def test_what_waits_behind_a_rejected_append_is_decided_again(
    store: PostgresEventStore, database: Database
) -> None:
    async with head_held(database, SHARD):
        bad = store.append_rows(GUILTY, [row(GUILTY, 1, name="CreditCaptured")], None)
        await until_sent(database)
        behind = store.append_rows(GUILTY, [row(GUILTY, 2)], None)
    given = await answers([bad, behind])
    assert [type(answer).__name__ for answer in given] == ["AppendRejected", "Conflict"]
    assert await log_of(database, SHARD) == []


async def test_a_text_that_is_none_is_rejected_before_it_is_sent(store: PostgresEventStore) -> None:
    stream = job(1, owner=GUILTY)
    await store.prepare(GUILTY)
    for event in (VideoStored(file="\ud800"), PromptWritten(script="\ud800", source=ScriptSource.OPENAI)):
        with pytest.raises(AppendRejected):
            await append(store, Append(GUILTY, (Placed(stream, 1, event),)))
    with pytest.raises(AppendRejected):
        await append(store, Append(GUILTY, (Placed(stream, 1, VideoStored(file="a")),), Cause(command_id="\ud800")))
    with pytest.raises(AppendRejected):
        await append(store, Append(GUILTY, (Placed(stream, 1, VideoStored(file="a\x00")),)))


async def test_a_personal_text_may_hold_what_the_database_refuses(store: PostgresEventStore) -> None:
    stream = job(1, owner=GUILTY)
    await store.prepare(GUILTY)
    written = PromptWritten(script="a\x00b", source=ScriptSource.OPENAI)
    await append(store, Append(GUILTY, (Placed(stream, 1, written),)))
    assert [placed.event for placed in await tails_of(store, stream)] == [written]


CLOCK = "now_locked := clock_timestamp();"
FULL = "IF nextval('planted_positions') < 4 THEN RAISE EXCEPTION 'full' USING ERRCODE = 'disk_full'; END IF;"
FULL_FOR_A_WHILE: Fault = {"append_events": ((CLOCK, f"{CLOCK} {FULL}"),)}


async def test_a_full_disk_is_nobodys_fault(store: PostgresEventStore, database: Database) -> None:
    await plant(database, FULL_FOR_A_WHILE)
    given = await answers([store.append_rows(owner, [row(owner, 1)], None) for owner in OWNERS[:3]])
    assert given == [1, 2, 3]


async def test_a_bug_is_told_to_its_callers_and_stops_nobody_else(store: PostgresEventStore) -> None:
    malformed: list[Any] = [row(GUILTY, 1), ("a row",)]
    with pytest.raises(IndexError):
        async with asyncio.timeout(10):
            await store.append_rows(GUILTY, malformed, None)
    assert await store.append_rows(GUILTY, [row(GUILTY, 1)], None) == 1


async def test_every_failure_of_an_append_is_one_of_the_log(store: PostgresEventStore) -> None:
    given = await answers([store.append_rows(GUILTY, rows, None) for rows in BAD.values()])
    assert all(isinstance(answer, LogError) for answer in given)
