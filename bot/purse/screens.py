"""Screens of the menu: a tap on one turns it into the next, a command sends a new one. So a chat is not littered with
them, and the tenth tap changes nothing.

A screen is known by its last row. Cards, videos and receipts end otherwise and are never overwritten.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aiogram.filters.callback_data import CallbackData
from aiogram.fsm.state import State, StatesGroup
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message

from bot.buttons import Go, Place
from bot.refusals import button_to
from bot.talk import Talk

BEFORE_ASKING: Final = "step before the code"
"""In memory: the step that somebody was at when the question for a code came in between."""

MAIN: Final = (
    (Place.NEW,),
    (Place.VIDEOS, Place.AGAIN),
    (Place.BALANCE, Place.PACKAGES),
    (Place.PROMO, Place.INVITE),
    (Place.HELP, Place.TERMS),
    (Place.SUPPORT, Place.LANGUAGE),
)
"""The main menu, by rows."""

FIRST: Final = ((Place.NEW,), (Place.HELP, Place.LANGUAGE), (Place.MENU,))
"""The same for somebody who has just come: what there is to do, and nothing of what cannot be of use yet."""

ONWARD: Final = (Place.MENU, Place.NEW)
"""The last row of every other screen."""

LAST_ROWS: Final = tuple([Go(place=place).pack() for place in row] for row in (MAIN[-1], ONWARD))

Rows = Sequence[Sequence[InlineKeyboardButton]]


class Asking(StatesGroup):
    """The one step of the menu: a promo code was asked for."""

    code = State()


def button(talk: Talk, key: str, leads_to: CallbackData, **values: str | int) -> InlineKeyboardButton:
    """A button with a label of its own."""
    return InlineKeyboardButton(text=talk.plain(key, **values), callback_data=leads_to.pack())


def row(talk: Talk, places: Sequence[Place]) -> list[InlineKeyboardButton]:
    """Buttons to these places."""
    return [button_to(talk, place) for place in places]


def main_menu(talk: Talk) -> InlineKeyboardMarkup:
    """The main menu's keyboard."""
    return InlineKeyboardMarkup(inline_keyboard=[*_back_to_order(talk), *(row(talk, places) for places in MAIN)])


def first_steps(talk: Talk) -> InlineKeyboardMarkup:
    """The keyboard under the first hello."""
    return InlineKeyboardMarkup(inline_keyboard=[*_back_to_order(talk), *(row(talk, places) for places in FIRST)])


def with_menu(talk: Talk, *rows: Sequence[InlineKeyboardButton]) -> InlineKeyboardMarkup:
    """These rows, below them the way back to an order that was begun, and the row that every screen ends with."""
    above = [list(some) for some in rows]
    return InlineKeyboardMarkup(inline_keyboard=[*above, *_back_to_order(talk), row(talk, ONWARD)])


def receipt(talk: Talk, *places: Place) -> InlineKeyboardMarkup:
    """What may follow on a message that is to stay."""
    return InlineKeyboardMarkup(inline_keyboard=[row(talk, [place]) for place in places])


def show(talk: Talk, event: Message | CallbackQuery, html: str, keyboard: InlineKeyboardMarkup) -> None:
    """Shows a screen, in place of the one that was tapped if there is one. Whoever opens a screen is asked no longer
    for a code."""
    stop_asking(talk)
    before = _tapped(event)
    if before is None:
        talk.say_text(html, keyboard)
    else:
        talk.edit_text(before, html, keyboard)


def ask_for_code(talk: Talk) -> None:
    """What is typed next is a promo code."""
    conversation = talk.conversation
    if conversation.state != Asking.code.state:
        conversation.memory[BEFORE_ASKING] = conversation.state
        conversation.state = Asking.code.state


def stop_asking(talk: Talk) -> bool:
    """Back to the step that the question for a code interrupted. Returns whether there was one."""
    conversation = talk.conversation
    if conversation.state != Asking.code.state:
        return False
    conversation.state = conversation.memory.pop(BEFORE_ASKING, None)
    return conversation.state is not None


def _back_to_order(talk: Talk) -> list[list[InlineKeyboardButton]]:
    """A row of its own, while there is an order to go on with."""
    return [row(talk, (Place.ORDER,))] if talk.conversation.draft.is_begun else []


def _tapped(event: Message | CallbackQuery) -> int | None:
    """The number of the screen that the tap was on; None for a command, or when it was no screen."""
    message = event.message if isinstance(event, CallbackQuery) else None
    if not isinstance(message, Message) or message.text is None or message.reply_markup is None:
        return None
    last = [some.callback_data for some in message.reply_markup.inline_keyboard[-1]]
    return message.message_id if last in LAST_ROWS else None
