"""People who write to the screens of all shards, and what a messenger hears of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiogram import F, Router
from aiogram.methods import AnswerCallbackQuery, EditMessageText, SendMessage, TelegramMethod
from aiogram.types import CallbackQuery, Message

from adapters.postgres.event_store import PostgresEventStore
from adapters.postgres.inbox import PostgresInbox
from adapters.postgres.signals import Signals
from bot.desk import Desk
from bot.languages import Languages
from bot.saying import Saying
from bot.screens import ShardScreens
from bot.talk import Resend, Talk
from domain.account_words import OpenAccount
from domain.bonus import GiveBonus
from domain.outside import MaybeSaid, NotSaid, Said, Urgency, WhyNot
from processors.lease import Lease
from tests.bot.scene import BOT_ID, Scene, scene_of
from tests.conftest import Database


@dataclass
class Listener:
    """The messenger's other end: who was told what, in order."""

    said: list[tuple[int, str]] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    refused: dict[int, WhyNot] = field(default_factory=dict)
    video: NotSaid | MaybeSaid | None = None
    held: asyncio.Event | None = None
    held_for: dict[int, asyncio.Event] = field(default_factory=dict)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def say(
        self, method: TelegramMethod[Any], *, urgency: Urgency = Urgency.MESSAGE
    ) -> Said | NotSaid | MaybeSaid:
        """Hears it, unless it is held up."""
        if self.held is not None:
            await self.held.wait()
        if (chat := getattr(method, "chat_id", None)) in self.held_for:
            self.news.set()
            await self.held_for[chat].wait()
        if isinstance(method, AnswerCallbackQuery):
            self.answers.append(method.callback_query_id)
            return Said()
        assert isinstance(method, SendMessage | EditMessageText)
        chat = int(method.chat_id or 0)
        if chat in self.refused and isinstance(method, EditMessageText):
            return NotSaid(self.refused[chat], "the test says so")
        self.said.append((chat, method.text or ""))
        self.news.set()
        return Said(1)

    async def send_again(
        self, account: int, *, job: str, file: str, file_id: str | None, as_document: bool
    ) -> Said | NotSaid | MaybeSaid:
        """Hears of a video, or what the test says came of it."""
        if self.video is not None:
            return self.video
        self.said.append((account, f"video {job}"))
        return Said(1)

    def hold(self, account: int) -> asyncio.Event:
        """Nothing reaches this account until the event is set."""
        return self.held_for.setdefault(account, asyncio.Event())

    async def until(self, holds: Callable[[], bool]) -> None:
        """Returns once that is so."""
        async with asyncio.timeout(20):
            while not holds():
                self.news.clear()
                await self.news.wait()


class Locks:
    """The locks of a shard that nobody takes away."""

    lost = False
    last_ping_age_s = 0.0


def router_of(seen: list[str], faults: dict[str, int]) -> Router:
    """Handlers that write down what they saw, say nothing to "hush", and fail as often as `faults` says of a text."""
    router = Router()

    @router.message(F.text)
    async def said(message: Message, talk: Talk, desk: Desk) -> None:
        text = message.text or ""
        seen.append(text)
        if text.startswith("hush"):
            return
        if faults.get(text, 0) > 0:
            faults[text] -= 1
            raise ZeroDivisionError
        at = talk.received_at
        await desk.do(OpenAccount(account=talk.account, at=at), talk)
        gift = GiveBonus(account=talk.account, at=at, source=f"u{talk.update}", amount=1, reason="said", by="a test")
        await desk.do(gift, talk)
        talk.conversation.memory["last"] = text
        if text == "video":
            talk.send(Resend("b1.1.1.0"))
        else:
            talk.say_text(text)

    @router.callback_query()
    async def tapped(query: CallbackQuery, talk: Talk) -> None:
        talk.edit_text(1, f"edited, after {talk.conversation.memory.get('last')}")

    return router


@dataclass
class Chat:
    """What a test does and looks at."""

    scene: Scene
    inbox: PostgresInbox
    listener: Listener
    seen: list[str]
    leases: list[Lease] = field(default_factory=list)

    async def says(self, account: int, *texts: str) -> None:
        """Updates that arrive, one after the other."""
        for text in texts:
            await self.says_at_once(account, text)

    async def says_at_once(self, account: int, *texts: str) -> None:
        """Updates that arrive together."""
        updates = [self.scene.update(account, text) for text in texts]
        await self.inbox.keep([(one.update_id, account, one.model_dump_json(exclude_unset=True)) for one in updates])

    @asynccontextmanager
    async def screens(self) -> AsyncIterator[list[asyncio.Task[None]]]:
        """The screens of all shards, killed when it is left."""
        saying = Saying(self.listener, self.listener, self.scene.desk.orders, Languages(self.inbox))
        running = []
        for shard in range(self.scene.store.shards):
            lease = Lease(Locks())  # type: ignore[arg-type]  # a lease asks its locks for no more than this
            self.leases.append(lease)
            handling = self.scene.handling
            one = ShardScreens(shard, inbox=self.inbox, handling=handling, saying=saying, lease=lease)
            running.append(asyncio.create_task(one.run()))
        try:
            yield running
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def given(self, account: int) -> int:
        """How many credits the account was given in all, as the log says."""
        query = "SELECT count(*) FROM events WHERE stream = $1 AND type = 'CreditsGranted'"
        return int(await self.scene.store.pool.fetchval(query, f"account/{account}"))


@asynccontextmanager
async def chat_on(
    store: PostgresEventStore, database: Database, folder: Path, *, faults: dict[str, int] | None = None
) -> AsyncIterator[Chat]:
    """A bot of two handlers."""
    seen: list[str] = []
    signals = Signals(database.url, shards=store.shards, channel="neurocards_inbox")
    inbox = PostgresInbox(store.pool, signals, bot=BOT_ID, shards=store.shards)
    async with scene_of(store, folder, router_of(seen, faults or {})) as scene:
        yield Chat(scene, inbox, Listener(), seen)
    await signals.close()
