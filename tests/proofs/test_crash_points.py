"""A worker is killed before and after every outside call and every append, on every way through the diagram.

The points are found by walking each way once without a kill. Whatever the point, after a restart the job ends as its
way says, is settled once, and the video service has been paid no more often than the attempts and the one ambiguous
window allow.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from adapters.sandbox.kie_faults import Fault
from adapters.sandbox.kie_sandbox import KieSandbox
from adapters.sandbox.openai_sandbox import OpenAISandbox
from app.serving import serving
from domain import job_words as w
from domain.account_words import CreditCaptured, CreditRefunded
from domain.feedback import Stage, progress_of
from domain.reasons import Reason
from domain.shapes import Event
from tests.conftest import Database
from tests.processors.pipeline_scene import PipelineScene, pipeline_at_work, sandbox_settings
from tests.proofs.crash_program import Wish
from tests.proofs.crash_scenarios import SCENARIOS, Scenario

ROOT: Final = Path(__file__).resolve().parents[2]
SPEED: Final = 40.0
YEAR_S: Final = 31_536_000.0
PACE: Final = {
    "generation": 60.0,
    "first_poll": 3.0,
    "poll": 6.0,
    "late_poll": 10.0,
    "jitter": 0.5,
    "queue": YEAR_S,
    "late": YEAR_S,
}
"""Seconds of the fast clock. It runs away from the moments at which the database records, hence the two years."""
KEYS: Final = {"sandbox-key": "sandbox", "sandbox-key-2": "sandbox"}
KILLED: Final = -9
SHORT_FORM_EVERY: Final = 31
"""The short form kills at every so manieth of all points."""

PARTS: Final = 9
"""The ways are walked in so many tests, each on a database of its own."""

ACCOUNT: Final = 42
WHILE_SENDING: Final = ("after append DeliveryStarted", "before send", "after send", "before append DeliveryFailed")
"""Killed at one of these, nobody knows whether the video arrived: if no later send works, it counts as delivered."""

UNANSWERED_AFTER: Final = ("before create", "after create", "before append KieTaskCreated")
"""Killed at one of these, nobody knows what became of the request."""

LOST_AGAIN: Final = ("after append KieTaskRequested", *UNANSWERED_AFTER)
"""Killed at one of these where a request is lost besides, the job may end with a refund: it is made again once."""


@dataclass
class Nursery:
    """The program that forks the workers, and how many it has forked."""

    process: asyncio.subprocess.Process
    scene: PipelineScene
    kie_url: str
    openai_url: str
    database: Database
    folder: Path
    since: str
    runs: int = 0
    passed: list[str] = field(default_factory=list)

    async def run(self, scenario: Scenario, job: str, kill_at: str | None) -> int:
        """One worker on the job, to its end. Returns its exit status."""
        self.runs += 1
        wish = Wish(
            account=ACCOUNT,
            job=job,
            kill_at=kill_at,
            send_faults={str(attempt): fault for attempt, fault in scenario.send_faults.items()},
            late=scenario.late,
            folder=str(self.folder),
            url=self.database.url,
            kie=self.kie_url,
            openai="http://127.0.0.1:9/v1" if scenario.openai_down else f"{self.openai_url}/v1",
            public_url=self.scene.company.web_url if scenario.callbacks else None,
            since=self.since,
            speed=SPEED,
            pace=PACE,
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{wish.line()}\n".encode())
        await self.process.stdin.drain()
        return int(await self.process.stdout.readline())

    def points(self) -> list[str]:
        """The points that the last workers passed, and forgets them."""
        log = self.folder / "points"
        found = log.read_text().splitlines()
        log.write_bytes(b"")
        return [line for line in found if line.startswith(("before ", "after "))]

    async def begin(self, scenario: Scenario) -> str:
        """Prepares the services for the way and orders its video. Returns the job's id."""
        await self.scene.kie.reset()
        self.scene.kie.faults.add(*(Fault.model_validate(fault) for fault in scenario.faults))
        connection = await asyncpg.connect(self.database.superuser_url)
        await connection.execute("DELETE FROM limits")
        await connection.close()
        (job,) = await self.scene.order(ACCOUNT, model=scenario.model)
        return job


@asynccontextmanager
async def nursery(database: Database, folder: Path) -> AsyncIterator[Nursery]:
    """The nursery, with the sandboxes and the HTTP side in this process, which is never killed."""
    kie, openai = KieSandbox(sandbox_settings(keys=KEYS, latency_s=0)), OpenAISandbox()
    points = folder / "points"
    points.touch()
    async with (
        serving(kie.app) as kie_url,
        serving(openai.app) as openai_url,
        pipeline_at_work(database, folder, kie=kie, work=False) as scene,
    ):
        with points.open("ab") as errors:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.proofs.crash_program"),
                cwd=ROOT,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
            )
        try:
            since = datetime.now(UTC).isoformat()
            yield Nursery(process, scene, kie_url, openai_url, database, folder, since)
        finally:
            process.kill()
            await process.wait()


def wrong_with(scenario: Scenario, life: list[Event], *, paid: int, killed_at: str) -> list[str]:
    """What is not as it must be after the job's end."""
    faults = []
    progress = progress_of(life)
    lost_twice = scenario.ambiguous > 0 and killed_at.startswith(LOST_AGAIN) and progress.reason is Reason.UNANSWERED
    maybe_sent = killed_at.startswith(WHILE_SENDING) and progress.stage is Stage.MAYBE_SENT
    if progress.stage is not scenario.ends and not lost_twice and not maybe_sent:
        faults.append(f"ended {progress.stage}, not {scenario.ends}: {progress.reason}")
    settled = [event for event in life if isinstance(event, CreditCaptured | CreditRefunded)]
    if len(settled) != 1:
        faults.append(f"settled {len(settled)} times")
    attempts = 1 + sum(isinstance(event, w.RetryScheduled) for event in life)
    in_the_dark = killed_at.startswith(UNANSWERED_AFTER)
    if paid > attempts + scenario.ambiguous + in_the_dark:
        faults.append(f"paid {paid} times for {attempts} attempts")
    stored = [index for index, event in enumerate(life) if isinstance(event, w.VideoStored)]
    asked = [index for index, event in enumerate(life) if isinstance(event, w.KieTaskRequested)]
    if stored and max(asked) > stored[0]:
        faults.append("a task was asked for after the video was stored")
    return [f"{scenario.name}, killed {killed_at}: {fault}" for fault in faults]


async def walked(home: Nursery, scenario: Scenario, kill_at: str | None) -> list[str]:
    """Walks the way once, killed at that point. Returns what is wrong afterwards."""
    job = await home.begin(scenario)
    where = f"nowhere, never reached {kill_at}"
    if kill_at is not None:
        status = await home.run(scenario, job, kill_at)
        if status == KILLED:
            where = kill_at
        elif status != 0:
            return [f"{scenario.name}, {kill_at}: the worker ended with {status}: {await life_of(home, job)}"]
    status = await home.run(scenario, job, None)
    if status != 0:
        return [f"{scenario.name}, killed {where}: unsettled after the restart: {await life_of(home, job)}"]
    life = await home.scene.events(ACCOUNT, job)
    return wrong_with(scenario, life, paid=home.scene.kie.paid_creations, killed_at=where)


async def life_of(home: Nursery, job: str) -> str:
    """The names of a job's events."""
    return " ".join(type(event).__name__ for event in await home.scene.events(ACCOUNT, job))


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("part", range(PARTS))
async def test_a_kill_at_any_point_loses_nothing_and_pays_for_nothing_twice(
    database: Database, tmp_path: Path, prove: bool, part: int, record_property: Callable[[str, object], None]
) -> None:
    async with nursery(database, tmp_path) as home:
        wrong: list[str] = []
        points: list[tuple[Scenario, str]] = []
        for scenario in SCENARIOS[part::PARTS]:
            wrong += await walked(home, scenario, None)
            points += [(scenario, point) for point in home.points()]
        assert wrong == []
        chosen = points if prove else points[part * SHORT_FORM_EVERY // PARTS :: SHORT_FORM_EVERY]
        for scenario, point in chosen:
            wrong += await walked(home, scenario, point)
        assert wrong == []
        record_property("crash points found", len(points))
        record_property("crash points run", len(chosen))
        await home.scene.verified()
