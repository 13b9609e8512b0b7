"""How many jobs a second run from the order to the delivered and settled video, and where the time goes.

KIE's tasks take no time and nothing limits their creation, so that only the machine does. The services outside are
sandboxes on the same machine, in a process of their own, and so is the HTTP side where their callbacks arrive.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from benchmarks.figures import Figure, Sample, Series
from benchmarks.pipeline.stage import Stage, staged
from benchmarks.surroundings import Bench

PER_S_MIN: Final = 20.0
RATIO_MIN: Final = 1.1
ANSWER_S: Final = 0.1
WARM_UP_JOBS: Final = 16
EVENTS_OF_AN_ORDER: Final = 2


@dataclass(frozen=True, slots=True)
class Run:
    """What one run saw. Processor times are in ms for one job, and so are calls and events; `busy` is in processors."""

    per_s: float
    busy: float
    spent_ms: dict[str, float]
    calls: float
    events: float


async def jobs(bench: Bench) -> list[Figure]:
    """One worker, everything else beside it."""
    async with _stage(bench) as stage:
        await stage.hire()
        await _warm_up(stage)
        runs = [await _one_run(bench, stage) for _ in range(bench.options.runs)]
    rate = Series("ours", [Sample(run.per_s) for run in runs])
    figures = [Figure("jobs", "jobs, one worker, latency 0", "jobs/s", rate, value_min=PER_S_MIN)]
    for who in runs[0].spent_ms:
        spent = Series("ours", [Sample(run.spent_ms[who]) for run in runs])
        figures.append(Figure("jobs", f"one job: processor time of {who}", "ms", spent))
    busy = Series("ours", [Sample(run.busy) for run in runs])
    calls = Series("ours", [Sample(run.calls) for run in runs])
    events = Series("ours", [Sample(run.events) for run in runs])
    return [
        *figures,
        Figure("jobs", "busy meanwhile, all together", "processors", busy),
        Figure("jobs", "one job: HTTP exchanges, callbacks included", "calls", calls),
        Figure("jobs", "one job: events appended by the worker", "events", events),
    ]


async def workers(bench: Bench) -> list[Figure]:
    """Two workers beside one, in turns: waiting for slow answers, so that processors are free, and as they are."""
    waiting = f"creations answered after {ANSWER_S:g} s, one at once in each"
    return [
        *await _two_against_one(bench, waiting, at_once=1, answer_s=ANSWER_S, ratio_min=RATIO_MIN),
        *await _two_against_one(bench, "latency 0"),
    ]


async def _two_against_one(
    bench: Bench,
    which: str,
    *,
    at_once: int | None = None,
    answer_s: float = 0,
    ratio_min: float | None = None,
) -> list[Figure]:
    runs: dict[str, list[Run]] = {"1 worker": [], "2 workers": []}
    async with _stage(bench, at_once=at_once, answer_s=answer_s) as stage:
        await stage.hire()
        await _warm_up(stage)
        for _ in range(bench.options.runs):
            runs["1 worker"].append(await _one_run(bench, stage))
            second = await stage.hire()
            await stage.shared()
            runs["2 workers"].append(await _one_run(bench, stage))
            await stage.dismiss(second)
    one, two = (Series(name, [Sample(run.per_s) for run in taken]) for name, taken in runs.items())
    busy = Series("1 worker", [Sample(run.busy) for run in runs["1 worker"]])
    return [
        Figure("workers", f"2 workers against 1, {which}", "jobs/s", two, one, ratio_min=ratio_min),
        Figure("workers", f"busy beside 1 worker, {which}", "processors", busy),
    ]


@asynccontextmanager
async def _stage(bench: Bench, *, at_once: int | None = None, answer_s: float = 0) -> AsyncIterator[Stage]:
    database = await bench.migrated("jobs")
    async with staged(database, latency_s=0, answer_s=answer_s, at_once=at_once) as stage:
        yield stage
    await bench.drop(database)


async def _warm_up(stage: Stage) -> None:
    await stage.until("CreditCaptured", await stage.order(await stage.crowd(WARM_UP_JOBS)))


async def _one_run(bench: Bench, stage: Stage) -> Run:
    count = bench.options.pipeline_jobs
    crowd = await stage.crowd(count)
    calls, events, before = await _calls(stage), await stage.events(), _cpu_s(stage)
    with bench.meter.stretch() as stretch:
        began = datetime.now(UTC)
        ordered = await stage.order(crowd)
        ended = await stage.until("CreditCaptured", ordered)
    after = _cpu_s(stage)
    spent = {who: after[who] - before[who] for who in after} | {"the database": stretch.server_s}
    await stage.none_doubled(ordered)
    return Run(
        per_s=count / (ended - began).total_seconds(),
        busy=sum(spent.values()) / stretch.seconds,
        spent_ms={who: 1000 * seconds / count for who, seconds in spent.items()},
        calls=(await _calls(stage) - calls) / count,
        events=(await stage.events() - events) / count - EVENTS_OF_AN_ORDER,
    )


async def _calls(stage: Stage) -> int:
    counted = await stage.sandboxes.ask("count")
    return int(counted["calls"] + counted["callbacks"])


def _cpu_s(stage: Stage) -> dict[str, float]:
    return {
        "the workers": sum(worker.cpu_s() for worker in stage.workers),
        "the HTTP side": stage.web.cpu_s(),
        "the sandboxes": stage.sandboxes.cpu_s(),
    }
