"""Laws with a fault planted in them, each beside the claim that must see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from domain import job_states, ledger, order
from domain.account import Account
from domain.account_words import (
    CaptureCredit,
    CreditCaptured,
    CreditRefunded,
    CreditReserved,
    CreditsGranted,
    CreditsPurchased,
    RefundCredit,
)
from domain.ledger import Change, LedgerCommand, State
from domain.lots import Draw, Lot, LotKind, total
from domain.order import PlaceOrder
from domain.refusals import NoOpenReservation
from domain.shapes import Event
from tests.domain import books
from tests.domain.books import Claim
from tests.domain.machines import MINE, Law
from tests.domain.samples import NOON

States = Mapping[str, State]
PHANTOM: Final = Lot(id="phantom", kind=LotKind.PAID, remaining=1, expires_at=None)


def changed(change: Callable[[Event], Event]) -> Law:
    """The law, with each decided event changed."""

    def decide(command: LedgerCommand, states: States) -> list[Change]:
        return [(stream, change(event)) for stream, event in ledger.decide(command, states)]

    return Law(decide=decide)


# Walls against the double refund


def keep_open(stream: str, state: State, event: Event) -> State:
    """A refund gives back and leaves its reservation open."""
    after = ledger.evolve(stream, state, event)
    return after._replace(reservations=state.reservations) if isinstance(event, CreditRefunded) else after


def capture_anything(command: LedgerCommand, states: States) -> list[Change]:
    """A capture needs no open reservation."""
    try:
        return ledger.decide(command, states)
    except NoOpenReservation:
        if not isinstance(command, CaptureCredit):
            raise
        once_more = Draw(lot="gone", kind=LotKind.PAID, amount=1)
        return [(MINE, CreditCaptured(job=command.job, amount=1, draws=(once_more,)))]


def fold_any_capture(stream: str, state: State, event: Event) -> State:
    """A capture without a reservation changes nothing."""
    if isinstance(event, CreditCaptured) and event.job not in state.reservations:
        return state
    return ledger.evolve(stream, state, event)


def keep_the_money(command: LedgerCommand, states: States) -> list[Change]:
    """A job that failed is paid for."""
    if isinstance(command, RefundCredit):
        command = CaptureCredit(account=command.account, at=command.at, job=command.job)
    return ledger.decide(command, states)


def forget_orders(command: LedgerCommand, states: States) -> list[Change]:
    """An order does not look whether its first job exists."""
    if isinstance(command, PlaceOrder):
        states = {**states, order.job_streams(command)[0]: job_states.INITIAL}
    return ledger.decide(command, states)


# Credits made and lost


def haunted(state: State) -> State:
    """The account with one credit more than it has."""
    return state._replace(lots=(*state.lots, PHANTOM)) if isinstance(state, Account) else state


def overdraw(command: LedgerCommand, states: States) -> list[Change]:
    """An order may take one credit more than there is."""
    return ledger.decide(
        command, {**states, MINE: haunted(states[MINE])} if isinstance(command, PlaceOrder) else states
    )


def misjudge(command: LedgerCommand, states: States) -> list[Change]:
    """An order does not see its last lot."""
    state = states.get(MINE)
    if isinstance(command, PlaceOrder) and isinstance(state, Account):
        states = {**states, MINE: state._replace(lots=state.lots[:-1])}
    return ledger.decide(command, states)


def fold_overdraft(stream: str, state: State, event: Event) -> State:
    """The missing credit is taken from nowhere."""
    if isinstance(event, CreditReserved) and any(part.lot == PHANTOM.id for part in event.draws):
        state = haunted(state)
    return ledger.evolve(stream, state, event)


def overstate(event: Event) -> Event:
    """A reservation says one credit more than it draws."""
    return event.model_copy(update={"amount": event.amount + 1}) if isinstance(event, CreditReserved) else event


def refund_more(event: Event) -> Event:
    """A refund gives back one credit more than was reserved, and says so."""
    if isinstance(event, CreditRefunded) and event.returned:
        more = event.returned[0].model_copy(update={"amount": event.returned[0].amount + 1})
        return event.model_copy(update={"amount": event.amount + 1, "returned": (more, *event.returned[1:])})
    return event


def refund_less(event: Event) -> Event:
    """A refund forgets its first lot, and says so."""
    if isinstance(event, CreditRefunded) and event.returned:
        less = event.returned[1:]
        return event.model_copy(update={"amount": total(less) + total(event.to_debt), "returned": less})
    return event


def refund_as_paid(event: Event) -> Event:
    """A refund turns gifts into paid credits."""
    if isinstance(event, CreditRefunded):
        paid = tuple(part.model_copy(update={"kind": LotKind.PAID, "expires_at": None}) for part in event.returned)
        return event.model_copy(update={"returned": paid})
    return event


# Debt, expiry, the order of draws


def spare_debt_of_incoming(event: Event) -> Event:
    """A gift or a payment settles no debt."""
    if isinstance(event, CreditsGranted | CreditsPurchased):
        return event.model_copy(update={"debt_settled": 0})
    return event


def spare_debt_of_refunds(event: Event) -> Event:
    """A refund settles no debt."""
    if isinstance(event, CreditRefunded):
        return event.model_copy(update={"returned": (*event.to_debt, *event.returned), "to_debt": ()})
    return event


def stop_the_clock(command: LedgerCommand, states: States) -> list[Change]:
    """An order does not see that time went by."""
    return ledger.decide(
        command.model_copy(update={"at": NOON}) if isinstance(command, PlaceOrder) else command, states
    )


def draw_from_the_back(command: LedgerCommand, states: States) -> list[Change]:
    """An order draws paid credits first."""
    state = states.get(MINE)
    if isinstance(command, PlaceOrder) and isinstance(state, Account):
        states = {**states, MINE: state._replace(lots=state.lots[::-1])}
    return ledger.decide(command, states)


FAULTS: Final[dict[str, tuple[Law, Claim]]] = {
    "a refund leaves its reservation open, seen by a second refund": (
        Law(evolve=keep_open),
        books.a_job_reserves_once_and_is_settled_at_most_once,
    ),
    "a refund leaves its reservation open, seen in the account": (
        Law(evolve=keep_open),
        books.a_settled_job_stays_settled,
    ),
    "a refund leaves its reservation open, seen by the fold": (
        Law(evolve=keep_open),
        books.the_fold_agrees_with_the_books,
    ),
    "an overdraft by one": (Law(decide=overdraw, evolve=fold_overdraft), books.no_lot_is_overdrawn),
    "a reservation says one more than it draws": (changed(overstate), books.credits_are_neither_made_nor_lost),
    "a reservation's amount is not its sum": (changed(overstate), books.an_event_says_what_it_moves),
    "a job id can be used again": (Law(decide=forget_orders), books.a_repeat_does_nothing),
    "a capture after a refund": (
        Law(decide=capture_anything, evolve=fold_any_capture),
        books.a_job_reserves_once_and_is_settled_at_most_once,
    ),
    "an order is refused that can be paid": (Law(decide=misjudge), books.an_order_is_told_the_truth),
    "a failed job is paid for": (Law(decide=keep_the_money), books.a_video_is_paid_for_and_nothing_else),
    "a refund makes a credit": (changed(refund_more), books.credits_are_neither_made_nor_lost),
    "a refund loses a credit": (changed(refund_less), books.credits_are_neither_made_nor_lost),
    "a refund turns a gift into a purchase": (changed(refund_as_paid), books.paid_stays_paid_and_bonus_stays_bonus),
    "a gift or payment settles no debt": (changed(spare_debt_of_incoming), books.no_credits_lie_beside_a_debt),
    "a refund settles no debt": (changed(spare_debt_of_refunds), books.no_credits_lie_beside_a_debt),
    "expired credits are drawn": (Law(decide=stop_the_clock), books.no_expired_credit_is_drawn),
    "paid credits are drawn before gifts": (Law(decide=draw_from_the_back), books.the_best_lot_is_drawn_first),
}
"""By what is wrong: the faulty law, and the claim that sees it alone, without the others."""
