"""One exchange with the Bot API: one request, not repeated here, and what is known of its fate afterwards."""

from __future__ import annotations

import logging
from contextlib import aclosing
from dataclasses import dataclass
from math import ceil
from time import perf_counter
from typing import Any, Final, Generic, TypeVar

import structlog
from aiogram import Bot
from aiogram.exceptions import AiogramError
from aiogram.methods import TelegramMethod
from aiohttp import ClientError

from adapters.telegram.answers import MARK_UP, AsAsked, Fate, Later, Refused, Unclear, what_became
from adapters.telegram.pace import Pace
from adapters.telegram.plain_text import without_mark_up
from domain.outside import Fetched, NotFetched, WhyNot

T = TypeVar("T")

DOWNLOAD_S: Final = 60
BLOCK_BYTES: Final = 64 * 1024
NO_SUCH_FILE: Final = frozenset({400, 404, 410})

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Taken(Generic[T]):
    """Telegram did it, and this is its result."""

    result: T


class Wire:
    """Speaks through a bot. What Telegram says about its patience with a chat is told to the pace."""

    def __init__(self, bot: Bot, pace: Pace) -> None:
        self._bot = bot
        self._pace = pace

    async def post(self, method: TelegramMethod[T], timeout_s: float | None) -> Taken[T] | Fate:
        """One request, and one with plain words if the mark-up of the first cannot be read."""
        fate = await self._request(method, timeout_s)
        if isinstance(fate, Refused) and MARK_UP in fate.about.lower():
            bare = without_mark_up(method)
            if bare is not None:
                return await self._request(bare, timeout_s)
        return fate

    async def _request(self, method: TelegramMethod[T], timeout_s: float | None) -> Taken[T] | Fate:
        started = perf_counter()
        chat = getattr(method, "chat_id", None)
        fate: Taken[T] | Fate
        try:
            fate = Taken(await self._bot(method, request_timeout=None if timeout_s is None else ceil(timeout_s)))
        except (AiogramError, ClientError, OSError) as error:
            fate = what_became(error)
        if isinstance(fate, Later) and fate.wait_s and chat is not None:
            self._pace.rest(chat, fate.wait_s)
        seconds = round(perf_counter() - started, 3)
        log.log(_level(fate), "telegram asked", method=method.__api_method__, chat=chat, **_told(fate), seconds=seconds)
        return fate

    async def download(self, path: str, size_max: int) -> Fetched | NotFetched | Fate:
        """The file that lies under that path at Telegram's."""
        started = perf_counter()
        fate = await self._download(path, size_max)
        said = {"outcome": "taken", "size_bytes": len(fate.data)} if isinstance(fate, Fetched) else _told(fate)
        log.log(_level(fate), "telegram file fetched", **said, seconds=round(perf_counter() - started, 3))
        return fate

    async def _download(self, path: str, size_max: int) -> Fetched | NotFetched | Fate:
        session, data = self._bot.session, bytearray()
        url = session.api.file_url(self._bot.token, path)
        try:
            async with aclosing(session.stream_content(url, timeout=DOWNLOAD_S, chunk_size=BLOCK_BYTES)) as blocks:
                async for block in blocks:
                    data += block
                    if len(data) > size_max:
                        return NotFetched(WhyNot.TOO_LARGE, f"more than {size_max} bytes")
        except (AiogramError, ClientError, OSError) as error:
            fate = what_became(error)
            gone = isinstance(fate, Later) and fate.code in NO_SUCH_FILE
            return NotFetched(WhyNot.NO_FILE, "telegram does not have the file any more") if gone else fate
        return Fetched(bytes(data))


def _told(fate: Taken[Any] | NotFetched | Fate) -> dict[str, object]:
    match fate:
        case Taken():
            return {"outcome": "taken"}
        case AsAsked():
            return {"outcome": "as asked"}
        case Refused(why, code, about):
            return {"outcome": "refused", "why": why, "code": code, "about": about}
        case Later(_, about, wait_s):
            return {"outcome": "later", "about": about, "wait_s": wait_s}
        case NotFetched(why, about):
            return {"outcome": "not fetched", "why": why, "about": about}
        case Unclear(about):
            return {"outcome": "unclear", "about": about}


def _level(fate: Taken[Any] | Fetched | NotFetched | Fate) -> int:
    match fate:
        case Refused(code=401):
            return logging.CRITICAL
        case Refused(why=WhyNot.REFUSED):
            return logging.ERROR
        case Later() | Unclear():
            return logging.WARNING
        case _:
            return logging.INFO
