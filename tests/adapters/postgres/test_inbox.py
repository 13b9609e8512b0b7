"""The inbox: kept once, handled once, emptied when done, in the order of arrival."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from adapters.postgres.event_store import PostgresEventStore
from adapters.postgres.inbox import PostgresInbox, UpdateSweep
from adapters.postgres.signals import Signals
from tests.conftest import Database

BOT = 7
ACCOUNT = 42


@pytest.fixture
async def inbox(store: PostgresEventStore, database: Database) -> AsyncIterator[PostgresInbox]:
    """The test's inbox."""
    signals = Signals(database.url, shards=database.shards, channel="neurocards_inbox")
    yield PostgresInbox(store.pool, signals, bot=BOT, shards=database.shards)
    await signals.close()


def came_of(
    update_id: int, *, replies: str | None = None, conversation: str = '{"state":"photo"}'
) -> dict[str, object]:
    """What came of an update."""
    return {
        "update_id": update_id,
        "account": ACCOUNT,
        "language": "ru",
        "conversation": conversation,
        "replies": replies,
        "failure": None,
    }


async def test_an_update_that_comes_again_is_kept_once_even_when_done(inbox: PostgresInbox) -> None:
    shard = inbox.shard(ACCOUNT)
    assert await inbox.keep([(5, ACCOUNT, "{}"), (5, ACCOUNT, "{}"), (3, ACCOUNT, "{}")]) == 2
    assert await inbox.finish(shard, [came_of(5)]) == {5}
    assert await inbox.keep([(5, ACCOUNT, "{}")]) == 0
    assert [kept.update_id for kept in await inbox.waiting(shard, after=0, known=(), ends={}, limit=9)] == [3]


async def test_updates_wait_in_the_order_of_arrival_and_not_of_their_ids(inbox: PostgresInbox) -> None:
    for update_id in (900, 7, 8):
        await inbox.keep([(update_id, ACCOUNT, "{}")])
    shard = inbox.shard(ACCOUNT)
    first, *others = await inbox.waiting(shard, after=0, known=(), ends={}, limit=9)
    assert [first.update_id, *(kept.update_id for kept in others)] == [900, 7, 8]
    assert [kept.update_id for kept in await inbox.waiting(shard, after=first.place, known={7}, ends={}, limit=9)] == [
        8
    ]


async def test_of_somebody_whose_line_is_cut_only_what_is_before_its_end_is_read(inbox: PostgresInbox) -> None:
    shard = inbox.shard(ACCOUNT)
    other = next(account for account in range(ACCOUNT + 1, 10_000) if inbox.shard(account) == shard)
    await inbox.keep([(1, ACCOUNT, "{}"), (2, ACCOUNT, "{}"), (3, ACCOUNT, "{}"), (4, other, "{}")])
    first = (await inbox.waiting(shard, after=0, known=(), ends={}, limit=1))[0]
    found = await inbox.waiting(shard, after=0, known=(), ends={ACCOUNT: first.place, ACCOUNT - 1: 0}, limit=2)
    assert [kept.update_id for kept in found] == [1, 4]


async def test_the_second_who_finishes_an_update_changes_nothing(inbox: PostgresInbox) -> None:
    shard = inbox.shard(ACCOUNT)
    await inbox.keep([(1, ACCOUNT, "{}"), (2, ACCOUNT, "{}")])
    assert await inbox.finish(shard, [came_of(1, replies="[1]")]) == {1}
    assert await inbox.finish(shard, [came_of(1, conversation="{}"), came_of(2, conversation='{"state":"x"}')]) == {2}
    assert await inbox.conversations(shard, [ACCOUNT, 43]) == {ACCOUNT: '{"state":"x"}'}
    assert await inbox.finish(shard, [came_of(1, conversation="{}")]) == set()
    assert await inbox.conversations(shard, [ACCOUNT]) == {ACCOUNT: '{"state":"x"}'}
    assert await inbox.language(ACCOUNT) == "ru"


async def test_replies_wait_until_they_are_said_and_are_emptied_then(
    inbox: PostgresInbox, store: PostgresEventStore
) -> None:
    shard = inbox.shard(ACCOUNT)
    await inbox.keep([(1, ACCOUNT, '{"text":"secret"}')])
    await inbox.finish(shard, [came_of(1, replies='["hello"]')])
    (kept,) = await inbox.waiting(shard, after=0, known=(), ends={}, limit=9)
    assert (kept.content, kept.replies) == (None, '["hello"]')
    await inbox.said(shard, [1])
    assert await inbox.waiting(shard, after=0, known=(), ends={}, limit=9) == []
    row = await store.pool.fetchrow("SELECT content, replies, done_at FROM inbox")
    assert row is not None
    assert (row["content"], row["replies"]) == (None, None)


async def test_attempts_that_failed_are_counted_until_the_update_is_handled(inbox: PostgresInbox) -> None:
    shard = inbox.shard(ACCOUNT)
    await inbox.keep([(1, ACCOUNT, "{}")])
    assert [await inbox.failed(shard, 1, "ValueError"), await inbox.failed(shard, 1, "KeyError")] == [1, 2]
    await inbox.finish(shard, [came_of(1)])
    assert await inbox.failed(shard, 1, "KeyError") == 0


async def test_an_update_that_was_read_by_another_process_wakes_this_one(
    inbox: PostgresInbox, store: PostgresEventStore, database: Database
) -> None:
    await inbox.listen()
    others = Signals(database.url, shards=database.shards, channel="neurocards_inbox")
    news = inbox.news(inbox.shard(ACCOUNT))
    await PostgresInbox(store.pool, others, bot=BOT, shards=database.shards).keep([(1, ACCOUNT, "{}")])
    await news.wait()
    await others.close()


async def test_what_is_done_is_swept_and_what_waits_is_not(inbox: PostgresInbox, store: PostgresEventStore) -> None:
    sweep = UpdateSweep(store.pool, shards=store.shards).sweep
    shard = inbox.shard(ACCOUNT)
    await inbox.keep([(1, ACCOUNT, "{}"), (2, ACCOUNT, "{}"), (3, ACCOUNT, "{}")])
    await inbox.finish(shard, [came_of(1)])
    await inbox.finish(shard, [came_of(2, replies="[]")])
    assert await sweep(datetime.now(UTC) - timedelta(minutes=1)) == 0
    assert await sweep(datetime.now(UTC) + timedelta(minutes=1)) == 1
    assert [kept.update_id for kept in await inbox.waiting(shard, after=0, known=(), ends={}, limit=9)] == [2, 3]


async def test_the_table_refuses_an_update_that_is_done_and_not_empty(store: PostgresEventStore) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match="an_update_waits_with_its_content"):
        await store.pool.execute("INSERT INTO inbox (shard, bot, update_id, account) VALUES (0, 7, 1, 42)")
    with pytest.raises(asyncpg.CheckViolationError, match="nothing_is_said_before_it_is_handled"):
        await store.pool.execute(
            "INSERT INTO inbox (shard, bot, update_id, account, content, replies) VALUES (0, 7, 1, 42, '{}', '[]')"
        )
