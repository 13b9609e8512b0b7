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
ABANDON: Final = "DELETE FROM tracking WHERE shard = $1 AND name = 'views/next'"
CLEAN: Final = {
    "balance_rows": "DELETE FROM balance_rows WHERE ctid = ANY (ARRAY("
    "SELECT ctid FROM balance_rows WHERE shard = $1 AND build <> ALL ($2) LIMIT 5000))",
    "statement_rows": "DELETE FROM statement_rows WHERE ctid = ANY (ARRAY("
    "SELECT ctid FROM statement_rows WHERE shard = $1 AND build <> ALL ($2) LIMIT 5000))",
    "job_rows": "DELETE FROM job_rows WHERE ctid = ANY (ARRAY("
    "SELECT ctid FROM job_rows WHERE shard = $1 AND build <> ALL ($2) LIMIT 5000))",
}

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
        build, _ = await self.standing(shard)
        await self._pool.execute(ABANDON, shard)
        await self.clean(shard)
        await self._pool.execute(BEGIN, shard, NEXT, build + 1)
        return build + 1

    async def switch(self, shard: int) -> bool:
        """Shows the next build if it has come as far as the one shown. Returns whether it is shown now."""
        return bool(await self._pool.fetchval(SWITCH, shard))

    async def clean(self, shard: int) -> None:
        """Deletes the rows of builds that are neither shown nor being filled, in small transactions."""
        kept = await self._pool.fetch(
            "SELECT build FROM tracking WHERE shard = $1 AND name IN ($2, $3)", shard, LIVE, NEXT
        )
        for statement in CLEAN.values():
            while await self._pool.execute(statement, shard, [row["build"] for row in kept]) != "DELETE 0":
                pass
