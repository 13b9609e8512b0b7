"""Somebody who orders videos: what they do in the chat, and what they have."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from bot.buttons import order_id
from bot.conversation import Draft
from bot.ordering.draft import Step
from bot.purse.opening import WELCOME
from bot.talk import Reply
from domain.account_words import OpenAccount
from domain.bonus import GiveBonus
from domain.job_words import JobQueued
from domain.shown import Balance
from domain.streams import account as account_stream
from domain.streams import shard_of
from processors.execute import Done
from tests.bot.scene import BOT_ID, Scene, buttons_of, toast, words
from tests.processors.scene import life_of

COFFEE = "coffee.jpg"


class Person:
    """One person's side of the chat. `toast` and `words` are of the last thing done."""

    def __init__(self, scene: Scene, number: int) -> None:
        self.scene = scene
        self.number = number
        self.replies: list[Reply] = []

    async def with_credits(self, amount: int) -> Person:
        """Opens the account with that for a welcome."""
        done = await self.scene.desk.executor.execute(OpenAccount(account=self.number, at=datetime.now(UTC)))
        if amount:
            await self.given(amount, source=WELCOME)
        else:
            await self.scene.desk.balance(self.number, after=done)
        return self

    async def given(self, amount: int, *, source: str = "gift") -> None:
        """Receives so many credits, and sees them."""
        gift = GiveBonus(
            account=self.number, at=datetime.now(UTC), source=source, amount=amount, reason="a gift", by="a test"
        )
        await self.does(gift)

    async def does(self, command: Any) -> None:
        """Has a command carried out, and its effect seen."""
        done: Done = await self.scene.desk.executor.execute(command)
        await self.scene.desk.balance(self.number, after=done)

    async def balance(self) -> Balance:
        """The credits, of the log's present."""
        heads = await self.scene.store.reader.heads()
        shard = shard_of(account_stream(self.number), self.scene.store.shards)
        balance = await self.scene.desk.balance(self.number, after=Done((), shard, heads[shard]))
        assert balance is not None
        return balance

    async def says(self, text: str | None = None, **kinds: Any) -> list[Reply]:
        """Sends something."""
        self.replies = await self.scene.says(self.number, text, **kinds)
        return self.replies

    async def taps(self, label: str, *, message: int | None = None) -> list[Reply]:
        """Taps a button, of the newest message or of that one."""
        self.replies = await self.scene.taps(self.number, label, message=message)
        return self.replies

    async def taps_data(self, data: str, *, message: int | None = None) -> list[Reply]:
        """Taps a button that says this when tapped."""
        self.replies = await self.scene.says(self.number, tap=(message or self.newest, data))
        return self.replies

    async def at_card(self, count: int = 1) -> int:
        """Goes through all the questions. Returns the card's message."""
        await self.says(photo=COFFEE)
        await self.taps_data(self.data("i:slow-zoom"))
        await self.says("Кофе в зёрнах")
        await self.says("Тёплый свет")
        await self.taps_data(self.data(f"c:count:{count}"))
        assert self.step == Step.CARD.state
        return self.newest

    async def with_order(self, count: int = 1) -> str:
        """Orders. Returns the order's id."""
        card = await self.at_card(count)
        await self.taps_data(self.data("ok"))
        return self.order(card)

    async def with_video(self) -> str:
        """Orders a video and has it delivered. Returns the job's id."""
        job = f"{await self.with_order()}.0"
        for command in life_of(self.number, job):
            await self.does(command)
        return job

    def data(self, start: str, *, message: int | None = None) -> str:
        """What the first button says whose data begin so; of the newest message or of that one."""
        shown = self.scene.shown[self.number, message or self.newest]
        found = [button.callback_data or "" for button in buttons_of(shown)]
        return next(data for data in found if data.startswith(f"{start}:") or data == start)

    def order(self, card: int) -> str:
        """The id of the order that this card is."""
        return order_id(bot=BOT_ID, chat=self.number, message=card)

    async def briefs(self, order: str) -> Sequence[JobQueued]:
        """What was ordered, video by video."""
        return [standing.queued for standing in await self.scene.desk.orders.standing(self.number, order)]

    async def jobs_count(self) -> int:
        """How many videos were ever ordered."""
        count: int = await self.scene.store.pool.fetchval(
            "SELECT count(*) FROM events WHERE type = 'JobQueued' AND stream LIKE $1", f"account/{self.number}/%"
        )
        return count

    @property
    def newest(self) -> int:
        """The newest message of ours."""
        return self.scene.last(self.number)[0]

    @property
    def draft(self) -> Draft:
        """What is being put together."""
        return self.scene.conversations[self.number].draft

    @property
    def step(self) -> str | None:
        """What is asked for."""
        return self.scene.conversations[self.number].state

    @property
    def words(self) -> str:
        """All texts of the last answer."""
        return words(self.replies)

    @property
    def toast(self) -> str | None:
        """What the last tap was answered with."""
        return toast(self.replies)

    def shows(self, message: int | None = None) -> str:
        """What a message says now, the newest one or that one."""
        return self.scene.shown[self.number, message or self.newest].text or ""

    def labels(self, message: int | None = None) -> list[str]:
        """The buttons of a message."""
        return [button.text for button in buttons_of(self.scene.shown[self.number, message or self.newest])]
