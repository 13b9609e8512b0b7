"""The screens of a shard: order, once in effect, faults that harm nobody else, and what a crash leaves."""

from __future__ import annotations

import asyncio
from pathlib import Path

from structlog.testing import capture_logs

from adapters.postgres.event_store import PostgresEventStore
from domain.outside import WhyNot
from tests.bot.chat import chat_on
from tests.conftest import Database

ACCOUNTS = range(1, 9)
"""On eight shards; the tests run the screens of every shard."""


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
        waiting = await chat.inbox.waiting(chat.inbox.shard(1), after=0, known=(), ends={}, limit=9)
        assert [kept.attempts for kept in waiting] == [0]


async def test_a_video_that_is_not_there_is_said_to_be_gone(
    store: PostgresEventStore, database: Database, tmp_path: Path
) -> None:
    async with chat_on(store, database, tmp_path) as chat, chat.screens():
        await chat.says(1, "video")
        await chat.listener.until(lambda: bool(chat.listener.said))
        assert "Не получилось отправить" in chat.listener.said[0][1]
