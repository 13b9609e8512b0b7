"""One of every command and one of every event, for what must hold for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeVar

from domain import job_words as w
from domain.account_words import AccountOpened, AddCredits, ExpireCredits
from domain.bonus import BonusGiven
from domain.failures import FailureClass
from domain.invoice import InvoiceIssued, InvoicePaid, IssueInvoice
from domain.lots import LotKind
from domain.payment import (
    PaymentReceived,
    PaymentRefunded,
    PaymentRefundRefused,
    PaymentRefundRequested,
    RefusePaymentRefund,
    RequestPaymentRefund,
)
from domain.promo import CodeCommand
from domain.reasons import Reason
from domain.revocation import RevocationMade
from domain.shapes import Command, Event
from tests.domain import samples as s

T = TypeVar("T")
MINE: Final = {"account": s.ME, "at": s.NOON}
JOB: Final = {**MINE, "job": "bot.42.1001.0"}
BROKEN: Final = {"failure": FailureClass.TEMPORARY, "message": "server error"}
ENDED: Final = {**BROKEN, "reason": Reason.SERVICE}

JOB_COMMANDS: Final[tuple[w.JobWish, ...]] = (
    s.queue(),
    w.WritePrompt.model_validate({**JOB, "script": "steam rises", "source": w.ScriptSource.OPENAI}),
    w.RequestTask.model_validate({**JOB, "number": 1, "key": "k1"}),
    w.RecordTask.model_validate({**JOB, "number": 1, "task": "t1"}),
    w.AcceptPhoto.model_validate({**JOB, "number": 1}),
    w.FailGeneration.model_validate({**JOB, **ENDED, "number": 1}),
    w.RecordVideo.model_validate({**JOB, "number": 1, "url": "https://example.org/v.mp4"}),
    w.StoreVideo.model_validate({**JOB, "file": "v.mp4"}),
    w.StartDelivery.model_validate({**JOB, "attempt": 1}),
    w.FailDelivery.model_validate({**JOB, **BROKEN, "attempt": 1, "outcome": w.Outcome.NOT_SENT}),
    w.ConfirmDelivery.model_validate({**JOB, "attempt": 1}),
    w.FailJob.model_validate({**JOB, **ENDED}),
    w.CancelJob.model_validate(JOB),
    w.RecordLateVideo.model_validate({**JOB, "number": 1, "file": "late.mp4"}),
)

COMMANDS: Final[tuple[Command, ...]] = (
    s.open_account(inviter=7),
    AddCredits.model_validate(
        {**MINE, "source": "g1", "kind": LotKind.BONUS, "amount": 5, "reason": "gift", "by": "anna"}
    ),
    s.reserve("j1", 1),
    s.capture("j1"),
    s.refund("j1"),
    s.take(1),
    ExpireCredits.model_validate(MINE),
    s.gift("g1", 5),
    s.revocation(1),
    s.order(),
    s.payment("c1", 10),
    RequestPaymentRefund.model_validate({**MINE, "charge": "c1", "request": "q1", "reason": "unhappy", "by": "anna"}),
    s.stars_back("c1"),
    RefusePaymentRefund.model_validate({**MINE, "charge": "c1", "request": "q1", "message": "too late"}),
    IssueInvoice.model_validate({**MINE, "invoice": "i1", "credits": 10, "stars": 50}),
    *JOB_COMMANDS,
)

CODE_COMMANDS: Final[tuple[CodeCommand, ...]] = (s.promo(), s.claim())

JOB_EVENTS: Final[tuple[w.JobEvent, ...]] = (
    s.queued(),
    w.PromptWritten(script="steam rises", source=w.ScriptSource.TEMPLATE),
    w.KieTaskRequested(number=1, key="k1", at=s.NOON),
    w.KieTaskCreated(number=1, task="t1"),
    w.PhotoAccepted(),
    w.GenerationFailed(number=1, failure=FailureClass.TEMPORARY, message="server error", reason=Reason.SERVICE),
    w.RetryScheduled(attempt=2, retry_at=s.after(seconds=10)),
    w.VideoGenerated(number=1, url="https://example.org/v.mp4"),
    w.VideoStored(file="v.mp4"),
    w.DeliveryStarted(attempt=1, at=s.NOON),
    w.DeliveryFailed(
        attempt=1,
        outcome=w.Outcome.UNKNOWN,
        failure=FailureClass.TEMPORARY,
        message="timeout",
        retry_at=s.after(seconds=10),
    ),
    w.VideoDelivered(confirmed=True, file_id="BAACAgIAAx0"),
    w.JobFailed(failure=FailureClass.BILLING, message="no money", reason=Reason.OURS),
    w.JobCancelled(),
    w.LateVideoArrived(number=1, file="late.mp4"),
)

EVENTS: Final[tuple[Event, ...]] = (
    AccountOpened(inviter=7),
    s.granted("g1", 5, expires_at=s.after(days=30), debt_settled=2),
    s.purchased("c1", 10),
    s.reserved("j1", s.part("g1", 1, expires_at=s.after(days=30)), s.paid("c1", 1)),
    s.captured("j1", s.part("g1", 1)),
    s.refunded("j1", s.paid("c1", 1), to_debt=(s.part("g1", 1),)),
    s.revoked(s.paid("c1", 3), debt=2, of="c1"),
    s.expired(s.part("g1", 1, expires_at=s.after(days=30))),
    InvoiceIssued(credits=10, stars=50, at=s.NOON),
    InvoicePaid(charge="c1"),
    PaymentReceived(invoice="i1", invoice_owner=7, credits=10, stars=50, credited=True),
    PaymentRefundRequested(request="q1", reason="unhappy", by="anna"),
    PaymentRefunded(stars=50),
    PaymentRefundRefused(request="q1", message="too late"),
    BonusGiven(source="g1", amount=5, expires_at=None, reason="gift", by="anna"),
    RevocationMade(amount=5, of="c1", reason="mistake", by="anna"),
    s.promo_created(expires_at=s.after(days=30), bonus_days=7),
    s.claimed(expires_at=s.after(days=7)),
    *JOB_EVENTS,
)


def descendants(family: type[T]) -> Iterator[type[T]]:
    """Every class below this one that has been imported."""
    for child in family.__subclasses__():
        yield child
        yield from descendants(child)
