"""What the bot's screens look at: balances, statements, the queue. All of it views, which may lag behind the log."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from time import monotonic
from typing import Final, NamedTuple

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
LATEST: Final = 100
LATELY: Final = timedelta(minutes=15)
KNOWN_FOR: Final = timedelta(days=1)
PACE: Final = """
    SELECT extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY ended_at - queued_at))::double precision,
           count(*) FILTER (WHERE ended_at > now() - $2::interval),
           extract(epoch FROM now() - min(ended_at))::double precision
    FROM (
        SELECT of_shard.queued_at, of_shard.ended_at FROM tracking AS t
        CROSS JOIN LATERAL (
            SELECT j.queued_at, j.ended_at FROM job_rows AS j
            WHERE j.shard = t.shard AND j.build = t.build AND j.state = 'delivered'
              AND j.ended_at > now() - $3::interval
            ORDER BY j.ended_at DESC LIMIT $1
        ) AS of_shard
        WHERE t.name = 'views'
        ORDER BY ended_at DESC LIMIT $1
    ) AS latest
"""


class _Pace(NamedTuple):
    """Of the latest deliveries: the median from order to video, how many were lately, since when they all were."""

    usual_s: float | None
    lately: int
    since_s: float | None

    @property
    def each_s(self) -> float | None:
        """After how many seconds the next video comes, on average."""
        if not self.lately or self.since_s is None:
            return None
        return (self.since_s if self.lately == LATEST else LATELY.total_seconds()) / self.lately


class PostgresScreens:
    """Reads the views for people."""

    def __init__(self, pool: PatientPool, *, shards: int) -> None:
        self._pool = pool
        self._shards = shards
        self._pace = _Pace(None, 0, None)
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

        Seconds are the usual time from order to video, or what the line ahead takes at the rate of the last quarter of
        an hour, if that is longer. Without a delivery in it only the first in line can be told.
        """
        place = await self._pool.fetchval(PLACE, self._shard(account), account, order)
        if place is None:
            return None
        pace = await self._pace_now()
        if pace.usual_s is None or (place > 1 and pace.each_s is None):
            return Wait(place, None)
        return Wait(place, round(max(pace.usual_s, place * (pace.each_s or 0))))

    async def usual_s(self) -> int | None:
        """The seconds from order to video, as they were lately; None when nothing was delivered for a day."""
        pace = await self._pace_now()
        return None if pace.usual_s is None else round(pace.usual_s)

    async def _pace_now(self) -> _Pace:
        if monotonic() - self._pace_at >= PACE_KNOWN_FOR_S:
            row = await self._pool.fetchrow(PACE, LATEST, LATELY, KNOWN_FOR)
            assert row is not None, "an aggregate has a row"
            self._pace, self._pace_at = _Pace(*row), monotonic()
        return self._pace

    def _shard(self, account: int) -> int:
        return shard_of(account_stream(account), self._shards)
