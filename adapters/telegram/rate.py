"""Rates as buckets of turns, and the clock that they are told by. Times in seconds of that clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

A_TURN: Final = 1 - 1e-9
"""Parts of turns are added up, and their sum may be a hair less than a whole."""


class Alarm(Protocol):
    """A call that is to come."""

    def cancel(self) -> None:
        """It does not come."""
        ...


class Clock(Protocol):
    """What tells the time and wakes; an event loop is one."""

    def time(self) -> float:
        """Seconds, ever growing."""
        ...

    def call_at(self, when: float, callback: Callable[[], object], /) -> Alarm:
        """Calls back then."""
        ...


class Rates(NamedTuple):
    """How many a second, after a burst of so many. None: as many as come."""

    chat_per_s: float | None = 1.0
    chat_burst: int = 4
    all_per_s: float | None = 30.0
    all_burst: int = 30


TELEGRAMS: Final = Rates()
UNLIMITED: Final = Rates(chat_per_s=None, all_per_s=None)


class Bucket:
    """Turns that fill up with time."""

    def __init__(self, per_s: float | None, burst: int, now: float) -> None:
        self._per_s = per_s
        self._burst = float(burst)
        self._turns = float(burst)
        self._filled_at = now
        self.rests_until = now

    def due(self, now: float) -> float:
        """When there is a turn; not after `now` when there is one already."""
        self._fill(now)
        if self._per_s is None or self._turns >= A_TURN:
            return self.rests_until
        return self._filled_at + (1 - self._turns) / self._per_s

    def take(self) -> None:
        """Takes the turn that is due."""
        self._turns -= 1

    def rest(self, until: float) -> None:
        """Nothing until then, and no burst afterwards."""
        self.rests_until = max(self.rests_until, until)
        self._turns, self._filled_at = 1.0, self.rests_until

    def is_full(self, now: float) -> bool:
        """Whether it is as if it had never been used."""
        self._fill(now)
        return self.rests_until <= now and (self._per_s is None or self._turns >= self._burst)

    def _fill(self, now: float) -> None:
        if now > self._filled_at:
            self._turns = min(self._burst, self._turns + (now - self._filled_at) * (self._per_s or 0))
            self._filled_at = now
