"""Accounts to which everything happens that can, for logs worth verifying."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from adapters.postgres.event_store import PostgresEventStore
from adapters.postgres.verification import PostgresVerification
from domain import job_words as words
from domain import payment, promo
from domain.bonus import GiveBonus
from domain.revocation import RevokeCredits
from processors.findings import Report
from processors.verify import verify
from tests.processors.scene import AT, Scene


async def verified(store: PostgresEventStore, *, pace: float = 0) -> Report:
    return await verify(PostgresVerification(store.pool), pace=pace)


async def a_claimed_code(scene: Scene, account: int) -> None:
    """A promo code for two, claimed by this account, which got its gift."""
    execute = scene.executor.execute
    terms: dict[str, Any] = {"campaign": "spring", "amount": 3, "limit": 2, "reason": "a fair", "by": "a test"}
    await execute(promo.CreatePromo(code="SPRING", at=AT, **terms))
    done = await execute(promo.ClaimCode(code="SPRING", at=AT, account=account, claim="a.tap"))
    for _, claimed in done.changes:
        assert isinstance(claimed, promo.CodeClaimed)
        await execute(promo.gift("SPRING", claimed))


async def a_whole_life(scene: Scene, account: int) -> None:
    """An account to which everything happens that can."""
    execute = scene.executor.execute
    common: dict[str, Any] = {"account": account, "at": AT}
    await scene.open(account, 5)
    jobs = await scene.order(account, 1, count=4)
    await scene.deliver(account, jobs[0])
    await scene.fail(account, jobs[1])
    await execute(words.CancelJob(**common, job=jobs[2]))
    for job in jobs[:3]:
        await scene.settled(account, job)
    charge = f"charge-{account}"
    await execute(payment.ReceivePayment(**common, charge=charge, invoice=None, credits=10, stars=100))
    await execute(
        GiveBonus(**common, source="soon", amount=3, expires_at=AT + timedelta(days=1), reason="a gift", by="a test")
    )
    later = await scene.order(account, 2, count=5)
    for request in ("1", "2"):
        await execute(
            payment.RequestPaymentRefund(
                **common, charge=charge, request=request, reason="changed my mind", by="a test"
            )
        )
        if request == "1":
            await execute(payment.RefusePaymentRefund(**common, charge=charge, request=request, message="not now"))
    await execute(payment.RecordPaymentRefund(**common, charge=charge, stars=100))
    early = f"early-{account}"
    await execute(payment.RecordPaymentRefund(**common, charge=early, stars=100))
    await execute(payment.ReceivePayment(**common, charge=early, invoice=None, credits=10, stars=100))
    await execute(RevokeCredits(**common, revocation="all", amount=4, reason="abuse", by="a test"))
    for job in later:
        await scene.fail(account, job)
        await scene.settled(account, job)
    await execute(
        GiveBonus(**common, source="late", amount=9, expires_at=AT + timedelta(days=1), reason="a gift", by="a test")
    )
    common["at"] = AT + timedelta(days=30)
    await execute(RevokeCredits(**common, revocation="late", amount=1, reason="abuse", by="a test"))
    await execute(GiveBonus(**common, source="last", amount=20, reason="a gift", by="a test"))
