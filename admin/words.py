"""What an event says, in words that finance reads. Amounts are whole credits."""

from __future__ import annotations

from domain import account_words as credit
from domain import job_words as job
from domain.lots import Draw, total
from domain.shapes import Event


def credits_in_words(amount: int) -> str:
    """`1 credit`, `2 credits`."""
    return f"{amount} credit" if amount == 1 else f"{amount} credits"


def said(event: Event) -> str:
    """One line for an event of an account or a job; the type's name for any other."""
    return _of_account(event) or _of_job(event) or _of_delivery(event) or type(event).__name__


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
