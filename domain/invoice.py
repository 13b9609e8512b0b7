"""An invoice: what a payment pays for, the stream `account/<id>/invoice/<id>`. Prices in Stars.

    NoInvoice ──issue──▶ Issued ──its owner pays──▶ Paid

Only its owner's payment makes it paid, in one append with the payment. Somebody else who pays a forwarded copy is
credited on their own streams, and the invoice stays as it was.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Final, assert_never

from domain.payment import Stars
from domain.refusals import SameIdOtherContent
from domain.shapes import Amount, Command, Event, Id, Moment

PAYABLE_FOR: Final = timedelta(hours=24)
"""How long an invoice can be paid. A payment that comes later nevertheless is credited as well."""

PAYLOAD_MAX: Final = 128
"""Telegram carries so many bytes with an invoice."""

PAYLOAD: Final = re.compile(r"i1\.([1-9][0-9]{0,18})\.([A-Za-z0-9._:+=-]+)", re.ASCII)


class IssueInvoice(Command):
    """Offer `credits` for `stars`."""

    invoice: Id
    credits: Amount
    stars: Stars


class InvoiceIssued(Event):
    """The offer stands under this id; the payment's credits are read from here, never from the payload.

    `at` is None of those that were issued before it was recorded.
    """

    class_version: ClassVar[int] = 2

    credits: Amount
    stars: Stars
    at: Moment | None

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        """Nobody noted when."""
        state["at"] = None


class InvoicePaid(Event):
    """Its owner paid it by this charge."""

    charge: Id


InvoiceEvent = InvoiceIssued | InvoicePaid


@dataclass(frozen=True, slots=True)
class NoInvoice:
    """Nothing was offered under this id."""


@dataclass(frozen=True, slots=True)
class Issued:
    """The offer stands."""

    invoice: InvoiceIssued


@dataclass(frozen=True, slots=True)
class Paid:
    """The offer was taken."""

    invoice: InvoiceIssued
    charge: str


InvoiceState = NoInvoice | Issued | Paid
INITIAL: Final = NoInvoice()


# Rules


def decide(command: IssueInvoice, state: InvoiceState) -> list[InvoiceIssued]:
    """The offer, or nothing when it was made already. Raises SameIdOtherContent."""
    if isinstance(state, NoInvoice):
        return [InvoiceIssued(credits=command.credits, stars=command.stars, at=command.at)]
    for field in ("credits", "stars"):
        if getattr(state.invoice, field) != getattr(command, field):
            raise SameIdOtherContent(what=f"invoice {command.invoice}", field=field)
    return []


def paid_by(charge: str, state: InvoiceState) -> list[InvoicePaid]:
    """What its owner's payment does to the invoice: the first one pays it."""
    return [InvoicePaid(charge=charge)] if isinstance(state, Issued) else []


class InvoiceFault(StrEnum):
    """Why an invoice must not be paid."""

    NO_SUCH = "no such invoice"
    SOMEBODY_ELSES = "somebody else's"
    PAID_ALREADY = "paid already"
    STALE = "too old"


def fault_of(
    state: InvoiceState, *, owner: int, payer: int, now: datetime, payable_for: timedelta = PAYABLE_FOR
) -> InvoiceFault | None:
    """Why this payer must not pay this owner's invoice now; None when they may. For the answer before the payment."""
    if owner != payer:
        return InvoiceFault.SOMEBODY_ELSES
    match state:
        case NoInvoice():
            return InvoiceFault.NO_SUCH
        case Paid():
            return InvoiceFault.PAID_ALREADY
        case Issued(InvoiceIssued(at=at)):
            return InvoiceFault.STALE if at is None or now >= at + payable_for else None
        case _:
            assert_never(state)


# Fold


def evolve(state: InvoiceState, event: InvoiceEvent) -> InvoiceState:
    """The state after the event. Never refuses: it happened."""
    match event:
        case InvoiceIssued():
            return Issued(event)
        case InvoicePaid(charge=charge):
            assert isinstance(state, Issued), "an invoice is paid once, after it was issued"
            return Paid(state.invoice, charge)
        case _:
            assert_never(event)


# What Telegram carries


def payload_of(account: int, invoice: str) -> str:
    """What the invoice is known by when it comes back with its payment: at most PAYLOAD_MAX bytes."""
    payload = f"i1.{account}.{invoice}"
    assert len(payload) <= PAYLOAD_MAX, "an invoice's id is short enough to travel"
    return payload


def read_payload(payload: str) -> tuple[int, str] | None:
    """The owner and the id of the invoice; None for a payload that is none of ours."""
    found = PAYLOAD.fullmatch(payload) if len(payload) <= PAYLOAD_MAX else None
    return None if found is None else (int(found[1]), found[2])
