"""The rows of the views: reading the ones a page changes, writing them with the position they are at."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import orjson

from adapters.postgres.connections import PatientPool

LIVE: Final = "views"
NEXT: Final = "views/next"

STANDING: Final = "SELECT build, position FROM tracking WHERE shard = $1 AND name = $2"
BEGIN: Final = "INSERT INTO tracking (shard, name, position, build) VALUES ($1, $2, 0, $3) ON CONFLICT DO NOTHING"
BALANCES: Final = "SELECT * FROM balance_rows WHERE shard = $1 AND build = $2 AND account = ANY ($3)"
JOBS: Final = """
    SELECT j.* FROM unnest($3::bigint[], $4::text[]) AS wanted (account, job)
    JOIN job_rows AS j ON j.shard = $1 AND j.build = $2 AND j.account = wanted.account AND j.job = wanted.job
"""
WRITE: Final = "SELECT write_views($1, $2, $3, $4, $5, $6, $7, $8)"
SWITCH: Final = "SELECT switch_views($1)"

# A rebuild takes a number that no other had, and by that takes the place of one under way: whoever fills a build of an
# older number writes nothing any more, so what is left of it is never built upon.
BEGIN_NEXT: Final = """
    INSERT INTO tracking (shard, name, position, build)
    SELECT shard, $2, 0, build + 1 FROM tracking WHERE shard = $1 AND name = $3 FOR UPDATE
    ON CONFLICT (shard, name) DO UPDATE SET position = 0, build = tracking.build + 1
    RETURNING build
"""

# Which builds are kept is read by the statement that deletes, so as of the same moment as the rows: a build is begun
# before its first row is written. Read earlier, it would not know of a build that has begun since.
KEPT: Final = "SELECT build FROM tracking WHERE shard = $1 AND name IN ('views', 'views/next')"
CLEAN: Final = tuple(
    f"DELETE FROM {rows} WHERE ctid = ANY (ARRAY("  # noqa: S608 - put together from constants
    f"SELECT ctid FROM {rows} WHERE shard = $1 AND build NOT IN ({KEPT}) LIMIT 5000))"
    for rows in ("balance_rows", "statement_rows", "job_rows")
)

Rows = Sequence[Mapping[str, Any]]


class PostgresViews:
    """The views' tables. A row is a mapping from column to value; shard and build are added here."""

    def __init__(self, pool: PatientPool) -> None:
        self._pool = pool

    async def standing(self, shard: int) -> tuple[int, int]:
        """The build that is shown and the position it is at; (1, 0) at the start."""
        while (row := await self._pool.fetchrow(STANDING, shard, LIVE)) is None:
            await self._pool.execute(BEGIN, shard, LIVE, 1)
        return row["build"], row["position"]

    async def rows(
        self, shard: int, build: int, *, accounts: Collection[int], jobs: Collection[tuple[int, str]]
    ) -> tuple[Rows, Rows]:
        """The stored rows of these accounts and jobs, as far as there are any."""
        balances = await self._pool.fetch(BALANCES, shard, build, list(accounts)) if accounts else []
        owners, ids = [job[0] for job in jobs], [job[1] for job in jobs]
        queue = await self._pool.fetch(JOBS, shard, build, owners, ids) if jobs else []
        return [dict(row) for row in balances], [dict(row) for row in queue]

    async def write(
        self, shard: int, build: int, *, after: int, upto: int, rows: tuple[Rows, Rows, Rows], to_next: bool = False
    ) -> bool:
        """Writes balances, statement and jobs as of `upto`. False, nothing written, unless the views are at `after`."""
        place = {"shard": shard, "build": build}
        documents = [orjson.dumps([{**place, **row} for row in some]).decode() for some in rows]
        tracker = NEXT if to_next else LIVE
        return bool(await self._pool.fetchval(WRITE, shard, tracker, build, after, upto, *documents))

    async def begin_next(self, shard: int) -> int:
        """Starts filling the next build from the first event, and returns its number."""
        await self.standing(shard)
        build = int(await self._pool.fetchval(BEGIN_NEXT, shard, NEXT, LIVE))
        await self.clean(shard)
        return build

    async def switch(self, shard: int) -> bool:
        """Shows the next build if it has come as far as the one shown. Returns whether it is shown now."""
        return bool(await self._pool.fetchval(SWITCH, shard))

    async def clean(self, shard: int) -> None:
        """Deletes the rows of builds that are neither shown nor being filled, in small transactions."""
        for statement in CLEAN:
            while await self._pool.execute(statement, shard) != "DELETE 0":
                pass
