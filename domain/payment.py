"""A payment: one Telegram charge, the stream `account/<payer>/payment/<charge id>`. Prices in Stars.

    NoPayment ──receive──▶ Received ──request──▶ RefundRequested ──▶ Refunded
        │                     ▲  └───────────────────┘ refused        ▲
        └─────────── a refund that comes before its payment ──────────┘

The surprise: a refund may arrive before its payment. It is recorded, so that the late payment credits nothing.
The credits themselves come in and go on the account's stream, in the same append (see `domain.ledger`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final, assert_never

from pydantic import Field

from domain.refusals import OutOfTurn, SameIdOtherContent
from domain.shapes import AccountId, Amount, Command, Event, Id, Words

Stars = Annotated[int, Field(strict=True, gt=0, le=1_000_000)]
"""Telegram Stars, whole."""

# Commands


class PaymentCommand(Command):
    """A wish about one charge. The account is always the payer."""

    charge: Id


class ReceivePayment(PaymentCommand):
    """Telegram says the charge was paid; `credits` is what the stored invoice sold.

    `invoice_owner` tells whose invoice it was, when it was not the payer's own.
    """

    invoice: Id | None
    invoice_owner: AccountId | None = None
    credits: Amount
    stars: Stars


class RequestPaymentRefund(PaymentCommand):
    """A person wants the Stars to go back, and asks once per `request`."""

    request: Id
    reason: Words
    by: Words


class RecordPaymentRefund(PaymentCommand):
    """Telegram says the Stars went back."""

    stars: Stars


class RefusePaymentRefund(PaymentCommand):
    """Telegram refused to give the Stars back on that request."""

    request: Id
    message: Words


# Events


class PaymentReceived(Event):
    """The charge was paid. `credited` is false when its refund had come first.

    `invoice_owner` tells whose invoice it was, when it was not the payer's own.
    """

    class_version: ClassVar[int] = 2

    invoice: Id | None
    invoice_owner: AccountId | None
    credits: Amount
    stars: Stars
    credited: bool

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        """Whose invoice it was, was not told: the payer's own."""
        state["invoice_owner"] = None


class PaymentRefundRequested(Event):
    """Somebody asked for the Stars to go back; Telegram has not answered yet."""

    request: Id
    reason: Words
    by: Words


class PaymentRefunded(Event):
    """The Stars went back to the payer."""

    stars: Stars


class PaymentRefundRefused(Event):
    """Telegram did not give the Stars back; the payment stands."""

    request: Id
    message: Words


PaymentEvent = PaymentReceived | PaymentRefundRequested | PaymentRefunded | PaymentRefundRefused


# States

NONE_REFUSED: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class NoPayment:
    """Nothing is known of this charge."""


@dataclass(frozen=True, slots=True)
class Received:
    """Paid and credited. `refused` holds the requests for a refund that Telegram refused."""

    payment: PaymentReceived
    refused: frozenset[str] = NONE_REFUSED


@dataclass(frozen=True, slots=True)
class RefundRequested:
    """Paid and credited; its refund is under way."""

    payment: PaymentReceived
    request: str
    refused: frozenset[str] = NONE_REFUSED


@dataclass(frozen=True, slots=True)
class Refunded:
    """The Stars went back; `payment` is None while the payment itself has not been seen."""

    payment: PaymentReceived | None


PaymentState = NoPayment | Received | RefundRequested | Refunded
INITIAL: Final = NoPayment()


# Rules


def decide(command: PaymentCommand, state: PaymentState) -> list[PaymentEvent]:
    """The events that follow from the command. Raises a Refusal when a rule says no."""
    match command, state:
        case ReceivePayment(), NoPayment():
            return [_received(command, credited=True)]
        case ReceivePayment(), Refunded(payment=None):
            return [_received(command, credited=False)]
        case ReceivePayment(), Received(payment) | RefundRequested(payment) | Refunded(payment):
            return _received_again(command, payment)
        case RequestPaymentRefund(), Refunded():
            return []
        case RequestPaymentRefund(request=request), Received(refused=refused) | RefundRequested(refused=refused) if (
            request in refused
        ):
            return []
        case RequestPaymentRefund(request=request, reason=reason, by=by), Received():
            return [PaymentRefundRequested(request=request, reason=reason, by=by)]
        case RequestPaymentRefund(request=request), RefundRequested() if request == state.request:
            return []
        case RecordPaymentRefund(), NoPayment():
            return [PaymentRefunded(stars=command.stars)]
        case RecordPaymentRefund(), Received(payment) | RefundRequested(payment) | Refunded(payment):
            return _refunded(command, payment, before=isinstance(state, Refunded))
        case RefusePaymentRefund(request=request, message=message), RefundRequested() if request == state.request:
            return [PaymentRefundRefused(request=request, message=message)]
        case _:
            raise OutOfTurn(command=type(command).__name__, state=type(state).__name__)


def _received(command: ReceivePayment, *, credited: bool) -> PaymentReceived:
    return PaymentReceived(
        invoice=command.invoice,
        invoice_owner=command.invoice_owner,
        credits=command.credits,
        stars=command.stars,
        credited=credited,
    )


def _received_again(command: ReceivePayment, payment: PaymentReceived | None) -> list[PaymentEvent]:
    for field in ("invoice", "invoice_owner", "credits", "stars"):
        if getattr(payment, field) != getattr(command, field):
            raise SameIdOtherContent(what=f"payment {command.charge}", field=field)
    return []


def _refunded(command: RecordPaymentRefund, payment: PaymentReceived | None, *, before: bool) -> list[PaymentEvent]:
    """Telegram gives all of the Stars back or none: another sum is not this payment's."""
    if payment is not None and payment.stars != command.stars:
        raise SameIdOtherContent(what=f"payment {command.charge}", field="stars")
    return [] if before else [PaymentRefunded(stars=command.stars)]


# Fold


def evolve(state: PaymentState, event: PaymentEvent) -> PaymentState:
    """The state after the event. Never refuses: it happened."""
    payment = None if isinstance(state, NoPayment) else state.payment
    refused = state.refused if isinstance(state, Received | RefundRequested) else NONE_REFUSED
    match event:
        case PaymentReceived(credited=credited):
            return Received(event) if credited else Refunded(event)
        case PaymentRefundRequested(request=request):
            assert payment is not None, "a refund is asked for after its payment"
            return RefundRequested(payment, request, refused)
        case PaymentRefunded():
            return Refunded(payment)
        case PaymentRefundRefused(request=request):
            assert payment is not None, "a refund is refused after its payment"
            return Received(payment, refused | {request})
        case _:
            assert_never(event)
