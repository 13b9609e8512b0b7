"""Two bots that answer people on the same Telegram: ours, and a handler of aiogram's that repeats what it hears.

Both run in this process, on its event loop; Telegram and the people are in another. Every run has people of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, redirect_stderr
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import Message

from app import logs
from app.company import company_at
from app.database import Place
from app.settings import Settings
from benchmarks.logs import only_warnings
from benchmarks.meter import Drive
from benchmarks.pipeline.programs import Program
from benchmarks.surroundings import DATA_KEY, Database
from bot.texts import Language, text

ANSWERS_WITHIN_S: Final = 600.0


@dataclass
class Ours:
    """The product: intake, inbox, screens, views. Its log goes to a file, as it would; nothing paces its messages."""

    telegram: Program
    database: Database
    folder: Path
    name = "ours"
    is_ours = True

    @asynccontextmanager
    async def opened(self, in_flight: int) -> AsyncIterator[Drive]:
        """The bot and its workers, and so many people, each of whom has an account."""
        with (self.folder / "ours.log").open("a", encoding="utf-8") as log, redirect_stderr(log):
            logs.configure("info")
            try:
                async with company_at(Place(self.database.url, None, None), self._settings(), work=True, talk=True):
                    yield await _visited(self.telegram, in_flight)
            finally:
                only_warnings()

    def _settings(self) -> Settings:
        own = {
            "data_dir": Path(mkdtemp(dir=self.folder)),
            "data_key": DATA_KEY.hex(),
            "bot_token": self.telegram.first["token"],
            "telegram_api_base": self.telegram.first["address"],
            "telegram_messages_per_s": 0,
            "shutdown_s": 2,
        }
        return Settings(_env_file=None, **own)


@dataclass
class Echo:
    """As little as a bot can be: aiogram's long polling, and one handler."""

    telegram: Program
    name = "echo"
    is_ours = False

    @asynccontextmanager
    async def opened(self, in_flight: int) -> AsyncIterator[Drive]:
        """The bot, and so many people."""
        dispatcher = Dispatcher()
        dispatcher.message.register(_echo)
        session = AiohttpSession(api=TelegramAPIServer.from_base(self.telegram.first["address"]))
        bot = Bot(self.telegram.first["token"], session=session)
        polling = asyncio.create_task(dispatcher.start_polling(bot, handle_signals=False))
        try:
            yield await _visited(self.telegram, in_flight)
        finally:
            await dispatcher.stop_polling()
            await polling


async def _echo(message: Message) -> None:
    await message.answer(message.text or "")


async def _visited(telegram: Program, people: int) -> Drive:
    """So many people have come and were greeted; driven, they ask for their balance again and again."""
    await telegram.ask(f"arrive {people}")
    await telegram.ask("greet", within_s=ANSWERS_WITHIN_S)

    async def drive(seconds: float) -> int:
        heard = await telegram.ask(f"ask {seconds}", within_s=seconds + ANSWERS_WITHIN_S)
        assert len(heard["said"]) == 1, "everybody has the same balance"
        assert text(Language.RU, "trouble") not in heard["said"], "nobody hears of trouble"
        return int(heard["answered"])

    return drive
