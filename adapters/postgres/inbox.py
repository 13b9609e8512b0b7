"""The inbox of updates, and the dialogues between them. A shard's owner takes its updates in the order of arrival."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson

from adapters.postgres.connections import PatientPool
from adapters.postgres.signals import Signals
from adapters.postgres.sweeping import sweep
from domain.streams import account as account_stream
from domain.streams import shard_of

KEEP: Final = """
    INSERT INTO inbox (shard, bot, update_id, account, content)
    SELECT shard, $1, update_id, account, content
    FROM unnest($2::integer[], $3::bigint[], $4::bigint[], $5::text[]) AS told (shard, update_id, account, content)
    ON CONFLICT DO NOTHING
    RETURNING shard
"""
WAITING: Final = """
    SELECT place, update_id, account, received_at, content, attempts, replies FROM inbox
    WHERE shard = $1 AND bot = $2 AND done_at IS NULL AND place > $3 AND update_id <> ALL ($4::bigint[])
      AND coalesce(place <= ($6::bigint[])[array_position($5::bigint[], account)], true)
    ORDER BY place LIMIT $7
"""
CONVERSATIONS: Final = """
    SELECT account, content FROM conversations WHERE shard = $1 AND bot = $2 AND account = ANY ($3::bigint[])
"""
LANGUAGE: Final = "SELECT language FROM conversations WHERE shard = $1 AND bot = $2 AND account = $3"
FINISH: Final = "SELECT finish_updates($1, $2, $3)"
FAILED: Final = """
    UPDATE inbox SET attempts = attempts + 1, failure = $4
    WHERE shard = $1 AND bot = $2 AND update_id = $3 AND handled_at IS NULL
    RETURNING attempts
"""
SAID: Final = """
    UPDATE inbox SET replies = NULL, done_at = clock_timestamp()
    WHERE shard = $1 AND bot = $2 AND update_id = ANY ($3::bigint[]) AND handled_at IS NOT NULL AND done_at IS NULL
"""
FORGET: Final = "DELETE FROM conversations WHERE shard = $1 AND account = $2"
SWEEP: Final = """
    DELETE FROM inbox WHERE ctid = ANY (ARRAY(SELECT ctid FROM inbox WHERE shard = $1 AND done_at < $2 LIMIT 5000))
"""


class Kept(NamedTuple):
    """An update that waits: to be handled, or, when `content` is None, for its `replies` to be said.

    `place` is its place in the order of arrival, `attempts` counts those at handling it that failed.
    """

    place: int
    update_id: int
    account: int
    received_at: datetime
    content: str | None
    attempts: int
    replies: str | None


class PostgresInbox:
    """One bot's inbox, in all processes together."""

    def __init__(self, pool: PatientPool, signals: Signals, *, bot: int, shards: int) -> None:
        """`signals` are the inbox's own: they tell which shards have something new."""
        self._pool = pool
        self._signals = signals
        self._bot = bot
        self._shards = shards

    async def keep(self, updates: Sequence[tuple[int, int, str]]) -> int:
        """Keeps updates (id, account, JSON) durably, those that are not there yet. Returns how many were new."""
        if not updates:
            return 0
        ids, accounts, contents = zip(*updates, strict=True)
        shards = [self.shard(account) for account in accounts]
        rows = await self._pool.fetch(KEEP, self._bot, shards, list(ids), list(accounts), list(contents))
        for shard in {row["shard"] for row in rows}:
            self._signals.appended(shard)
        return len(rows)

    async def listen(self) -> None:
        """Returns once news from other processes are heard."""
        await self._signals.listen()

    def news(self, shard: int) -> asyncio.Event:
        """An event that is set at the shard's next update; to be taken before reading and awaited after it."""
        return self._signals.news(shard)

    async def waiting(
        self, shard: int, *, after: int, known: Collection[int], ends: Mapping[int, int], limit: int
    ) -> list[Kept]:
        """The shard's updates that are not done, above that place and not among the known ids, in order. `ends` gives
        accounts the last place that is wanted of theirs."""
        accounts, places = list(ends), list(ends.values())
        rows = await self._pool.fetch(WAITING, shard, self._bot, after, list(known), accounts, places, limit)
        return [Kept(*row) for row in rows]

    async def conversations(self, shard: int, accounts: Collection[int]) -> Mapping[int, str]:
        """The dialogues of these accounts as JSON, as far as there are any."""
        rows = await self._pool.fetch(CONVERSATIONS, shard, self._bot, list(accounts))
        return {row["account"]: row["content"] for row in rows}

    async def language(self, account: int) -> str | None:
        """The language that the person speaks, if it is known."""
        found: str | None = await self._pool.fetchval(LANGUAGE, self.shard(account), self._bot, account)
        return found

    async def finish(self, shard: int, finished: Sequence[Mapping[str, Any]]) -> set[int]:
        """Marks updates as handled and keeps what came of each: `update_id`, `account`, `language`, `conversation`
        and `replies` as JSON, `failure`. Returns the ids of those that nobody had marked before."""
        rows = await self._pool.fetch(FINISH, shard, self._bot, orjson.dumps(list(finished)).decode())
        return {row[0] for row in rows}

    async def failed(self, shard: int, update_id: int, failure: str) -> int:
        """Counts an attempt at handling that failed. Returns how many did; 0 when somebody else has handled it."""
        return int(await self._pool.fetchval(FAILED, shard, self._bot, update_id, failure) or 0)

    async def said(self, shard: int, updates: Collection[int]) -> None:
        """Marks the replies of these updates as said, and empties them."""
        await self._pool.execute(SAID, shard, self._bot, list(updates))

    def shard(self, account: int) -> int:
        """The account's shard."""
        return shard_of(account_stream(account), self._shards)


class Dialogues:
    """The dialogues of all bots."""

    def __init__(self, pool: PatientPool, *, shards: int) -> None:
        self._pool = pool
        self._shards = shards

    async def forget(self, account: int) -> bool:
        """Deletes what the person has told the bots so far. Returns whether there was anything."""
        deleted = await self._pool.execute(FORGET, shard_of(account_stream(account), self._shards), account)
        return deleted != "DELETE 0"


class UpdateSweep:
    """Throws away the updates of all bots that are done."""

    def __init__(self, pool: PatientPool, *, shards: int) -> None:
        self._pool = pool
        self._shards = shards

    async def sweep(self, older_than: datetime) -> int:
        """Deletes what was done before that moment, in small transactions. Returns how many."""
        return await sweep(self._pool, SWEEP, older_than, shards=self._shards)
