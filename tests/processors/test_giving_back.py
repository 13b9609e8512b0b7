"""A shard that is given back: what is under way comes to its end, and nothing else begins that would be paid for twice.

The next owner takes up every job where it was left, and makes each video once.
"""

from __future__ import annotations

import asyncio
from asyncio import Semaphore
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from adapters.postgres.rests import PostgresRests
from adapters.sandbox.kie_faults import Fault
from adapters.sandbox.kie_sandbox import KieSandbox
from app.workers import Workers, sharing_work
from domain.feedback import Stage
from domain.outside import KeyReady, MaybeSent, NotSent, Sent
from processors.pipeline import Pipeline, Slots
from processors.services import Sender
from tests.conftest import Database
from tests.processors.pipeline_scene import PATIENCE_S, PipelineScene, kinds, pipeline_at_work, sandbox_settings

ME: Final = 42
JOBS: Final = 10
AT_ONCE: Final = 2
LIMIT_S: Final = 10 * PATIENCE_S
"""Who is told to stop has so long. Whoever uses it up has outstayed the test's patience."""

SLOW_ANSWERS: Final = Fault(latency_s=0.2)


@dataclass
class SlowSender:
    """Delivers as the folder's sender does, once `goes_on` is set. `begun` counts the sends of each job."""

    usual: Sender
    goes_on: asyncio.Event = field(default_factory=asyncio.Event)
    begun: Counter[str] = field(default_factory=Counter)

    async def send(self, account: int, *, job: str, file: str, attempt: int) -> Sent | NotSent | MaybeSent:
        """Sends it once."""
        self.begun[job] += 1
        await self.goes_on.wait()
        return await self.usual.send(account, job=job, file=file, attempt=attempt)


@dataclass
class Hall:
    """The company without an owner of any shard. Of each call, few may be under way at once."""

    scene: PipelineScene
    database: Database
    pipeline: Pipeline
    sender: SlowSender

    def owner(self) -> AbstractAsyncContextManager[Workers]:
        """Somebody who owns every shard until it is left, and is told to stop then."""
        company, url = self.scene.company, self.database.url
        return sharing_work(company.store, company.executor, url=url, pipeline=self.pipeline, stop_within_s=LIMIT_S)

    async def jobs(self) -> list[str]:
        """Orders of five each."""
        photo = await self.scene.photo(ME)
        return [job for _ in range(JOBS // 5) for job in await self.scene.order(ME, count=5, photo=photo)]

    async def happened(self, jobs: list[str]) -> Counter[str]:
        """How often each event happened to these jobs."""
        lives = [await self.scene.events(ME, job) for job in jobs]
        return Counter(name for life in lives for name in kinds(life))

    async def ended_well(self, jobs: list[str]) -> None:
        """The next owner brings every job to its end, and no video is made or sent twice."""
        self.sender.goes_on.set()
        async with self.owner():
            assert [(await self.scene.ended(ME, job)).stage for job in jobs] == [Stage.READY] * len(jobs)
        assert self.scene.kie.paid_creations == len(jobs)
        assert self.sender.begun == dict.fromkeys(jobs, 1)
        in_all = await self.happened(jobs)
        assert in_all["KieTaskRequested"] == in_all["DeliveryStarted"] == len(jobs)
        await self.scene.verified()


@asynccontextmanager
async def hall(database: Database, folder: Path) -> AsyncIterator[Hall]:
    """The hall, whose services answer slowly."""
    kie = KieSandbox(sandbox_settings(faults=(SLOW_ANSWERS,)))
    async with pipeline_at_work(database, folder, kie=kie, speed=1, work=False) as scene:
        usual = scene.company.plant.pipeline
        sender = SlowSender(usual.sender)
        slots = Slots(*(Semaphore(AT_ONCE) for _ in range(5)))
        yield Hall(scene, database, replace(usual, sender=sender, slots=slots), sender)


async def until(holds: Callable[[], bool]) -> None:
    """Returns when it holds."""
    async with asyncio.timeout(PATIENCE_S):
        while not holds():  # noqa: ASYNC110 - the owner works
            await asyncio.sleep(0.01)


async def until_waiting(workers: Workers, what: str, *, jobs: int) -> None:
    """Returns when so many jobs wait for that."""
    await until(lambda: sum(job.waits_for == what for job in workers.at_hand()) == jobs)


@pytest.mark.timeout(180)
async def test_no_creation_begins_once_the_shard_is_to_be_given_back_and_none_is_cut_off(
    database: Database, tmp_path: Path
) -> None:
    async with hall(database, tmp_path) as here:
        jobs, kie = await here.jobs(), here.scene.kie
        async with here.owner():
            await until(lambda: kie.paid_creations >= AT_ONCE)
            paid = kie.paid_creations
        assert kie.paid_creations <= paid + AT_ONCE  # those had been announced
        left = await here.happened(jobs)
        assert left["KieTaskRequested"] == left["KieTaskCreated"] == kie.paid_creations < JOBS
        await here.ended_well(jobs)


@pytest.mark.timeout(180)
async def test_who_waits_for_a_slot_that_others_hold_leaves_at_once(database: Database, tmp_path: Path) -> None:
    async with hall(database, tmp_path) as here:
        jobs, slots = await here.jobs(), here.pipeline.slots.creations
        for _ in range(AT_ONCE):
            await slots.acquire()
        async with asyncio.timeout(PATIENCE_S), here.owner() as workers:
            await until_waiting(workers, "its turn at the video service", jobs=JOBS)
        for _ in range(AT_ONCE):
            slots.release()
        await here.ended_well(jobs)


@pytest.mark.timeout(180)
async def test_who_waits_for_a_key_leaves_at_once(database: Database, tmp_path: Path) -> None:
    async with hall(database, tmp_path) as here:
        rests, jobs = PostgresRests(here.scene.company.store.pool), await here.jobs()
        await rests.rest("limited/sandbox", until=datetime.now(UTC) + timedelta(days=1), reason="a test")
        async with asyncio.timeout(PATIENCE_S), here.owner() as workers:
            await until_waiting(workers, "a key of the video service", jobs=AT_ONCE)
        await rests.wake("limited/sandbox")
        async with asyncio.timeout(PATIENCE_S):
            while not isinstance(await here.pipeline.videos.key(), KeyReady):  # noqa: ASYNC110 - who rests is read now and then
                await asyncio.sleep(0.1)
        await here.ended_well(jobs)


@pytest.mark.timeout(180)
async def test_no_send_begins_once_the_shard_is_to_be_given_back(database: Database, tmp_path: Path) -> None:
    async with hall(database, tmp_path) as here:
        jobs, sender = await here.jobs(), here.sender
        async with here.owner() as workers:
            await until_waiting(workers, "its turn to be sent", jobs=JOBS - AT_ONCE)
            stopping = asyncio.create_task(workers.ownership.stop(LIMIT_S))
            await until(lambda: len(workers.at_hand()) == AT_ONCE)
            sender.goes_on.set()
            await stopping
        assert sender.begun.total() == (await here.happened(jobs))["DeliveryStarted"] == AT_ONCE
        await here.ended_well(jobs)
