"""From the video at the service to the video at its user: downloads, sends, and what becomes of those that fail."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from adapters.sandbox.kie_faults import Fault
from adapters.sandbox.sender import Refuse, Vanish
from domain import job_words as w
from domain.failures import FailureClass
from domain.feedback import Stage
from domain.job_words import Outcome
from domain.reasons import Reason
from tests.conftest import Database
from tests.processors.pipeline_scene import ended_with, kinds, only, pipeline_at_work, refunded

ME = 42


async def test_a_download_that_breaks_off_is_made_again(database: Database, tmp_path: Path) -> None:
    async with pipeline_at_work(database, tmp_path) as scene:
        progress, _ = await ended_with(scene, Fault(endpoint="result", drop="midway", nth=1))
        assert progress.stage is Stage.READY
        assert scene.kie.paid_creations == 1


async def test_what_is_no_video_is_not_sent(database: Database, tmp_path: Path) -> None:
    async with pipeline_at_work(database, tmp_path) as scene:
        progress, events = await ended_with(scene, Fault(endpoint="result", garbage="not_json", status=200))
        assert refunded(progress, Reason.OURS)
        assert "VideoStored" not in kinds(events)


async def test_a_failed_send_sends_the_same_video_again(database: Database, tmp_path: Path) -> None:
    async with pipeline_at_work(database, tmp_path) as scene:
        scene.send_faults[f"b.{ME}.1.0", 1] = Refuse(FailureClass.TEMPORARY)
        progress, events = await ended_with(scene)
        assert progress.stage is Stage.READY
        assert kinds(events).count("DeliveryStarted") == 2
        assert scene.kie.paid_creations == 1


async def test_a_send_that_never_works_ends_in_a_refund_and_makes_no_second_video(
    database: Database, tmp_path: Path
) -> None:
    async with pipeline_at_work(database, tmp_path) as scene:
        for attempt in (1, 2, 3):
            scene.send_faults[f"b.{ME}.1.0", attempt] = Refuse(FailureClass.TEMPORARY)
        progress, events = await ended_with(scene)
        assert refunded(progress, Reason.DELIVERY)
        assert kinds(events).count("DeliveryStarted") == 3
        assert scene.kie.paid_creations == 1


async def test_a_send_whose_answer_is_lost_for_good_counts_as_delivered(database: Database, tmp_path: Path) -> None:
    async with pipeline_at_work(database, tmp_path) as scene:
        for attempt in (1, 2, 3):
            scene.send_faults[f"b.{ME}.1.0", attempt] = Vanish(written=attempt == 2)
        progress, events = await ended_with(scene)
        assert (progress.stage, progress.captured) == (Stage.MAYBE_SENT, True)
        assert [event.outcome for event in events if isinstance(event, w.DeliveryFailed)] == [Outcome.UNKNOWN] * 3


async def test_a_messenger_that_asks_for_patience_gets_it(database: Database, tmp_path: Path) -> None:
    async with pipeline_at_work(database, tmp_path) as scene:
        scene.send_faults[f"b.{ME}.1.0", 1] = Refuse(FailureClass.RATE_LIMIT, retry_after_s=34)
        progress, events = await ended_with(scene)
        assert progress.stage is Stage.READY
        failed = only(events, w.DeliveryFailed)
        started = [event for event in events if isinstance(event, w.DeliveryStarted)]
        assert failed.retry_at - started[0].at >= timedelta(seconds=34)
        assert started[1].at >= failed.retry_at
