"""Takeover: a worker with hundreds of jobs in flight is killed or stopped, and the other one takes them over.

Measured from the signal until the other has read every job and begun its next step, by its own clock, which is the
machine's. Then the lost one is replaced and takes its share again, and so on: the jobs' tasks outlast all runs.
"""

from __future__ import annotations

import asyncio
import signal
from time import monotonic
from typing import Final

from benchmarks.figures import Figure, Sample, Series
from benchmarks.pipeline.programs import Program
from benchmarks.pipeline.stage import staged
from benchmarks.surroundings import Bench

AFTER_KILL_MAX_MS: Final = 2_000.0
AFTER_STOP_MAX_MS: Final = 6_000.0
LONG_S: Final = 7_200
SHARED_WITHIN_S: Final = 120.0
LOOK_EVERY_S: Final = 0.25
PATIENCE: Final = {"generation_timeout_s": LONG_S, "job_timeout_s": LONG_S}


async def takeover(bench: Bench) -> list[Figure]:
    """The medians of the runs. Half of the jobs, more or less, change hands in each."""
    count = bench.options.jobs_taken_over
    database = await bench.migrated("takeover")
    async with staged(database, latency_s=LONG_S, settings=PATIENCE) as stage:
        lost, stays = await stage.hire(), await stage.hire()
        ordered = await stage.order(await stage.crowd(count))
        await stage.until("KieTaskCreated", ordered)
        taken: list[int] = []
        times: dict[signal.Signals, list[Sample]] = {signal.SIGKILL: [], signal.SIGSTOP: []}
        for number in [*times] * bench.options.runs:
            taken.append(await _shared(lost, stays, ordered))
            times[number].append(await _time_ms(lost, stays, number, ordered))
            await stage.dismiss(lost, at_once=True)
            lost, stays = stays, await stage.hire()
        await stage.none_paid_twice(ordered)
    await bench.drop(database)
    name = f"takeover of {min(taken):,} to {max(taken):,} jobs"
    killed, stopped = (Series("ours", samples) for samples in times.values())
    return [
        Figure("takeover", f"{name} after SIGKILL", "ms", killed, value_max=AFTER_KILL_MAX_MS),
        Figure("takeover", f"{name} after SIGSTOP", "ms", stopped, value_max=AFTER_STOP_MAX_MS),
    ]


async def _shared(lost: Program, stays: Program, jobs: int) -> int:
    """Returns when both carry their shares, which is all of them: how many the first one carries."""
    async with asyncio.timeout(SHARED_WITHIN_S):
        while True:
            first, second = [(await worker.ask("report"))["jobs"] for worker in (lost, stays)]
            if first and second and first + second == jobs:
                return int(first)
            await asyncio.sleep(LOOK_EVERY_S)


async def _time_ms(lost: Program, stays: Program, number: signal.Signals, jobs: int) -> Sample:
    began = monotonic()
    lost.signal(number)
    return Sample(((await stays.ask(f"all {jobs}"))["at"] - began) * 1000)
