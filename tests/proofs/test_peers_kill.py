"""The kill test that job queues were measured by: a worker with 1,500 jobs is killed ten times and started again.

Each job makes one paid call, which is answered after 50 ms, and waits 50 ms for its task. Afterwards no job is stuck,
each was delivered and settled once, and no call that reached the video service was made again: a task that nobody
recorded is adopted through its callback. The HTTP side, where callbacks arrive, and the services are in this process,
which is not killed.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from adapters.sandbox.kie_faults import Fault
from adapters.sandbox.kie_sandbox import KieSandbox
from app.serving import serving
from tests.conftest import Database
from tests.processors.pipeline_scene import PipelineScene, pipeline_at_work, sandbox_settings
from tests.proofs.programs import Program
from tests.proofs.worker_program import Wish

ORDERS_OF: Final = 5
AT_ONCE: Final = 8
WAIT_S: Final = 0.05
GENERATION_S: Final = 3
RESUBMISSIONS_MAX: Final = 3
"""A worker killed between its intent and its call leaves a request that never arrived; ten kills may meet a job more
than twice."""

ENDED_WITHIN_S: Final = 120.0
PROVED_WITHIN_S: Final = 10.0
"""All done so long after the last kill. Asserted in the long form, where it was asked for."""

CREATED: Final = "SELECT stream FROM events WHERE type = 'KieTaskCreated'"
SETTLED: Final = "SELECT count(*) FROM events WHERE type IN ('CreditCaptured', 'CreditRefunded')"
LAST: Final = "SELECT max(recorded_at) FROM events WHERE type = 'CreditCaptured'"
HAPPENED: Final = """
    SELECT type, count(*) AS times, count(DISTINCT coalesce(data ->> 'job', stream)) AS jobs
    FROM events WHERE type = ANY($1) GROUP BY type
"""


@dataclass
class Run:
    """One worker after another on the same jobs."""

    scene: PipelineScene
    wish: Wish
    worker: Program
    orphans: set[str] = field(default_factory=set)
    last_kill: datetime = field(default_factory=lambda: datetime.now(UTC))

    async def until(self, holds: Callable[[], bool]) -> None:
        """Returns when it holds. The worker lives meanwhile."""
        async with asyncio.timeout(ENDED_WITHIN_S):
            while not holds():
                assert self.worker.process.poll() is None, self.worker.complaints()
                await asyncio.sleep(0.01)

    async def kill(self) -> None:
        """Kills the worker and starts the next at once. Notes the tasks that were paid for and are not in the log."""
        self.worker.kill()
        self.last_kill = datetime.now(UTC)
        self.worker = self.wish.hired()
        paid = {job_of(call.callback_url) for call in self.scene.kie.calls if call.paid}
        rows = await self.scene.company.store.pool.fetch(CREATED)
        self.orphans |= paid - {row["stream"].rpartition("/")[2] for row in rows}

    async def settled(self, jobs: int) -> float:
        """Waits until all jobs are settled. Returns the seconds from the last kill to the last settlement."""
        pool = self.scene.company.store.pool
        async with asyncio.timeout(ENDED_WITHIN_S):
            while await pool.fetchval(SETTLED) < jobs:
                assert self.worker.process.poll() is None, self.worker.complaints()
                await asyncio.sleep(0.1)
        last: datetime = await pool.fetchval(LAST)
        return (last - self.last_kill).total_seconds()

    async def happened(self, *types: str) -> dict[str, tuple[int, int]]:
        """How often each of these events happened, and to how many jobs."""
        rows = await self.scene.company.store.pool.fetch(HAPPENED, types)
        return {row["type"]: (row["times"], row["jobs"]) for row in rows}


def job_of(callback_url: str | None) -> str:
    """The job that an address for callbacks names."""
    assert callback_url is not None
    return callback_url.split("/")[-3]


@asynccontextmanager
async def started(database: Database, folder: Path, *, jobs: int) -> AsyncIterator[Run]:
    """The jobs are ordered, and a worker is on its way."""
    slow_answers = (Fault(latency_s=WAIT_S),)
    kie = KieSandbox(sandbox_settings(latency_s=WAIT_S, credits=10_000_000, faults=slow_answers))
    async with serving(kie.app) as url, pipeline_at_work(database, folder, kie=kie, speed=1, work=False) as scene:
        photo = await scene.photo(1)
        accounts = range(1, jobs // ORDERS_OF + 1)
        await asyncio.gather(*(scene.order(account, count=ORDERS_OF, photo=photo) for account in accounts))
        settings = {"generation_timeout_s": GENERATION_S, "resubmissions_max": RESUBMISSIONS_MAX}
        wish = Wish(
            folder=str(folder),
            url=database.url,
            kie=url,
            public_url=scene.company.web_url,
            at_once=AT_ONCE,
            log_level="warning",
            settings=settings,
        )
        run = Run(scene, wish, wish.hired())
        try:
            yield run
        finally:
            run.worker.kill()


@pytest.mark.timeout(600)
async def test_a_worker_killed_again_and_again_ends_every_job_and_repeats_no_paid_call(
    database: Database, tmp_path: Path, prove: bool, record_property: Callable[[str, object], None]
) -> None:
    jobs, kills = (1_500, 10) if prove else (100, 3)
    chance = random.Random(2026)
    async with started(database, tmp_path, jobs=jobs) as run:
        kie = run.scene.kie
        for number in range(kills):
            paid = int(jobs * (number + chance.random()) / kills)
            paid = min(max(paid, kie.paid_creations + 1), jobs)
            await run.until(lambda paid=paid: kie.paid_creations >= paid)  # type: ignore[misc]  # bound at once
            await asyncio.sleep(chance.uniform(0, 0.3))
            await run.kill()
        done_after_s = await run.settled(jobs)

        every = (jobs, jobs)
        happened = await run.happened("VideoStored", "VideoDelivered", "CreditCaptured", "CreditRefunded", "JobFailed")
        assert happened == dict.fromkeys(["VideoStored", "VideoDelivered", "CreditCaptured"], every)
        paid_calls = Counter(job_of(call.callback_url) for call in kie.calls if call.paid)
        assert set(paid_calls.values()) == {1}
        assert len(paid_calls) == kie.paid_creations == jobs
        await run.scene.verified()

        asked = (await run.happened("KieTaskRequested"))["KieTaskRequested"][0]
        figures = {
            "jobs": jobs,
            "kills": kills,
            "paid calls": kie.paid_creations,
            "paid calls repeated": kie.paid_creations - len(paid_calls),
            "orphans adopted": len(run.orphans),
            "requests made again that had never arrived": asked - jobs,
            "seconds from the last kill to the last settlement": round(done_after_s, 1),
        }
        for name, figure in figures.items():
            record_property(name, figure)
        print(figures)  # noqa: T201 - the proof's figures
        assert not prove or done_after_s < PROVED_WITHIN_S
