"""Payments that came in and payments that went back, as the payer is told of them: once each, whatever comes twice.

What is told is read from the payment itself, not from what this update changed: Telegram's own account of payments may
have been faster, and an update is handled again after a crash.
"""

from __future__ import annotations

from typing import Final

from aiogram import F, Router
from aiogram.types import Message

from bot.buttons import Place
from bot.desk import Desk
from bot.purse.screens import receipt
from bot.talk import Talk
from domain import payment, streams
from domain.payment import PaymentState, Received, RecordPaymentRefund, Refunded, RefundRequested
from processors.execute import Done
from processors.ports import EVERYTHING
from processors.purchases import receive

TOLD: Final = "payments told"
"""In memory: what was said of the latest charges."""
TOLD_MAX: Final = 8

router = Router(name="payments")


@router.message(F.successful_payment)
async def paid(message: Message, talk: Talk, desk: Desk) -> None:
    """Credits the payment to its payer, and thanks."""
    payment_made = message.successful_payment
    assert payment_made is not None, "the filter lets payments through"
    charge = payment_made.telegram_payment_charge_id
    done = await receive(
        desk.executor,
        desk.accounts,
        desk.packages,
        payer=talk.account,
        charge=charge,
        payload=payment_made.invoice_payload,
        stars=payment_made.total_amount,
        at=talk.received_at,
        cause=talk.cause,
    )
    if _told(talk, charge):
        return
    match await _standing(talk.account, charge, desk):
        case Received(of) | RefundRequested(of):
            lines = [talk.text("paid", n=of.credits), *await _balance(talk, desk, done)]
            if talk.conversation.draft.is_begun:
                lines.append(talk.text("paid-draft"))
                talk.say_text("\n".join(lines), receipt(talk, Place.ORDER, Place.BALANCE))
            else:
                talk.say_text("\n".join(lines), receipt(talk, Place.NEW, Place.BALANCE))
        case _:
            talk.say("paid-and-refunded", receipt(talk, Place.BALANCE))


@router.message(F.refunded_payment)
async def refunded(message: Message, talk: Talk, desk: Desk) -> None:
    """Takes the payment's credits back, and says so."""
    returned = message.refunded_payment
    assert returned is not None, "the filter lets refunds through"
    charge, stars = returned.telegram_payment_charge_id, returned.total_amount
    wish = RecordPaymentRefund(account=talk.account, at=talk.received_at, charge=charge, stars=stars)
    done = await desk.do(wish, talk)
    if _told(talk, f"refund of {charge}"):
        return
    lines = [talk.text("refunded", stars=stars)]
    match await _standing(talk.account, charge, desk):
        case Refunded(payment=of) if of is not None and of.credited:
            lines += [talk.text("refunded-credits", n=of.credits), *await _balance(talk, desk, done)]
        case _:
            lines.append(talk.text("refunded-first"))
    talk.say_text("\n".join(lines), receipt(talk, Place.PACKAGES, Place.HISTORY))


def _told(talk: Talk, what: str) -> bool:
    """Whether it was told before; from now on it was."""
    told = talk.conversation.memory.get(TOLD, [])
    if what in told:
        return True
    talk.conversation.memory[TOLD] = [*told, what][-TOLD_MAX:]
    return False


async def _standing(account: int, charge: str, desk: Desk) -> PaymentState:
    """The payment as the log has it."""
    state: PaymentState = payment.INITIAL
    async for recorded in desk.accounts.events(streams.payment(account, charge), upto=EVERYTHING):
        state = payment.evolve(state, recorded.event)  # type: ignore[arg-type]  # the payment's own stream
    return state


async def _balance(talk: Talk, desk: Desk, done: Done) -> list[str]:
    """What there is after it, in lines."""
    has = await desk.balance(talk.account, after=done)
    if has is None:
        return []
    lines = [talk.text("balance-available", n=has.available)]
    if has.debt:
        lines.append(talk.text("balance-debt", n=has.debt))
    return lines
