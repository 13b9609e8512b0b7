"""The to-do list of the feedback: noted with the position or not at all, kept as told by whoever knew what was told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from adapters.postgres import tracking
from adapters.postgres.connections import PatientPool
from adapters.postgres.event_store import PostgresEventStore
from adapters.postgres.tellings import NAME, PAGE, PostgresTellings, Telling
from tests.adapters.postgres.faults import SEEN, Fault, plant
from tests.adapters.postgres.raw import owners_in, row
from tests.conftest import Database

SHARD = 3
ME, YOU = 42, 43
ORDER = "b7.42.1001"
AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
LATER = AT + timedelta(minutes=1)


@pytest.fixture
async def tellings(database: Database) -> AsyncIterator[PostgresTellings]:
    """The list, read up to the beginning of the log."""
    async with PatientPool.opened(database.url, size=4) as pool:
        opened = PostgresTellings(pool, shards=database.shards)
        assert await opened.position(SHARD) == 0
        yield opened


async def test_it_starts_at_the_end_of_the_log_and_goes_on_from_where_it_was(store: PostgresEventStore) -> None:
    tellings = PostgresTellings(store.pool, shards=store.shards)
    owner = owners_in(SHARD)[0]
    await store.append_rows(owner, [row(owner, version) for version in (1, 2, 3)], None)
    assert await tellings.position(SHARD) == 3
    await store.append_rows(owner, [row(owner, 4)], None)
    assert await tellings.position(SHARD) == 3
    assert await tellings.note(SHARD, after=3, upto=4, orders=[])
    assert await tellings.position(SHARD) == await tracking.position(store.pool, SHARD, NAME) == 4
    assert await tellings.position(SHARD + 1) == 0


async def what_is_noted_is_open_until_it_is_told(tellings: PostgresTellings) -> None:
    assert await tellings.note(SHARD, after=0, upto=7, orders=[(ME, ORDER, 5, AT), (YOU, ORDER, 7, AT)])
    assert await tellings.open(SHARD) == [(ME, ORDER), (YOU, ORDER)]
    assert await tellings.of(SHARD, ME, ORDER) == Telling(5, AT, {})
    assert await tellings.told(SHARD, ME, ORDER, before={}, now={"failed": [0]})
    assert await tellings.open(SHARD) == [(ME, ORDER), (YOU, ORDER)]
    assert await tellings.told(SHARD, ME, ORDER, before={"failed": [0]}, now={"failed": [0]}, done=5)
    assert await tellings.open(SHARD) == [(YOU, ORDER)]


async def news_open_it_again_and_keep_what_was_told(tellings: PostgresTellings) -> None:
    await tellings.note(SHARD, after=0, upto=5, orders=[(ME, ORDER, 5, AT)])
    await tellings.told(SHARD, ME, ORDER, before={}, now={"failed": [0]}, done=5)
    assert await tellings.note(SHARD, after=5, upto=9, orders=[(ME, ORDER, 8, LATER)])
    assert await tellings.open(SHARD) == [(ME, ORDER)]
    assert await tellings.of(SHARD, ME, ORDER) == Telling(8, LATER, {"failed": [0]})


async def whoever_is_late_notes_nothing(tellings: PostgresTellings) -> None:
    await tellings.note(SHARD, after=0, upto=5, orders=[])
    for after in (0, 4, 6):
        assert not await tellings.note(SHARD, after=after, upto=9, orders=[(ME, ORDER, 8, AT)])
    assert await tellings.position(SHARD) == 5
    assert await tellings.of(SHARD, ME, ORDER) is None


CHECKS = (
    what_is_noted_is_open_until_it_is_told,
    news_open_it_again_and_keep_what_was_told,
    whoever_is_late_notes_nothing,
)


@pytest.mark.parametrize("number", range(len(CHECKS)))
async def test_it_holds_that(number: int, tellings: PostgresTellings) -> None:
    await CHECKS[number](tellings)


NOTES_NOTHING_TWICE: Fault = {
    "note_tellings": (("DO UPDATE SET news = EXCLUDED.news, news_at = EXCLUDED.news_at", "DO NOTHING"),)
}
FORGETS_WHAT_WAS_TOLD: Fault = {
    "note_tellings": (("news_at = EXCLUDED.news_at", "news_at = EXCLUDED.news_at, told = '{}'"),)
}
MOVES_FROM_ANYWHERE: Fault = {"note_tellings": ((" AND position = from_position", ""),)}
NOTES_EVEN_WHEN_LATE: Fault = {"note_tellings": (("RETURN false", "NULL"),)}
FAULTS = (
    (NOTES_NOTHING_TWICE, news_open_it_again_and_keep_what_was_told),
    (FORGETS_WHAT_WAS_TOLD, news_open_it_again_and_keep_what_was_told),
    (MOVES_FROM_ANYWHERE, whoever_is_late_notes_nothing),
    (NOTES_EVEN_WHEN_LATE, whoever_is_late_notes_nothing),
)


@pytest.mark.parametrize("number", range(len(FAULTS)))
async def test_a_planted_fault_is_seen(number: int, tellings: PostgresTellings, database: Database) -> None:
    fault, check = FAULTS[number]
    await plant(database, fault)
    with pytest.raises(SEEN):
        await check(tellings)


async def test_whoever_did_not_know_what_was_told_keeps_nothing(tellings: PostgresTellings) -> None:
    await tellings.note(SHARD, after=0, upto=5, orders=[(ME, ORDER, 5, AT)])
    assert await tellings.told(SHARD, ME, ORDER, before={}, now={"failed": [0]})
    assert not await tellings.told(SHARD, ME, ORDER, before={}, now={"failed": [1]}, done=5)
    assert await tellings.told(SHARD, ME, ORDER, before={}, now={"failed": [0]}), "a lost answer is asked for again"
    assert await tellings.of(SHARD, ME, ORDER) == Telling(5, AT, {"failed": [0]})
    assert await tellings.open(SHARD) == [(ME, ORDER)]
    assert not await tellings.told(SHARD, YOU, ORDER, before={}, now={})


async def test_what_is_done_is_never_less_done(tellings: PostgresTellings) -> None:
    await tellings.note(SHARD, after=0, upto=5, orders=[(ME, ORDER, 5, AT)])
    for done in (5, 4, 0):
        assert await tellings.told(SHARD, ME, ORDER, before={}, now={}, done=done)
    assert await tellings.open(SHARD) == []


async def test_a_long_list_is_read_whole(tellings: PostgresTellings) -> None:
    orders = [(1 + number % 7, f"b7.42.{number}", number + 1, AT) for number in range(PAGE + 5)]
    assert await tellings.note(SHARD, after=0, upto=PAGE + 5, orders=orders)
    assert await tellings.open(SHARD) == sorted((account, order) for account, order, _, _ in orders)
    assert await tellings.open(SHARD + 1) == []


async def test_what_is_old_is_swept_and_the_rest_stays(tellings: PostgresTellings) -> None:
    await tellings.note(SHARD, after=0, upto=9, orders=[(ME, ORDER, 5, AT), (YOU, ORDER, 9, LATER)])
    assert await tellings.sweep(LATER) == 1
    assert await tellings.of(SHARD, ME, ORDER) is None
    assert await tellings.of(SHARD, YOU, ORDER) == Telling(9, LATER, {})
    assert await tellings.sweep(LATER) == 0
