"""The main job at a Bot API server that nobody here wrote, by polling and by webhook.

It models no payments: its answer to everything about Stars is 501, which the bot must live with.
"""

from __future__ import annotations

import random
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from tests.bot.foreign import TOKEN, UNKNOWN_TO_IT, Correspondent, ForeignTelegram, foreign_telegram
from tests.bot.town import Resident, Town, text_of, town_at_work
from tests.conftest import Database

ANNA: Final = 1001
SECRET_HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"


@pytest.fixture
async def telegram(tmp_path: Path) -> AsyncIterator[ForeignTelegram]:
    """The foreign server."""
    async with foreign_telegram(tmp_path) as emulator:
        yield emulator


def there(telegram: ForeignTelegram, **more: Any) -> dict[str, Any]:
    """The settings by which the program talks to people there."""
    return {"bot_token": TOKEN, "telegram_api_base": telegram.url, **more}


def free_port() -> int:
    """A port of this machine that nobody listens at, and that the system gives to no outgoing connection."""
    while True:
        port = random.SystemRandom().randrange(20_000, 30_000)
        with socket.socket() as free, suppress(OSError):
            free.bind(("127.0.0.1", port))
            return port


async def the_main_job_is_done(town: Town, anna: Correspondent) -> None:
    """From Start to a video, its card, its price, and books that are right."""
    await anna.says("/start")
    await anna.reads("Дарим вам 1 кредит")
    card = await anna.orders()
    video = await anna.sees(lambda message: "video" in message)
    assert "Кофе в зёрнах" in text_of(video)
    done = await anna.reads("Заказ завершён")
    assert done["message_id"] == card
    assert done["edits"] >= 2
    assert (await town.settled(Resident(anna.id, town.telegram))).available == 0
    asked = await anna.says("/balance")
    assert "0 кредитов" in text_of(await anna.reads("Доступно", after=asked))
    (sent,) = anna.telegram.asked("sendVideo")
    assert sent.fields["supports_streaming"] == "true"
    assert (sent.fields["width"], sent.fields["height"]) == ("480", "854")
    assert max(sent.files.values()) > 10_000
    await town.verified()
    assert not town.telegram.calls, "our own sandbox has no part in this"


async def assert_only_telegram_is_heard_and_once(anna: Correspondent, hook: str, secret: str) -> None:
    """A wrong secret is refused, and an update that is brought three times is answered once."""
    last = anna.heard[-1]["message_id"]
    async with httpx.AsyncClient() as somebody:

        async def brings(update: int, text: str, header: dict[str, str]) -> int:
            told = {"update_id": update, "message": anna.message(text)}
            return (await somebody.post(hook, json=told, headers=header)).status_code

        for header in ({}, {SECRET_HEADER: ""}, {SECRET_HEADER: "wrong"}, {SECRET_HEADER: secret[:-1]}):
            assert await brings(500_001, "/terms", header) == 401
        for _ in range(3):
            assert await brings(500_002, "/balance", {SECRET_HEADER: secret}) == 200
        assert await brings(500_003, "/help", {SECRET_HEADER: secret}) == 200
    await anna.reads("Как это работает", after=last)
    said = [text_of(message) for message in anna.heard if message["message_id"] > last]
    assert sum("Доступно" in text for text in said) == 1
    assert len(said) == 2


async def test_by_polling(telegram: ForeignTelegram, database: Database, tmp_path: Path) -> None:
    async with town_at_work(database, tmp_path, settings=there(telegram)) as town:
        await the_main_job_is_done(town, Correspondent(ANNA, telegram))
    telegram.approved("getUpdates", "sendVideo", "editMessageText", "answerCallbackQuery", "setMyCommands")
    assert telegram.asked("setWebhook") == []
    assert telegram.overlooked == {(method, name) for method, names in UNKNOWN_TO_IT.items() for name in names}


async def test_by_webhook(telegram: ForeignTelegram, database: Database, tmp_path: Path) -> None:
    port = free_port()
    public_url = f"http://127.0.0.1:{port}"
    ours = there(telegram, telegram_updates="webhook", http_port=port, public_url=public_url)
    async with town_at_work(database, tmp_path, settings=ours) as town:
        anna = Correspondent(ANNA, telegram)
        await the_main_job_is_done(town, anna)
        (told,) = telegram.asked("setWebhook")
        await assert_only_telegram_is_heard_and_once(anna, told.fields["url"], told.fields["secret_token"])
    telegram.approved("webhook", "sendVideo", "editMessageText", "answerCallbackQuery", "setMyCommands")
    assert telegram.asked("getUpdates") == []
