"""One worker with thousands of jobs in flight: how much memory it takes, and how late its event loop is.

KIE's tasks take a minute, and callbacks tell of their ends; meanwhile the worker asks about each of them once in a
while. A ticker inside the worker wakes every 10 ms and notes how much too late, from the first order to the last end.
"""

from __future__ import annotations

from typing import Final

from benchmarks.figures import Figure, Sample, Series
from benchmarks.pipeline.stage import staged
from benchmarks.surroundings import Bench

MIB: Final = 2**20
MEMORY_MAX_MIB: Final = 400.0
LAG_P99_MAX_MS: Final = 50.0
WARM_UP_JOBS: Final = 4


async def flight(bench: Bench) -> list[Figure]:
    """All of them are ordered at once, and all end. Once: a run takes minutes and holds many jobs."""
    count, task_s = bench.options.jobs_in_flight, bench.options.task_s
    database = await bench.migrated("flight")
    async with staged(database, latency_s=task_s) as stage:
        worker = await stage.hire()
        await stage.until("KieTaskCreated", await stage.order(await stage.crowd(WARM_UP_JOBS)))
        crowd = await stage.crowd(count)
        await worker.ask("report")
        ordered = await stage.order(crowd)
        await stage.until("CreditCaptured", ordered)
        seen = await worker.ask("report")
        await stage.none_doubled(ordered)
    await bench.drop(database)
    name = f"{count:,} jobs in flight, tasks of {task_s:g} s"
    lag = f"{name}: lag of its event loop"
    return [
        Figure("flight", f"{name}: memory", "MiB", _one(seen["rss_bytes"] / MIB), value_max=MEMORY_MAX_MIB),
        Figure("flight", f"{lag}, p99", "ms", _one(seen["lag_p99_ms"]), value_max=LAG_P99_MAX_MS),
        Figure("flight", f"{lag}, p50", "ms", _one(seen["lag_p50_ms"])),
        Figure("flight", f"{lag}, worst", "ms", _one(seen["lag_max_ms"])),
        Figure("flight", f"{name}: the loop's own work between two ticks, p99", "ms", _one(seen["worked_p99_ms"])),
        Figure("flight", f"{name}: most of them at once", "jobs", _one(seen["jobs_max"])),
    ]


def _one(value: float) -> Series:
    return Series("ours", [Sample(value)])
