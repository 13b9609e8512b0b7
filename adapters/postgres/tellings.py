"""What people are still to be told of their orders, and what they were told. See `migrations/0007_feedback.sql`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson

from adapters.postgres import tracking
from adapters.postgres.connections import PatientPool
from adapters.postgres.sweeping import sweep

NAME: Final = "feedback"
PAGE: Final = 1_000

BEGIN: Final = """
    INSERT INTO tracking (shard, name, position) SELECT shard, $2, head FROM heads WHERE shard = $1
    ON CONFLICT DO NOTHING
"""
NOTE: Final = "SELECT note_tellings($1, $2, $3, $4::bigint[], $5::text[], $6::bigint[], $7::timestamptz[])"
OPEN: Final = """
    SELECT account, ordered_as FROM tellings WHERE shard = $1 AND done < news AND (account, ordered_as) > ($2, $3)
    ORDER BY account, ordered_as LIMIT $4
"""
ONE: Final = "SELECT news, news_at, told FROM tellings WHERE shard = $1 AND account = $2 AND ordered_as = $3"
TOLD: Final = """
    UPDATE tellings SET told = $5::jsonb, done = greatest(done, $6)
    WHERE shard = $1 AND account = $2 AND ordered_as = $3 AND told IN ($4::jsonb, $5::jsonb)
    RETURNING done
"""
SWEEP: Final = """
    DELETE FROM tellings WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM tellings WHERE shard = $1 AND news_at < $2 LIMIT 5000))
"""


class Telling(NamedTuple):
    """An order's row: the position of the last event that was noted, when that was recorded, and what was told."""

    news: int
    news_at: datetime
    told: Mapping[str, Any]


class PostgresTellings:
    """The to-do lists of all shards."""

    def __init__(self, pool: PatientPool, *, shards: int) -> None:
        self._pool = pool
        self._shards = shards

    async def position(self, shard: int) -> int:
        """How far the shard's log was read. The first time it is at the log's end: feedback starts at the present."""
        await self._pool.execute(BEGIN, shard, NAME)
        return await tracking.position(self._pool, shard, NAME)

    async def note(
        self, shard: int, *, after: int, upto: int, orders: Sequence[tuple[int, str, int, datetime]]
    ) -> bool:
        """Notes orders (account, id, position of the last event, when that was recorded), and that the log was read
        up to `upto`. False, nothing noted, unless it was read up to `after` before."""
        accounts, ids, positions, moments = ([order[column] for order in orders] for column in range(4))
        return bool(await self._pool.fetchval(NOTE, shard, after, upto, accounts, ids, positions, moments))

    async def open(self, shard: int) -> list[tuple[int, str]]:
        """Accounts and ids of the orders of which not all was told."""
        found: list[tuple[int, str]] = []
        last = (0, "")
        while page := await self._pool.fetch(OPEN, shard, *last, PAGE):
            found += [(account, order) for account, order in page]
            last = found[-1]
        return found

    async def of(self, shard: int, account: int, order: str) -> Telling | None:
        """The order's row, if it was noted."""
        row = await self._pool.fetchrow(ONE, shard, account, order)
        return None if row is None else Telling(row["news"], row["news_at"], orjson.loads(row["told"]))

    async def told(
        self,
        shard: int,
        account: int,
        order: str,
        *,
        before: Mapping[str, Any],
        now: Mapping[str, Any],
        done: int = 0,
    ) -> bool:
        """Keeps what was told, where `before` was kept; of what happened up to the position `done`, that is all.

        False, nothing kept, when something else is kept there: somebody else tells this order.
        """
        was, is_now = orjson.dumps(dict(before)).decode(), orjson.dumps(dict(now)).decode()
        return await self._pool.fetchval(TOLD, shard, account, order, was, is_now, done) is not None

    async def sweep(self, older_than: datetime) -> int:
        """Deletes what had its last news before that moment, in small transactions. Returns how many."""
        return await sweep(self._pool, SWEEP, older_than, shards=self._shards)
