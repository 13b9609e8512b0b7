"""What the messenger shows of the bot before anybody has written to it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.purse.commands import commands_in
from bot.texts import RUSSIAN_READERS, first_guess, plain
from tests.bot.town import PATIENCE_S, town_at_work
from tests.conftest import Database

OTHERS = ("en", "de", "tr", "es")


@pytest.fixture
def shards() -> int:
    """Few, for a quick start."""
    return 2


async def test_it_is_in_the_language_that_the_bot_speaks_to_somebody_new(database: Database, tmp_path: Path) -> None:
    async with (
        town_at_work(database, tmp_path) as town,
        httpx.AsyncClient(base_url=town.company.outside.chat_url or "") as messenger,
    ):
        for code in (*RUSSIAN_READERS, *OTHERS):
            expected = introduction(code)
            async with asyncio.timeout(PATIENCE_S):
                while await shown(messenger, code) != expected:  # noqa: ASYNC110 - the messenger tells nobody
                    await asyncio.sleep(0.01)


def introduction(code: str) -> tuple[str, list[dict[str, Any]]]:
    """The description and the commands for somebody whose messenger speaks that language."""
    language = first_guess(code)
    return plain(language, "bot-description"), [one.model_dump(exclude_unset=True) for one in commands_in(language)]


async def shown(messenger: httpx.AsyncClient, code: str) -> tuple[str, list[dict[str, Any]]]:
    """What the messenger shows to them."""
    bot = (await messenger.get("/api/bot", params={"language": code})).json()
    return bot["description"], bot["commands"]
