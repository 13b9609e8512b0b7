"""Reading gifts and what they were given for, for `verify`: streams of several shards, by their names.

Numbers are read as texts where damage may have made something else of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from adapters.postgres.connections import PatientPool

GIFTS: Final = """
    SELECT e.stream, coalesce(e.data ->> 'amount', '') AS amount
    FROM unnest($1::integer[], $2::text[]) AS wanted (shard, stream)
    JOIN events AS e ON e.shard = wanted.shard AND e.stream = wanted.stream AND e.version = 1
"""

CLAIMS: Final = """
    SELECT version, coalesce(data ->> 'account', '') FROM events
    WHERE shard = $1 AND stream = $2 AND version > $3 AND type = 'CodeClaimed' ORDER BY version LIMIT $4
"""
BUYERS: Final = """
    SELECT wanted.stream, opened.data ->> 'inviter' AS inviter
    FROM unnest($1::integer[], $2::text[]) AS wanted (shard, stream)
    JOIN events AS opened
      ON opened.shard = wanted.shard AND opened.stream = wanted.stream AND opened.version = 1
    CROSS JOIN LATERAL (
        SELECT FROM events AS e
        WHERE e.shard = wanted.shard AND e.stream = wanted.stream AND e.type = 'CreditsPurchased' LIMIT 1
    ) AS purchase
    WHERE opened.type = 'AccountOpened' AND opened.data ->> 'inviter' IS NOT NULL
"""


class PostgresGifts:
    """What is looked up in the log as it is now."""

    def __init__(self, pool: PatientPool) -> None:
        self._pool = pool

    async def gifts(self, wanted: Sequence[tuple[int, str]]) -> Mapping[str, str]:
        """Of streams of gifts, each with its shard: the amount of those that are there, as it is stored."""
        shards, names = [shard for shard, _ in wanted], [stream for _, stream in wanted]
        return {row["stream"]: row["amount"] for row in await self._pool.fetch(GIFTS, shards, names)}

    async def claims(self, shard: int, code: str, *, after: int, limit: int) -> Sequence[tuple[int, str]]:
        """The next claims on a code's stream above version `after`: the version, and the number of the account."""
        return [(version, account) for version, account in await self._pool.fetch(CLAIMS, shard, code, after, limit)]

    async def buyers(self, wanted: Sequence[tuple[int, str]]) -> Mapping[str, str]:
        """Of accounts' streams, each with its shard: the inviter's number, if there is one and they have bought."""
        shards, names = [shard for shard, _ in wanted], [stream for _, stream in wanted]
        return {row["stream"]: row["inviter"] for row in await self._pool.fetch(BUYERS, shards, names)}
