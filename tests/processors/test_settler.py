"""Settling on a real log: every end is settled once, whatever repeats or comes in between."""

from __future__ import annotations

import asyncio

from adapters.postgres.event_store import PostgresEventStore
from adapters.postgres.tracking import PostgresTracking
from domain.account_words import CaptureCredit
from processors.settler import NAME
from tests.processors.scene import AT, at_work


async def test_a_delivered_video_is_spent_and_a_failed_one_comes_back(store: PostgresEventStore) -> None:
    async with at_work(store) as scene:
        await scene.open(42, 5)
        first, second, third = await scene.order(42, 1, count=3)
        await scene.deliver(42, first)
        await scene.fail(42, second)
        assert await scene.settled(42, first) == "CreditCaptured"
        assert await scene.settled(42, second) == "CreditRefunded"
        assert await scene.balance(42) == (3, 1, 1, 0)
        assert await store.settled_by("account/42", third) is None


async def test_an_end_that_is_met_again_changes_nothing(store: PostgresEventStore) -> None:
    async with at_work(store) as scene:
        await scene.open(42, 5)
        for job in await scene.order(42, 1, count=5):
            await scene.fail(42, job)
            await scene.settled(42, job)
        assert await scene.balance(42) == (5, 0, 0, 0)
    await store.pool.execute("UPDATE tracking SET position = 0 WHERE name = $1", NAME)
    async with at_work(store) as scene:
        (job,) = await scene.order(42, 2)
        await scene.fail(42, job)
        await scene.settled(42, job)
        assert await scene.balance(42) == (5, 0, 0, 0)


async def test_two_reactors_on_one_shard_settle_once(store: PostgresEventStore) -> None:
    async with at_work(store) as scene, at_work(store) as _other:
        for account in range(1, 9):
            await scene.open(account, 5)
            jobs = await scene.order(account, 1, count=5)
            await asyncio.gather(*(scene.fail(account, job) for job in jobs))
            for job in jobs:
                await scene.settled(account, job)
        for account in range(1, 9):
            assert await scene.balance(account) == (5, 0, 0, 0)
        assert not any(worker.done() for worker in scene.workers)


async def test_a_settlement_that_the_rules_refuse_stops_no_other(store: PostgresEventStore) -> None:
    async with at_work(store) as scene:
        await scene.open(42, 5)
        first, second = (*await scene.order(42, 1), *await scene.order(42, 2))
        await scene.executor.execute(CaptureCredit(account=42, at=AT, job=first))
        await scene.fail(42, first)
        await scene.fail(42, second)
        assert await scene.settled(42, second) == "CreditRefunded"
        assert await scene.settled(42, first) == "CreditCaptured"
        assert await scene.balance(42) == (4, 0, 1, 0)


async def test_the_position_moves_with_the_settlement(store: PostgresEventStore) -> None:
    tracking = PostgresTracking(store.pool)
    async with at_work(store) as scene:
        await scene.open(42, 1)
        (job,) = await scene.order(42, 1)
        done = await scene.fail(42, job)
        await scene.settled(42, job)
        assert done.position is not None
        assert await tracking.position(done.shard, NAME) >= done.position
