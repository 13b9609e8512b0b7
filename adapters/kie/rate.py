"""The rate at which a KIE account may create tasks, shared by all workers and taken in small blocks.

KIE takes 20 creations in 10 s and answers the rest with 429: they are lost, not queued.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple, Protocol

HELD_FOR: Final = timedelta(seconds=1)
"""A block of turns that is not used within this time is lost, so that hoards never make a burst."""
LINE_MAX: Final = timedelta(seconds=30)
LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


class Rests(Protocol):
    """Rates and rests that all workers share."""

    async def lease(self, name: str, *, burst: int, per_s: float, want: int) -> tuple[int, float]:
        """Takes up to `want` turns; when none was given, the seconds until one is due."""
        ...

    async def rest(self, name: str, *, until: datetime | None, reason: str) -> None:
        """Lets the name rest until that moment; None: until somebody wakes it."""
        ...

    async def resting(self) -> Mapping[str, tuple[datetime | None, str]]:
        """Who rests now, until when and why."""
        ...


class Rate(NamedTuple):
    """In any t seconds at most `burst` + `per_s` * (t + 1) turns are used: in 10 s less than 20 with these."""

    burst: int = 5
    per_s: float = 1.35


KIES_RATE: Final = Rate()


class Turns:
    """The turns of one account, as this process takes them."""

    def __init__(self, account: str, rate: Rate, rests: Rests, *, now: Callable[[], datetime]) -> None:
        self._name = f"kie/{account}"
        self._rate = rate
        self._block = max(1, min(rate.burst, int(rate.per_s)))
        self._rests = rests
        self._now = now
        self._held = 0
        self._held_until = LONG_AGO
        self._dry_until = LONG_AGO
        self._line_end = LONG_AGO
        self._leasing = asyncio.Lock()

    async def take(self) -> datetime | None:
        """Takes one turn; when there is none, returns when to come back."""
        async with self._leasing:
            now = self._now()
            if now >= self._held_until:
                self._held = 0
            if not self._held and now >= self._dry_until:
                await self._lease(now)
            if self._held:
                self._held -= 1
                return None
            return self._place_in_line(now)

    async def _lease(self, now: datetime) -> None:
        burst, per_s = self._rate
        self._held, wait_s = await self._rests.lease(self._name, burst=burst, per_s=per_s, want=self._block)
        self._held_until = now + HELD_FOR
        self._dry_until = now if self._held else now + timedelta(seconds=wait_s)

    def _place_in_line(self, now: datetime) -> datetime:
        """A moment for this one alone: if all came back for the one turn that is due, all but one came in vain."""
        line_end = self._line_end + timedelta(seconds=1 / self._rate.per_s)
        self._line_end = min(max(line_end, self._dry_until), now + LINE_MAX)
        return self._line_end
