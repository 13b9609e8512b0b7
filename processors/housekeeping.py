"""What has to be thrown away once in a while: files beyond their time, callbacks that nobody will ask for.

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
CALLBACKS_KEPT: Final = timedelta(days=7)
TURN: Final = "housekeeping"

log = structlog.get_logger(__name__)


class Kept(Protocol):
    """Storage, as far as it forgets."""

    async def keep_for(self, days: Mapping[str, int], *, now: datetime) -> int:
        """Deletes what is older than its bucket's days. Returns how many files that were."""
        ...


class Inbox(Protocol):
    """Callbacks, as far as they are forgotten."""

    async def sweep(self, older_than: datetime) -> int:
        """Deletes what came before that moment. Returns how many that were."""
        ...


class Housekeeping:
    """Sweeps storage and the inbox of callbacks. `days` by bucket."""

    def __init__(self, *, storage: Kept, inbox: Inbox, rests: Rests, clock: Clock, days: Mapping[str, int]) -> None:
        self._storage = storage
        self._inbox = inbox
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
        callbacks = await self._inbox.sweep(now - CALLBACKS_KEPT)
        log.info("swept", files=files, callbacks=callbacks)
