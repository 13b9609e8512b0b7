"""What a person hears of a rule's no, and where it leads on. Every refusal has its words; a test proves it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bot.buttons import Go, Place
from bot.talk import Talk
from bot.texts import Language, plain
from domain import refusals as r

VALUES: Final[Mapping[type[r.Refusal], Callable[[Any], Mapping[str, str | int]]]] = {
    r.InsufficientCredits: lambda no: {
        "available": no.available,
        "asked": no.asked,
        "missing": no.asked - no.available,
    },
    r.AccountInDebt: lambda no: {"debt": no.debt},
}
"""What the words of a refusal are told of it."""

LEADS_ON: Final[Mapping[type[r.Refusal], tuple[Place, ...]]] = {
    r.InsufficientCredits: (Place.PACKAGES, Place.MENU),
    r.AccountInDebt: (Place.PACKAGES, Place.SUPPORT),
    r.UnknownModel: (Place.NEW, Place.MENU),
}
"""The buttons beneath it; the others lead to the menu."""


def key_of(refusal: type[r.Refusal]) -> str:
    """The key of the refusal's text: `refusal-insufficient-credits`."""
    name = refusal.__name__
    return "refusal" + "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name)


def refuse(talk: Talk, refusal: r.Refusal) -> None:
    """Says no, why, and what can be done."""
    values = VALUES.get(type(refusal), lambda _: {})(refusal)
    places = LEADS_ON.get(type(refusal), (Place.MENU,))
    rows = [[button_to(talk, place)] for place in places]
    talk.toast()
    talk.say(key_of(type(refusal)), InlineKeyboardMarkup(inline_keyboard=rows), **values)


def button_to(talk: Talk, place: Place) -> InlineKeyboardButton:
    """The button that leads to a place of the menu."""
    return _button_to(talk.language, place)


@cache
def _button_to(language: Language, place: Place) -> InlineKeyboardButton:
    return InlineKeyboardButton(text=plain(language, f"go-{place.value}"), callback_data=Go(place=place).pack())
