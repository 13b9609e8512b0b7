"""How long a video usually takes, and how long a line is: told from the latest deliveries."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import timedelta

import asyncpg
import pytest

from adapters.postgres.connections import PatientPool
from adapters.postgres.event_store import PostgresEventStore
from adapters.postgres.screens import LATELY, LATEST, PostgresScreens
from domain.shown import Wait
from tests.conftest import Database

SEEN = (
    "INSERT INTO tracking (shard, name, build, position) SELECT shard, 'views', 0, 0 FROM heads ON CONFLICT DO NOTHING"
)
ROW = """
    INSERT INTO job_rows (shard, build, account, job, ordered_as, number, count, model, price, state, attempt,
                          waits_for, queued_at, updated_at, ended_at)
    SELECT $1, t.build, $2, $3, $3, 1, 1, 'm', 1, $4, 1, 'nothing', now() - $5::interval, now(), now() - $6::interval
    FROM tracking AS t WHERE t.shard = $1 AND t.name = 'views'
"""
MINUTE = timedelta(minutes=1)
ME = 42


class Rows:
    """The view of jobs, filled by hand: its moments are the log's, which no test can choose."""

    def __init__(self, connection: asyncpg.Connection, screens: PostgresScreens, shards: int) -> None:
        self._connection = connection
        self._shards = shards
        self._made = 0
        self.screens = screens

    async def delivered(self, ago: Iterable[timedelta], *, took: timedelta) -> None:
        """Videos of other people's, in all shards, delivered so long ago, so long after they were ordered."""
        for since in ago:
            self._made += 1
            await self._row(self._made % self._shards, "delivered", queued=since + took, ended=since)

    async def in_line(self, place: int) -> str:
        """An order of mine that so many others are ahead of, less one."""
        for number in range(place - 1):
            self._made += 1
            await self._row(self._made % self._shards, "queued", queued=MINUTE + timedelta(seconds=number))
        await self._row(0, "queued", account=ME, queued=timedelta())
        return f"job{ME}"

    async def _row(
        self, shard: int, state: str, *, queued: timedelta, ended: timedelta | None = None, account: int | None = None
    ) -> None:
        account = account or 1_000 + self._made
        await self._connection.execute(ROW, shard, account, f"job{account}", state, queued, ended)


@pytest.fixture
def shards() -> int:
    """Some."""
    return 3


@pytest.fixture
async def rows(database: Database, store: PostgresEventStore) -> AsyncIterator[Rows]:
    """No rows so far. The person's order is looked for in shard 0."""
    connection = await asyncpg.connect(database.superuser_url)
    await connection.execute(SEEN)
    async with PatientPool.opened(database.url, size=1) as pool:
        screens = PostgresScreens(pool, shards=1)
        yield Rows(connection, screens, database.shards)
    await connection.close()


async def test_where_nothing_was_delivered_nothing_is_known(rows: Rows) -> None:
    order = await rows.in_line(1)
    assert await rows.screens.usual_s() is None
    assert await rows.screens.wait(ME, order) == Wait(1, None)


async def test_the_first_in_line_waits_as_long_as_the_latest_did(rows: Rows) -> None:
    await rows.delivered([timedelta(hours=hours) for hours in (1, 2, 3)], took=3 * MINUTE)
    await rows.delivered([timedelta(days=2)] * 9, took=50 * MINUTE)
    assert await rows.screens.wait(ME, await rows.in_line(1)) == Wait(1, 180)
    assert await rows.screens.usual_s() == 180


async def test_a_line_that_has_not_moved_lately_cannot_be_told(rows: Rows) -> None:
    await rows.delivered([timedelta(hours=1)], took=3 * MINUTE)
    assert await rows.screens.wait(ME, await rows.in_line(2)) == Wait(2, None)


async def test_a_long_line_takes_as_long_as_it_moves(rows: Rows) -> None:
    await rows.delivered([MINUTE * minutes for minutes in (1, 4, 14)], took=3 * MINUTE)
    assert await rows.screens.wait(ME, await rows.in_line(4)) == Wait(4, 4 * round(LATELY.total_seconds()) // 3)


async def test_a_line_that_moves_fast_is_told_as_fast_as_it_is(rows: Rows) -> None:
    one = timedelta(seconds=1)
    await rows.delivered([one * (number % LATEST + 1) for number in range(2 * LATEST)], took=timedelta(seconds=5))
    wait = await rows.screens.wait(ME, await rows.in_line(40))
    assert wait is not None
    assert wait.seconds is not None
    assert 20 <= wait.seconds < 60, "two a second went"
