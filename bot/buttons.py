"""What the buttons of the bot say when they are tapped: at most 64 bytes, ids and choices, never texts.

Old messages keep their buttons for ever, so a prefix is never given another meaning. What comes back is not trusted:
handlers look whether the order is the person's and whether the card is the present one.
"""

from __future__ import annotations

from enum import StrEnum

from aiogram.filters.callback_data import CallbackData


class Part(StrEnum):
    """The parts of an order that can be chosen and changed."""

    PHOTO = "photo"
    IDEA = "idea"
    """A template, or a prompt of one's own."""
    PRODUCT = "product"
    WISHES = "wishes"
    MODEL = "model"
    RATIO = "ratio"
    LENGTH = "length"
    COUNT = "count"


class Place(StrEnum):
    """Where a button leads."""

    MENU = "menu"
    NEW = "new"
    """A new order, from the photo on."""
    AGAIN = "again"
    """Another one of the last order."""
    ORDER = "order"
    """The order that is being put together, where it was left."""
    VIDEOS = "videos"
    BALANCE = "balance"
    PACKAGES = "packages"
    HISTORY = "history"
    PROMO = "promo"
    INVITE = "invite"
    LANGUAGE = "language"
    SUPPORT = "support"
    TERMS = "terms"
    HELP = "help"


class Go(CallbackData, prefix="g"):
    """To a place of the menu."""

    place: Place


class Idea(CallbackData, prefix="i"):
    """This template; `own` stands for a prompt of one's own."""

    template: str
    serial: int


class Skip(CallbackData, prefix="s"):
    """Nothing to say to this part."""

    part: Part
    serial: int


class Change(CallbackData, prefix="e"):
    """Change this part of the draft."""

    part: Part
    serial: int


class Choose(CallbackData, prefix="c"):
    """This value for this part. Of an aspect ratio `9x16`, as a colon parts the fields here."""

    part: Part
    value: str
    serial: int


class Confirm(CallbackData, prefix="ok"):
    """Order what the card shows. The order's id is made of the card's message."""

    serial: int


class Discard(CallbackData, prefix="x"):
    """Forget the draft."""

    serial: int


class Cancel(CallbackData, prefix="xo"):
    """Cancel those videos of the order that are still queued."""

    order: str


class Again(CallbackData, prefix="a"):
    """The same photo and texts once more: on to the number of videos."""

    order: str


class Rework(CallbackData, prefix="w"):
    """The same photo and texts, to be changed first: on to the card."""

    order: str


class AsFile(CallbackData, prefix="f"):
    """The job's video as a file, as it was made."""

    job: str


class Resent(CallbackData, prefix="r"):
    """The job's video once more: it did not arrive, came late, or was picked from the list."""

    job: str


class VideosAfter(CallbackData, prefix="v"):
    """More of the person's videos, from this number on."""

    skip: int


class HistoryAfter(CallbackData, prefix="h"):
    """Older lines of the history: those below this version."""

    before: int


class Buy(CallbackData, prefix="b"):
    """An invoice for this package."""

    package: str


class Speak(CallbackData, prefix="l"):
    """This language."""

    language: str


ORDER_FORM = "b{bot}.{chat}.{message}"


def order_id(*, bot: int, chat: int, message: int) -> str:
    """The order that the confirmation card is: its bot, chat and message."""
    return ORDER_FORM.format(bot=bot, chat=chat, message=message)


def card_of(order: str) -> tuple[int, int] | None:
    """Chat and message of the order's card; None for an order that came from no card."""
    bot, _, rest = order.partition(".")
    chat, _, message = rest.partition(".")
    if not (bot.startswith("b") and bot[1:].isdecimal() and chat.isdecimal() and message.isdecimal()):
        return None
    return int(chat), int(message)
