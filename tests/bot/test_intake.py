"""Intake: whose an update is, and that payers are answered whatever else is busy."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiogram.methods import AnswerPreCheckoutQuery, TelegramMethod
from aiogram.types import PreCheckoutQuery

from bot.intake import Intake, account_of
from domain.outside import Said, Urgency

PERSON = {"id": 42, "is_bot": False, "first_name": "Аня"}
CHAT = {"id": 42, "type": "private"}
GROUP = {"id": -100, "type": "supergroup", "title": "sellers"}
QUESTION = {
    "update_id": 3,
    "pre_checkout_query": {
        "id": "p", "from": PERSON, "currency": "XTR", "total_amount": 5, "invoice_payload": "i1.42.x",
    },
}  # fmt: skip  # a question is one thing


@pytest.mark.parametrize(
    ("update", "account"),
    [
        ({"update_id": 1, "message": {"message_id": 1, "date": 1, "chat": CHAT, "from": PERSON, "text": "hi"}}, 42),
        ({"update_id": 1, "message": {"message_id": 1, "date": 1, "chat": GROUP, "from": PERSON, "text": "hi"}}, None),
        ({"update_id": 1, "channel_post": {"message_id": 1, "date": 1, "chat": GROUP, "text": "hi"}}, None),
        ({"update_id": 1, "callback_query": {"id": "q", "from": PERSON, "message": {"chat": CHAT}}}, 42),
        ({"update_id": 1, "callback_query": {"id": "q", "from": PERSON, "inline_message_id": "x"}}, 42),
        ({"update_id": 1, "my_chat_member": {"chat": CHAT, "from": PERSON}}, 42),
        ({"update_id": 1, "message": {"chat": CHAT, "from": {**PERSON, "is_bot": True}}}, None),
        ({"update_id": 1, "message": {"chat": CHAT, "from": {**PERSON, "id": "42"}}}, None),
        ({"update_id": 1}, None),
    ],
)
def test_an_update_is_the_persons_in_whose_private_chat_it_is(update: dict[str, Any], account: int | None) -> None:
    assert account_of(update) == account


@dataclass
class SlowInbox:
    """Keeps nothing until it may."""

    may: asyncio.Event = field(default_factory=asyncio.Event)
    kept: list[tuple[int, int, str]] = field(default_factory=list)

    async def keep(self, updates: Sequence[tuple[int, int, str]]) -> int:
        """Keeps them then."""
        await self.may.wait()
        self.kept += updates
        return len(updates)

    async def listen(self) -> None:
        """Not asked here."""

    def news(self, shard: int) -> asyncio.Event:
        """Not asked here."""
        raise NotImplementedError

    async def waiting(
        self, shard: int, *, after: int, known: Collection[int], ends: Mapping[int, int], limit: int
    ) -> Sequence[Any]:
        """Not asked here."""
        raise NotImplementedError

    async def conversations(self, shard: int, accounts: Collection[int]) -> Mapping[int, str]:
        """Not asked here."""
        raise NotImplementedError

    async def language(self, account: int) -> str | None:
        """Not asked here."""
        raise NotImplementedError

    async def finish(self, shard: int, finished: Sequence[Mapping[str, Any]]) -> set[int]:
        """Not asked here."""
        raise NotImplementedError

    async def failed(self, shard: int, update_id: int, failure: str) -> int:
        """Not asked here."""
        raise NotImplementedError

    async def said(self, shard: int, updates: Collection[int]) -> None:
        """Not asked here."""


@dataclass
class Listener:
    """Hears answers."""

    answered: asyncio.Event = field(default_factory=asyncio.Event)
    urgencies: list[Urgency] = field(default_factory=list)

    async def say(self, method: TelegramMethod[Any], *, urgency: Urgency = Urgency.MESSAGE) -> Said:
        """Hears it."""
        assert isinstance(method, AnswerPreCheckoutQuery)
        self.urgencies.append(urgency)
        self.answered.set()
        return Said()


async def yes(query: PreCheckoutQuery) -> AnswerPreCheckoutQuery:
    """Everybody may pay."""
    return AnswerPreCheckoutQuery(pre_checkout_query_id=query.id, ok=True)


async def test_a_payer_is_answered_while_the_inbox_is_busy_and_the_question_is_not_kept() -> None:
    inbox, listener = SlowInbox(), Listener()
    intake = Intake(inbox, listener, yes)
    message = {"update_id": 2, "message": {"message_id": 1, "date": 1, "chat": CHAT, "from": PERSON, "text": "hi"}}
    taking = asyncio.create_task(intake.take([message, QUESTION]))
    async with asyncio.timeout(10):
        await listener.answered.wait()
    assert not taking.done()
    inbox.may.set()
    await taking
    await intake.close()
    assert [update_id for update_id, _, _ in inbox.kept] == [2]
    assert listener.urgencies == [Urgency.ANSWER]


async def test_a_question_that_cannot_be_answered_harms_no_update() -> None:
    async def broken(query: PreCheckoutQuery) -> AnswerPreCheckoutQuery:
        raise ZeroDivisionError

    inbox = SlowInbox()
    inbox.may.set()
    intake = Intake(inbox, Listener(), broken)
    message = {"update_id": 2, "message": {"message_id": 1, "date": 1, "chat": CHAT, "from": PERSON, "text": "hi"}}
    await intake.take([QUESTION, {"update_id": 4, "pre_checkout_query": {"from": PERSON}}, message])
    await intake.close()
    assert [update_id for update_id, _, _ in inbox.kept] == [2]
