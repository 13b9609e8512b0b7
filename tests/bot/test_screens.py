"""The screens of a shard: order, once in effect, faults that harm nobody else, and what a crash leaves."""

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
from structlog.testing import capture_logs

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

ACCOUNTS = range(1, 9)
"""On eight shards; the tests run the screens of every shard."""


@dataclass
class Listener:
    """The messenger's other end: who was told what, in order."""

    said: list[tuple[int, str]] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    refused: dict[int, WhyNot] = field(default_factory=dict)
    held: asyncio.Event | None = None
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def say(
        self, method: TelegramMethod[Any], *, urgency: Urgency = Urgency.MESSAGE
    ) -> Said | NotSaid | MaybeSaid:
        """Hears it, unless it is held up."""
        if self.held is not None:
            await self.held.wait()
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
        """Hears of a video."""
        self.said.append((account, f"video {job}"))
        return Said(1)

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
    """Handlers that write down what they saw, and fail as often as `faults` says of a text."""
    router = Router()

    @router.message(F.text)
    async def said(message: Message, talk: Talk, desk: Desk) -> None:
        text = message.text or ""
        seen.append(text)
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
            update = self.scene.update(account, text)
            await self.inbox.keep([(update.update_id, account, update.model_dump_json(exclude_unset=True))])

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


async def test_updates_of_one_person_are_handled_in_order_and_answered(
    store: PostgresEventStore, database: Database, tmp_path: Path
) -> None:
    async with chat_on(store, database, tmp_path) as chat, chat.screens():
        for account in ACCOUNTS:
            await chat.says(account, *(f"{account}/{number}" for number in range(5)))
        await chat.listener.until(lambda: len(chat.listener.said) == 5 * len(ACCOUNTS))
        for account in ACCOUNTS:
            told = [text for to, text in chat.listener.said if to == account]
            assert told == [f"{account}/{number}" for number in range(5)]
            assert await chat.given(account) == 5


async def test_a_handler_that_fails_is_tried_again_and_blocks_nobody_behind_it(
    store: PostgresEventStore, database: Database, tmp_path: Path
) -> None:
    faults = {"twice": 2, "always": 99}
    with capture_logs() as logs:
        async with chat_on(store, database, tmp_path, faults=faults) as chat, chat.screens():
            await chat.says(1, "twice", "then")
            await chat.says(2, "always", "then")
            await chat.says(3, "other")
            await chat.listener.until(lambda: len(chat.listener.said) == 5)
            told = {account: [text for to, text in chat.listener.said if to == account] for account in (1, 2, 3)}
            assert told[1] == ["twice", "then"]
            assert told[2][1] == "then"
            assert "на нашей стороне" in told[2][0]
            assert chat.listener.said[0] == (3, "other")
            assert chat.seen.count("always") == 3
            kept = await store.pool.fetch("SELECT failure, attempts FROM inbox WHERE failure IS NOT NULL ORDER BY 2")
            assert [tuple(row) for row in kept] == [("ZeroDivisionError", 2), ("ZeroDivisionError", 3)]
    assert sum(line["event"] == "update failed" for line in logs) == 5


async def test_after_a_kill_before_the_replies_were_said_they_are_said_and_nothing_is_done_twice(
    store: PostgresEventStore, database: Database, tmp_path: Path
) -> None:
    async with chat_on(store, database, tmp_path) as chat:
        chat.listener.held = asyncio.Event()
        handled = "SELECT count(*) FROM inbox WHERE handled_at IS NOT NULL AND done_at IS NULL"
        async with chat.screens():
            await chat.says(1, "hello")
            async with asyncio.timeout(20):
                while not await store.pool.fetchval(handled):  # noqa: ASYNC110 - the database tells nobody
                    await asyncio.sleep(0.01)
        assert chat.listener.said == []
        chat.listener.held = None
        async with chat.screens():
            await chat.listener.until(lambda: bool(chat.listener.said))
            await chat.says(1, "again")
            await chat.listener.until(lambda: len(chat.listener.said) == 2)
        assert chat.listener.said == [(1, "hello"), (1, "again")]
        assert chat.seen == ["hello", "again"]
        assert await chat.given(1) == 2


async def test_after_a_kill_before_the_mark_the_update_is_handled_again_and_gives_nothing_twice(
    store: PostgresEventStore, database: Database, tmp_path: Path
) -> None:
    async with chat_on(store, database, tmp_path) as chat:
        update = chat.scene.update(1, "hello")
        await chat.scene.receives(1, update)  # all that a handler does, and no mark
        await chat.inbox.keep([(update.update_id, 1, update.model_dump_json(exclude_unset=True))])
        async with chat.screens():
            await chat.listener.until(lambda: bool(chat.listener.said))
        assert chat.listener.said == [(1, "hello")]
        assert await chat.given(1) == 1


async def test_the_dialogue_is_kept_between_updates_and_an_edit_of_what_is_gone_is_said_anew(
    store: PostgresEventStore, database: Database, tmp_path: Path
) -> None:
    async with chat_on(store, database, tmp_path) as chat, chat.screens():
        chat.listener.refused[1] = WhyNot.NOT_THERE
        await chat.says(1, "first")
        tap = chat.scene.update(1, tap=(1, "x"))
        await chat.inbox.keep([(tap.update_id, 1, tap.model_dump_json(exclude_unset=True))])
        await chat.listener.until(lambda: len(chat.listener.said) == 2)
        assert chat.listener.said == [(1, "first"), (1, "edited, after first")]
        assert chat.listener.answers == [f"q{tap.update_id}"]


async def test_a_shard_that_is_given_up_ends_after_the_update_in_hand(
    store: PostgresEventStore, database: Database, tmp_path: Path
) -> None:
    async with chat_on(store, database, tmp_path) as chat:
        chat.listener.held = asyncio.Event()
        async with chat.screens() as running:
            await chat.says(1, "one", "two")
            async with asyncio.timeout(20):
                while not chat.seen:  # noqa: ASYNC110 - handlers tell nobody
                    await asyncio.sleep(0.01)
            for lease in chat.leases:
                lease.ending.set()
            chat.listener.held.set()
            await asyncio.gather(*running)
        assert chat.listener.said == [(1, "one")]
        waiting = await chat.inbox.waiting(chat.inbox.shard(1), after=0, known=(), limit=9)
        assert [kept.attempts for kept in waiting] == [0]


async def test_a_video_that_is_not_there_is_said_to_be_gone(
    store: PostgresEventStore, database: Database, tmp_path: Path
) -> None:
    async with chat_on(store, database, tmp_path) as chat, chat.screens():
        await chat.says(1, "video")
        await chat.listener.until(lambda: bool(chat.listener.said))
        assert "Не получилось отправить" in chat.listener.said[0][1]
