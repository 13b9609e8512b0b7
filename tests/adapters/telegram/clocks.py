"""Clocks that need no patience."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from heapq import heappop, heappush

HOPS = 5
"""Rounds of the event loop in which those who were woken get to where they wait again."""


class _Alarm:
    """A call that is to come, unless it is cancelled."""

    def __init__(self, callback: Callable[[], object]) -> None:
        self.callback: Callable[[], object] | None = callback

    def cancel(self) -> None:
        """It does not come."""
        self.callback = None


class LeapingClock:
    """Time stands still while anybody can go on, and leaps to the next alarm when all wait."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._alarms: list[tuple[float, int, _Alarm]] = []
        self._number = 0
        self._hops_left = 0

    def time(self) -> float:
        """Seconds since the beginning."""
        return self._seconds

    def call_at(self, when: float, callback: Callable[[], object], /) -> _Alarm:
        """Calls back then, which is soon."""
        alarm = _Alarm(callback)
        self._number += 1
        heappush(self._alarms, (when, self._number, alarm))
        self._start()
        return alarm

    def _start(self) -> None:
        if not self._hops_left:
            asyncio.get_running_loop().call_soon(self._hop)
        self._hops_left = HOPS

    def _hop(self) -> None:
        self._hops_left -= 1
        if self._hops_left:
            asyncio.get_running_loop().call_soon(self._hop)
            return
        while self._alarms:
            when, _, alarm = heappop(self._alarms)
            if alarm.callback is not None:
                self._seconds = max(self._seconds, when)
                alarm.callback()
                break
        if self._alarms:
            self._start()


class HeldClock(LeapingClock):
    """Tells when somebody waits, and lets time go on only when told."""

    def __init__(self) -> None:
        super().__init__()
        self.waited = asyncio.Event()
        self._held = True

    def go_on(self) -> None:
        """Time passes from now on."""
        self._held = False
        self._start()

    def _start(self) -> None:
        self.waited.set()
        if not self._held:
            super()._start()
