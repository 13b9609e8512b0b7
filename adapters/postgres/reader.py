"""Reading the log: a stream by version, a shard by position, always a page at a time.

No read holds a snapshot longer than one page: an old snapshot would keep dead versions of the hot `heads` row alive.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Final

import asyncpg

from adapters.codec import EventSchemaError, KeyOf, decode
from adapters.postgres.connections import PatientPool
from domain.log import NO_CAUSE, Cause, Recorded

PAGE: Final = 1_000

COLUMNS: Final = """
    SELECT shard, position, stream, version, type, event_id, data, recorded_at, command_id, update_id, cause_id
    FROM events
"""
STREAM_PAGE: Final = COLUMNS + "WHERE shard = $1 AND stream = $2 AND version > $3 ORDER BY version LIMIT $4"
SHARD_PAGE: Final = COLUMNS + "WHERE shard = $1 AND position > $2 AND position <= $3 ORDER BY position LIMIT $4"
SHARD_PAGE_OF_TYPES: Final = (
    COLUMNS + "WHERE shard = $1 AND position > $2 AND position <= $3 AND type = ANY ($5) ORDER BY position LIMIT $4"
)
HEAD: Final = "SELECT head FROM heads WHERE shard = $1"
HEADS: Final = "SELECT shard, head FROM heads ORDER BY shard"


def recorded(row: asyncpg.Record, key_of: KeyOf) -> Recorded:
    """The event of a row that holds all columns. Raises EventSchemaError."""
    shard, position, stream, version, name, event_id, data, recorded_at, command_id, update_id, cause_id = row
    return Recorded(
        shard=shard,
        position=position,
        stream=stream,
        version=version,
        type=name,
        event=decode(name, data, stream=stream, version=version, key_of=key_of),
        event_id=event_id,
        recorded_at=recorded_at,
        cause=NO_CAUSE
        if command_id is None and update_id is None and cause_id is None
        else Cause(command_id, update_id, cause_id),
    )


def readable(rows: Sequence[asyncpg.Record], key_of: KeyOf) -> tuple[list[Recorded], EventSchemaError | None]:
    """The events of the rows up to the first that this program cannot read, and what is wrong with that one."""
    page: list[Recorded] = []
    try:
        for row in rows:
            page.append(recorded(row, key_of))  # noqa: PERF401 - what came before a failure is wanted
    except EventSchemaError as error:
        return page, error
    return page, None


class Reader:
    """Pages of the log, as rows. Decoding is the caller's, who knows which keys are needed."""

    def __init__(self, pool: PatientPool) -> None:
        self._pool = pool

    async def stream_page(self, shard: int, stream: str, *, after: int, limit: int = PAGE) -> Sequence[asyncpg.Record]:
        """The stream's events from version `after` + 1 on, in order."""
        rows: Sequence[asyncpg.Record] = await self._pool.fetch(STREAM_PAGE, shard, stream, after, limit)
        return rows

    async def stream_rows(self, shard: int, stream: str, *, after: int = 0) -> AsyncIterator[asyncpg.Record]:
        """All the stream's events from version `after` + 1 on, in order, a page at a time."""
        while rows := await self.stream_page(shard, stream, after=after):
            for row in rows:
                yield row
            after = rows[-1]["version"]
            if len(rows) < PAGE:
                return

    async def shard_page(
        self, shard: int, *, after: int, upto: int | None = None, types: Sequence[str] = (), limit: int = PAGE
    ) -> Sequence[asyncpg.Record]:
        """The shard's events at positions above `after`, up to and with `upto`, in order."""
        last = 2**63 - 1 if upto is None else upto
        if types:
            rows = await self._pool.fetch(SHARD_PAGE_OF_TYPES, shard, after, last, limit, list(types))
        else:
            rows = await self._pool.fetch(SHARD_PAGE, shard, after, last, limit)
        return list(rows)

    async def head(self, shard: int) -> int:
        """The shard's last position, 0 when it is empty."""
        return int(await self._pool.fetchval(HEAD, shard))

    async def heads(self) -> dict[int, int]:
        """Every shard's last position."""
        return {row["shard"]: row["head"] for row in await self._pool.fetch(HEADS)}
