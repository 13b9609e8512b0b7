"""What has to be thrown away once in a while: files beyond their time, and what nobody will ask for any more.

One process does it at a time, whoever has the turn; what is missed today is thrown away tomorrow.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog

from processors.clock import Clock
from processors.services import Rests

EVERY: Final = timedelta(hours=1)
KEPT: Final = timedelta(days=7)
TURN: Final = "housekeeping"

log = structlog.get_logger(__name__)


class Kept(Protocol):
    """Storage, as far as it forgets."""

    async def keep_for(self, days: Mapping[str, int], *, now: datetime) -> int:
        """Deletes what is older than its bucket's days. Returns how many files that were."""
        ...


class Swept(Protocol):
    """A table whose rows are of use for a week: callbacks, updates that were handled, orders that were told."""

    async def sweep(self, older_than: datetime) -> int:
        """Deletes what was done with before that moment. Returns how many rows that were."""
        ...


class Housekeeping:
    """Sweeps storage, whose `days` are by bucket, and tables by name."""

    def __init__(
        self,
        *,
        storage: Kept,
        tables: Mapping[str, Swept],
        rests: Rests,
        clock: Clock,
        days: Mapping[str, int],
    ) -> None:
        self._storage = storage
        self._tables = tables
        self._rests = rests
        self._clock = clock
        self._days = days

    async def run(self) -> None:
        """Looks for its turn for ever. Raises what storage or the database raises."""
        while True:
            given, _ = await self._rests.lease(TURN, burst=1, per_s=1 / EVERY.total_seconds(), want=1)
            if given:
                await self.sweep()
            await asyncio.sleep(EVERY.total_seconds() / 4)

    async def sweep(self) -> None:
        """Throws away once what is due."""
        now = self._clock.now()
        files = await self._storage.keep_for(self._days, now=now)
        rows = {name: await table.sweep(now - KEPT) for name, table in self._tables.items()}
        log.info("swept", files=files, **rows)
