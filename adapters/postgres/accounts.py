"""One account as finance reads it: its streams from the log, a page at a time, and its row in the balances view.

Personal texts read as forgotten: the books do not need them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from adapters.codec import PersonalKey
from adapters.postgres.event_store import PostgresEventStore
from adapters.postgres.reader import recorded
from domain.log import Recorded
from domain.streams import account as account_stream
from domain.streams import owner_of, shard_of

VIEW: Final = """
    SELECT t.position AS position, b.available, b.reserved, b.spent, b.debt, b.granted, b.purchased, b.revoked,
           b.expired
    FROM tracking AS t LEFT JOIN balances AS b ON b.shard = t.shard AND b.account = $2
    WHERE t.shard = $1 AND t.name = 'views'
"""


class PostgresAccounts:
    """Reads accounts. No read holds a snapshot longer than a page."""

    def __init__(self, store: PostgresEventStore) -> None:
        self._store = store

    def shard(self, account: int) -> int:
        """The shard that holds the account."""
        return shard_of(account_stream(account), self._store.shards)

    async def head(self, account: int) -> int:
        """The last position in the account's shard now."""
        return await self._store.reader.head(self.shard(account))

    async def events(self, stream: str, *, upto: int) -> AsyncIterator[Recorded]:
        """The stream's events at positions up to `upto`, in order. Raises EventSchemaError."""
        async for event, _ in self.stored(stream, upto=upto):
            yield event

    async def stored(self, stream: str, *, upto: int) -> AsyncIterator[tuple[Recorded, str]]:
        """As `events`, each with its JSON as it lies in the log. Raises EventSchemaError."""
        shard = shard_of(owner_of(stream), self._store.shards)
        async for row in self._store.reader.stream_rows(shard, stream):
            if row["position"] > upto:
                return
            yield recorded(row, _no_key), row["data"]

    async def view(self, account: int) -> Mapping[str, Any] | None:
        """The account's row in the balances view beside the position the views are at.

        None before anything was projected in its shard; the amounts are None when the account has no row.
        """
        row = await self._store.pool.fetchrow(VIEW, self.shard(account), account)
        return None if row is None else dict(row)


def _no_key(_stream: str) -> PersonalKey | None:
    return None
