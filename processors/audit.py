"""The audit of one account: its events folded in the order of its streams, each held against the rules of the books.

Pure. The account's own stream comes first, then its others, so what is remembered is one account's reservations until
their jobs are met, and what came in and was taken until its sources are. Damage to the log itself (a gap, an unreadable
event) ends the conclusions: `cut`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from domain import account, streams
from domain.account_words import (
    AccountOpened,
    CreditCaptured,
    CreditRefunded,
    CreditReserved,
    CreditsExpired,
    CreditsGranted,
    CreditsPurchased,
    CreditsRevoked,
)
from domain.log import Recorded
from domain.lots import Draw, LotKind, split, total
from domain.shapes import Event
from domain.snapshots import Snapshot, restore
from processors.findings import Kind, Report
from projections import books as bookkeeping
from projections.books import POSTINGS, Books
from projections.rows import Row, of_books
from projections.views import StatementLine, line

CLOCKS_APART_MAX: Final = timedelta(hours=1)
"""How far a program's clock, by which credits end, may be ahead of the database's, by which events are recorded."""

IMPOSSIBLE: Final = (AssertionError, KeyError)
"""What a fold raises at an event that cannot follow."""


@dataclass(slots=True)
class Held:
    """A job's reservation, and what became of it."""

    amount: int
    position: int
    draws: tuple[Draw, ...]
    settled_by: str | None = None
    settled_at: int = 0
    back: tuple[Draw, ...] = ()
    returned: tuple[Draw, ...] = ()
    """What a refund gave back, as it was drawn and as it came; kept if any of it ends."""


class Moved(NamedTuple):
    """Credits that came in, until when, or were taken, and where the account says so."""

    amount: int
    expires_at: datetime | None
    position: int


@dataclass(slots=True)
class Expected:
    """What a view should show of one stream: `row` after its last event, `earlier` at the views' position when the
    reading began (None: nothing). `position` and `version` are of the last event."""

    row: Row | None = None
    earlier: Row | None = None
    position: int = 0
    version: int = 0
    behind: bool = False
    """Whether there are events that the views had not seen when the reading began."""


class AccountAudit:
    """What is known of one account so far. Positions in findings are the account's shard's."""

    def __init__(self, shard: int, number: int, *, views_at: int, report: Report) -> None:
        self.shard = shard
        self.number = number
        self.stream = streams.account(number)
        self.books = Books()
        self.held: dict[str, Held] = {}
        self.moved: dict[tuple[Kind, str], list[Moved]] = {}
        self.expected = Expected()
        self.snapshot: Snapshot | None = None
        self.snapshot_known = True
        self.whole = True
        self._views_at = views_at
        self._report = report
        self._state: account.AccountState | None = account.INITIAL
        self._owed = self._overdrawn = False

    def found(self, kind: Kind, words: str, position: int | None, *, stream: str | None = None) -> None:
        """Reports what is wrong with the account."""
        self._report.add(kind, words, shard=self.shard, stream=stream or self.stream, position=position)

    def cut(self) -> None:
        """The log of the account is damaged: nothing more is concluded about it."""
        self.whole = False
        self._state = None

    def take(self, recorded: Recorded) -> StatementLine | None:
        """Folds the next event of the account's own stream in. Returns the line its statement should show."""
        event = recorded.event
        if type(event) not in POSTINGS:
            self.found(Kind.FOLD, f"{recorded.type} is no event of an account", recorded.position)
            self.cut()
        if not self.whole:
            return None
        if recorded.position > self._views_at and not self.expected.behind:
            self.expected.behind = True
            self.expected.earlier = of_books(self.number, self.books) if self.expected.version else None
        self._fold(recorded)
        owed = self.books.debt
        bookkeeping.post(self.books, event, recorded.recorded_at)
        check = CHECKS.get(type(event))
        if check is not None:
            check(self, event, recorded)
        self._bounds(recorded, owed)
        self.expected.position, self.expected.version = recorded.position, recorded.version
        if self.snapshot is not None and self.snapshot.version == recorded.version:
            self._compare_snapshot(self.snapshot, recorded.position)
        return None if type(event) is AccountOpened else line(self.number, recorded, self.books)

    def _fold(self, recorded: Recorded) -> None:
        if self._state is None:
            return
        try:
            self._state = account.evolve(self._state, recorded.event)  # type: ignore[arg-type]  # POSTINGS has it
        except IMPOSSIBLE as error:
            self._state = None
            if type(recorded.event) not in SETTLEMENTS:  # those are named by their own check
                self.found(Kind.FOLD, f"{recorded.type}: {error}", recorded.position)

    def _bounds(self, recorded: Recorded, owed: int) -> None:
        books = self.books
        paid, bonus = books.paid, books.bonus
        if not self._overdrawn and (
            min(paid.available, bonus.available, paid.reserved, bonus.reserved, books.debt) < 0
        ):
            self._overdrawn = True
            words = f"after {recorded.type} the books hold {_amounts(books)}"
            self.found(Kind.OVERDRAFT, words, recorded.position)
        beside = books.debt > 0 and books.available > 0
        if beside and not self._owed:
            words = f"after {recorded.type} {books.available} are available beside a debt of {books.debt} (was {owed})"
            self.found(Kind.DEBT, words, recorded.position)
        self._owed = beside

    def reserved(self, event: CreditReserved, recorded: Recorded) -> None:
        """A reservation is the sum of its draws, and a job makes one."""
        position = recorded.position
        self._sum(event.amount, total(event.draws), position)
        before = self.held.get(event.job)
        if before is not None:
            words = f"job {event.job} reserved at position {before.position} already"
            self.found(Kind.RESERVED_TWICE, words, position)
            return
        self.held[event.job] = Held(event.amount, position, event.draws)

    def settled(self, event: CreditCaptured | CreditRefunded, recorded: Recorded) -> None:
        """A settlement comes after its reservation, once, and moves exactly what was reserved."""
        held, name, position = self.held.get(event.job), recorded.type, recorded.position
        if held is None:
            self.found(Kind.NOT_RESERVED, f"{name} for job {event.job}, which reserved nothing", position)
            return
        if held.settled_by is not None:
            words = f"{name} for job {event.job}, settled by {held.settled_by} at position {held.settled_at} already"
            self.found(Kind.SETTLED_TWICE, words, position)
            return
        if not _same(event, held):
            words = f"{name} for job {event.job} moves {event.amount}, not the {held.amount} reserved or not their lots"
            self.found(Kind.SETTLED_OTHERWISE, words, position)
        elif isinstance(event, CreditRefunded):
            _, back = split(held.draws, total(event.to_debt))
            if any(part.expires_at for part in (*back, *event.returned)):
                held.back, held.returned = back, event.returned
        held.settled_by, held.settled_at, held.draws = name, position, ()

    def revoked(self, event: CreditsRevoked, recorded: Recorded) -> None:
        """A revocation is what it took and what is owed."""
        self._sum(event.amount, total(event.draws) + event.debt, recorded.position)
        self._note(Kind.REVOCATION, event.revocation, Moved(event.amount, None, recorded.position))

    def came_in(self, event: CreditsGranted | CreditsPurchased, recorded: Recorded) -> None:
        """No more than came in can settle a debt."""
        if isinstance(event, CreditsGranted):
            self._note(Kind.GIFT, event.source, Moved(event.amount, event.expires_at, recorded.position))
        else:
            self._note(Kind.PAYMENT, event.source, Moved(event.amount, None, recorded.position))
        if event.debt_settled > event.amount:
            self._sum(event.amount, event.debt_settled, recorded.position)

    def expired(self, event: CreditsExpired, recorded: Recorded) -> None:
        """Credits go when their time is over, and not before."""
        ends = event.expired.expires_at
        if ends is None or ends > recorded.recorded_at + CLOCKS_APART_MAX:
            lasts = "for ever" if ends is None else f"until {ends}"
            words = f"{event.expired.amount} credits of {event.expired.lot}, which last {lasts}, expired"
            self.found(Kind.EXPIRY, f"{words} at {recorded.recorded_at}", recorded.position)

    def _note(self, kind: Kind, name: str, moved: Moved) -> None:
        """Keeps in mind what the stream of that name has to tell as well."""
        self.moved.setdefault((kind, name), []).append(moved)

    def _sum(self, amount: int, parts: int, position: int) -> None:
        if amount != parts:
            self.found(Kind.SUM, f"the event is about {amount} credits, its parts about {parts}", position)

    def _compare_snapshot(self, snapshot: Snapshot, position: int) -> None:
        self.snapshot = None
        if self._state is None:
            return
        self._report.snapshots += 1
        try:
            kept = restore(snapshot)
        except ValueError:
            self.found(Kind.SNAPSHOT, f"the snapshot of version {snapshot.version} cannot be read", position)
            return
        if kept != self._state:
            words = f"the snapshot of version {snapshot.version} is not what its events give"
            self.found(Kind.SNAPSHOT, words, position)

    def stream_ends(self) -> None:
        """The account's own stream was read to its end."""
        if self.expected.version:
            self.expected.row = of_books(self.number, self.books)
        if not self.whole:
            return
        if not self.books.balanced:
            self.found(Kind.EQUATION, f"the books hold {_amounts(self.books)}", self.expected.position)
        if isinstance(self._state, account.Account) and not self._overdrawn:
            self._compare_state(self._state)

    def _compare_state(self, state: account.Account) -> None:
        for kind in LotKind:
            kept = sum(lot.remaining for lot in state.lots if lot.kind is kind)
            reserved = sum(part.amount for draws in state.reservations.values() for part in draws if part.kind is kind)
            books = self.books.of(kind)
            if (kept, reserved) != (books.available, books.reserved):
                words = (
                    f"{kind}: its lots hold {kept} and its reservations {reserved}, its books {_amounts(self.books)}"
                )
                self.found(Kind.BOOKS, words, self.expected.position)
        if state.debt != self.books.debt:
            words = f"its debt is {state.debt}, that of its books {self.books.debt}"
            self.found(Kind.BOOKS, words, self.expected.position)

    def ends(self) -> None:
        """All streams of the account were read: what is still held has no job, what still moved has no source."""
        if not self.whole:
            return
        for job, held in self.held.items():
            self.found(Kind.NO_JOB, f"{held.amount} credits were reserved for job {job}", held.position)
        for (kind, name), moved in self.moved.items():
            for one in moved:
                self.found(kind, f"{one.amount} credits of {name}, which has no stream that says so", one.position)


Check = Callable[[AccountAudit, Any, Recorded], None]

CHECKS: Final[dict[type[Event], Check]] = {
    CreditReserved: AccountAudit.reserved,
    CreditCaptured: AccountAudit.settled,
    CreditRefunded: AccountAudit.settled,
    CreditsRevoked: AccountAudit.revoked,
    CreditsGranted: AccountAudit.came_in,
    CreditsPurchased: AccountAudit.came_in,
    CreditsExpired: AccountAudit.expired,
}
SETTLEMENTS: Final = (CreditCaptured, CreditRefunded)


def _same(event: CreditCaptured | CreditRefunded, held: Held) -> bool:
    """Whether the settlement moves what was reserved. A refund may give an expired lot's credits a fresh term."""
    if event.amount != held.amount:
        return False
    if isinstance(event, CreditCaptured):
        return event.draws == held.draws
    owed, back = split(held.draws, total(event.to_debt)) if event.to_debt else ((), held.draws)
    return owed == event.to_debt and _lots(back) == _lots(event.returned)


def _lots(parts: tuple[Draw, ...]) -> list[tuple[str, LotKind, int]]:
    return [(part.lot, part.kind, part.amount) for part in parts]


def _amounts(books: Books) -> str:
    paid, bonus = books.paid, books.bonus
    return (
        f"{paid.available} paid and {bonus.available} bonus credits available, {paid.reserved} and {bonus.reserved} "
        f"reserved, {books.debt} owed"
    )
