"""Rates and rests that all workers share, in the table `limits`. Moments are judged by the server's clock.

A name may have both: the account of a service has a rate, a key or a model rests. How a rate is kept is told at the
head of `migrations/0004_limits.sql`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from adapters.postgres.connections import PatientPool

LEASE: Final = "SELECT granted, wait_s FROM lease_turns($1, $2, $3, $4)"
REST: Final = """
    INSERT INTO limits AS l (name, rests_until, reason) VALUES ($1, $2, $3)
    ON CONFLICT (name) DO UPDATE SET rests_until = EXCLUDED.rests_until, reason = EXCLUDED.reason
    WHERE l.reason IS NULL OR EXCLUDED.rests_until IS NULL OR l.rests_until < EXCLUDED.rests_until
"""
WAKE: Final = "UPDATE limits SET rests_until = NULL, reason = NULL WHERE name = $1"
RESTING: Final = """
    SELECT name, rests_until, reason FROM limits
    WHERE reason IS NOT NULL AND (rests_until IS NULL OR rests_until > clock_timestamp()) ORDER BY name
"""


class PostgresRests:
    """The shared table. Names are the callers' own: `kie/main`, `retired/second`, `model/sora-2`."""

    def __init__(self, pool: PatientPool) -> None:
        self._pool = pool

    async def lease(self, name: str, *, burst: int, per_s: float, want: int) -> tuple[int, float]:
        """Takes up to `want` turns of a rate: how many were given, and when none was, the seconds until one is due.

        In any t seconds all workers together are given at most `burst` + `per_s` * t. Turns that were given and are
        not used are lost, and so are those whose answer was lost on the way.
        """
        assert burst >= 1, "a rate gives at least one turn at a time"
        assert per_s > 0, "a rate gives turns"
        assert want >= 1, "nobody asks for nothing"
        row = await self._pool.fetchrow(LEASE, name, burst, per_s, want)
        assert row is not None, "the function always answers"
        return row["granted"], row["wait_s"]

    async def rest(self, name: str, *, until: datetime | None, reason: str) -> None:
        """Lets the name rest until that moment; None: until somebody wakes it. A longer rest is never shortened."""
        await self._pool.execute(REST, name, until, reason)

    async def wake(self, name: str) -> None:
        """Ends the rest."""
        await self._pool.execute(WAKE, name)

    async def resting(self) -> Mapping[str, tuple[datetime | None, str]]:
        """Who rests now, until when (None: until woken) and why."""
        rows = await self._pool.fetch(RESTING)
        return {row["name"]: (row["rests_until"], row["reason"]) for row in rows}
