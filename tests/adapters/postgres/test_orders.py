"""Orders and videos from the log: a video is its person's once it was sent or came late, not when it was refunded."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Final

import pytest

from adapters.postgres.event_store import PostgresEventStore
from adapters.postgres.orders import PostgresOrders
from domain import job_words as w
from domain.failures import FailureClass
from domain.retry import ATTEMPTS_MAX
from tests.processors.scene import AT, Scene, at_work, life_of

ME, YOU = 42, 43
LAST_STORED: Final = 5
"""Commands of a life up to the stored video."""


@pytest.fixture
async def scene(store: PostgresEventStore) -> AsyncIterator[Scene]:
    """A company at work, and somebody with credits."""
    async with at_work(store) as scene:
        await scene.open(ME, 10)
        yield scene


@pytest.fixture
def orders(store: PostgresEventStore) -> PostgresOrders:
    """The reader of orders."""
    return PostgresOrders(store)


async def does(scene: Scene, *commands: w.JobCommand) -> None:
    """Carries them out, one after the other."""
    for command in commands:
        await scene.executor.execute(command)


def sends(job: str, *outcomes: w.Outcome, for_good: bool = False) -> list[w.JobCommand]:
    """As many attempts at sending the stored video, an hour apart, each of which fails."""
    attempts: list[w.JobCommand] = []
    for attempt, outcome in enumerate(outcomes, 1):
        common: dict[str, Any] = {"account": ME, "at": AT + attempt * timedelta(hours=1), "job": job}
        why: dict[str, Any] = {"failure": FailureClass.TEMPORARY, "message": "no", "for_good": for_good}
        attempts.append(w.StartDelivery(**common, attempt=attempt))
        attempts.append(w.FailDelivery(**common, attempt=attempt, outcome=outcome, **why))
    return attempts


async def late(scene: Scene, job: str) -> None:
    """A video comes of the task that was given up."""
    await does(scene, w.RecordLateVideo(account=ME, at=AT, job=job, number=1, file="late.mp4"))


async def listed(scene: Scene, orders: PostgresOrders) -> list[str]:
    """What the person finds among their videos."""
    await scene.at_rest()
    return [video.job for video in await orders.videos(ME, skip=0, limit=9)]


async def test_a_video_that_was_sent_is_its_persons_alone(scene: Scene, orders: PostgresOrders) -> None:
    (job,) = await scene.order(ME, 1)
    await does(scene, *life_of(ME, job)[:LAST_STORED])
    assert await orders.video(ME, job) is None
    await does(scene, *life_of(ME, job)[LAST_STORED:])
    video = await orders.video(ME, job)
    assert video is not None
    assert video.file == "outputs/v.mp4"
    assert await orders.video(YOU, job) is None
    assert await listed(scene, orders) == [job]


async def test_a_video_that_may_have_been_sent_is_its_persons(scene: Scene, orders: PostgresOrders) -> None:
    (job,) = await scene.order(ME, 1)
    await does(scene, *life_of(ME, job)[:LAST_STORED], *sends(job, *[w.Outcome.UNKNOWN] * ATTEMPTS_MAX))
    assert await scene.settled(ME, job) == "CreditCaptured"
    assert await orders.video(ME, job) is not None
    assert await listed(scene, orders) == [job]


@pytest.mark.parametrize(("attempts", "for_good"), [(1, True), (ATTEMPTS_MAX, False)])
async def test_a_stored_video_whose_credits_went_back_is_nobodys(
    scene: Scene, orders: PostgresOrders, attempts: int, *, for_good: bool
) -> None:
    (job,) = await scene.order(ME, 1)
    failed = sends(job, *[w.Outcome.NOT_SENT] * attempts, for_good=for_good)
    await does(scene, *life_of(ME, job)[:LAST_STORED], *failed)
    assert await scene.settled(ME, job) == "CreditRefunded"
    assert await orders.video(ME, job) is None
    assert await listed(scene, orders) == []


async def test_a_video_that_came_late_is_a_present(scene: Scene, orders: PostgresOrders) -> None:
    (job,) = await scene.order(ME, 1)
    await does(scene, *life_of(ME, job)[:3])
    await does(scene, w.FailJob(account=ME, at=AT, job=job, failure=FailureClass.TEMPORARY, message="it took too long"))
    assert await scene.settled(ME, job) == "CreditRefunded"
    assert await orders.video(ME, job) is None
    await late(scene, job)
    video = await orders.video(ME, job)
    assert video is not None
    assert video.file == "late.mp4"
