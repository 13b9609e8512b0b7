"""Following a shard: nothing is missed when a NOTIFY is lost, a connection dies, or an event comes at a bad moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from adapters.codec import EventSchemaError, PersonalKey
from adapters.postgres import subscription
from adapters.postgres.connections import PatientPool
from adapters.postgres.event_store import PostgresEventStore
from adapters.postgres.reader import Reader
from adapters.postgres.signals import CHANNEL, Signals
from adapters.postgres.subscription import pages
from domain.log import Recorded
from tests.adapters.postgres.faults import SEEN, run_as_superuser
from tests.adapters.postgres.raw import append_directly, connected, owners_in, row, until
from tests.conftest import DATA_KEY, Database

SHARD = 3
OWNER = owners_in(SHARD)[0]
NEVER_S = 3600.0
FOUND_WITHIN_S = 15.0
NOT_FOUND_WITHIN_S = 1.5
"""How long a planted fault is looked at. Longer than the correct one ever needs here, and no harm if it is not."""


def no_key(_stream: str) -> PersonalKey | None:
    return None


@asynccontextmanager
async def following(
    reader: Reader, signals: Signals, *, after: int = 0, types: Sequence[str] = ()
) -> AsyncIterator[asyncio.Queue[tuple[list[Recorded], int]]]:
    """The pages, as they come."""
    came: asyncio.Queue[tuple[list[Recorded], int]] = asyncio.Queue()

    async def follow() -> None:
        async for page in pages(reader, signals, SHARD, after=after, key_of=no_key, types=types):
            came.put_nowait(page)

    task = asyncio.create_task(follow())
    try:
        yield came
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def versions(came: asyncio.Queue[tuple[list[Recorded], int]], *, within_s: float, how_many: int) -> list[int]:
    """The versions of the next so many events. Raises TimeoutError."""
    seen: list[int] = []
    async with asyncio.timeout(within_s):
        while len(seen) < how_many:
            page, _ = await came.get()
            seen += [recorded.version for recorded in page]
    return seen


async def append_unheard(database: Database, version: int) -> None:
    """Another program appends, and its NOTIFY is lost."""
    async with connected(database.url) as elsewhere:
        await append_directly(elsewhere, SHARD, [row(OWNER, version)])


async def append_and_notify(database: Database, version: int) -> None:
    """Another program appends and says so."""
    await append_unheard(database, version)
    await run_as_superuser(database, "SELECT pg_notify($1, $2)", CHANNEL, str(SHARD))


class ReadsBeforeOthersAppend(Reader):
    """Somebody else appends right after the first read, before its result arrives."""

    def __init__(self, pool: PatientPool, database: Database) -> None:
        super().__init__(pool)
        self._database: Database | None = database

    async def shard_page(self, shard: int, **wanted: Any) -> Sequence[asyncpg.Record]:
        rows = await super().shard_page(shard, **wanted)
        if self._database is not None:
            database, self._database = self._database, None
            await append_and_notify(database, 1)
        return rows


async def an_event_between_reading_and_waiting_is_heard_of(
    store: PostgresEventStore, database: Database, signals: Signals, *, within_s: float
) -> None:
    """Needs all of it: listen before reading, and take the news before reading. Looking now and then is off."""
    async with following(ReadsBeforeOthersAppend(store.pool, database), signals) as came:
        assert await versions(came, within_s=within_s, how_many=1) == [1]


class ListensTooLate(Signals):
    """Listens only when it is waited for, after reading, as some do."""

    async def listen(self) -> None:
        return


class TakesTheNewsTooLate(Signals):
    """Gives news that are not those from before the read."""

    def news(self, shard: int) -> asyncio.Event:
        del shard
        return asyncio.Event()


async def test_an_event_between_reading_and_waiting_is_heard_of(
    store: PostgresEventStore, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscription, "LOOK_EVERY_S", NEVER_S)
    await an_event_between_reading_and_waiting_is_heard_of(store, database, store.signals, within_s=FOUND_WITHIN_S)


@pytest.mark.parametrize("fault", [ListensTooLate, TakesTheNewsTooLate])
async def test_a_subscription_in_another_order_is_seen_to_miss(
    fault: type[Signals], store: PostgresEventStore, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscription, "LOOK_EVERY_S", NEVER_S)
    signals = fault(database.url, shards=8)
    with pytest.raises(SEEN):
        await an_event_between_reading_and_waiting_is_heard_of(store, database, signals, within_s=NOT_FOUND_WITHIN_S)
    await signals.close()


async def an_event_is_found_whose_notify_is_lost(
    store: PostgresEventStore, database: Database, *, within_s: float
) -> None:
    async with following(store.reader, store.signals) as came:
        await append_and_notify(database, 1)
        assert await versions(came, within_s=FOUND_WITHIN_S, how_many=1) == [1]
        await append_unheard(database, 2)
        assert await versions(came, within_s=within_s, how_many=1) == [2]


async def test_an_event_is_found_whose_notify_is_lost(store: PostgresEventStore, database: Database) -> None:
    await an_event_is_found_whose_notify_is_lost(store, database, within_s=FOUND_WITHIN_S)


async def test_a_subscription_that_never_looks_by_itself_is_seen_to_miss(
    store: PostgresEventStore, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscription, "LOOK_EVERY_S", NEVER_S)
    with pytest.raises(SEEN):
        await an_event_is_found_whose_notify_is_lost(store, database, within_s=NOT_FOUND_WITHIN_S)


async def kill_the_connection(database: Database, *, that_said: str) -> None:
    killed = """
        SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND query ILIKE $1 AND pid <> pg_backend_pid()
    """
    async with connected(database.superuser_url) as connection:

        async def was_there() -> bool:
            return bool(await connection.fetchval(killed, that_said))

        await until(was_there)


async def a_killed_listener_comes_back_and_misses_nothing(
    store: PostgresEventStore, database: Database, signals: Signals, *, within_s: float
) -> None:
    """Looking now and then is off: coming back has to wake the readers."""
    async with following(store.reader, signals) as came:
        await append_and_notify(database, 1)
        assert await versions(came, within_s=FOUND_WITHIN_S, how_many=1) == [1]
        await append_unheard(database, 2)
        await kill_the_connection(database, that_said="listen %")
        assert await versions(came, within_s=within_s, how_many=1) == [2]
        await append_and_notify(database, 3)
        assert await versions(came, within_s=within_s, how_many=1) == [3]


async def test_a_killed_listener_comes_back_and_misses_nothing(
    store: PostgresEventStore, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscription, "LOOK_EVERY_S", NEVER_S)
    await a_killed_listener_comes_back_and_misses_nothing(store, database, store.signals, within_s=FOUND_WITHIN_S)


class ListensOnce(Signals):
    """Does not come back."""

    async def _hear_on(self, connection: asyncpg.Connection) -> None:
        await super()._hear_on(connection)
        await asyncio.Event().wait()


async def test_a_listener_that_does_not_come_back_is_seen_to_miss(
    store: PostgresEventStore, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscription, "LOOK_EVERY_S", NEVER_S)
    signals = ListensOnce(database.url, shards=8)
    with pytest.raises(SEEN):
        await a_killed_listener_comes_back_and_misses_nothing(store, database, signals, within_s=NOT_FOUND_WITHIN_S)
    await signals.close()


async def events_of_other_types_move_the_position(
    store: PostgresEventStore, reader: Reader, *, within_s: float
) -> None:
    names = ["PhotoAccepted", "JobCancelled", "PhotoAccepted", "PhotoAccepted"]
    await store.append_rows(OWNER, [row(OWNER, version, name=name) for version, name in enumerate(names, 1)], None)
    async with following(reader, store.signals, types=["JobCancelled"]) as came:
        async with asyncio.timeout(within_s):
            page, reached = await came.get()
        assert ([recorded.version for recorded in page], reached) == ([2], 4)
        await store.append_rows(OWNER, [row(OWNER, 5)], None)
        async with asyncio.timeout(within_s):
            page, reached = await came.get()
        assert (page, reached) == ([], 5)


class KnowsOnlyWhatItRead(Reader):
    """Takes the last event of the wanted type for the end."""

    async def head(self, shard: int) -> int:
        return min(2, await super().head(shard))


async def test_events_of_other_types_move_the_position(store: PostgresEventStore) -> None:
    await events_of_other_types_move_the_position(store, store.reader, within_s=FOUND_WITHIN_S)


async def test_a_position_that_waits_for_its_types_is_seen(store: PostgresEventStore) -> None:
    reader = KnowsOnlyWhatItRead(store.pool)
    with pytest.raises(SEEN):
        await events_of_other_types_move_the_position(store, reader, within_s=NOT_FOUND_WITHIN_S)


@pytest.mark.parametrize("types", [(), ("PhotoAccepted",)])
async def test_pages_are_full_while_there_is_more(store: PostgresEventStore, types: Sequence[str]) -> None:
    await store.append_rows(OWNER, [row(OWNER, version) for version in range(1, 8)], None)
    seen = []
    async for page, reached in store.follow(SHARD, after=1, limit=3, types=types):
        seen.append(([recorded.position for recorded in page], reached))
        if reached == 7:
            break
    assert seen == [([2, 3, 4], 4), ([5, 6, 7], 7)]


async def test_an_unreadable_event_ends_the_subscription_after_those_before_it(store: PostgresEventStore) -> None:
    await store.append_rows(OWNER, [row(OWNER, 1), row(OWNER, 2, name="VideoDreamt"), row(OWNER, 3)], None)
    followed = store.follow(SHARD, after=0)
    page, reached = await anext(followed)
    assert ([recorded.version for recorded in page], reached) == ([1], 1)
    with pytest.raises(EventSchemaError, match=f"{OWNER} version 2.*VideoDreamt"):
        await anext(followed)


async def test_a_follower_that_is_cancelled_just_when_news_come_ends(store: PostgresEventStore) -> None:
    """In Python 3.11 `asyncio.wait_for` forgets a cancellation that comes together with what it waits for."""
    await store.append_rows(OWNER, [row(OWNER, 1)], None)
    for turns in range(40):
        async with following(store.reader, store.signals) as came:
            await versions(came, within_s=FOUND_WITHIN_S, how_many=1)
            for _ in range(turns):
                await asyncio.sleep(0)
            store.signals.appended(SHARD)


async def test_an_append_here_wakes_readers_elsewhere_also_after_its_connection_was_killed(
    store: PostgresEventStore, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscription, "LOOK_EVERY_S", NEVER_S)
    async with (
        PostgresEventStore.opened(database.url, DATA_KEY) as elsewhere,
        following(elsewhere.reader, elsewhere.signals) as came,
    ):
        await append_and_notify(database, 1)
        assert await versions(came, within_s=FOUND_WITHIN_S, how_many=1) == [1]
        await store.append_rows(OWNER, [row(OWNER, 2)], None)
        assert await versions(came, within_s=FOUND_WITHIN_S, how_many=1) == [2]
        await kill_the_connection(database, that_said="select pg_notify%")
        await store.append_rows(OWNER, [row(OWNER, 3)], None)
        assert await versions(came, within_s=FOUND_WITHIN_S, how_many=1) == [3]
