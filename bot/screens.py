"""The screens of one shard: its updates are handled in the order of arrival, those of one person one at a time.

An update is handled once in effect. Its appends come first and are idempotent; the dialogue and the replies are kept
together with the mark that it was handled, if nobody has set that; then the replies are said. A crash between any two
of these loses nothing, and repeats a message at most.

A handler that fails is tried again a few times; then the person hears that it is our fault, and the next update has
its turn. Nobody else waits for it, nor for somebody who says more than can be answered: a person's line here is short,
and what is behind its end stays in the inbox until the line has room.
"""

from __future__ import annotations

import asyncio
from bisect import insort
from collections import deque
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any, Final

import orjson
import structlog
from aiogram.methods import AnswerCallbackQuery, SendMessage
from aiogram.types import Update

from bot.conversation import Conversation
from bot.handling import Handled, Handling
from bot.ports import Inbox, KeptUpdate
from bot.saying import Saying
from bot.talk import Reply, as_json, reply_of
from bot.texts import Language, text
from bot.together import Together
from processors.lease import Lease, LeaseOver

PAGE: Final = 200
AT_HAND_MAX: Final = 2_000
LINE_MAX: Final = 30
"""Updates of one person. Answers to more than that take half a minute, at the messenger's pace for a chat."""

LINE_SHORT: Final = LINE_MAX // 2
LOOK_EVERY_S: Final = 1.0
ATTEMPTS_MAX: Final = 3
PAUSE_S: Final = (0.5, 2.0)
"""After the first failed attempt, and the second."""

HANDLED_WITHIN_S: Final = 60.0
BATCH_MAX: Final = 200

log = structlog.get_logger(__name__)


class ShardScreens:
    """Handles the updates of one shard while its lease lasts."""

    def __init__(self, shard: int, *, inbox: Inbox, handling: Handling, saying: Saying, lease: Lease) -> None:
        self._shard = shard
        self._inbox = inbox
        self._handling = handling
        self._saying = saying
        self._lease = lease
        self._lines: dict[int, deque[KeptUpdate]] = {}
        self._known: set[int] = set()
        self._ends: dict[int, int] = {}
        self._room = asyncio.Event()
        self._short = asyncio.Event()
        self._loads: Together[int, str | None] = Together(self._load, batch_max=BATCH_MAX)
        self._finishes: Together[Mapping[str, Any], bool] = Together(self._finish, batch_max=BATCH_MAX)
        self._said: Together[int, None] = Together(self._mark_said, batch_max=BATCH_MAX)

    async def run(self) -> None:
        """Handles until the shard is to be given up: then everybody's present update comes to its end."""
        await self._inbox.listen()
        log.info("screens start", shard=self._shard)
        async with asyncio.TaskGroup() as people:
            reading = people.create_task(self._read(people), name=f"inbox of shard {self._shard}")
            await self._lease.ending.wait()
            reading.cancel()

    async def _read(self, people: asyncio.TaskGroup) -> None:
        after, whole, through = 0, 0.0, True
        loop = asyncio.get_running_loop()
        while True:
            news = self._inbox.news(self._shard)
            if loop.time() >= whole or (through and self._short.is_set()):
                # An update that was kept late, or had no room in its line, may lie before what was read.
                after, whole = 0, loop.time() + LOOK_EVERY_S
                if through:  # and everybody else has had a turn
                    self._take_back()
            page = await self._inbox.waiting(self._shard, after=after, known=self._known, ends=self._ends, limit=PAGE)
            for kept in page:
                after = max(after, kept.place)
                self._take_up(people, kept)
            while len(self._known) >= AT_HAND_MAX:
                self._room.clear()
                await self._room.wait()
            through = len(page) < PAGE
            if through:
                await _any(news, self._short, within_s=max(0.0, whole - loop.time()))

    def _take_back(self) -> None:
        """Reads on those whose lines were cut and have become short. Only from the beginning is that in order."""
        self._ends = {
            account: end for account, end in self._ends.items() if len(self._lines.get(account, ())) > LINE_SHORT
        }
        self._short.clear()

    def _take_up(self, people: asyncio.TaskGroup, kept: KeptUpdate) -> None:
        """Puts the update into its person's line, behind the one in hand. What is too much is cut off, to be read again
        with all that follows it."""
        self._known.add(kept.update_id)
        line = self._lines.get(kept.account)
        if line is None:
            self._lines[kept.account] = deque((kept,))
            people.create_task(self._serve(kept.account), name=f"screens of {kept.account}")
            return
        insort(line, kept, lo=1, key=attrgetter("place"))
        if len(line) > LINE_MAX:
            self._known.discard(line.pop().update_id)
            self._ends[kept.account] = line[-1].place

    async def _serve(self, account: int) -> None:
        """One person's updates, until there are no more."""
        line = self._lines[account]
        try:
            while line and not self._lease.ending.is_set():
                kept = line[0]
                try:
                    await self._through(kept)
                except LeaseOver:
                    return
                except Exception:
                    log.exception("update stumbled", shard=self._shard, update=kept.update_id)
                    await asyncio.sleep(PAUSE_S[-1])
                else:
                    line.popleft()
                    self._known.discard(kept.update_id)
                    self._room.set()
                    if account in self._ends and len(line) <= LINE_SHORT:
                        self._short.set()
        finally:
            del self._lines[account]
            self._known.difference_update(kept.update_id for kept in line)
            self._room.set()

    async def _through(self, kept: KeptUpdate) -> None:
        """Handles the update, keeps what came of it, says the replies. Raises LeaseOver."""
        if kept.content is None:
            replies = [reply_of(reply) for reply in orjson.loads(kept.replies or "[]")]
        else:
            handled, failure = await self._handled(kept, kept.content)
            if not await self._finishes.do(_finished(kept, handled, failure)):
                return
            replies = handled.replies
        if replies:
            await self._lease.may_call()
            await self._saying.say_all(kept.account, replies)
            await self._said.do(kept.update_id)

    async def _handled(self, kept: KeptUpdate, content: str) -> tuple[Handled, str | None]:
        """What came of the update, and what its last attempt failed with if none worked."""
        known = await self._loads.do(kept.account)
        while True:
            conversation = Conversation() if known is None else Conversation.model_validate_json(known)
            update: Update | None = None
            try:
                update = self._handling.read(content)
                async with asyncio.timeout(HANDLED_WITHIN_S):
                    return await self._handling.handle(update, conversation, received_at=kept.received_at), None
            except Exception as error:
                failure = type(error).__name__
                log.exception("update failed", shard=self._shard, update=kept.update_id)
            attempts = await self._inbox.failed(self._shard, kept.update_id, failure)
            if attempts == 0 or attempts >= ATTEMPTS_MAX:
                return Handled(conversation, _apology(kept.account, update, conversation.language)), failure
            await asyncio.sleep(PAUSE_S[min(attempts, len(PAUSE_S)) - 1])

    async def _load(self, accounts: Sequence[int]) -> list[str | None]:
        found = await self._inbox.conversations(self._shard, accounts)
        return [found.get(account) for account in accounts]

    async def _finish(self, finished: Sequence[Mapping[str, Any]]) -> list[bool]:
        marked = await self._inbox.finish(self._shard, finished)
        return [one["update_id"] in marked for one in finished]

    async def _mark_said(self, updates: Sequence[int]) -> list[None]:
        await self._inbox.said(self._shard, updates)
        return [None] * len(updates)


def _finished(kept: KeptUpdate, handled: Handled, failure: str | None) -> dict[str, Any]:
    conversation, replies = handled
    return {
        "update_id": kept.update_id,
        "account": kept.account,
        "language": conversation.language,
        "conversation": conversation.model_dump_json(exclude_defaults=True),
        "replies": orjson.dumps([as_json(reply) for reply in replies]).decode() if replies else None,
        "failure": failure,
    }


def _apology(account: int, update: Update | None, language: Language | None) -> list[Reply]:
    """What somebody hears whose update we could not handle. A payment is not lost: it will be found and credited."""
    apology: list[Reply] = []
    if update is not None and update.callback_query is not None:
        apology.append(AnswerCallbackQuery(callback_query_id=update.callback_query.id))
    if update is None or update.my_chat_member is None:
        apology.append(SendMessage(chat_id=account, text=text(language or Language.RU, "trouble"), parse_mode="HTML"))
    return apology


async def _any(*events: asyncio.Event, within_s: float) -> None:
    """Returns once one of them is set, or after so long."""
    waits = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
