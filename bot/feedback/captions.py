"""What stands under a delivered video, and where it leads on."""

from __future__ import annotations

from typing import NamedTuple

from aiogram.types import InlineKeyboardMarkup

from bot.buttons import Again, AsFile, Rework, card_of
from bot.feedback.ports import Languages, Standings
from bot.feedback.words import about, button, keyboard, menu
from bot.texts import Language, text
from domain.job_words import JobQueued


class VideoCaption(NamedTuple):
    """HTML and the buttons under a video; `link_text` leads to it instead when it is too large to be sent."""

    text: str
    keyboard: InlineKeyboardMarkup | None
    link_text: str


def caption(language: Language, job: str, queued: JobQueued) -> VideoCaption:
    """What stands under the job's video."""
    product = about(queued)
    said = (
        text(language, "status-caption-unnamed") if product is None else text(language, "status-caption", about=product)
    )
    if queued.count > 1:
        number = text(language, "status-caption-number", number=queued.index + 1, count=queued.count)
        said = f"{said} · {number}"
    return VideoCaption(
        said, _buttons(language, job, queued.order), f"{said}\n\n{text(language, 'status-caption-link')}"
    )


def _buttons(language: Language, job: str, order: str) -> InlineKeyboardMarkup:
    if card_of(order) is None:  # an id of any length, which a button may be too small for
        return keyboard([menu(language)])
    again = button(language, "status-again", Again(order=order))
    rework = button(language, "status-rework", Rework(order=order))
    return keyboard([again, rework], [button(language, "status-as-file", AsFile(job=job)), menu(language)])


class Captions:
    """Finds the words under a video."""

    def __init__(self, orders: Standings, languages: Languages) -> None:
        self._orders = orders
        self._languages = languages

    async def caption(self, account: int, job: str) -> VideoCaption:
        """What stands under the video of this job of the account, in the person's language."""
        order = job.rpartition(".")[0]
        (queued,) = (one.queued for one in await self._orders.standing(account, order) if one.job == job)
        return caption(await self._languages.of(account), job, queued)
