"""Jobs whose worker was away longer than a generation or a whole job may take: a last look comes before anything is
given up, and a video that it finds is delivered."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from adapters.sandbox.kie_faults import Fault
from app.workers import sharing_work
from domain import job_words as w
from domain.feedback import Progress, Stage
from domain.outside import TaskCreated, TaskOrder, Uploaded
from domain.pace import USUAL
from domain.reasons import Reason
from tests.conftest import Database
from tests.processors.pipeline_scene import MODEL, PipelineScene, kinds, pipeline_at_work, refunded

ME: Final = 42
KEY: Final = "sandbox"
LONG_AGO: Final = USUAL.generation + timedelta(seconds=1)
LONGER_AGO: Final = USUAL.job + timedelta(seconds=1)

absences = pytest.mark.parametrize("away", [LONG_AGO, LONGER_AGO], ids=["generation", "job"])


async def requested_long_ago(scene: PipelineScene, away: timedelta) -> tuple[str, str]:
    """A job whose worker asked for a task, left when it had been taken, and came no more. Its id and the task's."""
    pipeline = scene.company.plant.pipeline
    (job,) = await scene.order(ME)
    await say(scene, away, w.WritePrompt, job, script="a slow zoom", source=w.ScriptSource.OPENAI)
    await say(scene, away, w.RequestTask, job, number=1, key=KEY)
    model = pipeline.catalogue.entry(MODEL)
    assert model is not None
    assert pipeline.callback_url is not None
    uploaded = await pipeline.videos.upload(await photo_of(scene), key=KEY)
    assert isinstance(uploaded, Uploaded)
    order = TaskOrder(
        model=model,
        prompt="a slow zoom",
        photo_url=uploaded.url,
        aspect_ratio=None,
        duration_s=None,
        callback_url=pipeline.callback_url(ME, job, 1),
    )
    created = await pipeline.videos.create(order, key=KEY)
    assert isinstance(created, TaskCreated)
    async with asyncio.timeout(10):
        while not await pipeline.callbacks.of_job(ME, job):  # noqa: ASYNC110 - others work
            await asyncio.sleep(0.02)
    return job, created.task


async def photo_of(scene: PipelineScene) -> bytes:
    """The photo of the order."""
    photo = await scene.storage.read(await scene.photo(ME))
    assert photo is not None
    return photo


async def say(scene: PipelineScene, away: timedelta, kind: type[w.JobCommand], job: str, **fields: Any) -> None:
    """What the worker said before it went away."""
    command = kind.model_validate({"account": ME, "job": job, "at": datetime.now(UTC) - away, **fields})
    await scene.company.executor.execute(command)


async def ended(scene: PipelineScene, database: Database, job: str) -> Progress:
    """A worker comes back, and the job comes to its end."""
    company = scene.company
    pipeline = company.plant.pipeline
    async with sharing_work(company.store, company.executor, url=database.url, pipeline=pipeline):
        return await scene.ended(ME, job)


@absences
async def test_a_task_that_was_called_back_about_meanwhile_is_adopted_and_not_paid_for_again(
    database: Database, tmp_path: Path, away: timedelta
) -> None:
    async with pipeline_at_work(database, tmp_path, speed=1, work=False) as scene:
        job, task = await requested_long_ago(scene, away)
        assert (await ended(scene, database, job)).stage is Stage.READY
        assert [event.task for event in await scene.events(ME, job) if isinstance(event, w.KieTaskCreated)] == [task]
        assert scene.kie.paid_creations == 1


@absences
async def test_a_video_that_was_made_meanwhile_is_not_given_up(
    database: Database, tmp_path: Path, away: timedelta
) -> None:
    async with pipeline_at_work(database, tmp_path, speed=1, work=False) as scene:
        job, task = await requested_long_ago(scene, away)
        await say(scene, away, w.RecordTask, job, number=1, task=task)
        assert (await ended(scene, database, job)).stage is Stage.READY
        assert scene.kie.paid_creations == 1


async def test_a_video_that_comes_too_late_and_cannot_be_fetched_is_asked_for_once(
    database: Database, tmp_path: Path
) -> None:
    async with pipeline_at_work(database, tmp_path, speed=1, work=False) as scene:
        job, task = await requested_long_ago(scene, LONGER_AGO)
        await say(scene, LONGER_AGO, w.RecordTask, job, number=1, task=task)
        scene.kie.faults.add(Fault(endpoint="result", status=503))
        assert refunded(await ended(scene, database, job), Reason.TIME)
        assert kinds(await scene.events(ME, job))[-3:] == ["VideoGenerated", "JobFailed", "CreditRefunded"]
