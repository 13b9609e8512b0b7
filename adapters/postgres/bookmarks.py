"""Numbers that outlive the process, by name: how far something outside was read."""

from __future__ import annotations

from typing import Final

from adapters.postgres.connections import PatientPool

READ: Final = "SELECT number FROM bookmarks WHERE name = $1"
KEEP: Final = """
    INSERT INTO bookmarks (name, number) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET number = EXCLUDED.number
"""


class PostgresBookmarks:
    """The bookmarks of all processes together."""

    def __init__(self, pool: PatientPool) -> None:
        self._pool = pool

    async def read(self, name: str) -> int:
        """The number, 0 when none was kept."""
        return int(await self._pool.fetchval(READ, name) or 0)

    async def keep(self, name: str, number: int) -> None:
        """Keeps it instead of the one before."""
        await self._pool.execute(KEEP, name, number)
