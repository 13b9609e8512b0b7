"""What the bot's screens look at: balances, statements, the queue. All of it views, which may lag behind the log."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from time import monotonic
from typing import Final

from adapters.postgres.connections import PatientPool
from domain.shown import Balance, Line, Wait
from domain.streams import account as account_stream
from domain.streams import shard_of

PATIENCE_S: Final = 1.0
PAUSE_MIN_S: Final = 0.002
PAUSE_MAX_S: Final = 0.05
PACE_KNOWN_FOR_S: Final = 5.0

BALANCE: Final = """
    SELECT t.position, b.available, b.reserved, b.spent, b.debt
    FROM tracking AS t LEFT JOIN balances AS b ON b.shard = t.shard AND b.account = $2
    WHERE t.shard = $1 AND t.name = 'views'
"""
BALANCES: Final = """
    SELECT account, available, reserved, spent, debt FROM balances WHERE shard = $1 AND account = ANY ($2::bigint[])
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

Told = asyncio.Future[Balance | None]


class PostgresScreens:
    """Reads the views for one person at a time."""

    def __init__(self, pool: PatientPool, *, shards: int) -> None:
        self._pool = pool
        self._shards = shards
        self._pace: tuple[int, float | None] = (0, None)
        self._pace_at = -PACE_KNOWN_FOR_S
        self._asked: list[list[tuple[int, Told]]] = [[] for _ in range(shards)]
        self._reading: dict[int, asyncio.Task[None]] = {}

    async def balance(self, account: int, *, upto: int | None = None) -> Balance | None:
        """The balance, of position `upto` of the account's shard or later; after a second, what there is.

        None for an account that is not open, as far as the view knows.
        """
        shard, pause = self._shard(account), PAUSE_MIN_S
        if upto is None:
            return await self._balance_now(shard, account)
        give_up_at = monotonic() + PATIENCE_S
        while True:
            row = await self._pool.fetchrow(BALANCE, shard, account)
            if (row is not None and row["position"] >= upto) or monotonic() >= give_up_at:
                break
            await asyncio.sleep(pause)
            pause = min(2 * pause, PAUSE_MAX_S)
        if row is None or row["available"] is None:
            return None
        return Balance(row["available"], row["reserved"], row["spent"], row["debt"])

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

    async def _balance_now(self, shard: int, account: int) -> Balance | None:
        """Whoever asks while a shard's balances are being read travels with the next reading."""
        told: Told = asyncio.get_running_loop().create_future()
        self._asked[shard].append((account, told))
        if shard not in self._reading:
            self._reading[shard] = asyncio.create_task(self._read_balances(shard), name=f"balances of shard {shard}")
        return await told

    async def _read_balances(self, shard: int) -> None:
        while asked := self._asked[shard]:
            self._asked[shard] = []
            try:
                rows = await self._pool.fetch(BALANCES, shard, list({account for account, _ in asked}))
            except Exception as error:  # noqa: BLE001 - it is raised where the askers wait
                for _, told in asked:
                    if not told.done():
                        told.set_exception(error)
            else:
                found = {account: Balance(*amounts) for account, *amounts in rows}
                for account, told in asked:
                    if not told.done():
                        told.set_result(found.get(account))
        del self._reading[shard]

    async def _pace_now(self) -> tuple[int, float | None]:
        if monotonic() - self._pace_at >= PACE_KNOWN_FOR_S:
            row = await self._pool.fetchrow(PACE)
            assert row is not None, "an aggregate has a row"
            self._pace, self._pace_at = (row["delivered"], row["usual_s"]), monotonic()
        return self._pace

    def _shard(self, account: int) -> int:
        return shard_of(account_stream(account), self._shards)
