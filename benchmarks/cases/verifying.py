"""Appending while `verify` reads a big log in a process of its own that yields to others."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

import orjson

from benchmarks.figures import Cost, Figure, Sample, Series
from benchmarks.meter import Drive
from benchmarks.seeding import grown_log
from benchmarks.sides import Ours
from benchmarks.surroundings import Bench, Database

IN_FLIGHT: Final = 32
REACH: Final = 0.8


@dataclass
class WhileVerifying:
    """Ours, beside a reader that starts before the load and starts again when it is through."""

    database: Database
    accounts: int
    name: str = "ours, while verify reads"
    is_ours: bool = True

    @asynccontextmanager
    async def opened(self, in_flight: int) -> AsyncIterator[Drive]:
        """Ours, with the reader reading."""
        async with Ours(self.database, self.accounts).opened(in_flight) as drive:
            reader = await _start(self.database, again=True)
            assert reader.stdout is not None, "it was asked for"
            assert await reader.stdout.readline() == b"reading\n", "verify reads"
            try:
                yield drive
                assert reader.returncode is None, "verify reads until the end of the load"
            finally:
                with suppress(ProcessLookupError):
                    reader.kill()
                await reader.wait()


async def verifying(bench: Bench) -> list[Figure]:
    """The books are right, says one whole reading; then appends with and without a reader."""
    log = await grown_log(bench, bench.options.log_events)
    bench.say("  one whole reading")
    alone, read = await _whole_reading(bench, log.database)
    count = bench.options.accounts
    without, beside = await bench.compare(
        [Ours(log.database, count, name="ours, nobody reads"), WhileVerifying(log.database, count)], IN_FLIGHT
    )
    name = f"{IN_FLIGHT} in flight, verify reads {log.events:,} events"
    return [
        Figure("verify", name, "commands/s", beside, without, ratio_min=REACH),
        Figure("verify", f"verify of {read:,} events at full speed", "events/s", Series("ours", [alone])),
    ]


async def _whole_reading(bench: Bench, database: Database) -> tuple[Sample, int]:
    """How quickly it reads without the rests that it takes by default, and how much there was."""
    with bench.meter.stretch() as stretch:
        reader = await _start(database, again=False)
        output, _ = await reader.communicate()
    assert reader.returncode == 0, "verify ran"
    report = orjson.loads(output.splitlines()[-1])
    assert report["sound"], "the books of a grown log are right"
    events = report["events"]
    cost = Cost(report["busy_s"] * 1e6 / events, stretch.cost(events).server_us)
    return Sample(events / report["seconds"], cost), events


async def _start(database: Database, *, again: bool) -> Process:
    command = [sys.executable, "-m", "benchmarks.verify_process", *(["--again"] if again else ["--no-rests"])]
    reader = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    assert reader.stdin is not None, "it was asked for"
    reader.stdin.write(database.url.encode())
    reader.stdin.close()
    return reader
