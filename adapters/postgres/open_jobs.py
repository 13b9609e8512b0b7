"""Which jobs of a shard have something to be done for, as the views know them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from adapters.postgres.connections import PatientPool

PAGE: Final = 1_000

POSITION: Final = "SELECT position FROM tracking WHERE shard = $1 AND name = 'views'"
OPEN: Final = """
    SELECT j.account, j.job FROM job_rows AS j
    JOIN tracking AS t ON t.shard = j.shard AND t.name = 'views' AND t.build = j.build
    WHERE j.shard = $1 AND j.ended_at IS NULL AND (j.account, j.job) > ($2, $3)
    ORDER BY j.account, j.job LIMIT $4
"""
ENDED: Final = """
    SELECT j.account, j.job, j.ended_at FROM job_rows AS j
    JOIN tracking AS t ON t.shard = j.shard AND t.name = 'views' AND t.build = j.build
    WHERE j.shard = $1 AND j.ended_at > $2 AND j.state IN ('failed', 'delivered')
    ORDER BY j.ended_at DESC, j.account, j.job LIMIT $3
"""
LISTED: Final = """
    SELECT account, job, model, state, attempt, failure, place_in_line, waits_for, waits_until, queued_at, updated_at
    FROM jobs WHERE ended_at IS NULL AND ($1::bigint IS NULL OR account = $1)
    ORDER BY queued_at, account, job LIMIT $2
"""
ENDED_MAX: Final = 10_000
"""Of the lately ended, only so many are looked at again for late videos: the last, whose videos are the likelier."""


class PostgresOpenJobs:
    """Reads the queue's view, which may lag behind the log: what is not in it yet was queued above its position."""

    def __init__(self, pool: PatientPool) -> None:
        self._pool = pool

    async def in_shard(self, shard: int, *, ended_after: datetime) -> tuple[list[tuple[int, str]], int]:
        """Accounts and ids of the jobs that have not ended, or not before that moment, and a position of the shard's
        log: whatever is not among them was queued above it."""
        position = int(await self._pool.fetchval(POSITION, shard) or 0)
        jobs: list[tuple[int, str]] = []
        last = (0, "")
        while page := await self._pool.fetch(OPEN, shard, *last, PAGE):
            jobs += [(account, job) for account, job in page]
            last = jobs[-1]
        ended = await self._pool.fetch(ENDED, shard, ended_after, ENDED_MAX)
        return jobs + [(account, job) for account, job, _ in ended], position

    async def open(self, *, account: int | None, limit: int) -> Sequence[Mapping[str, Any]]:
        """The rows of jobs that have not ended, of one account or of all, oldest first."""
        return [dict(row) for row in await self._pool.fetch(LISTED, account, limit)]
