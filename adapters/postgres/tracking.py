"""How far each processor has come in each shard. It moves with what the processor writes, or alone."""

from __future__ import annotations

from typing import Final

import asyncpg
from eventsourcing.persistence import IntegrityError

from adapters.postgres.connections import PatientPool

SELECT_POSITION: Final = "SELECT position FROM tracking WHERE shard = $1 AND name = $2"
ADVANCE: Final = """
    INSERT INTO tracking AS t (shard, name, position) VALUES ($1, $2, $3)
    ON CONFLICT (shard, name) DO UPDATE SET position = EXCLUDED.position WHERE t.position < EXCLUDED.position
    RETURNING position
"""


class AlreadyTracked(IntegrityError):
    """The processor has been at this position or a later one: somebody else runs it. Stop, or read where it is."""


async def position(connection: PatientPool | asyncpg.Connection, shard: int, name: str) -> int:
    """The last position that the processor has seen, 0 at the start."""
    return int(await connection.fetchval(SELECT_POSITION, shard, name) or 0)


async def advance(connection: PatientPool | asyncpg.Connection, shard: int, name: str, upto: int) -> None:
    """Moves the processor on. Raises AlreadyTracked unless `upto` is ahead of where it is."""
    if await connection.fetchval(ADVANCE, shard, name, upto) is None:
        msg = f"{name} has been at position {upto} of shard {shard} before"
        raise AlreadyTracked(msg)


class PostgresTracking:
    """The same as a processor sees it: being too late is an answer, not an error."""

    def __init__(self, pool: PatientPool) -> None:
        self._pool = pool

    async def position(self, shard: int, name: str) -> int:
        """The last position that the processor has seen, 0 at the start."""
        return await position(self._pool, shard, name)

    async def advance(self, shard: int, name: str, upto: int) -> bool:
        """Moves the processor on. False when it is there already or further: somebody else runs it."""
        try:
            await advance(self._pool, shard, name, upto)
        except AlreadyTracked:
            return False
        return True
