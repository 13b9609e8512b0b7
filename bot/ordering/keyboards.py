"""Buttons beneath the questions and cards of an order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from aiogram.filters.callback_data import CallbackData
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bot.buttons import Choose, Idea, Part
from bot.desk import Desk
from bot.ordering.draft import is_whole
from bot.ordering.offer import COUNTS, title_of
from bot.talk import Talk
from domain.catalogue import Model

KEEP: Final = "keep"
"""Chosen for a part, it stays as it is: the way back to the card."""

OWN: Final = "own"
"""Stands for a prompt of one's own among the templates."""

Row = Sequence[InlineKeyboardButton]


def keyboard(*rows: Row) -> InlineKeyboardMarkup | None:
    """These rows, without the empty ones; None when nothing is left."""
    return InlineKeyboardMarkup(inline_keyboard=[list(row) for row in rows if row]) if any(rows) else None


def button(talk: Talk, key: str, data: CallbackData, **values: str | int) -> InlineKeyboardButton:
    """A button with a text of ours."""
    return InlineKeyboardButton(text=talk.plain(key, **values), callback_data=data.pack())


def keep(talk: Talk, part: Part) -> Row:
    """The way back to the card, if there is one."""
    draft = talk.conversation.draft
    return [button(talk, "keep-button", Choose(part=part, value=KEEP, serial=draft.serial))] if is_whole(draft) else []


def choice(talk: Talk, part: Part, *, value: str, label: str, chosen: bool) -> InlineKeyboardButton:
    """One of several values of a part; the present one is marked."""
    data = Choose(part=part, value=value, serial=talk.conversation.draft.serial)
    return InlineKeyboardButton(text=f"✓ {label}" if chosen else label, callback_data=data.pack())


def ideas(talk: Talk, desk: Desk) -> InlineKeyboardMarkup | None:
    """The templates, and a prompt of one's own."""
    draft = talk.conversation.draft
    picks = [
        InlineKeyboardButton(
            text=("✓ " if template.id == draft.template else "") + title_of(talk, template),
            callback_data=Idea(template=template.id, serial=draft.serial).pack(),
        )
        for template in desk.templates.values()
    ]
    own = button(talk, "idea-own-button", Idea(template=OWN, serial=draft.serial))
    return keyboard(*_two_by_two(picks), [own], keep(talk, Part.IDEA))


def counts(talk: Talk, model: Model, *, available: int) -> InlineKeyboardMarkup | None:
    """The numbers of videos with their prices; those that cost more than there is say what is missing."""
    draft = talk.conversation.draft
    rows = []
    for count in COUNTS:
        price = count * model.price
        key = "count-button" if price <= available else "count-short-button"
        label = talk.plain(key, count=count, n=price, missing=max(0, price - available))
        rows.append([choice(talk, Part.COUNT, value=str(count), label=label, chosen=count == draft.count)])
    return keyboard(*rows, keep(talk, Part.COUNT))


def models(talk: Talk, offered: Sequence[Model], *, off: Iterable[str]) -> InlineKeyboardMarkup | None:
    """The models with their prices; `off` are those that cannot be had now."""
    draft, resting = talk.conversation.draft, set(off)
    rows = []
    for model in offered:
        key = "model-off-button" if model.id in resting else "model-button"
        label = talk.plain(key, name=model.name, n=model.price)
        rows.append([choice(talk, Part.MODEL, value=model.id, label=label, chosen=model.id == draft.model)])
    return keyboard(*rows, keep(talk, Part.MODEL))


def ratios(talk: Talk, model: Model, *, present: str | None) -> InlineKeyboardMarkup | None:
    """The model's aspect ratios."""
    picks = [
        choice(talk, Part.RATIO, value=ratio.replace(":", "x"), label=ratio, chosen=ratio == present)
        for ratio in model.aspect_ratios
    ]
    return keyboard(*_two_by_two(picks), keep(talk, Part.RATIO))


def lengths(talk: Talk, model: Model, *, present: int) -> InlineKeyboardMarkup | None:
    """The model's lengths."""
    picks = [
        choice(
            talk,
            Part.LENGTH,
            value=str(seconds),
            label=talk.plain("length-button", seconds=seconds),
            chosen=seconds == present,
        )
        for seconds in sorted(model.durations)
    ]
    return keyboard(picks, keep(talk, Part.LENGTH))


def _two_by_two(picks: Sequence[InlineKeyboardButton]) -> list[Row]:
    return [picks[at : at + 2] for at in range(0, len(picks), 2)]
