"""The moments at which credits end, each until it has come and was seen to. See `migrations/0009_expiries.sql`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from adapters.postgres.connections import PatientPool

# In order, so that two who note the same wait for each other in one direction only.
NOTE: Final = """
    INSERT INTO expiries AS e (shard, account, ends_at, noted)
    SELECT $1, account, ends_at, noted
    FROM unnest($2::bigint[], $3::timestamptz[], $4::bigint[]) AS new (account, ends_at, noted)
    ORDER BY ends_at, account
    ON CONFLICT (shard, ends_at, account) DO UPDATE SET noted = greatest(e.noted, EXCLUDED.noted)
"""
# By the database's clock too: it is what `recorded_at` will say of the credits' end.
DUE: Final = """
    SELECT account, ends_at, noted FROM expiries
    WHERE shard = $1 AND ends_at <= $2 AND ends_at <= clock_timestamp() ORDER BY ends_at, account LIMIT $3
"""
DONE: Final = "DELETE FROM expiries WHERE shard = $1 AND account = $2 AND ends_at = $3 AND noted = $4"


class PostgresExpiries:
    """The to-do lists of all shards. A row is an account, a moment, and where the last event is that named it."""

    def __init__(self, pool: PatientPool) -> None:
        self._pool = pool

    async def note(self, shard: int, ends: Sequence[tuple[int, datetime, int]]) -> None:
        """Puts rows on the list, no account and moment twice. One that is there keeps the later position."""
        if ends:
            accounts, moments, positions = ([end[column] for end in ends] for column in range(3))
            await self._pool.execute(NOTE, shard, accounts, moments, positions)

    async def due(self, shard: int, *, at: datetime, limit: int) -> list[tuple[int, datetime, int]]:
        """The first rows whose moment has come, by this clock and by the database's."""
        return [tuple(row) for row in await self._pool.fetch(DUE, shard, at, limit)]

    async def done(self, shard: int, end: tuple[int, datetime, int]) -> None:
        """Takes the row off the list, unless another event has named it since it was read."""
        await self._pool.execute(DONE, shard, *end)
