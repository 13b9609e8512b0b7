"""Tells one order: keeps its card up to date and says how its videos ended, until there is nothing left to tell.

What was said is kept after it was said: a crash in between repeats a message, and none is lost. A card that is being
changed holds nothing up: the order's messages go past it, and when it is done the card is as it should be by then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import structlog
from aiogram.methods import EditMessageText, SendMessage

from bot.buttons import card_of
from bot.feedback.card import Card, card, is_in_the_making
from bot.feedback.ends import ends
from bot.feedback.ports import Languages, Standings, Tellings, Waits
from bot.feedback.told import NOTHING_TOLD, Told
from bot.feedback.words import QUEUED
from bot.ports import Messenger
from bot.texts import Language
from domain.outside import MaybeSaid, NotSaid, Said, Urgency, WhyNot
from domain.shown import JobStanding, Wait
from processors.clock import Clock
from processors.lease import Lease

LOOKS_AT_ONCE: Final = 8
"""Orders of one shard that are read at the same time: others want the database too."""

LOOK_FOR_PLACE_EVERY_S: Final = 0.1
FAR_IN_LINE: Final = 50
"""So many in line make the place that is shown change so often that looking once in a while will do."""

LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)

log = structlog.get_logger(__name__)

Answer = Said | NotSaid | MaybeSaid


class Rhythm(NamedTuple):
    """How often a card changes at most, how often a place in line is looked at, near the front and far from it, and how
    soon what could not be said is tried again. A new order is left alone for `first_after_s`: whoever accepted it has
    changed the card by then. After that its card waits for its place to be known, up to `place_within_s`.

    Seconds of the machine: the messenger counts those.
    """

    edit_every_s: float = 3.0
    queue_every_s: float = 10.0
    far_every_s: float = 60.0
    retry_after_s: float = 15.0
    place_within_s: float = 1.0
    first_after_s: float = 0.5


USUAL: Final = Rhythm()


@dataclass(frozen=True, slots=True)
class Ground:
    """What all tellers of a shard work with."""

    shard: int
    tellings: Tellings
    orders: Standings
    waits: Waits
    languages: Languages
    messenger: Messenger
    clock: Clock
    lease: Lease
    rhythm: Rhythm = USUAL
    looks: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(LOOKS_AT_ONCE))


class ToldElsewhere(Exception):
    """What was told of the order was changed by somebody else. Read it again."""


class Teller:
    """Tells one order of one account."""

    def __init__(self, ground: Ground, account: int, order: str) -> None:
        place = card_of(order)
        assert place is not None, "only orders that came from a card are told"
        self._ground = ground
        self._account = account
        self._order = order
        self._place = place
        self._stir = asyncio.Event()
        self._news = 0
        self._news_at = LONG_AGO
        self._seen = 0
        self._done = 0
        self._jobs: Sequence[JobStanding] = ()
        self._kept: Mapping[str, Any] = {}
        self._told = self._told_before = NOTHING_TOLD
        self._is_gone = False
        self._doubtful: str | None = None
        self._changing: asyncio.Task[Answer] | None = None
        self._changes_to = ""
        self._change_not_before = 0.0
        self._begun_at = 0.0
        self._end_not_before = 0.0

    @property
    def is_through(self) -> bool:
        """Whether everything that was heard of is told."""
        return self._news <= self._done

    def hear(self, position: int, at: datetime) -> None:
        """Something happened to the order."""
        if position > self._news:
            self._news, self._news_at = position, at
            self._stir.set()

    def stir(self) -> None:
        """Looks whether the lease is ending."""
        self._stir.set()

    async def run(self) -> None:
        """Tells until all is told or the lease is ending. Raises LeaseOver, ToldElsewhere, and what its ports raise."""
        ground = self._ground
        telling = await ground.tellings.of(ground.shard, self._account, self._order)
        if telling is None:
            self._done = self._news
            return
        self._kept = telling.told
        self._told = self._told_before = Told.model_validate(telling.told)
        self._begun_at = asyncio.get_running_loop().time()
        self.hear(telling.news, telling.news_at)
        self._seen, self._is_gone = 0, False
        try:
            while not ground.lease.ending.is_set() and not self.is_through:
                self._stir.clear()
                await self._rest(await self._look())
            self._take_change()
            await self._keep()
        finally:
            if self._changing is not None:
                self._changing.cancel()
                await asyncio.gather(self._changing, return_exceptions=True)
                self._changing = None

    async def _rest(self, until: float | None) -> None:
        """Returns when something happened, or at that time of the loop."""
        with suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                await self._stir.wait()

    async def _look(self) -> float | None:
        """Says what is due, and keeps that. Returns when to look again if nothing happens."""
        upto, now = self._news, asyncio.get_running_loop().time()
        first = self._begun_at + self._ground.rhythm.first_after_s
        if self._told.card is None and now < first:
            return first
        self._take_change()
        language, wait, usual_s = await self._read(upto)
        later: list[float] = []
        if self._jobs and not self._is_gone and not await self._say_ends(language):
            later.append(self._end_not_before)
        if self._jobs and not self._is_gone and not self._told.card_gone:
            if self._is_new(wait):
                later.append(now + LOOK_FOR_PLACE_EVERY_S)
            else:
                if self._is_queued():
                    later.append(now + self._look_again_s(wait))
                later += self._change_card(card(language, self._order, self._jobs, wait, usual_s))
        if self._is_gone or not (later or self._changing):
            await self._keep(upto)
            self._stir.set()
        else:
            await self._keep()
        return min(later, default=None)

    async def _read(self, upto: int) -> tuple[Language, Wait | None, int | None]:
        ground = self._ground
        async with ground.looks:
            if self._seen < upto:
                self._jobs = await ground.orders.standing(self._account, self._order)
                self._seen, self._is_gone = upto, False
            wait = await ground.waits.wait(self._account, self._order) if self._is_queued() else None
            is_made = any(is_in_the_making(job.progress) for job in self._jobs)
            usual_s = await ground.waits.usual_s() if is_made else None
            return await ground.languages.of(self._account), wait, usual_s

    def _is_queued(self) -> bool:
        return any(job.progress.stage in QUEUED for job in self._jobs)

    def _is_new(self, wait: Wait | None) -> bool:
        """Whether the card is still as it was when the order was accepted, and the view may not know the order yet."""
        if self._told.card is not None or wait is not None or not self._is_queued():
            return False
        return asyncio.get_running_loop().time() - self._begun_at < self._ground.rhythm.place_within_s

    def _look_again_s(self, wait: Wait | None) -> float:
        rhythm = self._ground.rhythm
        if wait is None:
            return rhythm.edit_every_s
        return rhythm.far_every_s if wait.place > FAR_IN_LINE else rhythm.queue_every_s

    async def _say_ends(self, language: Language) -> bool:
        """Whether all that is due is said."""
        clock, loop = self._ground.clock, asyncio.get_running_loop()
        due = ends(language, self._order, self._jobs, self._told, now=clock.now(), news_at=self._news_at)
        for end in due:
            if loop.time() < self._end_not_before or self._ground.lease.ending.is_set():
                return False
            said = await self._say(
                SendMessage(chat_id=self._account, text=end.text, parse_mode="HTML", reply_markup=end.keyboard),
                Urgency.MESSAGE,
            )
            if not self._counts(said) and not self._is_in_doubt_again(said, end.text):
                self._end_not_before = loop.time() + self._ground.rhythm.retry_after_s
                return False
            self._told = end.told
            await self._keep()
        return True

    def _is_in_doubt_again(self, said: Answer, what: str) -> bool:
        """Whether it may have been said, now and once before: a third copy would be too many."""
        if not isinstance(said, MaybeSaid):
            return False
        before, self._doubtful = self._doubtful, what
        return before == what

    def _change_card(self, wanted: Card) -> list[float]:
        """Starts to change the card if it is not as wanted. Returns the time at which it may be, if that is later."""
        loop = asyncio.get_running_loop()
        if self._changing is not None or self._told.card == wanted.digest:
            return []
        if loop.time() < self._change_not_before:
            return [self._change_not_before]
        chat, message = self._place
        edit = EditMessageText(
            chat_id=chat, message_id=message, text=wanted.text, parse_mode="HTML", reply_markup=wanted.keyboard
        )
        self._changes_to = wanted.digest
        self._changing = asyncio.create_task(self._say(edit, Urgency.EDIT), name=f"card of {self._order}")
        self._changing.add_done_callback(lambda _task: self._stir.set())
        return []

    def _take_change(self) -> None:
        """Learns what became of the change of the card."""
        if self._changing is None or not self._changing.done():
            return
        said, rhythm = self._changing.result(), self._ground.rhythm
        self._changing = None
        rest_s = rhythm.edit_every_s
        if isinstance(said, NotSaid) and said.why is WhyNot.NOT_THERE:
            self._told = self._told.model_copy(update={"card_gone": True})
        elif self._counts(said):
            self._told = self._told.model_copy(update={"card": self._changes_to})
        else:
            rest_s = rhythm.retry_after_s
        self._change_not_before = asyncio.get_running_loop().time() + rest_s

    async def _say(self, method: SendMessage | EditMessageText, urgency: Urgency) -> Answer:
        await self._ground.lease.may_call()
        return await self._ground.messenger.say(method, urgency=urgency)

    def _counts(self, said: Answer) -> bool:
        """Whether it is said, or never can be."""
        if isinstance(said, MaybeSaid):
            return False
        if isinstance(said, Said):
            return True
        if said.why is WhyNot.GONE:
            self._is_gone = True
            return False
        if said.why is WhyNot.UNREACHABLE:
            return False
        log.error("feedback refused", order=self._order, why=said.why, about=said.about)
        return True

    async def _keep(self, done: int = 0) -> None:
        """Keeps what was told; of what happened up to the position `done`, that is all."""
        if done == 0 and self._told == self._told_before:
            return
        ground, told = self._ground, self._told.model_dump(mode="json")
        if not await ground.tellings.told(
            ground.shard, self._account, self._order, before=self._kept, now=told, done=done
        ):
            raise ToldElsewhere(self._order)
        self._kept, self._told_before = told, self._told
        self._done = max(self._done, done)
