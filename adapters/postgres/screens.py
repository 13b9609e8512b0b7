"""What the bot's screens look at: balances, statements, the queue. All of it views, which may lag behind the log."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from time import monotonic
from typing import Final

from adapters.postgres.connections import PatientPool
from domain.shown import Balance, Line, Wait
from domain.streams import account as account_stream
from domain.streams import shard_of

PACE_KNOWN_FOR_S: Final = 5.0

BALANCES: Final = """
    SELECT b.account, b.available, b.reserved, b.spent, b.debt
    FROM unnest($1::integer[], $2::bigint[]) AS wanted (shard, account)
    JOIN balances AS b ON b.shard = wanted.shard AND b.account = wanted.account
"""
LINES: Final = """
    SELECT version, recorded_at, type, amount, subject, reason, available, reserved, debt FROM statement
    WHERE shard = $1 AND account = $2 AND ($3::bigint IS NULL OR version < $3)
    ORDER BY version DESC LIMIT $4
"""
PLACE: Final = """
    SELECT 1 + (SELECT count(*) FROM jobs WHERE state = 'queued' AND queued_at < mine.since)
    FROM (
        SELECT min(queued_at) AS since FROM jobs
        WHERE shard = $1 AND account = $2 AND ordered_as = $3 AND state = 'queued'
    ) AS mine
    WHERE mine.since IS NOT NULL
"""
PACE: Final = """
    SELECT count(*) AS delivered,
           extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY ended_at - queued_at))::double precision
               AS usual_s
    FROM (
        SELECT ended_at, queued_at FROM jobs
        WHERE state = 'delivered' AND ended_at > now() - interval '15 minutes'
        ORDER BY ended_at DESC LIMIT 200
    ) AS lately
"""
LATELY_S: Final = 15 * 60


class PostgresScreens:
    """Reads the views for people."""

    def __init__(self, pool: PatientPool, *, shards: int) -> None:
        self._pool = pool
        self._shards = shards
        self._pace: tuple[int, float | None] = (0, None)
        self._pace_at = -PACE_KNOWN_FOR_S

    async def balances(self, accounts: Collection[int]) -> Mapping[int, Balance]:
        """The balances of those of the accounts that are open, as far as the view knows."""
        shards = [self._shard(account) for account in accounts]
        rows = await self._pool.fetch(BALANCES, shards, list(accounts))
        return {account: Balance(*amounts) for account, *amounts in rows}

    async def lines(self, account: int, *, below: int | None, limit: int) -> Sequence[Line]:
        """The statement's latest lines, newest first; of those below that version, if one is given."""
        return [Line(*row) for row in await self._pool.fetch(LINES, self._shard(account), account, below, limit)]

    async def wait(self, account: int, order: str) -> Wait | None:
        """The wait of the order's first video that is queued; None when none is.

        Seconds come from what was delivered in the last quarter of an hour: the usual time from order to video, or
        what the line ahead takes at that rate, if that is longer.
        """
        place = await self._pool.fetchval(PLACE, self._shard(account), account, order)
        if place is None:
            return None
        delivered, usual_s = await self._pace_now()
        if usual_s is None:
            return Wait(place, None)
        return Wait(place, round(max(usual_s, place * LATELY_S / delivered)))

    async def _pace_now(self) -> tuple[int, float | None]:
        if monotonic() - self._pace_at >= PACE_KNOWN_FOR_S:
            row = await self._pool.fetchrow(PACE)
            assert row is not None, "an aggregate has a row"
            self._pace, self._pace_at = (row["delivered"], row["usual_s"]), monotonic()
        return self._pace

    def _shard(self, account: int) -> int:
        return shard_of(account_stream(account), self._shards)
