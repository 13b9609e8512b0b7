"""Somebody who says more than can be answered: others do not wait for it, nothing is lost, and the order stays."""

from __future__ import annotations

from pathlib import Path

import asyncpg
import pytest

from adapters.postgres.event_store import PostgresEventStore
from adapters.postgres.inbox import KEEP
from bot.screens import AT_HAND_MAX, LINE_MAX, PAGE
from tests.bot.chat import Chat, chat_on
from tests.bot.scene import BOT_ID
from tests.conftest import Database

BUSY, OTHER = 1, 2


@pytest.fixture
def shards() -> int:
    """Everybody is on the same one."""
    return 1


async def test_whoever_has_thousands_of_updates_waiting_holds_up_nobody_and_loses_none(
    store: PostgresEventStore, database: Database, tmp_path: Path
) -> None:
    count = AT_HAND_MAX + 2 * PAGE
    async with chat_on(store, database, tmp_path) as chat, chat.screens():
        answers = chat.listener.hold(BUSY)
        await chat.says_at_once(BUSY, "first", *(f"hush {number}" for number in range(count)))
        await chat.says(OTHER, "hello")
        await chat.listener.until(lambda: (OTHER, "hello") in chat.listener.said)
        assert chat.seen == ["first", "hello"]
        answers.set()
        for number in range(count, count + 5 * LINE_MAX):  # while the line is full, and while it has room
            await chat.says(BUSY, f"hush {number}")
        await chat.says(BUSY, "last")
        await chat.listener.until(lambda: (BUSY, "last") in chat.listener.said)
        hushed = [text for text in chat.seen if text.startswith("hush")]
        assert hushed == [f"hush {number}" for number in range(count + 5 * LINE_MAX)]


@pytest.mark.parametrize("behind", [2, LINE_MAX - 1, LINE_MAX, 3 * LINE_MAX])
async def test_an_update_that_was_kept_late_has_its_place_in_the_line(
    store: PostgresEventStore, database: Database, tmp_path: Path, behind: int
) -> None:
    async with chat_on(store, database, tmp_path) as chat, chat.screens():
        answers = chat.listener.hold(BUSY)
        await chat.says(BUSY, "first")
        await chat.listener.until(lambda: chat.seen == ["first"])
        connection = await asyncpg.connect(database.url)
        async with connection.transaction():
            await keeps(connection, chat, BUSY, "hush, late")
            await keeps(connection, chat, OTHER, "late too")
            await chat.says_at_once(BUSY, *(f"hush {number}" for number in range(behind)), "last")
            await chat.says(OTHER, "hello")
            await chat.listener.until(lambda: (OTHER, "hello") in chat.listener.said)
        await chat.listener.until(lambda: (OTHER, "late too") in chat.listener.said)
        answers.set()
        await chat.listener.until(lambda: (BUSY, "last") in chat.listener.said)
        assert [text for text in chat.seen if text not in {"hello", "late too"}] == [
            "first",
            "hush, late",
            *(f"hush {number}" for number in range(behind)),
            "last",
        ]
        await connection.close()


async def keeps(connection: asyncpg.Connection, chat: Chat, account: int, text: str) -> None:
    """An update arrives, and is there once the connection commits."""
    update = chat.scene.update(account, text)
    content = update.model_dump_json(exclude_unset=True)
    await connection.execute(KEEP, BOT_ID, [chat.inbox.shard(account)], [update.update_id], [account], [content])
