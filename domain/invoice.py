"""An invoice: what a payment pays for, the stream `account/<id>/invoice/<id>`, written once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from domain.payment import Stars
from domain.refusals import SameIdOtherContent
from domain.shapes import Amount, Command, Event, Id


class IssueInvoice(Command):
    """Offer `credits` for `stars`."""

    invoice: Id
    credits: Amount
    stars: Stars


class InvoiceIssued(Event):
    """The offer stands under this id; the payment's credits are read from here, never from the payload."""

    credits: Amount
    stars: Stars


@dataclass(frozen=True, slots=True)
class NoInvoice:
    """Nothing was offered under this id."""


@dataclass(frozen=True, slots=True)
class Issued:
    """The offer stands."""

    invoice: InvoiceIssued


InvoiceState = NoInvoice | Issued
INITIAL: Final = NoInvoice()


def decide(command: IssueInvoice, state: InvoiceState) -> list[InvoiceIssued]:
    """The offer, or nothing when it stands already. Raises SameIdOtherContent."""
    issued = InvoiceIssued(credits=command.credits, stars=command.stars)
    if isinstance(state, NoInvoice):
        return [issued]
    for field in InvoiceIssued.model_fields:
        if getattr(state.invoice, field) != getattr(issued, field):
            raise SameIdOtherContent(what=f"invoice {command.invoice}", field=field)
    return []


def evolve(_state: InvoiceState, event: InvoiceIssued) -> InvoiceState:
    """The state after the offer."""
    return Issued(event)
