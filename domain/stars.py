"""What Telegram answers about Stars, in our words. Adapters make these of HTTP, and processors act on them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

# Giving Stars back


class StarsReturned(NamedTuple):
    """The Stars are back with their payer, by this call or an earlier one."""


class StarsKept(NamedTuple):
    """Telegram refuses to give them back, and will again. `message` is for operators, 500 characters at most."""

    message: str


class StarsUnknown(NamedTuple):
    """No answer, or one that says nothing about the Stars. Asking again does no harm.

    `retry_after_s` is how long Telegram wishes to be left alone, if it said so.
    """

    message: str
    retry_after_s: int | None = None


# What Telegram keeps account of


class StarTransaction(NamedTuple):
    """One line of the bot's Stars. `id` is the payment's charge id, and that of its refund too.

    `payer` is the user whom the Stars came from, or went back to; None when it was no user. `payload` is the invoice's.
    `stars` are whole, as the line says them.
    """

    id: str
    at: datetime
    stars: int
    payer: int | None
    payload: str | None
    refund: bool
