"""Rates and rests in memory, by a clock that stands still until moved: what the table does, for tests of its users."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


class StillClock:
    """Stands still until moved."""

    def __init__(self) -> None:
        self.moment = NOON

    def now(self) -> datetime:
        """The moment it was moved to."""
        return self.moment

    def seconds_until(self, moment: datetime) -> float:
        """How many seconds of waiting that is."""
        return max(0.0, (moment - self.moment).total_seconds())

    def move(self, seconds: float) -> None:
        """Lets time pass."""
        self.moment += timedelta(seconds=seconds)


class MemoryRests:
    """Fits the port. `leases` and `looks` count what was asked."""

    def __init__(self, clock: StillClock) -> None:
        self._clock = clock
        self._paid_until: dict[str, datetime] = {}
        self._rests: dict[str, tuple[datetime | None, str]] = {}
        self.leases = 0
        self.looks = 0

    async def lease(self, name: str, *, burst: int, per_s: float, want: int) -> tuple[int, float]:
        """Turns up to `burst` ahead of the clock."""
        self.leases += 1
        now, turn = self._clock.now(), timedelta(seconds=1 / per_s)
        paid_until = max(self._paid_until.get(name, now), now)
        given = min(want, int((now + burst * turn - paid_until) / turn))
        self._paid_until[name] = paid_until + given * turn
        return given, 0.0 if given else (paid_until + turn - now - burst * turn).total_seconds()

    async def rest(self, name: str, *, until: datetime | None, reason: str) -> None:
        """A longer rest is never shortened."""
        before = self._rests.get(name, (self._clock.now(), ""))[0]
        if before is not None and (until is None or until > before):
            self._rests[name] = until, reason

    async def wake(self, name: str) -> None:
        """Ends the rest."""
        self._rests.pop(name, None)

    async def resting(self) -> Mapping[str, tuple[datetime | None, str]]:
        """Whose rest has not ended."""
        self.looks += 1
        now = self._clock.now()
        return {name: rest for name, rest in self._rests.items() if rest[0] is None or rest[0] > now}
