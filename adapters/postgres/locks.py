"""Who owns which shard: session advisory locks, which the server takes back from a process that is gone or silent.

One session holds all locks of one process in one role. The server ends a session that is idle for 4 s, so it is pinged
every second; an answer proves that the locks held until 4 s after the question was sent. No row has to be cleaned up
after anybody: a lock is gone with its session.

The keys are the role's number and, for a shard, the shard. Two more say something about the session, shared with
others': that it is there, and which shards it declines.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from enum import IntEnum
from time import monotonic
from typing import Any, Final, NamedTuple, Self

import asyncpg
import structlog

from adapters.postgres.connections import LOST, connect

IDLE_TIMEOUT: Final = "4s"
PING_EVERY_S: Final = 1.0
ANSWER_WITHIN_S: Final = 2.5
"""With the second between two pings less than the 4 s: who gives up here still has the locks, if the server runs."""

PRESENT: Final = 1_000_000
DECLINED_FROM: Final = 2_000_000

BEGIN: Final = "SELECT set_config('idle_session_timeout', $1, false), pg_try_advisory_lock_shared($2, $3)"
OWN_SESSION: Final = """
    SELECT current_setting('idle_session_timeout') AS idle_timeout, EXISTS (
        SELECT FROM pg_locks
        WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND classid::bigint = $1 AND objid::bigint = $2
    ) AS present
"""
STANDING: Final = """
    SELECT objid::bigint AS key, count(*) AS sessions, count(*) FILTER (WHERE pid = pg_backend_pid()) AS mine
    FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND classid::bigint = $1 AND objsubid = 2
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    GROUP BY objid ORDER BY objid
"""
TRY_LOCK: Final = "SELECT pg_try_advisory_lock($1, $2)"
LOCK_SHARED: Final = "SELECT pg_try_advisory_lock_shared($1, $2)"
UNLOCK: Final = "SELECT pg_advisory_unlock($1, $2)"
UNLOCK_SHARED: Final = "SELECT pg_advisory_unlock_shared($1, $2)"
ASKED_TIMES: Final = 5
"""A pooler that lends out what was idle longest shows itself after as many questions as it has idle sessions."""

BACKEND: Final = "SELECT pg_backend_pid()"
PING: Final = "SELECT 1"

POOLED: Final = (asyncpg.InvalidSQLStatementNameError, asyncpg.DuplicatePreparedStatementError)
"""What it looks like when a statement was prepared in another session than the one that is asked to run it."""

log = structlog.get_logger(__name__)


class Role(IntEnum):
    """What a process does with the shards it owns. The numbers are keys in the database and never change."""

    PROCESSORS = 7_205_001
    SCREENS = 7_205_002
    INTAKE = 7_205_003


class NotDirect(Exception):
    """A pooler stands between this program and PostgreSQL, and hands sessions about; locks need one of their own."""

    def __init__(self) -> None:
        super().__init__(
            "DATABASE_URL leads through a connection pooler: shard locks and LISTEN need a session of their own; "
            "give the address of PostgreSQL itself"
        )


class LocksLost(ConnectionError):
    """The session is gone, and every lock with it. Open another one."""


class Standing(NamedTuple):
    """Who is there, as of one moment: sessions of this role, shards taken by anybody, shards that others decline."""

    workers: int
    taken: frozenset[int]
    declined: frozenset[int]


class PostgresLocks:
    """One session's locks in one role. To be opened with `opened`. Every call raises LocksLost once it is lost."""

    def __init__(self, connection: asyncpg.Connection, role: Role) -> None:
        self._connection = connection
        self._role = role
        self._line = asyncio.Lock()
        self._held: set[int] = set()
        self._last_ping = monotonic()
        self._pinged = asyncio.Event()
        self._lost = False
        self._when_lost: list[Callable[[], None]] = []
        connection.add_termination_listener(self._terminated)

    @classmethod
    @asynccontextmanager
    async def opened(cls, url: str, *, role: Role) -> AsyncIterator[Self]:
        """A session that is present and kept alive until it is left. Raises NotDirect; LocksLost without a server."""
        try:
            connection = await connect(url)
        except LOST as error:
            raise LocksLost(type(error).__name__) from error
        locks = cls(connection, role)
        pinging: asyncio.Task[None] | None = None
        try:
            await locks._begin(url)
            pinging = asyncio.create_task(locks._keep_alive(), name="lock pings")
            yield locks
        finally:
            if pinging is not None:
                pinging.cancel()
                await asyncio.gather(pinging, return_exceptions=True)
            locks._lose()

    @property
    def held(self) -> frozenset[int]:
        """The shards that this session has locked; none once it is lost."""
        return frozenset(self._held)

    @property
    def lost(self) -> bool:
        """Whether the session is known to be gone."""
        return self._lost

    @property
    def last_ping_age_s(self) -> float:
        """How long ago the last question was sent that the server has answered."""
        return monotonic() - self._last_ping

    def when_lost(self, call: Callable[[], None]) -> None:
        """Calls `call` once, as soon as the session is known to be gone; at once if it is."""
        if self._lost:
            call()
        else:
            self._when_lost.append(call)

    async def pinged(self) -> None:
        """Returns at the next answer, or when the session is lost."""
        if not self._lost:
            await self._pinged.wait()

    async def ping(self) -> None:
        """Asks the server for a sign of life."""
        await self._ask(PING)

    async def try_lock(self, shard: int) -> bool:
        """Locks the shard if nobody else has. Returns whether it is this session's now."""
        if shard not in self._held and await self._ask(TRY_LOCK, self._role, shard):
            self._held.add(shard)
        return shard in self._held

    async def unlock(self, shard: int) -> None:
        """Gives the shard back."""
        if shard in self._held:
            await self._ask(UNLOCK, self._role, shard)
            self._held.discard(shard)

    async def decline(self, shard: int) -> None:
        """Tells the others that this session will not bid for the shard."""
        await self._ask(LOCK_SHARED, self._role, DECLINED_FROM + shard)

    async def leave(self) -> None:
        """Is counted no more among those who share the shards; what is locked stays locked."""
        await self._ask(UNLOCK_SHARED, self._role, PRESENT)

    async def standing(self) -> Standing:
        """Who is there and what is taken."""
        rows = await self._fetch(STANDING, self._role)
        workers = sum(row["sessions"] for row in rows if row["key"] == PRESENT)
        taken = frozenset(row["key"] for row in rows if row["key"] < PRESENT)
        declined = frozenset(
            row["key"] - DECLINED_FROM for row in rows if row["key"] >= DECLINED_FROM and row["sessions"] > row["mine"]
        )
        return Standing(workers, taken, declined)

    async def _begin(self, url: str) -> None:
        """Takes this session's place, and sees that it keeps it while another session of ours is busy.

        A pooler lends out the server's sessions: ours would then be the other's, or another one than before. Nothing is
        locked before that is ruled out, for behind a pooler nobody would ever unlock it.
        """
        pid = self._connection.get_server_pid()
        try:
            await self._see_whose_it_is(pid)
            other = await connect(url)
            try:
                await self._see_whose_it_is(pid)
                async with other.transaction():
                    if await other.fetchval(BACKEND) == pid:
                        raise NotDirect
                    await self._see_whose_it_is(pid)
                    await self._fetch(BEGIN, IDLE_TIMEOUT, self._role, PRESENT)
                    (own,) = await self._fetch(OWN_SESSION, self._role, PRESENT)
            finally:
                other.terminate()
        except POOLED as error:
            raise NotDirect from error
        except LOST as error:
            raise LocksLost(type(error).__name__) from error
        if own["idle_timeout"] != IDLE_TIMEOUT or not own["present"]:
            raise NotDirect

    async def _see_whose_it_is(self, pid: int) -> None:
        """Raises NotDirect when any other backend of the server than this answers."""
        for _ in range(ASKED_TIMES):
            if await self._ask(BACKEND) != pid:
                raise NotDirect

    async def _keep_alive(self) -> None:
        while not self._lost:
            await asyncio.sleep(PING_EVERY_S)
            try:
                await self.ping()
            except LocksLost:
                return

    async def _ask(self, query: str, *arguments: object) -> Any:  # noqa: ANN401 - whatever the column holds
        (row,) = await self._fetch(query, *arguments)
        return row[0]

    async def _fetch(self, query: str, *arguments: object) -> list[asyncpg.Record]:
        async with self._line:
            if self._lost:
                raise LocksLost
            asked_at = monotonic()
            try:
                async with asyncio.timeout(ANSWER_WITHIN_S):
                    rows = await self._connection.fetch(query, *arguments)
            except LOST as error:
                self._lose()
                raise LocksLost(type(error).__name__) from error
            except BaseException:  # also a cancelled call: whether it locked something is not known
                self._lose()
                raise
        self._last_ping = asked_at
        self._tell_pinged()
        return rows

    def _tell_pinged(self) -> None:
        self._pinged.set()
        self._pinged = asyncio.Event()

    def _terminated(self, _connection: object) -> None:
        self._lose()

    def _lose(self) -> None:
        if self._lost:
            return
        self._lost = True
        self._held.clear()
        self._connection.terminate()
        self._tell_pinged()
        calls, self._when_lost = self._when_lost, []
        for call in calls:
            call()
