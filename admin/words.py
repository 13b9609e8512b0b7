"""What an event says, in words that finance reads. Amounts are whole credits."""

from __future__ import annotations

from domain import account_words as credit
from domain import job_words as job
from domain.bonus import BonusGiven
from domain.invoice import InvoiceIssued, InvoicePaid
from domain.lots import Draw, total
from domain.payment import PaymentReceived, PaymentRefunded, PaymentRefundRefused, PaymentRefundRequested
from domain.promo import CodeClaimed, PromoCreated
from domain.revocation import RevocationMade
from domain.shapes import Event


def credits_in_words(amount: int) -> str:
    """`1 credit`, `2 credits`."""
    return f"{amount} credit" if amount == 1 else f"{amount} credits"


def said(event: Event) -> str:
    """One line for any event."""
    kinds = (_of_account, _of_job, _of_delivery, _of_payment, _of_gift)
    return next((words for kind in kinds if (words := kind(event)) is not None), type(event).__name__)


def subject_of(event: Event) -> str:
    """The id of what a credit event is about: the job, the source, the revocation; empty for others."""
    match event:
        case credit.CreditReserved(job=name) | credit.CreditCaptured(job=name) | credit.CreditRefunded(job=name):
            return name
        case credit.CreditsGranted(source=name) | credit.CreditsPurchased(source=name):
            return name
        case credit.CreditsRevoked(revocation=name):
            return name
        case credit.CreditsExpired(expired=Draw(lot=name)):
            return name
        case _:
            return ""


def _of_account(event: Event) -> str | None:
    match event:
        case credit.AccountOpened(inviter=inviter):
            return "opened" if inviter is None else f"opened, invited by {inviter}"
        case credit.CreditsGranted(amount=amount, reason=reason, by=by, expires_at=expires_at):
            until = f", until {expires_at:%Y-%m-%d %H:%M %Z}" if expires_at else ""
            return f"granted {amount}: {reason}, by {by}{until}{_settling(event.debt_settled)}"
        case credit.CreditsPurchased(amount=amount, reason=reason, by=by, debt_settled=settled):
            return f"purchased {amount}: {reason}, by {by}{_settling(settled)}"
        case credit.CreditReserved(amount=amount, job=name):
            return f"reserved {amount} for job {name}"
        case credit.CreditCaptured(amount=amount, job=name):
            return f"captured {amount}: job {name} was delivered"
        case credit.CreditRefunded(amount=amount, job=name, reason=reason, to_debt=to_debt):
            return f"refunded {amount} of job {name}: {reason}{_settling(total(to_debt))}"
        case credit.CreditsRevoked(amount=amount, reason=reason, by=by, debt=debt):
            return f"revoked {amount}: {reason}, by {by}" + (f"; {debt} of them are owed" if debt else "")
        case credit.CreditsExpired(expired=gone):
            return f"expired {gone.amount} of {gone.lot}"
        case _:
            return None


def _settling(amount: int) -> str:
    return f"; {amount} of them settle the debt" if amount else ""


def _of_job(event: Event) -> str | None:
    match event:
        case job.JobQueued(index=index, count=count, model=model, price=price):
            return f"job: queued, video {index + 1} of {count}, model {model}, {credits_in_words(price)}"
        case job.PromptWritten(source=source, failure=failure):
            return f"job: script written by {source}" + ("" if failure is None else f", for the service met {failure}")
        case job.KieTaskRequested(number=number, key=key):
            return f"job: request {number} sent with key {key}"
        case job.KieTaskCreated(number=number, task=task):
            return f"job: request {number} runs as task {task}"
        case job.PhotoAccepted():
            return "job: photo accepted"
        case job.GenerationFailed(number=number, failure=failure, message=message):
            return f"job: request {number} failed ({failure}): {message}"
        case job.RetryScheduled(attempt=attempt, retry_at=retry_at):
            return f"job: attempt {attempt} planned for {retry_at:%Y-%m-%d %H:%M:%S %Z}"
        case job.VideoGenerated(number=number):
            return f"job: request {number} made the video"
        case job.VideoStored():
            return "job: video stored"
        case _:
            return None


def _of_delivery(event: Event) -> str | None:
    match event:
        case job.DeliveryStarted(attempt=attempt):
            return f"job: delivery {attempt} started"
        case job.DeliveryFailed(attempt=attempt, failure=failure, message=message, outcome=outcome):
            return f"job: delivery {attempt} failed ({failure}, {outcome.replace('_', ' ')}): {message}"
        case job.VideoDelivered(confirmed=confirmed):
            return "job: delivered" if confirmed else "job: delivered, though Telegram did not confirm it"
        case job.JobFailed(failure=failure, message=message):
            return f"job: failed ({failure}): {message}"
        case job.JobCancelled():
            return "job: cancelled"
        case job.LateVideoArrived(number=number):
            return f"job: request {number} made a video after the end, offered free"
        case _:
            return None


def _of_payment(event: Event) -> str | None:
    match event:
        case InvoiceIssued(credits=amount, stars=stars):
            return f"invoice: {credits_in_words(amount)} offered for {stars} Stars"
        case InvoicePaid(charge=charge):
            return f"invoice: paid by charge {charge}"
        case PaymentReceived(credits=amount, stars=stars, credited=credited, invoice_owner=owner):
            whose = "" if owner is None else f", by an invoice of account {owner}"
            late = "" if credited else "; nothing was credited, for its refund had come first"
            return f"payment: {stars} Stars received for {credits_in_words(amount)}{whose}{late}"
        case PaymentRefundRequested(reason=reason, by=by):
            return f"payment: refund asked for: {reason}, by {by}"
        case PaymentRefunded(stars=stars):
            return f"payment: {stars} Stars went back"
        case PaymentRefundRefused(message=message):
            return f"payment: Telegram refused the refund: {message}"
        case _:
            return None


def _of_gift(event: Event) -> str | None:
    match event:
        case BonusGiven(amount=amount, reason=reason, by=by):
            return f"gift of {amount}: {reason}, by {by}"
        case RevocationMade(amount=amount, reason=reason, by=by):
            return f"revocation of {amount}: {reason}, by {by}"
        case PromoCreated():
            return _terms(event)
        case CodeClaimed(account=account, amount=amount):
            return f"claimed by account {account}, {credits_in_words(amount)}"
        case _:
            return None


def _terms(terms: PromoCreated) -> str:
    limit = "any number of accounts" if terms.limit is None else f"at most {terms.limit} accounts"
    until = f", until {terms.expires_at:%Y-%m-%d %H:%M %Z}" if terms.expires_at else ""
    days = f", to be used within {terms.bonus_days} days" if terms.bonus_days else ""
    what = f"{credits_in_words(terms.amount)} each for {limit}{until}{days}"
    return f"{what}; campaign {terms.campaign}: {terms.reason}, by {terms.by}"
