"""Positions are gapless and become visible in order, so that whoever reads from where it stopped misses nothing."""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing
from pathlib import Path

import pytest

from adapters.postgres.event_store import PostgresEventStore
from domain.log import Recorded
from domain.streams import shard_of
from tests.adapters.postgres.faults import SEEN, TAKES_POSITIONS_FROM_A_SEQUENCE, plant
from tests.adapters.postgres.raw import OWNER, append_directly, connected, job, row, until
from tests.conftest import DATA_KEY, Database

SHARD = shard_of(OWNER, 8)
PROGRAMS = 4
SUBSCRIBERS = 3


async def a_reader_passes_no_append_that_is_still_under_way(database: Database) -> None:
    """The first append has its position and is not committed; the second comes, and the reader reads."""
    async with (
        PostgresEventStore.opened(database.url, DATA_KEY) as store,
        connected(database.url) as slow,
        connected(database.superuser_url) as looking,
    ):
        async with slow.transaction():
            await append_directly(slow, SHARD, [row(job(1), 1)])
            second = asyncio.create_task(asyncio.wait_for(store.append_rows(OWNER, [row(OWNER, 1)], None), 20))

            async def committed_or_waiting() -> bool:
                locks = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND wait_event_type = 'Lock'"
                return second.done() or await looking.fetchval(locks, database.name) > 0

            await until(committed_or_waiting)
            read = [found["position"] for found in await store.reader.shard_page(SHARD, after=0)]
        await second
        page = await store.reader.shard_page(SHARD, after=read[-1] if read else 0)
        assert read + [found["position"] for found in page] == [1, 2]


async def test_a_reader_passes_no_append_that_is_still_under_way(database: Database) -> None:
    await a_reader_passes_no_append_that_is_still_under_way(database)


async def test_positions_from_a_sequence_are_seen_to_be_missed(database: Database) -> None:
    await plant(database, TAKES_POSITIONS_FROM_A_SEQUENCE)
    with pytest.raises(SEEN):
        await a_reader_passes_no_append_that_is_still_under_way(database)


class Subscriber:
    """Follows all shards on connections of its own and keeps what it was given."""

    def __init__(self) -> None:
        self.seen: dict[int, list[Recorded]] = {}

    async def follow(self, database: Database, heads: asyncio.Future[dict[int, int]]) -> None:
        """Returns when every shard is read up to the heads that will be known at the end."""
        async with PostgresEventStore.opened(database.url, DATA_KEY) as store:
            followers = [asyncio.create_task(self._follow(store, shard)) for shard in range(store.shards)]
            try:
                ends = await heads

                async def read() -> bool:
                    done = [task for task in followers if task.done()]
                    return bool(done) or all(self._reached(shard) >= end for shard, end in ends.items())

                await until(read)
            finally:
                for task in followers:
                    task.cancel()
                ended = await asyncio.gather(*followers, return_exceptions=True)
        assert [error for error in ended if not isinstance(error, asyncio.CancelledError)] == []

    def _reached(self, shard: int) -> int:
        return self.seen[shard][-1].position if self.seen[shard] else 0

    async def _follow(self, store: PostgresEventStore, shard: int) -> None:
        self.seen[shard] = []
        async with aclosing(store.follow(shard, after=0)) as pages:
            async for page, _ in pages:
                self.seen[shard] += page


async def run_writers(database: Database, *, events: int) -> None:
    """Several programs append at once. Raises AssertionError when one of them fails."""
    command = [sys.executable, "-m", "tests.adapters.postgres.writer_program", database.url, str(events)]
    root = Path(__file__).parents[3]
    programs = [
        await asyncio.create_subprocess_exec(*command, cwd=root, stdout=asyncio.subprocess.DEVNULL)
        for _ in range(PROGRAMS)
    ]
    assert await asyncio.gather(*(program.wait() for program in programs)) == [0] * PROGRAMS


@pytest.mark.timeout(1200)
async def test_subscribers_see_every_event_once_in_order_while_programs_append(
    store: PostgresEventStore, database: Database, prove: bool
) -> None:
    events = 20_000 if prove else 500
    subscribers = [Subscriber() for _ in range(SUBSCRIBERS)]
    heads: asyncio.Future[dict[int, int]] = asyncio.get_running_loop().create_future()
    following = [asyncio.create_task(subscriber.follow(database, heads)) for subscriber in subscribers]
    await run_writers(database, events=events)
    heads.set_result(await store.reader.heads())
    await asyncio.gather(*following)
    async with connected(database.superuser_url) as connection:
        stored = await connection.fetch("SELECT shard, position, event_id FROM events ORDER BY shard, position")
    assert len(stored) >= PROGRAMS * events
    for shard, head in heads.result().items():
        in_log = [(found["position"], found["event_id"]) for found in stored if found["shard"] == shard]
        assert [position for position, _ in in_log] == list(range(1, head + 1))
        for subscriber in subscribers:
            assert [(seen.position, seen.event_id) for seen in subscriber.seen[shard]] == in_log
    await versions_rise_with_positions(database)


async def versions_rise_with_positions(database: Database) -> None:
    async with connected(database.superuser_url) as connection:
        wrong = await connection.fetch("""
            SELECT * FROM (
                SELECT stream, version, row_number() OVER (PARTITION BY shard, stream ORDER BY position) AS number
                FROM events
            ) AS numbered WHERE version <> number
        """)
        moved_back = await connection.fetchval("""
            SELECT count(*) FROM events AS e JOIN events AS later
            ON later.shard = e.shard AND later.position = e.position + 1 WHERE later.recorded_at < e.recorded_at
        """)
    assert wrong == []
    assert moved_back == 0
