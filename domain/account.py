"""An account: the credits of one Telegram user. Amounts are whole credits.

    granted, purchased ──▶ available ──reserve──▶ reserved ──capture──▶ spent
                              │  ▲                   │
             revoke, expire ◀─┘  └──────refund───────┘

A reservation is a two-phase transfer: it takes credits out of `available` for one job, then exactly
one capture spends them or one refund gives them back, once. The surprise: a revocation may take more
than there is and leave a debt; every incoming credit, refunds included, settles the debt first, so
`available` and `debt` are never both above zero.

Which ids were used before is known to the streams that carry them (`bonus/<source>`, `payment/<charge>`,
`job/<id>`), not to this fold: it holds what is open and nothing that is over. The words are in `domain.account_words`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple, TypeAlias, assert_never

from rpds import HashTrieMap

from domain.account_words import (
    AccountCommand,
    AccountEvent,
    AccountOpened,
    AddCredits,
    CaptureCredit,
    CreditCaptured,
    CreditRefunded,
    CreditReserved,
    CreditsExpired,
    CreditsGranted,
    CreditsPurchased,
    CreditsRevoked,
    ExpireCredits,
    OpenAccount,
    RefundCredit,
    ReserveCredit,
    TakeCredits,
)
from domain.lots import Draw, LotKind, Lots, available, draw, split, total, with_part, without
from domain.refusals import (
    AccountInDebt,
    AccountNotOpen,
    InsufficientCredits,
    NoOpenReservation,
    ReservationOpen,
    SelfReferral,
)
from domain.shapes import of_checked

REFUND_TERM: Final = timedelta(days=7)
"""How long credits live that come back from a reservation after their lot expired."""

# States

Reservations: TypeAlias = "HashTrieMap[str, tuple[Draw, ...]]"
"""The draws of every open reservation, by job. Persistent: an account may hold many, and each command makes anew."""

NONE_OPEN: Final[Reservations] = HashTrieMap()


@dataclass(frozen=True, slots=True)
class NoAccount:
    """Nobody with this id has started the bot."""


class Account(NamedTuple):
    """What deciding needs: the lots with credits left, the open reservations by job, and the debt."""

    inviter: int | None
    lots: Lots = ()
    reservations: Reservations = NONE_OPEN
    debt: int = 0

    @property
    def available(self) -> int:
        """Credits that a new reservation could take, expired lots included until their event is written."""
        return available(self.lots)

    @property
    def reserved(self) -> int:
        """Credits held by open reservations."""
        return sum(total(draws) for draws in self.reservations.values())


AccountState = NoAccount | Account
INITIAL: Final = NoAccount()


# Rules


def decide(command: AccountCommand, state: AccountState) -> list[AccountEvent]:
    """The events that follow from the command. Raises a Refusal when a rule says no."""
    if isinstance(state, NoAccount):
        return _open(command)
    match command:
        case ReserveCredit():
            return _reserve(command, state)
        case CaptureCredit():
            return [_capture(command, state)]
        case RefundCredit():
            return [_refund(command, state)]
        case AddCredits():
            return [_add(command, state)]
        case TakeCredits():
            return _take(command, state)
        case ExpireCredits():
            return expire(state, command.at)[0]
        case OpenAccount():
            return []
        case _:
            assert_never(command)


def _open(command: AccountCommand) -> list[AccountEvent]:
    if not isinstance(command, OpenAccount):
        raise AccountNotOpen(command.account)
    if command.inviter == command.account:
        raise SelfReferral
    return [AccountOpened(inviter=command.inviter)]


def _add(command: AddCredits, state: Account) -> AccountEvent:
    settled = min(command.amount, state.debt)
    if command.kind is LotKind.PAID:
        return CreditsPurchased(
            source=command.source,
            amount=command.amount,
            debt_settled=settled,
            reason=command.reason,
            by=command.by,
        )
    return CreditsGranted(
        source=command.source,
        amount=command.amount,
        debt_settled=settled,
        expires_at=command.expires_at,
        reason=command.reason,
        by=command.by,
    )


def _reserve(command: ReserveCredit, state: Account) -> list[AccountEvent]:
    before = state.reservations.get(command.job)
    if before is not None and total(before) == command.amount:
        return []
    due, state = expire(state, command.at)
    return [*due, reserve(state, job=command.job, amount=command.amount)]


def reserve(state: Account, *, job: str, amount: int) -> CreditReserved:
    """Takes the amount out of the lots, of which none has expired.

    Raises ReservationOpen, AccountInDebt, InsufficientCredits.
    """
    if job in state.reservations:
        raise ReservationOpen(job)
    if state.debt:
        raise AccountInDebt(state.debt)
    draws = draw(state.lots, amount)
    if total(draws) < amount:
        raise InsufficientCredits(available=state.available, asked=amount)
    return of_checked(CreditReserved, {"job": job, "amount": amount, "draws": draws})


def _capture(command: CaptureCredit, state: Account) -> AccountEvent:
    draws = state.reservations.get(command.job)
    if draws is None:
        raise NoOpenReservation(command.job)
    return of_checked(CreditCaptured, {"job": command.job, "amount": total(draws), "draws": draws})


def _refund(command: RefundCredit, state: Account) -> AccountEvent:
    draws = state.reservations.get(command.job)
    if draws is None:
        raise NoOpenReservation(command.job)
    to_debt, back = split(draws, state.debt)
    return of_checked(
        CreditRefunded,
        {
            "job": command.job,
            "amount": total(draws),
            "returned": given_back(back, command.at),
            "to_debt": to_debt,
            "reason": command.reason,
        },
    )


def given_back(parts: tuple[Draw, ...], at: datetime) -> tuple[Draw, ...]:
    """The parts as they come back at that moment: each ends when it did, those that were over by then a term later."""
    fresh = at + REFUND_TERM
    return tuple(
        part.model_copy(update={"expires_at": fresh}) if part.expires_at and part.expires_at <= at else part
        for part in parts
    )


def _take(command: TakeCredits, state: Account) -> list[AccountEvent]:
    due, state = expire(state, command.at)
    named = tuple(lot for lot in state.lots if lot.id == command.of)
    others = tuple(lot for lot in state.lots if lot.id != command.of)
    draws = draw((*named, *others), command.amount)
    return [
        *due,
        CreditsRevoked(
            revocation=command.revocation,
            amount=command.amount,
            draws=draws,
            debt=command.amount - total(draws),
            of=command.of,
            reason=command.reason,
            by=command.by,
        ),
    ]


def expire(state: Account, at: datetime) -> tuple[list[AccountEvent], Account]:
    """The expiries that are due at that moment, and the account after them."""
    due: list[AccountEvent] = []
    for lot, kind, remaining, expires_at in state.lots:
        if expires_at is not None and expires_at <= at:
            due.append(CreditsExpired(expired=Draw(lot=lot, kind=kind, amount=remaining, expires_at=expires_at)))
            state = evolve_open(state, due[-1])
    return due, state


# Fold


def evolve(state: AccountState, event: AccountEvent) -> AccountState:
    """The state after the event. Never refuses: it happened."""
    if isinstance(state, NoAccount):
        assert isinstance(event, AccountOpened), "an account's first event is AccountOpened"
        return Account(inviter=event.inviter)
    return evolve_open(state, event)


def evolve_open(state: Account, event: AccountEvent) -> Account:
    """The same of an account that is open."""
    match event:
        case CreditReserved(job=job, draws=draws):
            inviter, lots, reservations, debt = state
            return Account(inviter, without(lots, draws), reservations.insert(job, draws), debt)
        case CreditCaptured(job=job):
            inviter, lots, reservations, debt = state
            return Account(inviter, lots, reservations.remove(job), debt)
        case CreditRefunded(job=job, returned=returned, to_debt=to_debt):
            inviter, lots, reservations, debt = state
            for part in returned:
                lots = with_part(lots, part)
            return Account(inviter, lots, reservations.remove(job), debt - total(to_debt))
        case CreditsGranted() | CreditsPurchased():
            return _evolve_incoming(state, event)
        case CreditsRevoked(draws=draws, debt=debt):
            return state._replace(lots=without(state.lots, draws), debt=state.debt + debt)
        case CreditsExpired(expired=expired):
            return state._replace(lots=without(state.lots, (expired,)))
        case AccountOpened():
            return state
        case _:
            assert_never(event)


def _evolve_incoming(state: Account, event: CreditsGranted | CreditsPurchased) -> Account:
    debt = state.debt - event.debt_settled
    left = event.amount - event.debt_settled
    if not left:
        return state._replace(debt=debt)
    paid = isinstance(event, CreditsPurchased)
    kind = LotKind.PAID if paid else LotKind.BONUS
    expires_at = None if isinstance(event, CreditsPurchased) else event.expires_at
    part = Draw(lot=event.source, kind=kind, amount=left, expires_at=expires_at)
    return state._replace(lots=with_part(state.lots, part), debt=debt)
