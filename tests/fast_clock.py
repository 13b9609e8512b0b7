"""A clock that runs faster than the machine's, so that rests and deadlines pass while a test waits."""

from __future__ import annotations

from datetime import UTC, datetime


class FastClock:
    """Runs `speed` times as fast since it was made, from the present on. Several processes may share its start."""

    def __init__(self, speed: float, *, since: datetime | None = None) -> None:
        self._speed = speed
        self._since = since or datetime.now(UTC)

    def now(self) -> datetime:
        """The present moment of this clock."""
        return self._since + (datetime.now(UTC) - self._since) * self._speed

    def seconds_until(self, moment: datetime) -> float:
        """How many real seconds that is."""
        return max(0.0, (moment - self.now()).total_seconds() / self._speed)
