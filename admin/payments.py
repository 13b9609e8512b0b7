"""Payments in an operator's hands: giving Stars back, and holding the books against Telegram's account of them."""

from __future__ import annotations

from typing import TextIO

from admin.office import FINDING, OK, NotThere, Office, WrongUse
from domain import streams
from domain.payment import PaymentRefundRequested, RequestPaymentRefund
from domain.stars import StarTransaction
from processors.ports import EVERYTHING


async def request_refund(office: Office, command: RequestPaymentRefund, out: TextIO) -> int:
    """Notes that the payment's Stars are to go back; the workers call Telegram. Raises NotThere, a Refusal."""
    stream = streams.payment(command.account, command.charge)
    if not [recorded async for recorded in office.accounts.events(stream, upto=EVERYTHING)]:
        raise NotThere(f"account {command.account} has no payment {command.charge}")
    out.write(f"refund id: {command.request}\n")
    out.flush()
    done = await office.executor.execute(command)
    if any(isinstance(event, PaymentRefundRequested) for _, event in done.changes):
        out.write("asked for: the workers tell Telegram, and the credits go when it has given the Stars back\n")
    else:
        out.write("asked for already, or given back; nothing was done\n")
    return OK


async def reconcile(office: Office, out: TextIO) -> int:
    """Makes good what Telegram knows and the ledger does not, and says what that was. Raises WrongUse."""
    if office.reconciliation is None:
        msg = "there is no Telegram to ask: set BOT_TOKEN"
        raise WrongUse(msg)
    report = await office.reconciliation.reconcile()
    out.write(f"read {report.read} of Telegram's lines about payments and refunds\n")
    for lines, words in (
        (report.payments, "a payment was missing and is credited now"),
        (report.refunds, "a refund was missing and is recorded now"),
        (report.unclear, "UNCLEAR, somebody has to look"),
    ):
        out.writelines(f"{words}: {_in_words(line)}\n" for line in lines)
    if report.too_young:
        out.write(f"{report.too_young} lines are so young that their updates may be on the way\n")
    if report.trouble is not None:
        out.write(f"TELEGRAM DID NOT ANSWER, the rest was not read: {report.trouble}\n")
    out.write("the books agree with Telegram's\n" if report.sound else "the books did not agree with Telegram's\n")
    return OK if report.sound else FINDING


def _in_words(line: StarTransaction) -> str:
    whose = "nobody" if line.payer is None else f"account {line.payer}"
    return f"{whose}, charge {line.id}, {line.stars} Stars, {line.at:%Y-%m-%d %H:%M %Z}"
