"""The to-do list of credits that will end: in order of their moments, and no row is struck out that was named again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from adapters.postgres.connections import PatientPool
from adapters.postgres.expiries import PostgresExpiries
from tests.conftest import Database

SHARD = 3
ME, YOU = 42, 43
SOON = datetime(2026, 1, 2, tzinfo=UTC)
"""Past by the machine's clock, as all moments here unless they say otherwise."""

LATER = SOON + timedelta(days=1)
LIMIT = 10


@pytest.fixture
async def expiries(database: Database) -> AsyncIterator[PostgresExpiries]:
    """The lists, empty."""
    async with PatientPool.opened(database.url, size=4) as pool:
        yield PostgresExpiries(pool)


async def test_what_is_due_comes_in_the_order_of_its_moments(expiries: PostgresExpiries) -> None:
    await expiries.note(SHARD, [(ME, LATER, 7), (YOU, SOON, 5), (ME, SOON, 6)])
    await expiries.note(SHARD + 1, [(ME, SOON, 1)])
    assert await expiries.due(SHARD, at=SOON - timedelta(microseconds=1), limit=LIMIT) == []
    assert await expiries.due(SHARD, at=SOON, limit=LIMIT) == [(ME, SOON, 6), (YOU, SOON, 5)]
    assert await expiries.due(SHARD, at=LATER, limit=LIMIT) == [(ME, SOON, 6), (YOU, SOON, 5), (ME, LATER, 7)]
    assert await expiries.due(SHARD, at=LATER, limit=1) == [(ME, SOON, 6)]


async def test_nothing_is_due_before_its_moment_by_the_databases_clock(expiries: PostgresExpiries) -> None:
    soon = datetime.now(UTC) + timedelta(hours=1)
    await expiries.note(SHARD, [(ME, soon, 6)])
    assert await expiries.due(SHARD, at=soon + timedelta(hours=1), limit=LIMIT) == []


async def test_a_row_that_is_done_is_gone_and_the_rest_stays(expiries: PostgresExpiries) -> None:
    await expiries.note(SHARD, [(ME, SOON, 6), (YOU, SOON, 5), (ME, LATER, 7)])
    await expiries.note(SHARD + 1, [(ME, SOON, 6)])
    await expiries.done(SHARD, (ME, SOON, 6))
    assert await expiries.due(SHARD, at=LATER, limit=LIMIT) == [(YOU, SOON, 5), (ME, LATER, 7)]
    assert await expiries.due(SHARD + 1, at=LATER, limit=LIMIT) == [(ME, SOON, 6)]


async def test_a_row_that_was_named_again_since_it_was_read_stays(expiries: PostgresExpiries) -> None:
    await expiries.note(SHARD, [(ME, SOON, 6)])
    (read,) = await expiries.due(SHARD, at=SOON, limit=LIMIT)
    await expiries.note(SHARD, [(ME, SOON, 8)])
    await expiries.done(SHARD, read)
    assert await expiries.due(SHARD, at=SOON, limit=LIMIT) == [(ME, SOON, 8)]


async def test_whoever_notes_late_takes_no_later_position_back(expiries: PostgresExpiries) -> None:
    await expiries.note(SHARD, [(ME, SOON, 8)])
    await expiries.note(SHARD, [(ME, SOON, 6)])
    assert await expiries.due(SHARD, at=SOON, limit=LIMIT) == [(ME, SOON, 8)]
