"""The books of one account: what came in, where it is now, by kind of lot. All amounts in whole credits.

For each kind, incoming = available + reserved + spent + taken + expired; over both kinds,
granted + purchased + debt = available + reserved + spent + revoked + expired, where revoked = taken + debt.
Counted from the events' own amounts alone, so that it can be held against the account's fold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from domain import account_words as words
from domain.lots import LotKind
from domain.shapes import Event


@dataclass(slots=True)
class Kind:
    """Where the credits of one kind of lot are."""

    incoming: int = 0
    available: int = 0
    reserved: int = 0
    spent: int = 0
    taken: int = 0
    expired: int = 0

    @property
    def balanced(self) -> bool:
        """Whether every incoming credit is somewhere, once."""
        return self.incoming == self.available + self.reserved + self.spent + self.taken + self.expired


@dataclass(slots=True)
class Books:
    """One account's books. Changed in place by `post`: a page of events posts thousands of times."""

    paid: Kind = field(default_factory=Kind)
    bonus: Kind = field(default_factory=Kind)
    revoked: int = 0
    debt: int = 0
    opened_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def available(self) -> int:
        """Credits that can be reserved."""
        return self.paid.available + self.bonus.available

    @property
    def reserved(self) -> int:
        """Credits held for open jobs."""
        return self.paid.reserved + self.bonus.reserved

    @property
    def spent(self) -> int:
        """Credits captured by delivered videos."""
        return self.paid.spent + self.bonus.spent

    @property
    def expired(self) -> int:
        """Credits whose lot's time was over."""
        return self.paid.expired + self.bonus.expired

    @property
    def balanced(self) -> bool:
        """Whether the equation holds, in total and for each kind."""
        incoming = self.paid.incoming + self.bonus.incoming + self.debt
        outgoing = self.available + self.reserved + self.spent + self.revoked + self.expired
        return incoming == outgoing and self.paid.balanced and self.bonus.balanced

    def of(self, kind: LotKind) -> Kind:
        """The books of one kind of lot."""
        return self.paid if kind is LotKind.PAID else self.bonus


def _granted(books: Books, event: words.CreditsGranted) -> None:
    _incoming(books, books.bonus, event.amount, event.debt_settled)


def _purchased(books: Books, event: words.CreditsPurchased) -> None:
    _incoming(books, books.paid, event.amount, event.debt_settled)


def _incoming(books: Books, kind: Kind, amount: int, debt_settled: int) -> None:
    kind.incoming += amount
    kind.taken += debt_settled
    kind.available += amount - debt_settled
    books.debt -= debt_settled


def _reserved(books: Books, event: words.CreditReserved) -> None:
    for part in event.draws:
        kind = books.of(part.kind)
        kind.available -= part.amount
        kind.reserved += part.amount


def _captured(books: Books, event: words.CreditCaptured) -> None:
    for part in event.draws:
        kind = books.of(part.kind)
        kind.reserved -= part.amount
        kind.spent += part.amount


def _refunded(books: Books, event: words.CreditRefunded) -> None:
    for part in event.returned:
        kind = books.of(part.kind)
        kind.reserved -= part.amount
        kind.available += part.amount
    for part in event.to_debt:
        kind = books.of(part.kind)
        kind.reserved -= part.amount
        kind.taken += part.amount
        books.debt -= part.amount


def _revoked(books: Books, event: words.CreditsRevoked) -> None:
    books.revoked += event.amount
    books.debt += event.debt
    for part in event.draws:
        kind = books.of(part.kind)
        kind.available -= part.amount
        kind.taken += part.amount


def _expired(books: Books, event: words.CreditsExpired) -> None:
    kind = books.of(event.expired.kind)
    kind.available -= event.expired.amount
    kind.expired += event.expired.amount


def _opened(_books: Books, _event: words.AccountOpened) -> None:
    return


POSTINGS: Final[Mapping[type[Event], Callable[[Books, Any], None]]] = {
    words.AccountOpened: _opened,
    words.CreditsGranted: _granted,
    words.CreditsPurchased: _purchased,
    words.CreditReserved: _reserved,
    words.CreditCaptured: _captured,
    words.CreditRefunded: _refunded,
    words.CreditsRevoked: _revoked,
    words.CreditsExpired: _expired,
}
"""How each event of an account changes its books. A test holds this against the account's events."""


def post(books: Books, event: Event, recorded_at: datetime) -> None:
    """Changes the books by one event of the account. Raises KeyError for an event that is none."""
    POSTINGS[type(event)](books, event)
    if books.opened_at is None:
        books.opened_at = recorded_at
    books.updated_at = recorded_at


def amount_of(event: words.AccountEvent) -> int:
    """The credits that the event is about; 0 for an opening."""
    match event:
        case words.AccountOpened():
            return 0
        case words.CreditsExpired(expired=expired):
            return expired.amount
        case _:
            return event.amount
