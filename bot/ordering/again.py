"""Earlier orders once more: the same photo and texts, straight to the number of videos, or to be changed first."""

from __future__ import annotations

from aiogram import F, Router
from aiogram.filters import Command
from aiogram.types import CallbackQuery, Message

from bot.buttons import Again, Go, Place, Rework
from bot.desk import Desk
from bot.ordering.asking import ask_count, ask_photo
from bot.ordering.card import show_card
from bot.ordering.draft import LAST_ORDER, begin, out_of_date
from bot.ordering.keyboards import keyboard
from bot.ordering.offer import first_model, is_offered
from bot.ordering.orders import placed
from bot.refusals import button_to
from bot.talk import Talk
from domain.job_words import JobQueued
from domain.shapes import Forgotten

router = Router(name="again")


@router.message(Command("again", ignore_mention=True), F.text)
async def again_command(_: Message, talk: Talk, desk: Desk) -> None:
    """The last order once more."""
    await _last_again(talk, desk)


@router.callback_query(Go.filter(F.place == Place.AGAIN))
async def go_again(_: CallbackQuery, talk: Talk, desk: Desk) -> None:
    """As /again."""
    await _last_again(talk, desk)


@router.callback_query(Again.filter())
async def again(_: CallbackQuery, callback_data: Again, talk: Talk, desk: Desk) -> None:
    """That order once more: on to the number of videos."""
    jobs = await placed(talk, desk, callback_data.order)
    if not jobs:
        return out_of_date(talk)
    await _repeat(talk, desk, jobs[0].queued)
    return None


@router.callback_query(Rework.filter())
async def rework(_: CallbackQuery, callback_data: Rework, talk: Talk, desk: Desk) -> None:
    """That order, to be changed first: on to the card."""
    jobs = await placed(talk, desk, callback_data.order)
    if not jobs:
        return out_of_date(talk)
    if await _begin_like(talk, desk, jobs[0].queued, count=jobs[0].queued.count):
        await show_card(talk, desk)
    return None


async def _last_again(talk: Talk, desk: Desk) -> None:
    order = talk.conversation.memory.get(LAST_ORDER) or await desk.orders.last(talk.account)
    jobs = [] if order is None else await placed(talk, desk, order)
    if not jobs:
        talk.say("again-none", keyboard([button_to(talk, Place.NEW)], [button_to(talk, Place.MENU)]))
    else:
        await _repeat(talk, desk, jobs[0].queued)


async def _repeat(talk: Talk, desk: Desk, brief: JobQueued) -> None:
    if await _begin_like(talk, desk, brief, count=None):
        await ask_count(talk, desk, said=talk.text("again-same"))


async def _begin_like(talk: Talk, desk: Desk, brief: JobQueued, *, count: int | None) -> bool:
    """A draft of the same content, by another model when that one is not on offer now.

    False when a photo was asked for first: with its person's texts it may be forgotten, and its file has its days.
    """
    photo = _known(brief.photo)
    if photo is None:
        begin(talk)
        ask_photo(talk)
        return False
    model = brief.model if await is_offered(desk, brief.model) else (await first_model(desk)).id
    begin(
        talk,
        photo=photo if await desk.photos.is_kept(photo) else None,
        template=brief.template if brief.template in desk.templates else None,
        prompt=_known(brief.prompt),
        product_text=_known(brief.product_text),
        wishes=_known(brief.wishes),
        model=model,
        aspect_ratio=brief.aspect_ratio,
        duration_s=brief.duration_s,
        count=count,
    )
    if talk.conversation.draft.lacks_photo:
        ask_photo(talk)
    return talk.conversation.draft.photo is not None


def _known(text: str | Forgotten | None) -> str | None:
    return None if isinstance(text, Forgotten) else text
