"""Somebody who wants a video and does not give up: when nothing happens they do the same again, as people do.

And what must be true once all is quiet, whatever went wrong on the way.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from bot.buttons import order_id
from domain.feedback import Progress, Stage
from domain.shown import JobStanding
from tests.bot.town import Message, Resident, Town, button_of, text_of
from tests.proofs.flow_faults import ENDED_CARD, FAILED, OPENAI, VIOLATION, Trouble

NUDGE_AFTER_S: Final = 6.0
"""So long people look at a chat in which nothing happens."""
PATIENCE_S: Final = 120.0
"""And so long they try to get somewhere."""
QUIET_WITHIN_S: Final = 150.0
LOOK_EVERY_S: Final = 0.05

STEPS: Final = ("Заказать", "1 видео", "Пропустить", "Медленный наезд")
"""What is tapped, the last step first."""
NOTHING: Final = (0, "")
SAYS: Final = {"Заказать": 0, "1 видео": 0}
"""How many new messages a step brings at most, where that is not one and nobody does the same again."""

LINK: Final = re.compile(r"http://127\.0\.0\.1:\d+/storage/outputs/\S+")
"""To a video that was too large for the chat."""

FOR_GOOD: Final = ("400", "403", "413")
"""What is not said again, as the messenger would refuse it again."""

QUIET: Final = """
    SELECT NOT EXISTS (SELECT FROM tellings WHERE done < news) AND NOT EXISTS (SELECT FROM inbox WHERE done_at IS NULL)
"""

UNTOLD: Final = """
    SELECT account, told::text AS said FROM tellings WHERE done < news
    UNION ALL SELECT account, coalesce(content, replies) FROM inbox WHERE done_at IS NULL
"""

Holds = Callable[[], Awaitable[bool]]


@dataclass
class Customer:
    """Somebody whose order meets a trouble, or none. `card` is the order's, once it is placed."""

    town: Town
    person: Resident
    trouble: Trouble | None = None
    card: int = 0
    taps: int = 0
    idle: int = 0
    has_met: bool = False
    has_waited: bool = False
    acted: tuple[int, str] = NOTHING
    steps: list[str] = field(default_factory=list)

    @property
    def id(self) -> int:
        """The account's, which is the chat's."""
        return self.person.id

    def meets(self) -> None:
        """Puts the trouble in the customer's way, unless that is done at the very call."""
        trouble = self.trouble
        if trouble is None:
            return
        mine = f"/kie/{self.id}/"
        if trouble.refused:
            self.town.kie.faults.add(VIOLATION.model_copy(update={"contains": mine}))
        if trouble.service == "openai":
            self.town.openai.faults.add(OPENAI[trouble.kind])
        elif trouble.service == "kie":
            fault = trouble.at_kie(holds=mine if trouble.call == "create" else None)
            by_task = trouble.call in ("record", "result")
            self.town.kie.faults.add(fault, when=(lambda call: self._is_mine(call.task)) if by_task else None)
        elif trouble.call in ("file", "getUpdates"):
            self.town.telegram.faults.add(trouble.at_telegram(chat=None, holds=None))
        elif trouble.call not in ("answerCallbackQuery", "getFile") and trouble.nth is not None:
            self.town.telegram.faults.add(trouble.at_telegram(chat=self.id, holds=None))

    def _meets_at(self, call: str, nth: int, holds: str) -> None:
        trouble = self.trouble
        if trouble is not None and (trouble.call, trouble.nth) == (call, nth) and not self.has_met:
            self.has_met = True
            first = trouble._replace(nth=1)
            self.town.telegram.faults.add(first.at_telegram(chat=None, holds=holds))

    def _is_mine(self, task: str | None) -> bool:
        found = None if task is None else self.town.kie.tasks.get(task)
        return found is not None and f"/kie/{self.id}/" in (found.order.callback_url or "")

    async def orders(self) -> None:
        """From Start to an order that is placed."""
        self.meets()
        await self._does(self._start, self._is_welcome)
        await self._does(self._next, self._is_placed)

    async def _does(self, step: Callable[[], Awaitable[None]], reached: Holds) -> None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not await reached():
                    await step()
                    if await self._has_news(reached):
                        self.idle = 0
                    else:
                        self.idle, self.has_waited = self.idle + 1, True
        except TimeoutError:
            msg = f"{self.trouble} leads nowhere: {self.steps} {[text_of(heard) for heard in self.person.heard[-4:]]}"
            raise AssertionError(msg) from None

    async def _has_news(self, reached: Holds) -> bool:
        """Whether there is something new to act on, or nothing more to do; looks for a while."""
        try:
            async with asyncio.timeout(NUDGE_AFTER_S):
                while not await reached() and self._question() in (None, self.acted):  # noqa: ASYNC110 - others work
                    await asyncio.sleep(LOOK_EVERY_S)
        except TimeoutError:
            return False
        return True

    def _question(self) -> tuple[int, str] | None:
        """The newest message that asks for something, no older than the last one acted on, and what is tapped."""
        for message in reversed(self.person.heard):
            for label in STEPS:
                if message["message_id"] >= self.acted[0] and button_of(message, label) is not None:
                    return message["message_id"], label
        return None

    async def _start(self) -> None:
        self.steps.append("start")
        self.person.says("/start")

    async def _is_welcome(self) -> bool:
        return "Доступно: 1" in self.person.words or "кредит" in self.person.words

    async def _is_placed(self) -> bool:
        return self.card > 0 and bool(await self.standing())

    async def _next(self) -> None:
        """What people do on the newest question. When that leads nowhere, they ask what is going on, or begin anew."""
        question = self._question()
        if question is None and self.acted == NOTHING:
            await self._sends_photo()
        elif question is None or self.idle % 3 == 2:
            self.steps.append("words")
            self.person.says("Что дальше?")
        else:
            self._taps(*question)

    async def _sends_photo(self) -> None:
        self.steps.append("photo")
        photo = await self.person.sends("coffee.jpg")
        self._meets_at("getFile", 1, photo["photo"][-1]["file_id"])

    def _taps(self, number: int, label: str) -> None:
        self.steps.append(label)
        self.acted = (number, label)
        if label == "Заказать":
            self.card = number
            self._lasts()
        self.taps += 1
        (message,) = (message for message in self.person.heard if message["message_id"] == number)
        button = button_of(message, label)
        assert button is not None
        query = self.town.telegram.tap(self.id, number, button["callback_data"])
        self._meets_at("answerCallbackQuery", self.taps, query)

    def _lasts(self) -> None:
        if self.trouble is not None and self.trouble.service == "telegram" and self.trouble.nth is None:
            self.town.telegram.faults.add(self.trouble.at_telegram(chat=self.id, holds=None))

    async def standing(self) -> Sequence[JobStanding]:
        """The order's videos."""
        line = self.town.company.line
        assert line is not None
        return await line.orders.standing(self.id, order_id(bot=line.bot.id, chat=self.id, message=self.card))

    async def is_settled(self) -> bool:
        """Whether the order has ended and its credits are spent or back."""
        return all(job.progress.captured or job.progress.refunded is not None for job in await self.standing())

    async def asks_balance(self, available: int) -> None:
        """Goes on talking: the balance is right."""
        newest = self.person.messages[-1]["message_id"]

        async def is_answered() -> bool:
            return any(m["message_id"] > newest and f"Доступно: {available}" in text_of(m) for m in self.person.heard)

        async def asks() -> None:
            self.person.says("/balance")

        await self._does(asks, is_answered)

    async def is_told_the_truth(self) -> str:
        """How it ended; holds what the person sees against what is so, once they are told of it."""
        while True:
            standing = await self.standing()
            await nothing_left_to_say(self.town)
            if await self.standing() == standing:  # no late video in between
                break
        self._holds_against(standing[0].progress, linked=await self._is_linked())
        return standing[0].progress.stage.value

    async def _is_linked(self) -> bool:
        """Whether they got a link that leads to a video."""
        for message in self.person.heard:
            link = LINK.search(text_of(message))
            if link is not None:
                async with httpx.AsyncClient() as browser:
                    return (await browser.get(link[0])).content[4:8] == b"ftyp"
        return False

    def _holds_against(self, progress: Progress, *, linked: bool) -> None:
        """Holds what the person sees against what is so."""
        videos = [message for message in self.person.heard if "video" in message]
        said = [text_of(message) for message in self.person.heard if message["message_id"] > self.card]
        card = next(text_of(message) for message in self.person.heard if message["message_id"] == self.card)
        told = f"{self.trouble}: {progress} {card!r} {said}"
        once_each = len(self._asked()) <= sum(SAYS.get(step, 1) for step in self.steps)
        assert once_each or self.has_waited, f"{self.trouble}: {self.steps}"
        assert len(videos) <= 1 or self._is_at("sendVideo"), told
        assert sum(FAILED in words for words in said) <= 1 or self._is_at("sendMessage"), told
        assert progress.captured is (progress.refunded is None), told
        assert progress.captured is (progress.stage in (Stage.READY, Stage.MAYBE_SENT)), told
        match progress.stage:
            case Stage.READY:
                assert videos or (linked and self._is_at("sendVideo")), told
                assert self._is_card_of("доставлено", card) or self._spoils("editMessageText"), told
                assert not any(FAILED in words for words in said), told
            case Stage.MAYBE_SENT:
                unsure = any("подтверждения нет" in words for words in said)
                assert unsure or self._is_card_of("без подтверждения", card), told
            case _:
                assert not videos, told
                failed = any(FAILED in words and "1 кредит вернулся" in words for words in said)
                assert failed or self._is_away() or self._spoils("sendMessage"), told
                late = any("всё-таки пришло" in words for words in said)
                words = "пришло позже" if progress.late else "не получилось"
                assert late or not progress.late or self._is_away(), told
                assert self._is_card_of(words, card) or self._spoils("editMessageText"), told

    def _asked(self) -> Sequence[Message]:
        """The messages up to the card. Each was brought by a step of the person's."""
        return [message for message in self.person.heard if message["message_id"] <= self.card]

    def _is_at(self, call: str) -> bool:
        return self.trouble is not None and self.trouble.call == call

    def _is_card_of(self, words: str, card: str) -> bool:
        return ENDED_CARD in card and words in card

    def _spoils(self, call: str) -> bool:
        return self._is_at(call) and self.trouble is not None and self.trouble.kind in FOR_GOOD

    def _is_away(self) -> bool:
        """Whether Telegram said of a message that nobody is there to read it."""
        return self.trouble is not None and self.trouble.kind == "403"


async def all_quiet(town: Town, customers: Sequence[Customer]) -> None:
    """Returns when every order has ended and nothing is left to be said. Raises AssertionError if that never comes."""
    try:
        async with asyncio.timeout(QUIET_WITHIN_S):
            for customer in customers:
                while not await customer.is_settled():  # noqa: ASYNC110 - others work
                    await asyncio.sleep(LOOK_EVERY_S)
    except TimeoutError:
        left = [str(customer.trouble) for customer in customers if not await customer.is_settled()]
        raise AssertionError(f"never settled: {left}") from None
    await nothing_left_to_say(town)


async def nothing_left_to_say(town: Town) -> None:
    """Returns when every update is handled and answered, and every order is told of. Raises AssertionError if never."""
    pool: Any = town.company.store.pool
    try:
        async with asyncio.timeout(QUIET_WITHIN_S):
            while not await pool.fetchval(QUIET):  # noqa: ASYNC110 - others work
                await asyncio.sleep(LOOK_EVERY_S)
    except TimeoutError:
        raise AssertionError(f"never told: {await pool.fetch(UNTOLD)}") from None
