"""The bot is told to stop or killed while updates of many people are in flight, payments among them, again and again.

Each update is handled once in effect: what was paid is credited once, what was confirmed is one order, what is given
once was given once, everybody got an answer to everything, and the books are right. An answer may have come twice.

The services and the people are in this process, which is not killed.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from adapters.postgres.verification import PostgresVerification
from processors.verify import verify
from tests.conftest import Database
from tests.proofs.bot_crowd import Crowd, crowd_at

DONE: Final = "SELECT update_id, attempts, failure FROM inbox WHERE done_at IS NOT NULL ORDER BY update_id"
HAPPENED: Final = "SELECT type, stream, count(*) AS times FROM events WHERE type = ANY($1) GROUP BY type, stream"


@pytest.fixture
def shards() -> int:
    """Fewer than usual: a bot that starts again has to take them all."""
    return 4


# Starlette leaves the file of a form open whose sender was killed in the middle of it; it is a sandbox's.
@pytest.mark.filterwarnings("ignore:Unclosed file <tempfile.SpooledTemporaryFile:ResourceWarning")
@pytest.mark.timeout(3_600)
async def test_a_bot_that_is_killed_again_and_again_handles_each_update_once_in_effect(
    database: Database, tmp_path: Path, prove: bool, record_property: Callable[[str, object], None]
) -> None:
    people, rounds = (20, 20) if prove else (6, 3)
    chance = random.Random(2026)
    async with crowd_at(database, tmp_path, people=people) as crowd:
        for number in range(rounds):
            await crowd.prepare(number)
            at_once = crowd.everything_at_once(number)
            assert len(crowd.expected) >= 4 * people
            await crowd.until_answered(int(chance.uniform(0, 0.9) * len(crowd.expected)))
            await crowd.end_bot(gently=number % 2 == 1)
            await crowd.quiet(at_once)
            crowd.everybody_was_answered()
        await crowd.settled()
        await each_update_is_done_once(crowd)
        await each_payment_is_credited_once(crowd)
        await each_order_and_each_gift_is_one(crowd)
        report = await verify(PostgresVerification(crowd.store.pool), pace=0)
        assert list(report.findings) == []
        for name, figure in crowd.figures.items():
            record_property(name, figure)
        print(dict(crowd.figures))  # noqa: T201 - the proof's figures


async def happened(crowd: Crowd, *types: str) -> dict[tuple[str, str], int]:
    """How often each of these events happened on each stream."""
    rows = await crowd.store.pool.fetch(HAPPENED, types)
    return {(row["type"], row["stream"]): row["times"] for row in rows}


async def each_update_is_done_once(crowd: Crowd) -> None:
    """Every update that ever was is done, at the first attempt; only the questions before payments are not kept."""
    updates, first = crowd.telegram._state.updates, crowd.telegram._state.settings.first_update_id
    every = range(first, updates._last_id + 1)
    rows = await crowd.store.pool.fetch(DONE)
    kept = [row["update_id"] for row in rows]
    assert set(kept) <= set(every)
    assert len(kept) == len(set(kept)) == len(every) - crowd.figures["questions before payments"]
    assert [tuple(row) for row in rows if row["attempts"] or row["failure"]] == []
    crowd.figures["updates"] = len(every)


async def each_payment_is_credited_once(crowd: Crowd) -> None:
    """What Telegram knows of Stars is in the log, each movement once, and nothing else is."""
    known = {
        ("PaymentRefunded" if line.refund else "PaymentReceived", f"account/{line.user}/payment/{line.id}"): 1
        for line in crowd.telegram._state.stars.transactions
    }
    assert await happened(crowd, "PaymentReceived", "PaymentRefunded") == known
    paid = sum(kind == "PaymentReceived" for kind, _ in known)
    assert sum((await happened(crowd, "CreditsPurchased")).values()) == paid
    assert sum((await happened(crowd, "CreditsRevoked")).values()) == len(known) - paid
    crowd.figures["payments"], crowd.figures["refunds"] = paid, len(known) - paid


async def each_order_and_each_gift_is_one(crowd: Crowd) -> None:
    """Each confirmed card is one order of one video, settled once; each gift was given once."""
    bot = crowd.wish.token.partition(":")[0]
    orders = {("JobQueued", f"account/{who}/job/b{bot}.{who}.{card}.0"): 1 for who, card in crowd.cards}
    assert await happened(crowd, "JobQueued") == orders
    assert sum((await happened(crowd, "CreditReserved")).values()) == len(orders)
    gifts = [f"account/{person.id}/bonus/{name}" for person in crowd.people for name in ("welcome", "proof")]
    gifts += [f"account/{who}/bonus/promo.{code}" for code, who in crowd.claims]
    assert await happened(crowd, "BonusGiven") == {("BonusGiven", gift): 1 for gift in gifts}
    assert sum((await happened(crowd, "CodeClaimed")).values()) == len(crowd.claims)
    assert sum((await happened(crowd, "CreditsGranted")).values()) == len(gifts)
    crowd.figures["orders"], crowd.figures["gifts"] = len(orders), len(gifts)
