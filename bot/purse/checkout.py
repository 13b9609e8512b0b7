"""The last question before a payment. The answer is due within 10 s, so it takes one short read and nothing else."""

from __future__ import annotations

from aiogram.methods import AnswerPreCheckoutQuery
from aiogram.types import PreCheckoutQuery

from bot.desk import Desk
from bot.texts import Language, plain
from domain.invoice import InvoiceFault
from processors.purchases import fault_before_payment


async def may_pay(query: PreCheckoutQuery, desk: Desk) -> InvoiceFault | None:
    """Why the payment must not be taken; None when it may."""
    return await fault_before_payment(
        desk.accounts, payer=query.from_user.id, payload=query.invoice_payload, now=desk.clock.now()
    )


async def answer_to(query: PreCheckoutQuery, desk: Desk, language: Language) -> AnswerPreCheckoutQuery:
    """Yes, or no with the reason in words."""
    fault = await may_pay(query, desk)
    if fault is None:
        return AnswerPreCheckoutQuery(pre_checkout_query_id=query.id, ok=True)
    return AnswerPreCheckoutQuery(
        pre_checkout_query_id=query.id, ok=False, error_message=plain(language, key_of(fault))
    )


def key_of(fault: InvoiceFault) -> str:
    """The key of the fault's text: `invoice-fault-no-such`."""
    return f"invoice-fault-{fault.name.lower().replace('_', '-')}"
