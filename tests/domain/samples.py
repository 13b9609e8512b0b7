"""Commands and events with the plain case filled in, so that a test names only what it is about.

All belong to account 42 and happen at noon unless said otherwise. Amounts are whole credits.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from domain.account_words import (
    AccountOpened,
    CaptureCredit,
    CreditCaptured,
    CreditRefunded,
    CreditReserved,
    CreditsExpired,
    CreditsGranted,
    CreditsPurchased,
    CreditsRevoked,
    OpenAccount,
    RefundCredit,
    ReserveCredit,
    TakeCredits,
)
from domain.bonus import GiveBonus
from domain.job_words import JobQueued, QueueJob
from domain.lots import Draw, LotKind, total
from domain.order import PlaceOrder
from domain.payment import PaymentReceived, ReceivePayment, RecordPaymentRefund
from domain.promo import ClaimCode, CodeClaimed, CreatePromo, PromoCreated
from domain.revocation import RevokeCredits

NOON: Final = datetime(2026, 11, 1, 12, tzinfo=UTC)
ME: Final = 42
OPENED: Final = AccountOpened(inviter=None)

BRIEF: Final = {
    "order": "bot.42.1001",
    "count": 1,
    "model": "sora-2",
    "price": 1,
    "template": "unboxing",
    "photo": "photos/42/a.jpg",
    "prompt": None,
    "product_text": "a mug",
    "wishes": "steam",
    "aspect_ratio": None,
    "duration_s": None,
}
"""What is wished of a video, in the fields that an order and a job have in common."""


def after(**span: int) -> datetime:
    """The moment so much later than noon."""
    return NOON + timedelta(**span)


# Lots and what moves them


def part(lot: str, amount: int, *, expires_at: datetime | None = None) -> Draw:
    """Credits of a bonus lot."""
    return Draw(lot=lot, kind=LotKind.BONUS, amount=amount, expires_at=expires_at)


def paid(lot: str, amount: int) -> Draw:
    """Credits of a paid lot."""
    return Draw(lot=lot, kind=LotKind.PAID, amount=amount, expires_at=None)


def granted(source: str, amount: int, *, expires_at: datetime | None = None, debt_settled: int = 0) -> CreditsGranted:
    """A gift came in."""
    return CreditsGranted(
        source=source, amount=amount, debt_settled=debt_settled, expires_at=expires_at, reason="gift", by="anna"
    )


def purchased(source: str, amount: int, *, debt_settled: int = 0) -> CreditsPurchased:
    """Paid credits came in."""
    return CreditsPurchased(source=source, amount=amount, debt_settled=debt_settled, reason="payment", by="telegram")


def reserved(job: str, *draws: Draw) -> CreditReserved:
    """The job's credits were reserved."""
    return CreditReserved(job=job, amount=total(draws), draws=draws)


def captured(job: str, *draws: Draw) -> CreditCaptured:
    """The job's credits were spent."""
    return CreditCaptured(job=job, amount=total(draws), draws=draws)


def refunded(job: str, *returned: Draw, to_debt: tuple[Draw, ...] = ()) -> CreditRefunded:
    """The job's credits came back."""
    return CreditRefunded(
        job=job, amount=total(returned) + total(to_debt), returned=returned, to_debt=to_debt, reason="failed"
    )


def revoked(*draws: Draw, debt: int = 0, of: str | None = None) -> CreditsRevoked:
    """Credits were taken away."""
    return CreditsRevoked(
        revocation="r1", amount=total(draws) + debt, draws=draws, debt=debt, of=of, reason="mistake", by="anna"
    )


def expired(draw: Draw) -> CreditsExpired:
    """What was left of a lot is gone."""
    return CreditsExpired(expired=draw)


# Commands


def open_account(*, inviter: int | None = None, account: int = ME) -> OpenAccount:
    """A wish to open the account."""
    return OpenAccount(account=account, at=NOON, inviter=inviter)


def reserve(job: str, amount: int, *, at: datetime = NOON) -> ReserveCredit:
    """A wish to reserve."""
    return ReserveCredit(account=ME, at=at, job=job, amount=amount)


def capture(job: str) -> CaptureCredit:
    """A wish to spend what the job reserved."""
    return CaptureCredit(account=ME, at=NOON, job=job)


def refund(job: str, *, at: datetime = NOON) -> RefundCredit:
    """A wish to give back what the job reserved."""
    return RefundCredit(account=ME, at=at, job=job, reason="failed")


def take(amount: int, *, of: str | None = None, at: datetime = NOON) -> TakeCredits:
    """A wish to take credits away."""
    return TakeCredits(account=ME, at=at, revocation="r1", amount=amount, of=of, reason="mistake", by="anna")


def gift(source: str, amount: int, *, expires_at: datetime | None = None, at: datetime = NOON) -> GiveBonus:
    """A wish to give credits, once per source."""
    return GiveBonus(account=ME, at=at, source=source, amount=amount, expires_at=expires_at, reason="gift", by="anna")


def revocation(amount: int, *, of: str | None = None, name: str = "r1") -> RevokeCredits:
    """A wish to take credits away, once per name."""
    return RevokeCredits(account=ME, at=NOON, revocation=name, amount=amount, of=of, reason="mistake", by="anna")


def order(*, at: datetime = NOON, **fields: object) -> PlaceOrder:
    """A wish for videos."""
    return PlaceOrder.model_validate({**BRIEF, "account": ME, "at": at, **fields})


def queue(**fields: object) -> QueueJob:
    """A wish for one video of an order."""
    return QueueJob.model_validate({**BRIEF, "account": ME, "at": NOON, "job": "bot.42.1001.0", "index": 0, **fields})


def queued(**fields: object) -> JobQueued:
    """A video of an order waits."""
    return JobQueued.model_validate({**BRIEF, "index": 0, "at": NOON, **fields})


def payment(charge: str, bought: int, **fields: object) -> ReceivePayment:
    """Telegram says the charge was paid."""
    content = {"account": ME, "at": NOON, "charge": charge, "invoice": "i1", "credits": bought, "stars": 50}
    return ReceivePayment.model_validate({**content, **fields})


def received(bought: int, *, credited: bool = True) -> PaymentReceived:
    """The charge was paid."""
    return PaymentReceived(invoice="i1", invoice_owner=None, credits=bought, stars=50, credited=credited)


def stars_back(charge: str, *, stars: int = 50) -> RecordPaymentRefund:
    """Telegram says the Stars went back."""
    return RecordPaymentRefund(account=ME, at=NOON, charge=charge, stars=stars)


# Promo codes

TERMS: Final = {
    "campaign": "spring",
    "amount": 3,
    "limit": 2,
    "expires_at": None,
    "bonus_days": None,
    "reason": "fair",
    "by": "anna",
}


def promo(*, at: datetime = NOON, **fields: object) -> CreatePromo:
    """A wish for a code."""
    return CreatePromo.model_validate({"code": "SPRING", "at": at, **TERMS, **fields})


def promo_created(**fields: object) -> PromoCreated:
    """The code can be claimed."""
    return PromoCreated.model_validate({**TERMS, **fields})


def claim(account: int = ME, *, at: datetime = NOON, claim: str | None = None) -> ClaimCode:
    """A wish to claim the code."""
    return ClaimCode(code="SPRING", at=at, account=account, claim=claim or f"tap.{account}")


def claimed(account: int = ME, **fields: object) -> CodeClaimed:
    """The account claimed the code."""
    content = {"account": account, "claim": f"tap.{account}", "amount": 3, "expires_at": None, "at": NOON}
    return CodeClaimed.model_validate({**content, **fields})
