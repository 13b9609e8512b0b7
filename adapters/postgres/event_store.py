"""The log on PostgreSQL, as the deciding side sees it: tails of streams, appends, snapshots."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from operator import itemgetter
from os import urandom
from typing import Final, Self

import asyncpg
from orjson import JSONEncodeError

from adapters.codec import PersonalKey, decode, stored
from adapters.postgres.appender import RETRY_FOR_S, WAITING_MAX, Appender
from adapters.postgres.batches import Answer, Row
from adapters.postgres.connections import LastingConnections, PatientPool
from adapters.postgres.keys import PersonalKeys
from adapters.postgres.reader import PAGE, Reader, recorded
from adapters.postgres.signals import Signals
from adapters.postgres.subscription import pages
from domain.events import EVENT_NAMES
from domain.log import Append, AppendRejected, Place, Recorded
from domain.snapshots import Snapshot
from domain.streams import owner_of, shard_of

READING_CONNECTIONS: Final = 16
APPENDING_CONNECTIONS: Final = 8
TAIL_PAGE: Final = 2_000
PLACE: Final = itemgetter(0, 1)
ID_BYTES: Final = 16
ID_DIGITS: Final = 2 * ID_BYTES
IDS_AT_ONCE: Final = 256

TAILS: Final = """
    SELECT tail.stream, tail.version, tail.type, tail.data
    FROM unnest($2::text[], $3::bigint[]) AS wanted (stream, after)
    CROSS JOIN LATERAL (
        SELECT stream, version, type, data FROM events
        WHERE shard = $1 AND stream = wanted.stream AND version > wanted.after ORDER BY version LIMIT $4
    ) AS tail
"""
SETTLED_BY: Final = """
    SELECT type FROM events
    WHERE shard = $1 AND stream = $2 AND data ->> 'job' = $3 AND type IN ('CreditCaptured', 'CreditRefunded')
"""
SHARDS: Final = "SELECT count(*) FROM heads"
SELECT_SNAPSHOT: Final = "SELECT version, fold, state FROM snapshots WHERE shard = $1 AND stream = $2"
UPSERT_SNAPSHOT: Final = """
    INSERT INTO snapshots AS s (shard, stream, version, fold, state) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (shard, stream) DO UPDATE SET version = EXCLUDED.version, fold = EXCLUDED.fold, state = EXCLUDED.state
    WHERE s.fold <> EXCLUDED.fold OR s.version < EXCLUDED.version
"""


class PostgresEventStore:
    """Everything that is done with the log in one process. To be opened with `opened`."""

    def __init__(
        self, pool: PatientPool, appender: Appender, signals: Signals, keys: PersonalKeys, shards: int
    ) -> None:
        self.pool = pool
        self.reader = Reader(pool)
        self.signals = signals
        self.keys = keys
        self._appender = appender
        self.is_prepared = keys.has
        """Whether the owner's key is at hand, so that personal texts can be written and read."""
        self._event_ids: list[str] = []
        self._shards = shards

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, url: str, data_key: bytes, *, retry_for_s: float = RETRY_FOR_S, waiting_max: int = WAITING_MAX
    ) -> AsyncIterator[Self]:
        """The log of a migrated database, read and appended to with the rights of `url`'s role.

        An append is sent again for `retry_for_s` when the database does not answer; up to `waiting_max` wait.
        """
        async with PatientPool.opened(url, size=READING_CONNECTIONS) as pool:
            shards = int(await pool.fetchval(SHARDS))
            appending = LastingConnections(url, size=APPENDING_CONNECTIONS)
            signals = Signals(url, shards=shards)
            appender = Appender(appending, signals, shards=shards, retry_for_s=retry_for_s, waiting_max=waiting_max)
            store = cls(pool, appender, signals, PersonalKeys(pool, data_key, shards=shards), shards)
            try:
                yield store
            finally:
                await appender.close()
                await signals.close()
                await appending.close()

    @property
    def shards(self) -> int:
        """How many shards there are; fixed when the database was made."""
        return self._shards

    @property
    def is_full(self) -> bool:
        """Whether an append should wait for room first."""
        return self._appender.is_full

    async def room(self) -> None:
        """Returns when another append can be taken in."""
        await self._appender.room()

    async def prepare(self, owner: str) -> None:
        """Makes the owner's key ready; a forgotten owner gets a new one."""
        await self.keys.ensure(owner)

    async def tails(self, owner: str, after: Mapping[str, int]) -> AsyncGenerator[Iterator[Place]]:
        """The events of the owner's streams above the given versions, a page at a time, each page as of one moment.

        A page is read once: its events are made while it is. The next one is asked for meanwhile.
        """
        shard, after = shard_of(owner, self._shards), dict(after)
        rows = await self._rows_above(shard, after)
        while len(rows) >= TAIL_PAGE:
            after |= dict(map(PLACE, rows))
            following = asyncio.create_task(self._rows_above(shard, after))
            try:
                yield self._placed(rows)
                rows = await following
            finally:
                following.cancel()
        yield self._placed(rows)

    async def _rows_above(self, shard: int, after: Mapping[str, int]) -> list[asyncpg.Record]:
        return await self.pool.fetch(TAILS, shard, list(after), list(after.values()), TAIL_PAGE)

    def _placed(self, rows: Iterable[asyncpg.Record]) -> Iterator[Place]:
        key_of = self.keys.of_stream
        for stream, version, name, data in rows:
            yield stream, version, decode(name, data, stream=stream, version=version, key_of=key_of)

    def follow(
        self, shard: int, *, after: int, types: Sequence[str] = (), limit: int = PAGE
    ) -> AsyncGenerator[tuple[list[Recorded], int]]:
        """Pages of the shard's events above `after` and the position each reaches, for ever, in order.

        Personal texts read as forgotten: whoever follows a whole shard has no business with them.
        """
        return pages(self.reader, self.signals, shard, after=after, key_of=_no_key, types=types, limit=limit)

    async def settled_by(self, stream: str, job: str) -> str | None:
        """The type of the event that settled the job's reservation on this account's stream, if one did."""
        shard = shard_of(owner_of(stream), self._shards)
        found: str | None = await self.pool.fetchval(SETTLED_BY, shard, stream, job)
        return found

    async def page(self, shard: int, *, after: int, limit: int) -> list[Recorded]:
        """The shard's next events above `after`, at most `limit`, without personal texts. Raises EventSchemaError."""
        rows = await self.reader.shard_page(shard, after=after, limit=limit)
        return [recorded(row, _no_key) for row in rows]

    async def page_of(self, types: Sequence[str], shard: int, *, after: int) -> tuple[list[Recorded], int]:
        """The next events of these types above `after`, a page of them, and the position up to which there is no other;
        `after` at the end. Without personal texts. Raises EventSchemaError."""
        head = await self.reader.head(shard)
        rows = await self.reader.shard_page(shard, after=after, upto=head, types=types, limit=PAGE)
        return [recorded(row, _no_key) for row in rows], rows[-1]["position"] if len(rows) == PAGE else head

    def append(self, append: Append, answer: Answer) -> None:
        """Takes the append in. That it cannot be written may be answered at once."""
        owner, events, (command_id, update_id, cause_id), tracked = append
        key, caused_by = self.keys.of_owner(owner), None if cause_id is None else str(cause_id)
        ids = self._event_ids
        rows: list[Row] = []
        if len(ids) < len(events):
            ids += _event_ids(max(IDS_AT_ONCE, len(events)))
        try:
            for stream, version, event in events:
                name, data = EVENT_NAMES[type(event)], stored(event, stream=stream, version=version, key=key)
                rows.append((stream, version, name, ids.pop(), data, command_id, update_id, caused_by))
            self._appender.submit(shard_of(owner, self._shards), owner, rows, tracked, answer)
        except JSONEncodeError as error:
            msg = f"{owner}: {error}"
            rejected = AppendRejected(msg)
            rejected.__cause__ = error
            answer(rejected)

    def append_rows(self, owner: str, rows: list[Row], tracked: tuple[str, int] | None) -> asyncio.Future[int]:
        """As `append`, with events that are encoded already and a future for an answer."""
        answered: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._appender.submit(shard_of(owner, self._shards), owner, rows, tracked, partial(_resolve, answered))
        return answered

    async def snapshot(self, stream: str) -> Snapshot | None:
        """The latest snapshot of the stream, if there is one."""
        row = await self.pool.fetchrow(SELECT_SNAPSHOT, shard_of(owner_of(stream), self._shards), stream)
        return None if row is None else Snapshot(version=row["version"], fold=row["fold"], state=row["state"])

    async def keep_snapshot(self, stream: str, snapshot: Snapshot) -> None:
        """Keeps the snapshot unless a later one of the same fold is there."""
        shard = shard_of(owner_of(stream), self._shards)
        await self.pool.execute(UPSERT_SNAPSHOT, shard, stream, snapshot.version, snapshot.fold, snapshot.state)


def _event_ids(count: int) -> list[str]:
    """Random ids as hexadecimal text. Many are drawn at once, for each draw is a call of the system."""
    drawn = urandom(ID_BYTES * count).hex()
    return [drawn[first : first + ID_DIGITS] for first in range(0, len(drawn), ID_DIGITS)]


def _resolve(answered: asyncio.Future[int], answer: int | Exception) -> None:
    if answered.done():
        return
    if isinstance(answer, int):
        answered.set_result(answer)
    else:
        answered.set_exception(answer)


def _no_key(_stream: str) -> PersonalKey | None:
    return None
