"""Signals wake each reader once: the writer's own process at the commit, the others by NOTIFY."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest
from structlog.testing import capture_logs

from adapters.postgres import connections
from adapters.postgres.event_store import PostgresEventStore
from adapters.postgres.signals import CHANNEL
from tests.adapters.postgres.faults import SEEN, run_as_superuser
from tests.adapters.postgres.raw import connected, owners_in, row
from tests.conftest import DATA_KEY, Database
from tests.proofs.line import line_to

SHARD = 3
OWNER = owners_in(SHARD)[0]
HEARD_WITHIN_S = 20.0


async def a_writers_own_notify_wakes_nobody_again(store: PostgresEventStore, database: Database) -> None:
    """Notifications arrive in the order of their commits: once a later one is heard, the writer's own was too."""
    await store.signals.listen()
    heard: asyncio.Queue[str] = asyncio.Queue()
    async with connected(database.url) as beside:
        await beside.add_listener(CHANNEL, lambda *said: heard.put_nowait(said[-1]))
        await store.append_rows(OWNER, [row(OWNER, 1)], None)
        again, later = store.signals.news(SHARD), store.signals.news(SHARD + 1)
        async with asyncio.timeout(HEARD_WITHIN_S):
            assert await heard.get() == str(SHARD)
            await run_as_superuser(database, "SELECT pg_notify($1, $2)", CHANNEL, str(SHARD + 1))
            await later.wait()
    assert not again.is_set()


async def test_a_writers_own_notify_wakes_nobody_again(store: PostgresEventStore, database: Database) -> None:
    await a_writers_own_notify_wakes_nobody_again(store, database)


async def test_a_notify_that_wakes_its_own_readers_is_seen(
    store: PostgresEventStore, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asyncpg.Connection, "get_server_pid", lambda _: 0)
    with pytest.raises(SEEN):
        await a_writers_own_notify_wakes_nobody_again(store, database)


async def test_who_listens_on_a_dead_line_is_woken(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that dies without a word is found dead by asking; on the new one everybody is woken once."""
    monkeypatch.setattr(connections, "LOOK_EVERY_S", 0.1)
    monkeypatch.setattr(connections, "ANSWER_WITHIN_S", 0.2)
    async with line_to(database.url) as (line, url), PostgresEventStore.opened(url, DATA_KEY) as store:
        await store.signals.listen()
        woken = store.signals.news(SHARD)
        line.hold()
        with capture_logs() as told:
            async with asyncio.timeout(HEARD_WITHIN_S):
                while not any(said["event"] == "listen failed" for said in told):  # noqa: ASYNC110 - a log line
                    await asyncio.sleep(0.01)
        line.mend()
        async with asyncio.timeout(HEARD_WITHIN_S):
            await woken.wait()
