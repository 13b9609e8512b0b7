"""Verifying a sound log: nothing is found, whatever happened and whatever is happening."""

from __future__ import annotations

import asyncio
import tracemalloc
from itertools import count

import pytest

from adapters.postgres.event_store import PostgresEventStore
from adapters.postgres.verification import PostgresVerification
from domain.account_words import OpenAccount
from domain.bonus import GiveBonus
from domain.job_words import CancelJob
from domain.order import PlaceOrder
from processors.execute import Executor
from processors.findings import Progress
from processors.rebuild import rebuild
from processors.verify import EVENTS_PAGE, verify
from tests.processors.lives import a_whole_life
from tests.processors.scene import AT, Scene, at_work


async def test_a_sound_log_has_no_findings(store: PostgresEventStore) -> None:
    async with at_work(store) as scene:
        async with asyncio.TaskGroup() as group:
            for account in range(1, 25):
                group.create_task(a_whole_life(scene, account))
        await scene.caught_up()
        seen: list[Progress] = []
        report = await verify(PostgresVerification(store.pool), pace=0, on_progress=seen.append)
    assert report.findings == []
    assert report.sound
    assert (report.accounts, report.jobs, report.shards) == (24, 24 * 9, 8)
    assert report.reservations_open == 24
    assert report.settlements_pending == report.moved_on == 0
    assert report.events == sum((await store.reader.heads()).values()) == seen[-1].events == seen[-1].events_total
    assert report.totals.balanced
    assert report.totals.spent == 24


async def test_traffic_gives_no_findings(store: PostgresEventStore, prove: bool) -> None:
    source, numbers, enough = PostgresVerification(store.pool), count(1), asyncio.Event()

    async def people(scene: Scene) -> None:
        while not enough.is_set():
            await a_whole_life(scene, next(numbers))

    async with at_work(store) as scene:
        async with asyncio.TaskGroup() as group:
            for _ in range(4):
                group.create_task(people(scene))
            reports = []
            for number in range(60 if prove else 6):
                reports.append(await verify(source, pace=0.1))
                if number % 3 == 2:
                    await rebuild(store, scene.views, number % 8)
            enough.set()
        await scene.caught_up()
        last = await verify(source, pace=0)
    assert [report.findings for report in [*reports, last]] == [[]] * (len(reports) + 1)
    assert any(report.moved_on for report in reports)
    assert last.moved_on == last.settlements_pending == 0
    assert last.view_rows == await store.pool.fetchval(
        "SELECT (SELECT count(*) FROM balances) + (SELECT count(*) FROM statement) + (SELECT count(*) FROM jobs)"
    )


async def test_views_that_stand_still_are_compared_where_they_stand(store: PostgresEventStore) -> None:
    async with at_work(store) as scene:
        await a_whole_life(scene, 1)
        await scene.caught_up()
        shown = (await verify(PostgresVerification(store.pool), pace=0)).view_rows
    executor = Executor(store)
    await executor.execute(GiveBonus(account=1, at=AT, source="unseen", amount=1, reason="a gift", by="a test"))
    await executor.execute(OpenAccount(account=2, at=AT))
    order = PlaceOrder(account=1, at=AT, order="b.1.9", count=2, model="model", price=1, photo="photo")
    await executor.execute(order)
    await executor.execute(CancelJob(account=1, at=AT, job="b.1.9.0"))
    await executor.close()
    report = await verify(PostgresVerification(store.pool), pace=0)
    assert report.findings == []
    assert (report.view_rows, report.moved_on, report.settlements_pending) == (shown, 0, 1)


@pytest.mark.parametrize("shards", [1])
async def test_memory_does_not_grow_with_the_log(store: PostgresEventStore, prove: bool) -> None:
    source, some = PostgresVerification(store.pool), 400 if prove else 100
    executor = Executor(store, cached_max=10)
    peaks, events = [], 0
    for accounts in (range(1, some), range(some, 4 * some)):
        await asyncio.gather(*(_orders(executor, account) for account in accounts))
        tracemalloc.start()
        report = await verify(source, pace=0)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert report.findings == []
        events = report.events
    await executor.close()
    assert events > 4 * EVENTS_PAGE
    assert peaks[1] < 1.3 * peaks[0]


async def _orders(executor: Executor, account: int) -> None:
    await executor.execute(OpenAccount(account=account, at=AT))
    await executor.execute(GiveBonus(account=account, at=AT, source="gift", amount=50, reason="a gift", by="a test"))
    for number in range(6):
        order = f"b.{account}.{number}"
        await executor.execute(
            PlaceOrder(account=account, at=AT, order=order, count=5, model="model", price=1, photo="photo")
        )
