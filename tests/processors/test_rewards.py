"""Gifts between owners on a real log: each comes in once and goes back once, whatever dies in between."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from adapters.postgres.event_store import PostgresEventStore
from adapters.postgres.tracking import PostgresTracking
from domain import streams
from domain.account_words import OpenAccount
from domain.order import PlaceOrder
from domain.payment import ReceivePayment, RecordPaymentRefund
from domain.promo import ClaimCode, CreatePromo
from domain.refusals import CodeUsedUp
from processors import gifts
from processors.execute import Executor
from processors.rewards import NAME
from tests.processors.lives import verified
from tests.processors.rewarding import BONUS, account_of, count, rewarded, rewarding, rewards_of
from tests.processors.scene import AT

INVITER, INVITED = 1, 2
REFERRAL = streams.bonus(INVITER, f"referral.{INVITED}")
UNDONE = streams.revocation(INVITER, f"referral.{INVITED}")
FORGET_POSITIONS = "UPDATE tracking SET position = 0 WHERE name = $1"


def opening(account: int, inviter: int | None = None) -> OpenAccount:
    return OpenAccount(account=account, at=AT, inviter=inviter)


def paying(account: int, charge: str, bought: int = 5) -> ReceivePayment:
    return ReceivePayment(account=account, at=AT, charge=charge, invoice=None, credits=bought, stars=10)


def undoing(account: int, charge: str) -> RecordPaymentRefund:
    return RecordPaymentRefund(account=account, at=AT, charge=charge, stars=10)


def creating(**terms: Any) -> CreatePromo:
    content = {"campaign": "spring", "amount": 3, "reason": "a fair", "by": "a test", **terms}
    return CreatePromo(code="SPRING", at=AT, **content)


def claiming(account: int, tap: str = "tap") -> ClaimCode:
    return ClaimCode(code="SPRING", at=AT, account=account, claim=tap)


async def do(executor: Executor, *commands: Any) -> None:
    for command in commands:
        await executor.execute(command)


async def test_a_claimed_code_becomes_a_gift(store: PostgresEventStore, executor: Executor) -> None:
    async with rewarding(store, executor):
        await do(executor, opening(7), creating(), claiming(7))
    assert (await account_of(store, 7)).available == 3
    report = await verified(store)
    assert (report.findings, report.rewards_pending) == ([], 0)


async def test_the_first_purchase_of_the_invited_rewards_the_inviter_once(
    store: PostgresEventStore, executor: Executor
) -> None:
    async with rewarding(store, executor):
        await do(executor, opening(INVITER), opening(INVITED, INVITER))
        await do(executor, paying(INVITED, "c1"), paying(INVITED, "c2"), paying(INVITED, "c1"))
    assert (await account_of(store, INVITER)).available == BONUS
    assert await count(store, REFERRAL) == 1


async def test_nobody_is_rewarded_for_whom_nobody_brought(store: PostgresEventStore, executor: Executor) -> None:
    async with rewarding(store, executor):
        await do(executor, opening(INVITER), opening(INVITED), paying(INVITED, "c1"), paying(3, "c2"))
    assert (await account_of(store, INVITER)).available == 0


async def test_two_who_invite_each_other_are_not_both_rewarded(store: PostgresEventStore, executor: Executor) -> None:
    async with rewarding(store, executor):
        await do(executor, opening(INVITER, INVITED), opening(INVITED, INVITER))
        await do(executor, paying(INVITER, "c1"), paying(INVITED, "c2"))
    assert (await account_of(store, INVITER)).available == 5 + BONUS
    assert (await account_of(store, INVITED)).available == 5


async def test_gifts_are_borne_out_while_they_are_made(
    store: PostgresEventStore, executor: Executor, monkeypatch: pytest.MonkeyPatch, prove: bool
) -> None:
    monkeypatch.setattr(gifts, "GIFTS_KEPT", 20)
    monkeypatch.setattr(gifts, "CLAIMS_PAGE", 50)
    each = 200 if prove else 30

    async def people(first: int) -> None:
        for one in range(first, first + each):
            inviter = one - 1 if one > first else None
            await do(executor, opening(one, inviter), claiming(one), paying(one, f"c{one}"))
            if one % 3 == 0:
                await do(executor, undoing(one, f"c{one}"))

    await do(executor, creating())
    reports = []
    async with rewarding(store, executor):
        crowd = asyncio.gather(*(people(1 + each * number) for number in range(4)))
        while not crowd.done():
            reports.append(await verified(store, pace=0.1))
        await crowd
    reports.append(await verified(store))
    assert [report.findings for report in reports] == [[]] * len(reports)
    assert await store.pool.fetchval("SELECT count(*) FROM events WHERE type = 'BonusGiven'") == 4 * (2 * each - 1)


async def test_an_inviter_who_never_came_is_given_nothing(store: PostgresEventStore, executor: Executor) -> None:
    async with rewarding(store, executor):
        await do(executor, opening(INVITED, 999), paying(INVITED, "c1"), undoing(INVITED, "c1"))
    assert await count(store, streams.bonus(999, f"referral.{INVITED}")) == 0


async def test_the_bonus_goes_when_that_purchase_is_refunded_also_when_it_is_spent(
    store: PostgresEventStore, executor: Executor
) -> None:
    order = PlaceOrder(account=INVITER, at=AT, order="b.1.1", count=1, model="m", price=BONUS, photo="p")
    async with rewarding(store, executor):
        await do(executor, opening(INVITER), opening(INVITED, INVITER), paying(INVITED, "c1"))
        await rewarded(store)
        await do(executor, order, undoing(INVITED, "c1"), undoing(INVITED, "c1"))
    assert (await account_of(store, INVITER)).debt == BONUS
    assert await count(store, UNDONE) == 1


async def test_the_bonus_stays_when_another_purchase_is_refunded(store: PostgresEventStore, executor: Executor) -> None:
    async with rewarding(store, executor):
        await do(executor, opening(INVITER), opening(INVITED, INVITER), paying(INVITED, "c1"), paying(INVITED, "c2"))
        await do(executor, undoing(INVITED, "c2"))
    assert (await account_of(store, INVITER)).available == BONUS


async def test_a_purchase_that_was_refunded_before_it_came_is_none(
    store: PostgresEventStore, executor: Executor
) -> None:
    async with rewarding(store, executor):
        await do(executor, opening(INVITER), opening(INVITED, INVITER))
        await do(executor, undoing(INVITED, "c1"), paying(INVITED, "c1"), paying(INVITED, "c2"))
    assert (await account_of(store, INVITER)).available == BONUS


async def test_everything_met_again_changes_nothing(store: PostgresEventStore, executor: Executor) -> None:
    async with rewarding(store, executor):
        await do(executor, opening(INVITER), opening(INVITED, INVITER), opening(3, INVITER), creating())
        await do(executor, claiming(3), paying(INVITED, "c1"), paying(3, "c3"), undoing(INVITED, "c1"))
    heads = await store.reader.heads()
    await store.pool.execute(FORGET_POSITIONS, NAME)
    async with rewarding(store, executor):
        pass
    assert await store.reader.heads() == heads
    assert (await account_of(store, INVITER)).available == BONUS
    assert (await verified(store)).findings == []


async def test_what_the_rules_refuse_stops_nothing_behind_it(store: PostgresEventStore, executor: Executor) -> None:
    async with rewarding(store, executor):
        await do(executor, creating(), claiming(999), opening(7), claiming(7))
    assert (await account_of(store, 7)).available == 3


class Dying(PostgresTracking):
    """Remembers nothing: its reactor dies where it would."""

    async def advance(self, shard: int, name: str, upto: int) -> bool:
        raise ConnectionAbortedError


@pytest.mark.parametrize("shards", [8])
async def test_fifty_claims_at_once_of_a_code_for_ten_are_ten_gifts(
    store: PostgresEventStore, executor: Executor, shards: int
) -> None:
    accounts = range(1, 51)
    another = Executor(store)
    await asyncio.gather(executor.execute(creating(limit=10)), *(executor.execute(opening(one)) for one in accounts))
    answers = await asyncio.gather(
        *((executor, another)[one % 2].execute(claiming(one), attempts_max=None) for one in accounts),
        return_exceptions=True,
    )
    assert [type(answer) for answer in answers if isinstance(answer, BaseException)] == [CodeUsedUp] * 40
    shard = streams.shard_of(streams.promo("SPRING"), shards)
    for _ in range(2):
        with pytest.raises(ConnectionAbortedError):
            await rewards_of(store, another, shard, tracking=Dying(store.pool)).run()
    async with rewarding(store, executor):
        pass
    await another.close()
    balances = [(await account_of(store, one)).available for one in accounts]
    assert sorted(balances) == [0] * 40 + [3] * 10
    given = [await count(store, streams.bonus(one, "promo.SPRING")) for one in accounts]
    assert sorted(given) == [0] * 40 + [1] * 10
    homes = {streams.shard_of(streams.account(one), shards) for one, gift in zip(accounts, given, strict=True) if gift}
    assert len(homes) > 1
    report = await verified(store)
    assert (report.findings, report.rewards_pending) == ([], 0)
