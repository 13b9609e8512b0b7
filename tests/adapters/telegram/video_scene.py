"""A sender of stored videos, a real video in real storage, and a caption to go with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from adapters.sandbox.mp4 import Film, render
from adapters.storage.files import Storage, open_storage
from adapters.telegram.videos import VideoCaption, VideoSender
from domain.outside import MaybeSaid, MaybeSent, NotSaid, NotSent, Said, Sent
from tests.adapters.telegram.bot_api import CHAT, Talk, speaking

PHOTO = (Path(__file__).parents[2] / "data" / "photos" / "coffee.jpg").read_bytes()
JOB = "b7.42.1001.1"
FILE = f"outputs/{CHAT}/{JOB}.mp4"
BUTTONS = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="Again", callback_data="again")]])
CAPTION = VideoCaption("<b>Here</b> it is", BUTTONS, "It is <i>large</i>:")
LINK = "https://files.example/outputs/x.mp4?expires=1&signature=abc"


@cache
def film() -> bytes:
    """Two seconds, upright."""
    return render(PHOTO, Film(caption="", ratio="9:16", length_s=2, short_side_px=360))


async def compose(account: int, job: str) -> VideoCaption:
    """The caption of this account's job."""
    assert (account, job) == (CHAT, JOB)
    return CAPTION


@dataclass
class Studio:
    """The sender and what it takes from."""

    sender: VideoSender
    storage: Storage
    talk: Talk

    async def send(self) -> Sent | NotSent | MaybeSent:
        """Sends the video as a job does."""
        return await self.sender.send(CHAT, job=JOB, file=FILE, attempt=1)

    async def send_again(self, file_id: str | None = None, *, as_document: bool = False) -> Said | NotSaid | MaybeSaid:
        """Sends it as somebody wishes who has seen it."""
        return await self.sender.send_again(CHAT, job=JOB, file=FILE, file_id=file_id, as_document=as_document)


@asynccontextmanager
async def studio(
    url: str, folder: Path, *, video: bytes | None = None, link: str | None = LINK, **settings: Any
) -> AsyncIterator[Studio]:
    """A sender that speaks to the Bot API there. The video lies in storage, or another file in its place."""
    storage = open_storage(str(folder / "storage"))
    if video is None or video:
        await storage.write(FILE, video or film())
    speech = {name: settings.pop(name) for name in ("token", "rates", "patience", "clock") if name in settings}
    async with speaking(url, **speech) as talk:
        sender = VideoSender(talk.messenger, storage, compose=compose, link=lambda _file: link, **settings)
        yield Studio(sender, storage, talk)
