"""How far a reactor has come in a shard: remembered now and then, as what lies between is harmless to meet again."""

from __future__ import annotations

import asyncio
from typing import Final

from processors.ports import Tracking

REMEMBER_EVERY_S: Final = 0.5


class Remembered:
    """One reactor's position in one shard. `at` is the last one that the log or the tracking table holds."""

    def __init__(self, tracking: Tracking, shard: int, name: str) -> None:
        self._tracking = tracking
        self._shard = shard
        self._name = name
        self._moved_at = 0.0
        self.at = 0

    async def read(self) -> int:
        """The position to go on from."""
        self.at = await self._tracking.position(self._shard, self._name)
        return self.at

    async def move(self, upto: int, *, now: bool = False) -> bool:
        """Moves on, unless that was done a moment ago and it need not be `now`. False when somebody else has moved."""
        time = asyncio.get_running_loop().time()
        if upto <= self.at or not (now or time >= self._moved_at + REMEMBER_EVERY_S):
            return True
        self.at, self._moved_at = upto, time
        return await self._tracking.advance(self._shard, self._name, upto)
