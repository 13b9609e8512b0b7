"""A queued job runs by itself to a stored and sent video, or to a refund, whatever breaks on the way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import pytest

from adapters.postgres.rests import PostgresRests
from adapters.sandbox.kie_faults import Fault
from adapters.sandbox.kie_sandbox import KieSandbox
from domain import job_words as w
from domain.failures import FailureClass
from domain.feedback import Stage
from domain.job_words import CancelJob
from domain.pace import Pace
from domain.reasons import Reason
from tests.conftest import Database
from tests.processors.pipeline_scene import (
    PRICE,
    SPEED,
    ended_with,
    kinds,
    only,
    pipeline_at_work,
    refunded,
    sandbox_settings,
)

ME = 42
TURNS_TAKEN = "SELECT bool_or(paid_until > 'epoch') FROM limits WHERE name LIKE 'kie/%'"
QUICK = Pace(generation=timedelta(seconds=60), late_poll=timedelta(seconds=20), jitter=timedelta(0))


async def test_a_job_runs_by_itself_to_a_delivered_video(database: Database, tmp_path: Path) -> None:
    kie = KieSandbox(sandbox_settings(rendering="on", length_max_s=1, short_side_px=160))
    async with pipeline_at_work(database, tmp_path, kie=kie) as scene:
        (job,) = await scene.order(ME)
        progress = await scene.ended(ME, job)
        assert (progress.stage, progress.captured, progress.refunded) == (Stage.READY, True, None)
        events = await scene.events(ME, job)
        passed = [name for name in kinds(events) if name != "PhotoAccepted"]
        assert passed == [
            *("JobQueued", "PromptWritten", "KieTaskRequested", "KieTaskCreated", "VideoGenerated", "VideoStored"),
            *("DeliveryStarted", "VideoDelivered", "CreditCaptured"),
        ]
        assert only(events, w.PromptWritten).source is w.ScriptSource.OPENAI
        video = await scene.storage.read(only(events, w.VideoStored).file)
        assert video is not None
        with av.open(BytesIO(video), "r") as film:
            frames = [bytes(frame.planes[0]) for frame in film.decode(video=0)]
        assert len(frames) > 10
        assert frames[0] != frames[-1]
        assert (scene.out / str(ME) / f"{job}.mp4").read_bytes() == video
        await scene.verified()


async def test_five_videos_of_one_order_are_made_and_paid_for_one_by_one(database: Database, tmp_path: Path) -> None:
    async with pipeline_at_work(database, tmp_path) as scene:
        scene.kie.faults.add(Fault(fail_code="400", fail_msg="The prompt violates our content policy", nth=2))
        jobs = await scene.order(ME, count=5)
        ends = [await scene.ended(ME, job) for job in jobs]
        assert sorted(end.stage for end in ends) == [Stage.FAILED, *[Stage.READY] * 4]
        assert scene.kie.paid_creations == 5
        await scene.verified()


@pytest.mark.parametrize(
    ("code", "message", "reason"),
    [
        ("400", "This photo shows a real person, which our content policy does not allow", Reason.PHOTO),
        ("400", "Your prompt violates our content policies", Reason.TEXT),
        ("501", "GENERATION_FAILED", Reason.OURS),
    ],
)
async def test_what_trying_again_cannot_help_ends_at_once(
    database: Database, tmp_path: Path, code: str, message: str, reason: Reason
) -> None:
    async with pipeline_at_work(database, tmp_path) as scene:
        progress, events = await ended_with(scene, Fault(fail_code=code, fail_msg=message))
        assert refunded(progress, reason)
        assert scene.kie.paid_creations == 1
        assert only(events, w.GenerationFailed).message


async def test_no_turn_is_taken_before_the_photo_is_there(database: Database, tmp_path: Path) -> None:
    async with pipeline_at_work(database, tmp_path, settings={"kie_creations_per_10s": 20}) as scene:
        pool = scene.company.store.pool
        progress, _ = await ended_with(scene, Fault(endpoint="upload", status=503, times=3))
        assert refunded(progress, Reason.SERVICE)
        assert not await pool.fetchval(TURNS_TAKEN)
        (job,) = await scene.order(ME)
        assert (await scene.ended(ME, job)).stage is Stage.READY
        assert await pool.fetchval(TURNS_TAKEN)


async def test_what_is_temporary_is_tried_three_times(database: Database, tmp_path: Path) -> None:
    async with pipeline_at_work(database, tmp_path) as scene:
        progress, events = await ended_with(scene, Fault(fail_code="500", fail_msg="Internal server error"))
        assert refunded(progress, Reason.SERVICE)
        assert progress.attempt == 3
        assert scene.kie.paid_creations == 3
        rests = [event.retry_at for event in events if isinstance(event, w.RetryScheduled)]
        assert len(rests) == 2


async def test_a_limited_key_is_followed_by_another_at_once(database: Database, tmp_path: Path) -> None:
    kie = KieSandbox(sandbox_settings(keys={"sandbox-key": "one", "sandbox-key-2": "two"}))
    async with with_two_keys(database, tmp_path, kie, speed=5) as scene:  # its rest would be 2 s: no machine is so slow
        progress, events = await ended_with(scene, Fault(code=429, msg="Too many requests", nth=1))
        assert progress.stage is Stage.READY
        asked = [event for event in events if isinstance(event, w.KieTaskRequested)]
        assert len({event.key for event in asked}) == 2
        assert only(events, w.RetryScheduled).retry_at - asked[0].at < timedelta(seconds=10)


def with_two_keys(database: Database, folder: Path, kie: KieSandbox, *, speed: float = SPEED) -> Any:
    """The company with two keys of two accounts, at a sandbox that it takes for the real service."""
    return pipeline_at_work(database, folder, kie=kie, keys=("sandbox-key", "sandbox-key-2"), pace=QUICK, speed=speed)


async def test_a_paused_model_is_switched_off_for_everybody_and_not_asked_again(
    database: Database, tmp_path: Path
) -> None:
    async with pipeline_at_work(database, tmp_path) as scene:
        first = await scene.order(ME, model="sora-2")
        assert refunded(await scene.ended(ME, first[0]), Reason.MODEL_OFF)
        asked = sum(call.endpoint == "create" for call in scene.kie.calls)
        second = await scene.order(ME, model="sora-2")
        assert refunded(await scene.ended(ME, second[0]), Reason.MODEL_OFF)
        assert sum(call.endpoint == "create" for call in scene.kie.calls) == asked == 1
        assert await scene.company.plant.pipeline.offers.is_off("sora-2")


async def test_without_the_script_service_the_template_speaks_and_the_history_says_so(
    database: Database, tmp_path: Path
) -> None:
    settings = {"openai_api_key": "sandbox-key", "openai_base_url": "http://127.0.0.1:9/v1"}
    async with pipeline_at_work(database, tmp_path, settings=settings) as scene:
        (job,) = await scene.order(ME)
        assert (await scene.ended(ME, job)).by_template
        written = only(await scene.events(ME, job), w.PromptWritten)
        assert (written.source, written.failure) == (w.ScriptSource.TEMPLATE, FailureClass.TEMPORARY)


async def test_an_unanswered_creation_is_adopted_through_its_callback(database: Database, tmp_path: Path) -> None:
    async with pipeline_at_work(database, tmp_path) as scene:
        progress, events = await ended_with(scene, Fault(drop="after", nth=1))
        assert progress.stage is Stage.READY
        assert scene.kie.paid_creations == 1
        assert kinds(events).count("KieTaskRequested") == 1


async def test_a_creation_that_nobody_calls_back_about_is_made_again_once(database: Database, tmp_path: Path) -> None:
    async with pipeline_at_work(database, tmp_path, pace=QUICK) as scene:
        progress, events = await ended_with(scene, Fault(drop="before", nth=1))
        assert progress.stage is Stage.READY
        assert scene.kie.paid_creations == 1
        assert kinds(events).count("KieTaskRequested") == 2
        assert "RetryScheduled" not in kinds(events)


async def test_a_creation_that_is_lost_twice_ends_in_a_refund(database: Database, tmp_path: Path) -> None:
    async with pipeline_at_work(database, tmp_path, pace=QUICK) as scene:
        progress, _ = await ended_with(scene, Fault(drop="before"))
        assert refunded(progress, Reason.UNANSWERED)


async def test_the_first_success_of_any_request_wins(database: Database, tmp_path: Path) -> None:
    lost_and_late = Fault(drop="after", nth=1, ends_after_s=1.5)
    never = Fault(nth=2, never_ends=True)
    async with pipeline_at_work(database, tmp_path, pace=QUICK) as scene:
        progress, events = await ended_with(scene, lost_and_late, never)
        assert progress.stage is Stage.READY
        assert only(events, w.VideoGenerated).number == 1
        assert scene.kie.paid_creations == 2


async def test_a_video_that_comes_after_the_end_is_kept_and_moves_no_money(database: Database, tmp_path: Path) -> None:
    async with pipeline_at_work(database, tmp_path, pace=QUICK) as scene:
        scene.kie.faults.add(Fault(ends_after_s=2))
        (job,) = await scene.order(ME)
        assert refunded(await scene.ended(ME, job), Reason.TIME)
        late = (await scene.until(ME, job, lambda progress: progress.late is not None)).late
        assert late is not None
        assert await scene.storage.read(late)
        assert kinds(await scene.events(ME, job)).count("CreditRefunded") == 1
        await scene.verified()


async def test_a_missing_callback_is_made_up_for_by_asking(database: Database, tmp_path: Path) -> None:
    async with pipeline_at_work(database, tmp_path) as scene:
        progress, _ = await ended_with(scene, Fault(callback="missing"))
        assert progress.stage is Stage.READY


@pytest.mark.parametrize("callback", ["twice", "early", "forged", "stale"])
async def test_odd_callbacks_do_no_harm(database: Database, tmp_path: Path, callback: Any) -> None:
    kie = KieSandbox(sandbox_settings(webhook_key="webhook-secret"))
    settings = {"kie_webhook_key": "webhook-secret"}
    async with pipeline_at_work(database, tmp_path, kie=kie, settings=settings) as scene:
        progress, events = await ended_with(scene, Fault(callback=callback))
        assert progress.stage is Stage.READY
        assert kinds(events).count("VideoGenerated") == 1


async def test_a_job_that_is_cancelled_in_time_is_left_alone(database: Database, tmp_path: Path) -> None:
    async with pipeline_at_work(database, tmp_path) as scene:
        rests = PostgresRests(scene.company.store.pool)
        await rests.rest("limited/sandbox", until=datetime.now(UTC) + timedelta(days=1), reason="a test")
        (job,) = await scene.order(ME)
        await scene.until(ME, job, lambda progress: progress.stage is Stage.WRITTEN)
        await scene.company.executor.execute(CancelJob(account=ME, at=datetime.now(UTC), job=job))
        progress = await scene.ended(ME, job)
        assert (progress.stage, progress.refunded) == (Stage.CANCELLED, PRICE)
        assert scene.kie.paid_creations == 0
        await scene.verified()


async def test_an_order_can_be_cancelled_before_anything_is_done_for_it(database: Database, tmp_path: Path) -> None:
    slow = Pace(second_thoughts=timedelta(seconds=3 * SPEED))
    async with pipeline_at_work(database, tmp_path, pace=slow) as scene:
        regretted, meant = await scene.order(ME, count=2)
        await scene.company.executor.execute(CancelJob(account=ME, at=datetime.now(UTC), job=regretted))
        assert (await scene.ended(ME, regretted)).stage is Stage.CANCELLED
        assert scene.openai.requests == []
        assert (await scene.ended(ME, meant)).stage is Stage.READY
        assert (len(scene.openai.requests), scene.kie.paid_creations) == (1, 1)
        await scene.verified()


async def test_without_any_key_the_credits_come_back_at_once(database: Database, tmp_path: Path) -> None:
    async with pipeline_at_work(database, tmp_path) as scene:
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        await PostgresRests(scene.company.store.pool).rest("retired/sandbox", until=tomorrow, reason="a test")
        (job,) = await scene.order(ME)
        assert refunded(await scene.ended(ME, job), Reason.OURS)


@pytest.mark.parametrize("photo", ["coffee.jpg", "coffee_alpha.png", "coffee_exif_rotated.jpg", "coffee_portrait.webp"])
async def test_every_kind_of_photo_becomes_a_video_that_moves(database: Database, tmp_path: Path, photo: str) -> None:
    kie = KieSandbox(sandbox_settings(rendering="on", length_max_s=1, short_side_px=160))
    async with pipeline_at_work(database, tmp_path, kie=kie) as scene:
        (job,) = await scene.order(ME, photo=await scene.photo(ME, photo))
        assert (await scene.ended(ME, job)).stage is Stage.READY
        with av.open(str(scene.out / str(ME) / f"{job}.mp4"), "r") as film:
            stream = film.streams.video[0]
            frames = [bytes(frame.planes[0]) for frame in film.decode(stream)]
            is_tall = stream.height > stream.width
        assert len(frames) > 10
        assert frames[0] != frames[-1]
        assert is_tall == (photo == "coffee_portrait.webp")
