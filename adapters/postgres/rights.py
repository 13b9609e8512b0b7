"""What a role may do beyond reading the log and calling the append function, and whether a key opens the database."""

from __future__ import annotations

from typing import Final

import asyncpg

from adapters.postgres.connections import PatientPool

EXCESS: Final = """
    SELECT r.rolsuper AS superuser,
           pg_has_role(current_user, c.relowner, 'member') AS owner,
           has_table_privilege('events', 'INSERT') OR has_table_privilege('events', 'UPDATE')
               OR has_table_privilege('events', 'DELETE') OR has_table_privilege('events', 'TRUNCATE') AS events,
           has_table_privilege('heads', 'INSERT') OR has_table_privilege('heads', 'UPDATE')
               OR has_table_privilege('heads', 'DELETE') OR has_table_privilege('heads', 'TRUNCATE') AS heads
    FROM pg_roles AS r, pg_class AS c
    WHERE r.rolname = current_user AND c.oid = 'events'::regclass
"""
SOME_OWNER: Final = "SELECT owner FROM personal_keys ORDER BY shard, owner LIMIT 1"


async def excess_rights(connection: PatientPool | asyncpg.Connection) -> str | None:
    """What this role may do that a program should not be able to, in words; None when it is as it should be."""
    row = await connection.fetchrow(EXCESS)
    assert row is not None, "a role that is logged in exists"
    if row["superuser"]:
        return "is a superuser"
    if row["owner"]:
        return "owns the tables"
    tables = [name for name in ("events", "heads") if row[name]]
    return f"may change {' and '.join(tables)} directly" if tables else None


async def some_owner_with_key(connection: PatientPool | asyncpg.Connection) -> str | None:
    """An owner of whom the database holds a key, to try DATA_KEY on; None when there is none."""
    owner: str | None = await connection.fetchval(SOME_OWNER)
    return owner
