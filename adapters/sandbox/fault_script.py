"""A script of faults: which call is met with which trouble, in the order in which they were written.

All lines that fit a call count it, and the first one that fires is the only one. Chance comes from a seed, so a run can
be repeated.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar


class Drawn(Protocol):
    """How often a fault fires on the calls that it fits: only on the `nth`, so many `times`, with that `chance`."""

    @property
    def nth(self) -> int | None:
        """From 1; None: on each."""
        ...

    @property
    def times(self) -> int | None:
        """None: without end."""
        ...

    @property
    def chance(self) -> float:
        """From 0 to 1."""
        ...


SomeFault = TypeVar("SomeFault", bound=Drawn)
SomeCall = TypeVar("SomeCall")

Text = Callable[[], str]
"""A call's words, asked for only when they matter."""


@dataclass(slots=True)
class _Line(Generic[SomeFault, SomeCall]):
    fault: SomeFault
    when: Callable[[SomeCall], bool] | None
    matches: int = 0
    fired: int = 0


class FaultScript(Generic[SomeFault, SomeCall]):
    """Faults in their order, and how often each has matched."""

    def __init__(self, fits: Callable[[SomeFault, SomeCall, Text], bool], *, seed: int) -> None:
        """`fits` tells whether a fault is about a call of these words."""
        self._fits = fits
        self._seed = seed
        self._lines: list[_Line[SomeFault, SomeCall]] = []
        self._chance = random.Random(seed)  # noqa: S311 - faults are drawn, not secrets

    def add(self, *faults: SomeFault, when: Callable[[SomeCall], bool] | None = None) -> None:
        """Writes them at the end. `when` is one more condition."""
        self._lines += [_Line(fault, when) for fault in faults]

    def clear(self, faults: Iterable[SomeFault] = ()) -> None:
        """Starts over with these, and with the seed."""
        self._lines = [_Line(fault, None) for fault in faults]
        self._chance.seed(self._seed)

    def fault_for(self, call: SomeCall, text: Text) -> SomeFault | None:
        """What this call meets."""
        found: _Line[SomeFault, SomeCall] | None = None
        for line in self._lines:
            if not self._fits(line.fault, call, text) or not (line.when is None or line.when(call)):
                continue
            line.matches += 1
            if found is None and self._fires(line):
                line.fired += 1
                found = line
        return found.fault if found else None

    def _fires(self, line: _Line[SomeFault, SomeCall]) -> bool:
        fault = line.fault
        if fault.nth is not None and line.matches != fault.nth:
            return False
        if fault.times is not None and line.fired >= fault.times:
            return False
        return fault.chance >= 1 or self._chance.random() < fault.chance
