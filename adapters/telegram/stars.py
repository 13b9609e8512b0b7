"""Telegram Stars: giving them back, and Telegram's own account of them."""

from __future__ import annotations

from collections.abc import Sequence

from aiogram.methods import GetStarTransactions, RefundStarPayment
from aiogram.types import StarTransaction as Line
from aiogram.types import TransactionPartnerUser

from adapters.telegram.messenger import Messenger, TelegramRefused, TelegramUnavailable
from domain.stars import StarsKept, StarsReturned, StarsUnknown, StarTransaction

TRIES_S = 20.0


class TelegramStars:
    """Speaks of Stars through the messenger, which takes a payment that was given back before for given back."""

    def __init__(self, messenger: Messenger) -> None:
        self._messenger = messenger

    async def refund(self, account: int, charge: str) -> StarsReturned | StarsKept | StarsUnknown:
        """Gives the payment's Stars back. Repeating it gives them back once."""
        try:
            await self._messenger.ask(
                RefundStarPayment(user_id=account, telegram_payment_charge_id=charge), tries_s=TRIES_S
            )
        except TelegramRefused as refused:
            return StarsKept(str(refused)[:500])
        except TelegramUnavailable as unavailable:
            return StarsUnknown(str(unavailable), unavailable.wait_s)
        return StarsReturned()

    async def page(self, offset: int, limit: int) -> Sequence[StarTransaction] | StarsUnknown:
        """The lines after the first `offset`, at most `limit`, which is 100 or less, oldest first."""
        try:
            page = await self._messenger.ask(GetStarTransactions(offset=offset, limit=limit), tries_s=TRIES_S)
        except TelegramRefused as refused:
            return StarsUnknown(str(refused))
        except TelegramUnavailable as unavailable:
            return StarsUnknown(str(unavailable), unavailable.wait_s)
        return [_line(line) for line in page.transactions]


def _line(line: Line) -> StarTransaction:
    """What comes in has a source, what goes out a receiver."""
    other = line.source or line.receiver
    user = other if isinstance(other, TransactionPartnerUser) else None
    return StarTransaction(
        id=line.id,
        at=line.date,
        stars=line.amount,
        payer=None if user is None else user.user.id,
        payload=None if user is None else user.invoice_payload,
        refund=line.source is None,
    )
