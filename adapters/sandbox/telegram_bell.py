"""Waiting for something to have happened in the sandbox, without looking again and again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Bell:
    """Is rung whenever something has happened that somebody may wait for."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Something has happened."""
        rung, self._rung = self._rung, asyncio.Event()
        rung.set()

    async def until(self, true: Callable[[], bool]) -> None:
        """Returns once it is so."""
        while not true():
            await self._rung.wait()
