"""Words that the card, the end messages and the captions share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bot.buttons import Again, AsFile, Cancel, Go, Place, Resent, Rework
from bot.texts import Language, plain
from domain.feedback import Progress, Stage
from domain.job_words import JobQueued

QUEUED: Final = frozenset({Stage.ACCEPTED, Stage.WRITTEN})
"""Where a video can still be cancelled."""

ENDED: Final = frozenset({Stage.READY, Stage.MAYBE_SENT, Stage.FAILED, Stage.CANCELLED})
WITHOUT_VIDEO: Final = frozenset({Stage.FAILED, Stage.CANCELLED})
ABOUT_MAX: Final = 80

Data = Again | AsFile | Cancel | Go | Resent | Rework


def settled(progress: Progress) -> bool:
    """Whether the job has ended and its credits are spent or back."""
    return progress.stage in ENDED and (progress.captured or progress.refunded is not None)


def came_late(progress: Progress) -> bool:
    """Whether a video came to somebody who had got none."""
    return progress.late is not None and progress.stage in WITHOUT_VIDEO


def about(queued: JobQueued) -> str | None:
    """What the person calls the product, in one short line; None when nothing was said or it is forgotten."""
    if not isinstance(queued.product_text, str):
        return None
    words = " ".join(queued.product_text.split())
    return (words if len(words) <= ABOUT_MAX else f"{words[: ABOUT_MAX - 1].rstrip()}…") or None


def key(name: str) -> str:
    """A name of the domain as the keys of texts are spelled."""
    return name.replace("_", "-")


def button(language: Language, label: str, data: Data, **values: int) -> InlineKeyboardButton:
    """The button that says so."""
    return InlineKeyboardButton(text=plain(language, label, **values), callback_data=data.pack())


def menu(language: Language) -> InlineKeyboardButton:
    """The button that leads to the menu."""
    return button(language, "go-menu", Go(place=Place.MENU))


def keyboard(*rows: Sequence[InlineKeyboardButton]) -> InlineKeyboardMarkup:
    """The buttons, row by row."""
    return InlineKeyboardMarkup(inline_keyboard=[list(row) for row in rows])
