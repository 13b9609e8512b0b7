"""My videos: what was made, newest first, to be sent once more."""

from __future__ import annotations

from typing import Final

from aiogram import F, Router
from aiogram.filters import Command
from aiogram.types import CallbackQuery, InlineKeyboardButton, Message

from bot.buttons import AsFile, Go, Place, Resent, VideosAfter
from bot.desk import Desk
from bot.ordering.draft import message_of, out_of_date
from bot.ordering.keyboards import button, keyboard
from bot.ordering.orders import video_of
from bot.refusals import button_to
from bot.talk import Resend, Talk
from domain.shown import MadeVideo

PAGE: Final = 5
SKIP_MAX: Final = 10_000
ABOUT_MAX: Final = 40
"""Characters of what the product was called, on a button."""

router = Router(name="videos")


@router.message(Command("videos", ignore_mention=True), F.text)
async def videos(_: Message, talk: Talk, desk: Desk) -> None:
    """The newest videos."""
    await _show(talk, desk)


@router.callback_query(Go.filter(F.place == Place.VIDEOS))
async def go_videos(_: CallbackQuery, talk: Talk, desk: Desk) -> None:
    """As /videos."""
    await _show(talk, desk)


@router.callback_query(VideosAfter.filter())
async def more(query: CallbackQuery, callback_data: VideosAfter, talk: Talk, desk: Desk) -> None:
    """Another page, in the place of the one before."""
    message = message_of(query)
    if message is None or not 0 <= callback_data.skip <= SKIP_MAX:
        return out_of_date(talk)
    await _show(talk, desk, skip=callback_data.skip, message=message)
    return None


@router.callback_query(Resent.filter())
async def resent(_: CallbackQuery, callback_data: Resent, talk: Talk, desk: Desk) -> None:
    """The job's video once more."""
    await _send(talk, desk, callback_data.job, as_document=False)


@router.callback_query(AsFile.filter())
async def as_file(_: CallbackQuery, callback_data: AsFile, talk: Talk, desk: Desk) -> None:
    """The job's video as a file, as it was made."""
    await _send(talk, desk, callback_data.job, as_document=True)


async def _send(talk: Talk, desk: Desk, job: str, *, as_document: bool) -> None:
    if await video_of(talk, desk, job) is None:
        return out_of_date(talk)
    talk.toast("video-file-sending" if as_document else "video-sending")
    talk.send(Resend(job, as_document=as_document))
    return None


async def _show(talk: Talk, desk: Desk, *, skip: int = 0, message: int | None = None) -> None:
    found = await desk.orders.videos(talk.account, skip=skip, limit=PAGE + 1)
    if not found and skip:
        return out_of_date(talk)
    if not found:
        return talk.say("videos-none", keyboard([button_to(talk, Place.NEW)], [button_to(talk, Place.MENU)]))
    newer = [button(talk, "videos-newer-button", VideosAfter(skip=max(0, skip - PAGE)))] if skip else []
    older = [button(talk, "videos-older-button", VideosAfter(skip=skip + PAGE))] if len(found) > PAGE else []
    rows = [[_line(talk, video)] for video in found[:PAGE]]
    buttons = keyboard(*rows, [*newer, *older], [button_to(talk, Place.MENU)])
    if message is None:
        talk.say("videos-list", buttons)
    else:
        talk.edit(message, "videos-list", buttons)
    return None


def _line(talk: Talk, video: MadeVideo) -> InlineKeyboardButton:
    day = f"{video.made_at:%d.%m}"
    if video.about is None:
        return button(talk, "video-untitled-button", Resent(job=video.job), day=day)
    about = video.about if len(video.about) <= ABOUT_MAX else video.about[: ABOUT_MAX - 1].rstrip() + "…"
    return button(talk, "video-button", Resent(job=video.job), day=day, about=about)
