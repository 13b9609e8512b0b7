"""What one command does to all the streams of its owner at once: the map from commands to deciders.

Three functions are all that a store needs to know of this domain: which streams a command is decided on,
what is decided, and what a stream's next state is. Everything that one command changes is one append.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, assert_never, get_args

from domain import account, bonus, invoice, job, job_states, order, payment, promo, revocation, streams
from domain.account_words import (
    AccountCommand,
    AccountEvent,
    AddCredits,
    CaptureCredit,
    ExpireCredits,
    OpenAccount,
    RefundCredit,
    TakeCredits,
)
from domain.bonus import BonusGiven, GiveBonus
from domain.invoice import InvoiceEvent, IssueInvoice
from domain.job_words import JobCommand, JobEvent
from domain.lots import LotKind
from domain.order import PlaceOrder
from domain.payment import PaymentCommand, PaymentEvent, PaymentReceived, PaymentRefunded, ReceivePayment
from domain.promo import ClaimCode, CodeCommand, CreatePromo, PromoEvent
from domain.revocation import RevocationMade, RevokeCredits
from domain.shapes import Event

LedgerCommand = (
    OpenAccount
    | GiveBonus
    | RevokeCredits
    | PlaceOrder
    | CaptureCredit
    | RefundCredit
    | ExpireCredits
    | JobCommand
    | PaymentCommand
    | IssueInvoice
    | CreatePromo
    | ClaimCode
)
"""Everything that can be wished from outside. Each happens once however often it is repeated: credits come in, go and
are reserved through the commands whose streams see to that, never by AddCredits, TakeCredits or ReserveCredit alone."""

State = Any
"""The fold of one stream; which type is told by the stream's category."""

Change = tuple[str, Event]
"""An event and the stream that it is added to."""


class Streams(NamedTuple):
    """The streams a command is decided on. Those in `new` are expected not to exist: they are read only
    when that turns out to matter, for a refusal, a repeat or a conflict."""

    read: tuple[str, ...]
    new: tuple[str, ...] = ()


FOLDS: Mapping[str, tuple[State, Callable[[Any, Any], State]]] = {
    "account": (account.INITIAL, account.evolve),
    "job": (job_states.INITIAL, job.evolve),
    "payment": (payment.INITIAL, payment.evolve),
    "invoice": (invoice.INITIAL, invoice.evolve),
    "bonus": (bonus.INITIAL, bonus.evolve),
    "revocation": (revocation.INITIAL, revocation.evolve),
    "promo": (promo.INITIAL, promo.evolve),
}
"""By category: the state of a stream without events, and the function that folds one more in."""

EVOLVE: Mapping[type[Event], Callable[[Any, Any], State]] = {
    **dict.fromkeys(get_args(AccountEvent), account.evolve),
    **dict.fromkeys(get_args(JobEvent), job.evolve),
    **dict.fromkeys(get_args(PaymentEvent), payment.evolve),
    **dict.fromkeys(get_args(InvoiceEvent), invoice.evolve),
    **dict.fromkeys(get_args(PromoEvent), promo.evolve),
    BonusGiven: bonus.evolve,
    RevocationMade: revocation.evolve,
}
"""The same functions by the class of the event: each class belongs to one category."""


def initial(stream: str) -> State:
    """The state of the stream before its first event."""
    return FOLDS[streams.category_of(stream)][0]


def evolver(stream: str) -> Callable[[Any, Any], State]:
    """The function that gives the stream's state after one more event."""
    return FOLDS[streams.category_of(stream)][1]


def evolve(stream: str, state: State, event: Event) -> State:
    """The stream's state after the event."""
    return FOLDS[streams.category_of(stream)][1](state, event)


def owner_of(command: LedgerCommand) -> str:
    """Whose streams the command is decided on: a promo code's, else its account's."""
    match command:
        case PlaceOrder():  # nearly always
            return streams.account(command.account)
        case CodeCommand():
            return streams.promo(command.code)
        case _:
            return streams.account(command.account)


def streams_of(command: LedgerCommand) -> Streams:
    """The streams that the command is decided on and may add to."""
    match command:
        case PlaceOrder():
            return Streams((streams.account(command.account),), order.job_streams(command))
        case CodeCommand():
            return Streams(read=(streams.promo(command.code),))
    of_account = streams.account(command.account)
    match command:
        case JobCommand():
            return Streams(read=(streams.job(command.account, command.job),))
        case GiveBonus():
            return Streams(read=(of_account,), new=(streams.bonus(command.account, command.source),))
        case RevokeCredits():
            return Streams(read=(of_account,), new=(streams.revocation(command.account, command.revocation),))
        case PaymentCommand():
            of_charge = streams.payment(command.account, command.charge)
            return Streams(read=(of_account, of_charge, *_own_invoice(command)))
        case IssueInvoice():
            return Streams(read=(streams.invoice(command.account, command.invoice),))
        case _:
            return Streams(read=(of_account,))


def decide(command: LedgerCommand, states: Mapping[str, State]) -> list[Change]:
    """What the command adds to which stream, in order; empty when it was carried out before.

    `states` holds every stream that `streams_of` names. Raises a Refusal when a rule says no.
    """
    match command:
        case PlaceOrder():
            return order.decide(command, states)
        case CodeCommand():
            stream = streams.promo(command.code)
            return [(stream, event) for event in promo.decide(command, states[stream])]
        case JobCommand():
            stream = streams.job(command.account, command.job)
            return [(stream, event) for event in job.decide(command, states[stream])]
        case GiveBonus():
            return _give(command, states)
        case RevokeCredits():
            return _revoke(command, states)
        case PaymentCommand():
            return _pay(command, states)
        case IssueInvoice():
            stream = streams.invoice(command.account, command.invoice)
            return [(stream, issued) for issued in invoice.decide(command, states[stream])]
        case OpenAccount() | CaptureCredit() | RefundCredit() | ExpireCredits():
            return _of_account(command, states)
        case _:
            assert_never(command)


def _of_account(command: AccountCommand, states: Mapping[str, State]) -> list[Change]:
    stream = streams.account(command.account)
    return [(stream, event) for event in account.decide(command, states[stream])]


def _give(command: GiveBonus, states: Mapping[str, State]) -> list[Change]:
    stream = streams.bonus(command.account, command.source)
    given = bonus.decide(command, states[stream])
    if not given:
        return []
    add = AddCredits(
        account=command.account,
        at=command.at,
        source=command.source,
        kind=LotKind.BONUS,
        amount=command.amount,
        expires_at=command.expires_at,
        reason=command.reason,
        by=command.by,
    )
    return [(stream, event) for event in given] + _of_account(add, states)


def _revoke(command: RevokeCredits, states: Mapping[str, State]) -> list[Change]:
    stream = streams.revocation(command.account, command.revocation)
    made = revocation.decide(command, states[stream])
    if not made:
        return []
    take = TakeCredits(
        account=command.account,
        at=command.at,
        revocation=command.revocation,
        amount=command.amount,
        of=command.of,
        reason=command.reason,
        by=command.by,
    )
    return [(stream, event) for event in made] + _of_account(take, states)


def _pay(command: PaymentCommand, states: Mapping[str, State]) -> list[Change]:
    stream = streams.payment(command.account, command.charge)
    before = states[stream]
    changes: list[Change] = []
    for event in payment.decide(command, before):
        changes.append((stream, event))
        match event, before:
            case PaymentReceived(credited=credited, credits=bought), _:
                for own in _own_invoice(command):
                    changes += [(own, paid) for paid in invoice.paid_by(command.charge, states[own])]
                if credited:
                    changes += _credit(command, bought, states)
            case PaymentRefunded(), payment.Received(paid) | payment.RefundRequested(paid):
                changes += _take_back(command, paid, states)
    return changes


def _own_invoice(command: PaymentCommand) -> tuple[str, ...]:
    """The invoice that the payment pays, unless it is another account's: that one's streams are out of reach."""
    match command:
        case ReceivePayment(invoice=str(paid), invoice_owner=None):
            return (streams.invoice(command.account, paid),)
        case _:
            return ()


def _credit(command: PaymentCommand, bought: int, states: Mapping[str, State]) -> list[Change]:
    of_account = streams.account(command.account)
    changes: list[Change] = []
    if isinstance(states[of_account], account.NoAccount):
        opened = _of_account(OpenAccount(account=command.account, at=command.at), states)
        states = {**states, of_account: evolve(of_account, states[of_account], opened[0][1])}
        changes += opened
    add = AddCredits(
        account=command.account,
        at=command.at,
        source=command.charge,
        kind=LotKind.PAID,
        amount=bought,
        reason="payment",
        by="telegram",
    )
    return changes + _of_account(add, states)


def _take_back(command: PaymentCommand, paid: PaymentReceived, states: Mapping[str, State]) -> list[Change]:
    take = TakeCredits(
        account=command.account,
        at=command.at,
        revocation=command.charge,
        amount=paid.credits,
        of=command.charge,
        reason="payment refunded",
        by="telegram",
    )
    return _of_account(take, states)
