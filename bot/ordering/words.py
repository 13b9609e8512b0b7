"""What is typed about the product, and the wishes. Both may be left out."""

from __future__ import annotations

from typing import Final

from aiogram import F, Router
from aiogram.filters import StateFilter
from aiogram.types import CallbackQuery, Message

from bot.buttons import Part, Skip
from bot.desk import Desk
from bot.ordering.asking import ASKED, TEXT_MAX, go_on
from bot.ordering.draft import Step, change, is_present, is_whole, message_of, out_of_date, stands_at
from bot.ordering.typed import answer_in
from bot.talk import Talk

FIELDS: Final = {Part.PRODUCT: "product_text", Part.WISHES: "wishes"}

router = Router(name="words")


@router.message(StateFilter(Step.PRODUCT), F.text, ~F.text.startswith("/"))
async def about_product(message: Message, talk: Talk, desk: Desk) -> None:
    """What it is, and what matters about it."""
    await _said(message, talk, desk, Part.PRODUCT)


@router.message(StateFilter(Step.WISHES), F.text, ~F.text.startswith("/"))
async def wishes(message: Message, talk: Talk, desk: Desk) -> None:
    """What the video should have."""
    await _said(message, talk, desk, Part.WISHES)


@router.callback_query(Skip.filter())
async def skipped(query: CallbackQuery, callback_data: Skip, talk: Talk, desk: Desk) -> None:
    """Nothing to say, or what was said is taken back."""
    part, message = callback_data.part, message_of(query)
    asked = part in ASKED and stands_at(talk, ASKED[part])
    if message is None or not asked or not is_present(talk, callback_data.serial):
        return out_of_date(talk)
    change(talk, **{FIELDS[part]: None})
    whole = is_whole(talk.conversation.draft)
    if not whole:
        talk.edit(message, f"{part}-skipped")
    await go_on(talk, desk, after=ASKED[part], message=message if whole else None)
    return None


async def _said(message: Message, talk: Talk, desk: Desk, part: Part) -> None:
    text = answer_in(message, talk, limit=TEXT_MAX)
    if text is not None:
        change(talk, **{FIELDS[part]: text})
        await go_on(talk, desk, after=ASKED[part])
