"""Executing commands on a real log: what is accepted is there, what is refused is true, nothing happens twice."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from adapters.postgres.event_store import PostgresEventStore
from domain.account import Account
from domain.account_words import OpenAccount
from domain.bonus import GiveBonus
from domain.order import PlaceOrder
from domain.refusals import InsufficientCredits, SameIdOtherContent
from domain.streams import account
from processors.execute import Executor
from tests.adapters.postgres.raw import tails_of
from tests.conftest import DATA_KEY, Database

AT = datetime(2026, 1, 1, tzinfo=UTC)


def order(number: int, *, of: int = 42, count: int = 1, price: int = 1, wishes: str = "warm light") -> PlaceOrder:
    return PlaceOrder(
        account=of,
        at=AT,
        order=f"b.{of}.{number}",
        count=count,
        model="model",
        price=price,
        photo="photo",
        wishes=wishes,
    )


async def funded(executor: Executor, amount: int, *, of: int = 42) -> None:
    await executor.execute(OpenAccount(account=of, at=AT))
    gift = GiveBonus(account=of, at=AT, source="gift", amount=amount, reason="a gift", by="a test")
    await executor.execute(gift)


async def test_an_order_reserves_and_queues_in_one_append(executor: Executor, store: PostgresEventStore) -> None:
    await funded(executor, 5)
    done = await executor.execute(order(1, count=3))
    assert [type(event).__name__ for _, event in done.changes] == ["CreditReserved", "JobQueued"] * 3
    types = [type(placed.event).__name__ for placed in await tails_of(store, account(42))]
    assert types == ["AccountOpened", "CreditsGranted", "CreditReserved", "CreditReserved", "CreditReserved"]


async def test_ten_taps_at_once_place_one_order(executor: Executor, store: PostgresEventStore) -> None:
    await funded(executor, 5)
    answers = await asyncio.gather(*(executor.execute(order(1, count=5)) for _ in range(10)))
    assert sorted(len(done.changes) for done in answers) == [0] * 9 + [10]
    assert len(await tails_of(store, account(42))) == 7


async def test_a_repeat_with_other_content_is_refused(executor: Executor) -> None:
    await funded(executor, 5)
    await executor.execute(order(1))
    with pytest.raises(SameIdOtherContent, match="wishes"):
        await executor.execute(order(1, wishes="cold light"))


async def test_no_credit_is_reserved_twice_however_many_ask(executor: Executor, store: PostgresEventStore) -> None:
    await funded(executor, 7)
    answers = await asyncio.gather(*(executor.execute(order(n)) for n in range(40)), return_exceptions=True)
    refusals = [answer for answer in answers if isinstance(answer, InsufficientCredits)]
    assert len(refusals) == 33
    assert len([answer for answer in answers if not isinstance(answer, BaseException)]) == 7


async def test_a_refusal_is_given_on_what_others_wrote(
    executor: Executor, store: PostgresEventStore, database: Database
) -> None:
    await funded(executor, 1)
    async with PostgresEventStore.opened(database.url, DATA_KEY) as elsewhere:
        other = Executor(elsewhere)
        with pytest.raises(InsufficientCredits):
            await other.execute(order(1, price=3))
        gift = GiveBonus(account=42, at=AT, source="more", amount=2, reason="a gift", by="a test")
        await executor.execute(gift)
        done = await other.execute(order(1, price=3))
        assert len(done.changes) == 2


async def test_two_processes_on_one_account_lose_nothing(executor: Executor, database: Database) -> None:
    await funded(executor, 100)
    async with PostgresEventStore.opened(database.url, DATA_KEY) as elsewhere:
        other = Executor(elsewhere)
        await asyncio.gather(
            *(executor.execute(order(n), attempts_max=None) for n in range(50)),
            *(other.execute(order(100 + n), attempts_max=None) for n in range(50)),
        )
        with pytest.raises(InsufficientCredits):
            await executor.execute(order(500))


async def test_a_cold_start_continues_from_the_snapshot(executor: Executor, store: PostgresEventStore) -> None:
    await funded(executor, 1_000)
    await asyncio.gather(*(executor.execute(order(n)) for n in range(600)))
    await executor.close()
    snapshot = await store.snapshot(account(42))
    assert snapshot is not None
    assert snapshot.version >= 500
    fresh = Executor(store)
    await fresh.execute(order(1_000))
    fold = fresh._folds.get(account(42))
    assert fold is not None
    _, state = fold
    assert isinstance(state, Account)
    assert state.available == 399
    assert state.reserved == 601


async def test_a_forgotten_person_can_come_back(executor: Executor, store: PostgresEventStore) -> None:
    await funded(executor, 2)
    await executor.execute(order(1))
    assert await store.keys.forget(account(42))
    done = await executor.execute(order(2))
    assert len(done.changes) == 2
