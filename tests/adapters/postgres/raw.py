"""Bare rows for the log: appends that no rule has looked at, and what the log then holds.

The plain event here is `PhotoAccepted`: it has no fields, so that a test is about places and nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import count
from uuid import UUID, uuid4

import asyncpg
from orjson import Fragment

from adapters.codec import as_json
from adapters.postgres.batches import Row
from adapters.postgres.event_store import PostgresEventStore
from domain.log import Append, LogError, Placed
from domain.streams import owner_of, shard_of
from tests.conftest import Database

APPEND = "SELECT append_events($1, $2, $3, $4)"
OWNER = "account/42"
DEADLINE_S = 20.0


def row(
    stream: str, version: int, *, name: str = "PhotoAccepted", data: str = "{}", event_id: UUID | None = None
) -> Row:
    """One event as the append function takes it."""
    return (stream, version, name, str(event_id or uuid4()), Fragment(data), None, None, None)


def settlement(version: int, *, name: str, job: str = "j1", owner: str = OWNER) -> Row:
    """An event that settles the job's reservation, at any version."""
    data = f'{{"job": "{job}", "amount": 1, "draws": []}}'
    return row(owner, version, name=name, data=data)


def job(number: int, *, owner: str = OWNER) -> str:
    """The stream of one of the owner's jobs."""
    return f"{owner}/job/{number}"


def owners_in(shard: int, *, shards: int = 8) -> list[str]:
    """Forty owners whose streams lie in the shard."""
    named = (f"account/{number}" for number in count(1))
    found = (owner for owner in named if shard_of(owner, shards) == shard)
    return [next(found) for _ in range(40)]


async def answers(futures: Sequence[asyncio.Future[int]]) -> list[int | LogError]:
    """Each append's position or what it failed with."""
    given = await asyncio.gather(*futures, return_exceptions=True)
    for answer in given:
        if isinstance(answer, BaseException) and not isinstance(answer, LogError):
            raise answer
    return [answer for answer in given if isinstance(answer, int | LogError)]


async def tails_of(store: PostgresEventStore, *streams: str) -> list[Placed]:
    """All events of these streams, which have one owner."""
    pages = store.tails(owner_of(streams[0]), dict.fromkeys(streams, 0))
    return [Placed(*place) async for page in pages for place in page]


async def append(store: PostgresEventStore, append: Append) -> int:
    """The position of the append's first event."""
    answered: asyncio.Future[int | Exception] = asyncio.get_running_loop().create_future()
    store.append(append, answered.set_result)
    answer = await answered
    if isinstance(answer, Exception):
        raise answer
    return answer


async def log_of(database: Database, shard: int) -> list[tuple[int, str, int]]:
    """The shard's events in order: position, stream, version."""
    async with connected(database.superuser_url) as connection:
        rows = await connection.fetch(
            "SELECT position, stream, version FROM events WHERE shard = $1 ORDER BY position", shard
        )
    return [(found["position"], found["stream"], found["version"]) for found in rows]


async def position_of(database: Database, event_id: str) -> int | None:
    """Where the event lies in its shard, if it is in the log."""
    async with connected(database.superuser_url) as connection:
        found: int | None = await connection.fetchval("SELECT position FROM events WHERE event_id = $1", event_id)
    return found


async def append_directly(connection: asyncpg.Connection, shard: int, rows: Sequence[Row]) -> None:
    """One append as another program would make it: nobody in this process hears of it."""
    await connection.fetchrow(APPEND, shard, True, f'[["", null, null, {len(rows)}]]', as_json(rows).decode())


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection for a while."""
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def head_held(database: Database, shard: int) -> AsyncIterator[None]:
    """While this lasts nothing is appended to the shard: whoever tries waits."""
    async with connected(database.superuser_url) as connection, connection.transaction():
        await connection.fetch("SELECT head FROM heads WHERE shard = $1 FOR UPDATE", shard)
        yield


async def until(holds: Callable[[], Awaitable[bool]], *, deadline_s: float = DEADLINE_S) -> None:
    """Asks again and again until it holds. Raises TimeoutError."""
    async with asyncio.timeout(deadline_s):
        while not await holds():  # noqa: ASYNC110 - what another program does sets no event here
            await asyncio.sleep(0.005)


async def until_waiting_for_a_lock(superuser_url: str, *, how_many: int = 1) -> None:
    """Returns when so many of the database's connections wait for somebody else's lock."""
    async with connected(superuser_url) as connection:

        async def waiting() -> bool:
            found = await connection.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            return int(found) >= how_many

        await until(waiting)


async def until_sent(database: Database) -> None:
    """Returns when a batch waits in the database: what is appended now goes into the next one."""
    await until_waiting_for_a_lock(database.superuser_url)
