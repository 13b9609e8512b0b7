"""Projecting a real log: views show what happened, are made anew unseen, and stop at what they do not know."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest

from adapters.codec import EventSchemaError
from adapters.postgres.event_store import PostgresEventStore
from adapters.postgres.views import BEGIN_NEXT, LIVE, NEXT, PostgresViews
from domain import account_words, job_words
from domain.events import EVENT_TYPES
from domain.streams import shard_of
from processors.projector import ViewWriter, project
from processors.rebuild import rebuild
from projections.books import POSTINGS
from projections.jobs import CHANGES
from projections.views import NOT_SHOWN
from tests.conftest import Database
from tests.processors.scene import PATIENCE_S, Scene, at_work

SHOWN = {
    "balances": "SELECT to_jsonb(b) - 'position' AS row FROM balances AS b ORDER BY shard, account",
    "statement": "SELECT to_jsonb(s) AS row FROM statement AS s ORDER BY shard, account, version",
    "jobs": "SELECT to_jsonb(j) AS row FROM jobs AS j ORDER BY shard, account, job",
}


async def shown(scene: Scene) -> dict[str, list[Any]]:
    await scene.caught_up()
    return {name: [row["row"] for row in await scene.store.pool.fetch(query)] for name, query in SHOWN.items()}


async def some_history(scene: Scene, accounts: range = range(1, 13)) -> None:
    for account in accounts:
        await scene.open(account, 5)
        jobs = await scene.order(account, 1, count=3)
        await scene.deliver(account, jobs[0])
        await scene.fail(account, jobs[1])
        await scene.settled(account, jobs[0])
        await scene.settled(account, jobs[1])


def test_every_event_is_known_to_the_views() -> None:
    known = {*POSTINGS, *CHANGES, job_words.JobQueued, *NOT_SHOWN}
    assert known == set(EVENT_TYPES.values())
    assert account_words.CreditReserved in POSTINGS


async def test_the_statement_carries_the_balance_after_each_event(store: PostgresEventStore) -> None:
    async with at_work(store) as scene:
        await some_history(scene, range(42, 43))
        await scene.caught_up()
        rows = await store.pool.fetch("SELECT type, amount, available, reserved FROM statement ORDER BY version")
    assert [tuple(row) for row in rows[:4]] == [
        ("CreditsGranted", 5, 5, 0),
        ("CreditReserved", 1, 4, 1),
        ("CreditReserved", 1, 3, 2),
        ("CreditReserved", 1, 2, 3),
    ]
    assert sorted(row["type"] for row in rows[4:]) == ["CreditCaptured", "CreditRefunded"]
    assert tuple(rows[-1])[2:] == (3, 1)


async def test_the_queue_shows_state_and_place(store: PostgresEventStore) -> None:
    async with at_work(store) as scene:
        await some_history(scene, range(42, 43))
        await scene.caught_up()
        rows = await store.pool.fetch("SELECT state, number, count, place_in_line FROM jobs ORDER BY number")
    assert [tuple(row) for row in rows] == [("delivered", 1, 3, None), ("failed", 2, 3, None), ("queued", 3, 3, 1)]


async def test_a_rebuild_gives_the_same_rows(store: PostgresEventStore) -> None:
    async with at_work(store) as scene:
        await some_history(scene)
        before = await shown(scene)
        for shard in range(store.shards):
            await rebuild(store, scene.views, shard)
        assert await shown(scene) == before
        left = await store.pool.fetchval("SELECT count(*) FROM statement_rows WHERE build = 1")
        assert left == 0


async def test_nobody_sees_a_half_built_view(store: PostgresEventStore) -> None:
    async with at_work(store) as scene:
        await some_history(scene)
        await scene.caught_up()
        lines = await store.pool.fetchval("SELECT count(*) FROM statement")
        rebuilding = asyncio.gather(*(rebuild(store, scene.views, shard) for shard in range(store.shards)))
        writing = asyncio.create_task(some_history(scene, range(100, 106)))
        looks = 0
        while not (rebuilding.done() and writing.done()):
            now = await store.pool.fetchval("SELECT count(*) FROM statement")
            assert now >= lines
            lines = now
            looks += 1
        await rebuilding
        await writing
        assert looks > 3
        assert {build for build, _ in [await scene.views.standing(s) for s in range(store.shards)]} == {2}
        await scene.caught_up()
        assert await store.pool.fetchval("SELECT count(*) FROM balances") == 18


LEFT_OVER = """
    INSERT INTO balance_rows
    SELECT (jsonb_populate_record(b, '{"build": 0}')).* FROM balance_rows AS b WHERE shard = $1 LIMIT 1
"""
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.mark.parametrize("shards", [1])
async def test_cleaning_spares_a_build_that_begins_meanwhile(store: PostgresEventStore, database: Database) -> None:
    async with at_work(store) as scene:
        await some_history(scene)
        before = await shown(scene)
        await store.pool.execute(LEFT_OVER, 0)
        somebody = await asyncpg.connect(database.url)
        async with asyncio.timeout(PATIENCE_S):
            async with somebody.transaction():
                await somebody.execute("SELECT FROM balance_rows WHERE build = 0 FOR UPDATE")
                cleaning = asyncio.create_task(scene.views.clean(0))
                while not await store.pool.fetchval(WAITING):  # noqa: ASYNC110 - the server makes it wait
                    await asyncio.sleep(0.01)
                build = await store.pool.fetchval(BEGIN_NEXT, 0, NEXT, LIVE)
                page = await store.page(0, after=0, limit=100_000)
                assert await ViewWriter(scene.views, 0, build=build, position=0, to_next=True).fold(
                    page, page[-1].position
                )
            await cleaning
        await somebody.close()
        assert await scene.views.switch(0)
        assert await shown(scene) == before


@pytest.mark.parametrize("shards", [1])
async def test_a_rebuild_gives_way_to_a_later_one(store: PostgresEventStore) -> None:
    async with at_work(store) as scene:
        await some_history(scene)
        before = await shown(scene)
        page = await store.page(0, after=0, limit=100_000)
        overtaken, later = [await scene.views.begin_next(0) for _ in range(2)]
        for build, is_filled in ((overtaken, False), (later, True)):
            writer = ViewWriter(scene.views, 0, build=build, position=0, to_next=True)
            assert await writer.fold(page, page[-1].position) is is_filled
        assert await scene.views.switch(0)
        assert await shown(scene) == before


async def test_the_projector_stops_at_an_event_it_does_not_know(store: PostgresEventStore, database: Database) -> None:
    async with at_work(store) as scene:
        await scene.open(42, 5)
    owner, shard = "account/42", shard_of("account/42", store.shards)
    connection = await asyncpg.connect(database.superuser_url)
    await connection.execute(
        """SELECT append_events($1, true, '[["account/42", null, null, 1]]',
            jsonb_build_array(jsonb_build_array('account/42', 3, 'CreditsDonated', gen_random_uuid(), '{}'::jsonb)))""",
        shard,
    )
    await connection.close()
    views = PostgresViews(store.pool)
    with pytest.raises(EventSchemaError, match=f"{owner} version 3: no event type CreditsDonated"):
        await asyncio.wait_for(project(store, views, shard), 30)
    head = await store.reader.head(shard)
    assert (await views.standing(shard))[1] == head - 1


async def test_two_projectors_of_one_shard_write_each_line_once(store: PostgresEventStore) -> None:
    async with at_work(store) as scene, at_work(store) as _other:
        await some_history(scene)
        await scene.caught_up()
        assert await store.pool.fetchval("SELECT count(*) FROM statement") == 12 * 6
        assert not any(worker.done() for worker in scene.workers)


async def test_views_do_not_wait_for_the_disk_and_the_log_does(store: PostgresEventStore, database: Database) -> None:
    waits = "SELECT current_setting('synchronous_commit')"
    async with at_work(store) as scene:
        await scene.open(42, 5)
        await scene.caught_up()
    connection = await asyncpg.connect(database.superuser_url)
    async with connection.transaction():
        await connection.execute("SELECT append_events(0, true, '[]', '[]')")
        assert await connection.fetchval(waits) == "on"
    build, position = await PostgresViews(store.pool).standing(0)
    async with connection.transaction():
        written = "SELECT write_views(0, 'views', $1, $2, $2, '[]', '[]', '[]')"
        assert await connection.fetchval(written, build, position)
        assert await connection.fetchval(waits) == "off"
    assert await connection.fetchval(waits) == "on"
    await connection.close()
