"""Payments of Stars come in: from Telegram's update, or from its own account of them when the update was lost.

Every successful payment is credited to its payer, once by its charge. How many credits is read from the stored
invoice; of an invoice that nobody knows, it is found by the price, and operators are told.
"""

from __future__ import annotations

from datetime import datetime

import structlog

from domain import invoice, streams
from domain.log import NO_CAUSE, Cause
from domain.packages import Packages
from domain.payment import PaymentReceived, ReceivePayment
from processors.execute import Done, Executor
from processors.ports import EVERYTHING, StreamReader

log = structlog.get_logger(__name__)


async def invoice_of(reader: StreamReader, account: int, name: str) -> invoice.InvoiceState:
    """The account's invoice as it is now: one read of a short stream."""
    state: invoice.InvoiceState = invoice.INITIAL
    async for recorded in reader.events(streams.invoice(account, name), upto=EVERYTHING):
        state = invoice.evolve(state, recorded.event)  # type: ignore[arg-type]  # the invoice's own stream
    return state


async def fault_before_payment(
    reader: StreamReader, *, payer: int, payload: str, now: datetime
) -> invoice.InvoiceFault | None:
    """Why Telegram must not take the payment; None when it may. Fast: it is asked with seconds to answer in."""
    named = invoice.read_payload(payload)
    if named is None:
        return invoice.InvoiceFault.NO_SUCH
    owner, name = named
    state = invoice.INITIAL if owner != payer else await invoice_of(reader, owner, name)
    return invoice.fault_of(state, owner=owner, payer=payer, now=now)


async def receive(
    executor: Executor,
    reader: StreamReader,
    packages: Packages,
    *,
    payer: int,
    charge: str,
    payload: str | None,
    stars: int,
    at: datetime,
    cause: Cause = NO_CAUSE,
) -> Done:
    """Credits the payment to its payer, once by its charge; nothing is done for one that is known already.

    Raises what `Executor.execute` raises but no Refusal, and ValidationError for what cannot be a payment.
    """
    known = await _known(reader, payer, charge)
    if known is not None:
        return known
    command = await _command(reader, packages, payer=payer, charge=charge, payload=payload, stars=stars, at=at)
    return await executor.execute(command, cause=cause, attempts_max=None)


async def _known(reader: StreamReader, payer: int, charge: str) -> Done | None:
    """Not every repeat finds the same price list, and what was credited once stays as it is."""
    async for recorded in reader.events(streams.payment(payer, charge), upto=EVERYTHING):
        if isinstance(recorded.event, PaymentReceived):
            return Done((), recorded.shard, None)
    return None


async def _command(
    reader: StreamReader,
    packages: Packages,
    *,
    payer: int,
    charge: str,
    payload: str | None,
    stars: int,
    at: datetime,
) -> ReceivePayment:
    named = None if payload is None else invoice.read_payload(payload)
    if named is not None:
        owner, name = named
        state = await invoice_of(reader, owner, name)
        if not isinstance(state, invoice.NoInvoice) and state.invoice.stars == stars:
            return ReceivePayment(
                account=payer,
                at=at,
                charge=charge,
                invoice=name,
                invoice_owner=None if owner == payer else owner,
                credits=state.invoice.credits,
                stars=stars,
            )
    package = packages.sold_for(stars)
    bought = packages.worth(stars) if package is None else package.credits
    log.critical(
        "payment without an invoice",
        account=payer,
        charge=charge,
        stars=stars,
        credits=bought,
        package=None if package is None else package.id,
    )
    return ReceivePayment(account=payer, at=at, charge=charge, invoice=None, credits=bought, stars=stars)
