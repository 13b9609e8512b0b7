"""All views of a shard, folded together page by page: balances, statement, jobs, always as of one position."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from domain import account_words, job_words
from domain.bonus import BonusGiven
from domain.invoice import InvoiceIssued, InvoicePaid
from domain.log import Recorded
from domain.payment import PaymentReceived, PaymentRefunded, PaymentRefundRefused, PaymentRefundRequested
from domain.promo import CodeClaimed, PromoCreated
from domain.revocation import RevocationMade
from domain.streams import account_of, id_of
from projections import books as bookkeeping
from projections import jobs as queue
from projections.books import POSTINGS, Books
from projections.jobs import CHANGES, JobRow

NOT_SHOWN = frozenset(
    {
        BonusGiven,
        CodeClaimed,
        InvoiceIssued,
        InvoicePaid,
        PaymentReceived,
        PaymentRefundRequested,
        PaymentRefunded,
        PaymentRefundRefused,
        PromoCreated,
        RevocationMade,
    }
)
"""Events that no view shows. Every other event must be known to one: a forgotten one stops the projector."""

JobKey = tuple[int, str]
"""The account and the job's id."""


class UnknownToViews(Exception):
    """An event that no view knows: this program is older than the event. The message names it."""

    def __init__(self, recorded: Recorded) -> None:
        self.position = recorded.position
        super().__init__(
            f"{recorded.type}, version {recorded.version} of {recorded.stream} at position {recorded.position} of "
            f"shard {recorded.shard}, is known to no view of this program; start a newer one"
        )


@dataclass(slots=True)
class StatementLine:
    """One credit event of an account, with what the account had after it. Credits."""

    account: int
    version: int
    position: int
    recorded_at: datetime
    type: str
    amount: int
    subject: str
    reason: str
    available: int
    reserved: int
    debt: int


@dataclass(slots=True)
class Views:
    """Rows as far as they are at hand. `fold` changes them and notes which."""

    balances: dict[int, Books] = field(default_factory=dict)
    jobs: dict[JobKey, JobRow] = field(default_factory=dict)
    changed_balances: set[int] = field(default_factory=set)
    changed_jobs: set[JobKey] = field(default_factory=set)
    lines: list[StatementLine] = field(default_factory=list)

    def fold(self, page: Iterable[Recorded]) -> None:
        """Changes the rows by the page's events. Rows that the events change must be at hand.

        Raises UnknownToViews; the events before it are folded.
        """
        for recorded in page:
            cls = type(recorded.event)
            if cls in POSTINGS:
                self._post(recorded)
            elif cls in CHANGES or cls is job_words.JobQueued:
                self._change(recorded)
            elif cls not in NOT_SHOWN:
                raise UnknownToViews(recorded)

    def written(self) -> None:
        """Forgets which rows were changed: they are stored now."""
        self.changed_balances.clear()
        self.changed_jobs.clear()
        self.lines.clear()

    def _post(self, recorded: Recorded) -> None:
        account = account_of(recorded.stream)
        books = self.balances.get(account)
        if books is None:
            books = self.balances[account] = Books()
        bookkeeping.post(books, recorded.event, recorded.recorded_at)
        self.changed_balances.add(account)
        if not isinstance(recorded.event, account_words.AccountOpened):
            self.lines.append(line(account, recorded, books))

    def _change(self, recorded: Recorded) -> None:
        key = (account_of(recorded.stream), id_of(recorded.stream))
        if isinstance(recorded.event, job_words.JobQueued):
            self.jobs[key] = queue.queued(recorded.event, recorded.recorded_at)
        else:
            queue.change(self.jobs[key], recorded.event, recorded.recorded_at)
        self.changed_jobs.add(key)


def rows_needed(page: Iterable[Recorded]) -> tuple[set[int], set[JobKey]]:
    """The accounts and the jobs whose rows the page changes and did not make itself."""
    accounts: set[int] = set()
    jobs: set[JobKey] = set()
    made: set[JobKey] = set()
    for recorded in page:
        cls = type(recorded.event)
        if cls in POSTINGS:
            accounts.add(account_of(recorded.stream))
        elif cls in CHANGES:
            jobs.add((account_of(recorded.stream), id_of(recorded.stream)))
        elif cls is job_words.JobQueued:
            made.add((account_of(recorded.stream), id_of(recorded.stream)))
    return accounts, jobs - made


def line(account: int, recorded: Recorded, books: Books) -> StatementLine:
    """The statement's line of a credit event, with what the books hold after it."""
    event = recorded.event
    subject, reason = described(event)
    return StatementLine(
        account=account,
        version=recorded.version,
        position=recorded.position,
        recorded_at=recorded.recorded_at,
        type=recorded.type,
        amount=bookkeeping.amount_of(event),  # type: ignore[arg-type]  # POSTINGS holds events of accounts only
        subject=subject,
        reason=reason,
        available=books.available,
        reserved=books.reserved,
        debt=books.debt,
    )


def described(event: object) -> tuple[str, str]:
    """What a credit event is about, and why it happened, in words of the event itself."""
    match event:
        case account_words.CreditReserved(job=job) | account_words.CreditCaptured(job=job):
            return job, ""
        case account_words.CreditRefunded(job=job, reason=reason):
            return job, reason
        case account_words.CreditsGranted(source=source, reason=reason, by=by):
            return source, f"{reason} (by {by})"
        case account_words.CreditsPurchased(source=source, reason=reason, by=by):
            return source, f"{reason} (by {by})"
        case account_words.CreditsRevoked(revocation=revocation, reason=reason, by=by):
            return revocation, f"{reason} (by {by})"
        case account_words.CreditsExpired(expired=expired):
            return expired.lot, "time over"
        case _:
            return "", ""
