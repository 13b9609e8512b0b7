"""The time as processors see it, so that proofs can let a job's half hour pass in a second."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time, and how long it takes until a moment."""

    def now(self) -> datetime:
        """The present moment, with its zone."""
        ...

    def seconds_until(self, moment: datetime) -> float:
        """How many seconds of waiting that is; nothing when it has passed."""
        ...


class SystemClock:
    """The machine's own."""

    def now(self) -> datetime:
        """The present moment in UTC."""
        return datetime.now(UTC)

    def seconds_until(self, moment: datetime) -> float:
        """How many seconds of waiting that is; nothing when it has passed."""
        return max(0.0, (moment - self.now()).total_seconds())


class FastClock:
    """Runs `speed` times as fast as the machine's, from a moment on that several processes may share."""

    def __init__(self, speed: float, *, since: datetime | None = None) -> None:
        self._speed = speed
        self._since = since or datetime.now(UTC)

    def now(self) -> datetime:
        """The present moment of this clock."""
        return self._since + (datetime.now(UTC) - self._since) * self._speed

    def seconds_until(self, moment: datetime) -> float:
        """How many real seconds of waiting that is; nothing when it has passed."""
        return max(0.0, (moment - self.now()).total_seconds() / self._speed)


async def wait_for_news(news: asyncio.Event, clock: Clock, until: datetime) -> None:
    """Returns at that moment, or earlier when there is news. The news are taken."""
    try:
        async with asyncio.timeout(clock.seconds_until(until)):
            await news.wait()
    except TimeoutError:
        return
    news.clear()
