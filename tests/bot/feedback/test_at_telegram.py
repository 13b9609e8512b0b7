"""The feedback through the real messenger to a whole Telegram on this machine: what lies in the chat in the end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiogram.methods import SendMessage

from adapters.postgres.orders import PostgresOrders
from adapters.sandbox.telegram_faults import Fault
from adapters.sandbox.telegram_sandbox import TelegramSandbox, TelegramSandboxSettings
from app.serving import serving
from bot.buttons import Again, Go, Place, Rework
from bot.feedback.card import card
from bot.texts import Language
from domain.outside import Said
from tests.adapters.telegram.bot_api import Talk, speaking
from tests.bot.feedback.chat import ME, all_told, feedback_at_work, order
from tests.bot.feedback.lives import read
from tests.conftest import Database
from tests.processors.scene import Scene


@asynccontextmanager
async def telegram(*faults: Fault) -> AsyncIterator[tuple[TelegramSandbox, Talk]]:
    """A person who has started the bot."""
    sandbox = TelegramSandbox(TelegramSandboxSettings(first_user_id=ME))
    sandbox.people.add("Анна")
    sandbox.text(ME, "/start")
    async with serving(sandbox.app) as url, speaking(url, token=sandbox.token) as talk:
        said = await talk.messenger.say(SendMessage(chat_id=ME, text="a card"))
        assert isinstance(said, Said)
        sandbox.faults.add(*faults)
        yield sandbox, talk


def taps(message: dict[str, Any]) -> list[str]:
    """What the message's buttons say when they are tapped."""
    return [button["callback_data"] for row in message["reply_markup"]["inline_keyboard"] for button in row]


async def failed_order(scene: Scene, database: Database, sandbox: TelegramSandbox, talk: Talk) -> list[dict[str, Any]]:
    """Orders a video from the card, which fails. Returns the bot's messages when all is told."""
    shown = [dict(message) for message in sandbox.messages(ME)][-1]
    async with feedback_at_work(scene, database, talk.messenger):
        (job,) = await order(scene, ME, shown["message_id"], bot=talk.bot.id)
        await scene.fail(ME, job)
        await all_told(scene)
        name = job.rpartition(".")[0]
        wanted = card(Language.RU, name, await PostgresOrders(scene.store).standing(ME, name), None)
    messages = [dict(message) for message in sandbox.messages(ME)]
    place = next(index for index, message in enumerate(messages) if message["message_id"] == shown["message_id"])
    assert messages[place]["text"] == read(wanted.text)
    assert taps(messages[place]) == [Again(order=name).pack(), Rework(order=name).pack(), Go(place=Place.MENU).pack()]
    return messages[place:]


async def test_the_card_becomes_the_status_and_the_end_is_a_message(scene: Scene, database: Database) -> None:
    async with telegram() as (sandbox, talk):
        _, end = await failed_order(scene, database, sandbox, talk)
        assert end["text"].startswith("❌ Видео не получилось")
        assert end["entities"][0]["type"] == "bold"
        assert Go(place=Place.SUPPORT).pack() in taps(end)


FAULTS: dict[str, Any] = {
    "cut off before": {"drop": "before"},
    "cut off after": {"drop": "after"},
    "502 as HTML": {"garbage": "html", "status": 502},
    "500": {"status": 500},
    "flood": {"retry_after": 1},
}


@pytest.mark.parametrize("method", ["editMessageText", "sendMessage"])
@pytest.mark.parametrize("fault", FAULTS)
async def test_whatever_one_call_meets_the_chat_ends_true(
    scene: Scene, database: Database, method: str, fault: str
) -> None:
    async with telegram(Fault(method=method, times=1, **FAULTS[fault])) as (sandbox, talk):
        ends = (await failed_order(scene, database, sandbox, talk))[1:]
        assert 1 <= len(ends) <= 2
        assert {end["text"].splitlines()[0] for end in ends} == {"❌ Видео не получилось"}


async def test_who_blocked_the_bot_is_left_alone(scene: Scene, database: Database) -> None:
    async with telegram() as (sandbox, talk):
        before = len(sandbox.messages(ME))
        number = dict(sandbox.messages(ME)[-1])["message_id"]
        sandbox.block(ME)
        async with feedback_at_work(scene, database, talk.messenger):
            await scene.fail(ME, (await order(scene, ME, number, bot=talk.bot.id))[0])
            await all_told(scene)
        assert len(sandbox.messages(ME)) == before
