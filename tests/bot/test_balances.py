"""Balances for the bot's screens: many people ask at once, and each hears of their own."""

from __future__ import annotations

import asyncio

from adapters.postgres.event_store import PostgresEventStore
from adapters.postgres.screens import PostgresScreens
from adapters.postgres.views import PostgresViews
from app.workers import at_work
from benchmarks.orders import AT
from bot.balances import Balances
from domain.account_words import OpenAccount
from domain.bonus import GiveBonus
from domain.shown import Balance
from processors.execute import Executor

PEOPLE = range(1, 41)


async def test_everybody_who_asks_at_once_hears_of_their_own(store: PostgresEventStore) -> None:
    executor = Executor(store)
    balances = Balances(PostgresScreens(store.pool, shards=store.shards), PostgresViews(store.pool))
    async with at_work(store, executor):
        for account in PEOPLE:
            await executor.execute(OpenAccount(account=account, at=AT))
            given = await executor.execute(
                GiveBonus(account=account, at=AT, source="welcome", amount=account, reason="a gift", by="somebody")
            )
            await balances.of(account, after=given)
        asked = [*PEOPLE, 1, 99]
        found = await asyncio.gather(*(balances.of(account) for account in asked))
    assert found == [*(Balance(account, 0, 0, 0) for account in [*PEOPLE, 1]), None]
    await executor.close()


async def test_who_stops_asking_takes_nobodys_answer(store: PostgresEventStore) -> None:
    executor = Executor(store)
    balances = Balances(PostgresScreens(store.pool, shards=store.shards), PostgresViews(store.pool))
    async with at_work(store, executor):
        done = await executor.execute(OpenAccount(account=1, at=AT))
        await balances.of(1, after=done)
        asking = [asyncio.create_task(balances.of(1)) for _ in range(3)]
        await asyncio.sleep(0)
        asking[1].cancel()
        answers = await asyncio.gather(*asking, return_exceptions=True)
    assert [answers[0], answers[2]] == [Balance(0, 0, 0, 0)] * 2
    assert isinstance(answers[1], asyncio.CancelledError)
    await executor.close()
