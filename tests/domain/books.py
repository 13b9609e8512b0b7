"""An account's books, added up from its events alone, and what must hold for them at any time.

The books know nothing of the domain's fold. Each amount is counted twice, by what an event says it moves (`amount`)
and by the lots it says it moves it from and to, so an event that makes or loses a credit does not add up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from domain.account import Account, AccountState
from domain.account_words import (
    CreditCaptured,
    CreditRefunded,
    CreditReserved,
    CreditsExpired,
    CreditsGranted,
    CreditsPurchased,
    CreditsRevoked,
)
from domain.ledger import LedgerCommand
from domain.lots import Draw, LotKind, total
from domain.refusals import Refusal
from domain.shapes import Event

Place = tuple[str, LotKind, datetime | None]
"""A lot: its source, kind and expiry."""


def place(part: Draw) -> Place:
    """The lot that the part belongs to."""
    return part.lot, part.kind, part.expires_at


def rank(of: Place) -> tuple[bool, bool, float]:
    """Bonus before paid, soonest expiry first, never last. Lots of one rank differ only by age."""
    _, kind, expires_at = of
    return kind is LotKind.PAID, expires_at is None, expires_at.timestamp() if expires_at else 0.0


def by_kind(parts: Iterable[Draw]) -> Counter[LotKind]:
    """The parts' credits, paid and bonus apart."""
    amounts: Counter[LotKind] = Counter()
    for part in parts:
        amounts[part.kind] += part.amount
    return amounts


@dataclass
class Books:
    """All that happened to one account's credits, in whole credits."""

    granted: int = 0
    purchased: int = 0
    spent: int = 0
    revoked: int = 0
    expired: int = 0
    debt: int = 0
    reserved: dict[str, int] = field(default_factory=dict)

    lots: Counter[Place] = field(default_factory=Counter)
    draws: dict[str, tuple[Draw, ...]] = field(default_factory=dict)
    came_in: Counter[LotKind] = field(default_factory=Counter)
    went_out: Counter[LotKind] = field(default_factory=Counter)
    """Spent, taken and expired: for good."""

    reservations: Counter[str] = field(default_factory=Counter)
    settlements: Counter[str] = field(default_factory=Counter)
    closed: dict[str, bool] = field(default_factory=dict)
    """The jobs whose settlement ran, and whether they ended with a video."""

    captured: set[str] = field(default_factory=set)

    misstated: list[Event] = field(default_factory=list)
    drawn_late: list[Event] = field(default_factory=list)
    drawn_before_better: list[Event] = field(default_factory=list)
    repeats_that_did_something: list[LedgerCommand] = field(default_factory=list)
    answers: list[tuple[Refusal | None, Refusal | None]] = field(default_factory=list)
    """What each order should have been told, and what it was told."""

    @property
    def available(self) -> int:
        """Credits in lots."""
        return sum(self.lots.values())

    def usable(self, at: datetime) -> int:
        """Credits in lots that are not over at that moment."""
        return sum(amount for (_, _, expires_at), amount in self.lots.items() if expires_at is None or at < expires_at)

    def record(self, event: Event, at: datetime) -> None:
        """Adds up one more event, whose command was made at that moment."""
        match event:
            case CreditsGranted(amount=amount, expires_at=expires_at):
                self.granted += amount
                self._come_in(event, LotKind.BONUS, expires_at)
            case CreditsPurchased(amount=amount):
                self.purchased += amount
                self._come_in(event, LotKind.PAID, None)
            case CreditReserved():
                self._reserve(event, at)
            case CreditCaptured(job=job, amount=amount, draws=draws):
                self._state(event, amount, total(draws))
                self.spent += amount
                self.captured.add(job)
                self.went_out += by_kind(draws)
                self._settle(job)
            case CreditRefunded(job=job, amount=amount, returned=returned, to_debt=to_debt):
                self._state(event, amount, total(returned) + total(to_debt))
                self._move(returned, 1)
                self.debt -= total(to_debt)
                self.went_out += by_kind(to_debt)
                self._settle(job)
            case CreditsRevoked(amount=amount, draws=draws, debt=debt):
                self._state(event, amount, total(draws) + debt)
                self.revoked += amount
                self.debt += debt
                self._go_out(draws)
            case CreditsExpired(expired=expired):
                self.expired += expired.amount
                self._go_out((expired,))

    def _state(self, event: Event, said: int, moved: int) -> None:
        if said != moved:
            self.misstated.append(event)

    def _move(self, parts: Iterable[Draw], sign: int) -> None:
        for part in parts:
            self.lots[place(part)] += sign * part.amount

    def _come_in(self, event: CreditsGranted | CreditsPurchased, kind: LotKind, expires_at: datetime | None) -> None:
        self.came_in[kind] += event.amount
        self.went_out[kind] += event.debt_settled
        self.debt -= event.debt_settled
        self.lots[event.source, kind, expires_at] += event.amount - event.debt_settled

    def _go_out(self, parts: tuple[Draw, ...]) -> None:
        self._move(parts, -1)
        self.went_out += by_kind(parts)

    def _reserve(self, event: CreditReserved, at: datetime) -> None:
        self._state(event, event.amount, total(event.draws))
        self._move(event.draws, -1)
        self.reserved[event.job] = self.reserved.get(event.job, 0) + event.amount
        self.draws[event.job] = self.draws.get(event.job, ()) + event.draws
        self.reservations[event.job] += 1
        if any(part.expires_at is not None and part.expires_at <= at for part in event.draws):
            self.drawn_late.append(event)
        worst = max(rank(place(part)) for part in event.draws)
        if any(amount > 0 and rank(lot) < worst for lot, amount in self.lots.items()):
            self.drawn_before_better.append(event)

    def _settle(self, job: str) -> None:
        self.reserved.pop(job, None)
        self.draws.pop(job, None)
        self.settlements[job] += 1


# What must hold

Claim = Callable[[Books, AccountState], None]


def credits_are_neither_made_nor_lost(books: Books, _state: AccountState) -> None:
    """What came in or is owed lies somewhere or went somewhere."""
    came = books.granted + books.purchased + books.debt
    lies = books.available + sum(books.reserved.values()) + books.spent + books.revoked + books.expired
    assert came == lies, f"{came} credits came in or are owed, {lies} are somewhere"


def paid_stays_paid_and_bonus_stays_bonus(books: Books, _state: AccountState) -> None:
    """The same for each kind of lot alone."""
    for kind in LotKind:
        lies = sum(amount for (_, of_kind, _), amount in books.lots.items() if of_kind is kind)
        held = sum(by_kind(draws)[kind] for draws in books.draws.values())
        assert books.came_in[kind] == lies + held + books.went_out[kind], f"{kind} credits do not add up"


def no_lot_is_overdrawn(books: Books, _state: AccountState) -> None:
    """Nothing is taken from a lot that it does not hold."""
    assert min(books.lots.values(), default=0) >= 0, "a lot holds less than nothing"
    assert books.debt >= 0, "a debt is less than nothing"


def no_credits_lie_beside_a_debt(books: Books, _state: AccountState) -> None:
    """Every incoming credit settles the debt first."""
    assert not (books.available and books.debt), f"{books.available} available beside a debt of {books.debt}"


def a_job_reserves_once_and_is_settled_at_most_once(books: Books, _state: AccountState) -> None:
    """Requirement 21: no second refund, no second capture, neither after the other."""
    assert max(books.reservations.values(), default=0) <= 1, "a job reserved twice"
    for job, times in books.settlements.items():
        assert times <= books.reservations[job], f"job {job} was settled {times} times"


def a_settled_job_stays_settled(books: Books, state: AccountState) -> None:
    """Once the settlement of an ended job ran, it is settled exactly once, for good."""
    for job in books.closed:
        assert books.settlements[job] == 1, f"job {job} ended and was settled {books.settlements[job]} times"
        assert isinstance(state, Account)
        assert job not in state.reservations, f"job {job} was settled and still holds its reservation"


def a_video_is_paid_for_and_nothing_else(books: Books, _state: AccountState) -> None:
    """Requirement 22: every job that ended without a delivered video gave its credits back."""
    for job, delivered in books.closed.items():
        assert (job in books.captured) is delivered, f"job {job} ended {'with' if delivered else 'without'} a video"


def an_event_says_what_it_moves(books: Books, _state: AccountState) -> None:
    """An event's amount is the sum of its parts."""
    assert not books.misstated, f"{books.misstated} does not add up"


def no_expired_credit_is_drawn(books: Books, _state: AccountState) -> None:
    """What is over goes before a reservation draws it."""
    assert not books.drawn_late, f"{books.drawn_late} drew what was over"


def the_best_lot_is_drawn_first(books: Books, _state: AccountState) -> None:
    """Bonus before paid, soonest expiry first."""
    assert not books.drawn_before_better, f"{books.drawn_before_better} left something better behind"


def a_repeat_does_nothing(books: Books, _state: AccountState) -> None:
    """An accepted command repeated however late, or its id used for something else, adds no event."""
    assert not books.repeats_that_did_something, f"{books.repeats_that_did_something} did something once more"


def an_order_is_told_the_truth(books: Books, _state: AccountState) -> None:
    """It is refused only when it cannot be paid, with the balance or the debt that there is."""
    for wanted, told in books.answers:
        assert repr(wanted) == repr(told), f"an order should have been told {wanted!r} and was told {told!r}"


def the_fold_agrees_with_the_books(books: Books, state: AccountState) -> None:
    """The state that the rules decide on is what the events add up to."""
    if isinstance(state, Account):
        of_state = (state.available, state.reserved, state.debt, dict(state.reservations))
        assert of_state == (books.available, sum(books.reserved.values()), books.debt, books.draws), "the fold differs"


CLAIMS: tuple[Claim, ...] = (
    credits_are_neither_made_nor_lost,
    paid_stays_paid_and_bonus_stays_bonus,
    no_lot_is_overdrawn,
    no_credits_lie_beside_a_debt,
    a_job_reserves_once_and_is_settled_at_most_once,
    a_settled_job_stays_settled,
    a_video_is_paid_for_and_nothing_else,
    an_event_says_what_it_moves,
    no_expired_credit_is_drawn,
    the_best_lot_is_drawn_first,
    a_repeat_does_nothing,
    an_order_is_told_the_truth,
    the_fold_agrees_with_the_books,
)
