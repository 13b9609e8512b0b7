"""The inbox of callbacks: which task KIE says belongs to which request of which job, and who wants to hear of it.

A signal tells other processes which job has something new. It is a hint and may be lost; whoever waits for a callback
also looks by itself once in a while.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime
from typing import Any, Final

import asyncpg
import structlog

from adapters.postgres.connections import LOST, PatientPool, connect, listen_until
from adapters.postgres.sweeping import sweep
from domain.streams import account as account_stream
from domain.streams import shard_of

CHANNEL: Final = "neurocards_callbacks"
KEPT_MAX: Final = 16
"""Callbacks of one job that are kept, give or take those that come at the same moment. A job needs one per request."""

HINTS_MAX: Final = 10_000
RECONNECT_EVERY_S: Final = 0.5

KEEP: Final = """
    WITH kept AS (
        INSERT INTO kie_callbacks (shard, account, job, number, task)
        SELECT $1::integer, $2::bigint, $3::text, $4::integer, $5::text
        WHERE (SELECT count(*) FROM kie_callbacks WHERE shard = $1 AND account = $2 AND job = $3) < $6
        ON CONFLICT DO NOTHING
        RETURNING shard
    )
    SELECT pg_notify($7, $8) FROM kept
"""
OF_JOB: Final = """
    SELECT number, task FROM kie_callbacks WHERE shard = $1 AND account = $2 AND job = $3
    ORDER BY number, received_at, task LIMIT 1000
"""
SWEEP: Final = """
    DELETE FROM kie_callbacks WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM kie_callbacks WHERE shard = $1 AND received_at < $2 LIMIT 5000))
"""

log = structlog.get_logger(__name__)


class PostgresCallbacks:
    """The inbox of all processes together."""

    def __init__(self, pool: PatientPool, url: str, *, shards: int) -> None:
        """`url` leads to PostgreSQL itself, without a pooler: signals come on a session of their own."""
        self._pool = pool
        self._url = url
        self._shards = shards

    async def keep(self, account: int, job: str, *, number: int, task: str) -> bool:
        """Keeps that request `number` of the job has this task, durably, and lets others hear of it.

        False when it was kept before, or when too many of the job's were.
        """
        shard = self._shard(account)
        signal = f"{shard}/{account}/{job}"
        kept = await self._pool.fetch(KEEP, shard, account, job, number, task, KEPT_MAX, CHANNEL, signal)
        return bool(kept)

    async def of_job(self, account: int, job: str) -> list[tuple[int, str]]:
        """The job's request numbers and the ids of the tasks that were named for them, in the order of the requests."""
        rows = await self._pool.fetch(OF_JOB, self._shard(account), account, job)
        return [(row["number"], row["task"]) for row in rows]

    async def sweep(self, older_than: datetime) -> int:
        """Deletes what was received before that moment, in small transactions. Returns how many."""
        return await sweep(self._pool, SWEEP, older_than, shards=self._shards)

    async def heard(self) -> AsyncGenerator[tuple[int, str]]:
        """For ever, the accounts and jobs that something was kept of. What comes while the line is down is missed."""
        while True:
            try:
                connection = await connect(self._url)
            except LOST as error:
                log.warning("listening for callbacks failed", error=type(error).__name__)
            else:
                try:
                    async with aclosing(_hints(connection)) as hints:
                        async for hint in hints:
                            yield hint
                except LOST as error:
                    log.warning("listening for callbacks failed", error=type(error).__name__)
                finally:
                    connection.terminate()
            await asyncio.sleep(RECONNECT_EVERY_S)

    def _shard(self, account: int) -> int:
        return shard_of(account_stream(account), self._shards)


async def _hints(connection: asyncpg.Connection) -> AsyncGenerator[tuple[int, str]]:
    """What is heard on the connection until it is gone. The oldest are dropped when nobody takes them."""
    hints: deque[tuple[int, str]] = deque(maxlen=HINTS_MAX)
    news = asyncio.Event()

    def heard(_connection: Any, _pid: int, _channel: str, payload: object) -> None:  # noqa: ANN401 - asyncpg's proxy
        _, account, job = str(payload).split("/", 2)
        hints.append((int(account), job))
        news.set()

    connection.add_termination_listener(lambda _connection: news.set())
    await connection.add_listener(CHANNEL, heard)
    log.info("listening for callbacks")
    while not connection.is_closed():
        news.clear()
        while hints:
            yield hints.popleft()
        if not connection.is_closed():
            await listen_until(news, connection)
    log.warning("listening for callbacks lost")
