"""Throwing away what is of no use any more, in small transactions."""

from __future__ import annotations

from datetime import datetime

from adapters.postgres.connections import PatientPool


async def sweep(pool: PatientPool, statement: str, older_than: datetime, *, shards: int) -> int:
    """Deletes from every shard, until there is nothing left. Returns how many rows that were.

    `statement` deletes some of shard $1 that are older than $2.
    """
    swept = 0
    for shard in range(shards):
        while deleted := int((await pool.execute(statement, shard, older_than)).removeprefix("DELETE ")):
            swept += deleted
    return swept
