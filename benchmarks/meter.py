"""Measuring a stretch of work: how long it took, and what it cost this process and the database's.

The database's cost is the processor time of the postmaster and all its children, those that have ended included, so
checkpoints, the log's writer and vacuuming are in it. Its resolution is a hundredth of a second.
"""

from __future__ import annotations

import asyncio
import cProfile
import gc
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager, suppress
from time import perf_counter, process_time
from typing import Protocol

import psutil

from benchmarks.figures import Cost, Sample, Series

Drive = Callable[[float], Awaitable[int]]
"""Works for so many seconds and returns how much was done."""


class Side(Protocol):
    """One of those that are compared."""

    @property
    def name(self) -> str:
        """As the table shows it."""
        ...

    @property
    def is_ours(self) -> bool:
        """Whether a profile is about this side."""
        ...

    def opened(self, in_flight: int) -> AbstractAsyncContextManager[Drive]:
        """Makes everything ready for one run with so many commands in flight."""
        ...


class Stretch:
    """What a stretch took; filled when it is over."""

    seconds = 0.0
    client_s = 0.0
    server_s = 0.0

    def rate(self, count: int) -> Sample:
        """So many were done in it: how many a second, and the cost of one."""
        return Sample(count / self.seconds, self.cost(count))

    def time(self) -> Sample:
        """What it took, in milliseconds."""
        return Sample(self.seconds * 1000, self.cost(1))

    def cost(self, count: int) -> Cost:
        """What one of so many cost."""
        return Cost(self.client_s * 1e6 / max(count, 1), self.server_s * 1e6 / max(count, 1))


class Meter:
    """Measures stretches; with a profiler, also profiles those that are ours."""

    def __init__(self, postmaster_pid: int, profiler: cProfile.Profile | None = None) -> None:
        self._postmaster = psutil.Process(postmaster_pid)
        self._profiler = profiler

    @contextmanager
    def stretch(self, *, is_ours: bool = False) -> Iterator[Stretch]:
        """Measures what is done inside."""
        measured = Stretch()
        gc.collect()
        client, server, start = process_time(), self._server_s(), perf_counter()
        if self._profiler and is_ours:
            self._profiler.enable()
        try:
            yield measured
        finally:
            if self._profiler and is_ours:
                self._profiler.disable()
            measured.seconds = perf_counter() - start
            measured.client_s = process_time() - client
            measured.server_s = self._server_s() - server

    def _server_s(self) -> float:
        while True:
            before = self._postmaster.cpu_times()
            total = before.user + before.system + before.children_user + before.children_system
            with suppress(psutil.NoSuchProcess):
                for child in self._postmaster.children(recursive=True):
                    spent = child.cpu_times()
                    total += spent.user + spent.system
                after = self._postmaster.cpu_times()
                if (after.children_user, after.children_system) == (before.children_user, before.children_system):
                    return float(total)
            # one ended while it was looked at, and would count twice or not at all


def by_coroutines(operation: Callable[[], Awaitable[None]], in_flight: int) -> Drive:
    """Keeps so many of the operation under way on this loop."""

    async def work(until: float) -> int:
        done = 0
        while perf_counter() < until:
            await operation()
            done += 1
        return done

    async def drive(seconds: float) -> int:
        until = perf_counter() + seconds
        return sum(await asyncio.gather(*(work(until) for _ in range(in_flight))))

    return drive


async def sample(meter: Meter, side: Side, in_flight: int, *, seconds: float, warm_up_s: float) -> Sample:
    """One run of one side."""
    async with side.opened(in_flight) as drive:
        await drive(warm_up_s)
        with meter.stretch(is_ours=side.is_ours) as stretch:
            done = await drive(seconds)
    return stretch.rate(done)


async def interleaved(
    meter: Meter, sides: list[Side], in_flight: int, *, runs: int, seconds: float, warm_up_s: float
) -> list[Series]:
    """Each side measured `runs` times, in turns, so that what the machine does besides hits all alike."""
    samples: list[list[Sample]] = [[] for _ in sides]
    for _ in range(runs):
        for taken, side in zip(samples, sides, strict=True):
            taken.append(await sample(meter, side, in_flight, seconds=seconds, warm_up_s=warm_up_s))
    return [Series(side.name, taken) for side, taken in zip(sides, samples, strict=True)]
