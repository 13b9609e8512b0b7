"""What a user hears of a job, from its events alone."""

from __future__ import annotations

from typing import Final

import pytest

from domain import job_words as w
from domain.failures import FailureClass
from domain.feedback import UNHEARD, Notice, Progress, Stage, hear, notices, progress_of
from domain.job_states import Delivering, Failed, Generated, Generating, JobState, NoJob, Undelivered
from domain.reasons import Reason
from domain.shapes import Event
from tests.domain import jobs as j
from tests.domain import samples as s
from tests.domain.every import EVENTS, JOB_EVENTS

CAPTURED: Final = s.captured(j.NAME, s.part("g1", 1))
BACK: Final = s.refunded(j.NAME, s.part("g1", 1))
RETRIED: Final = (j.faltered(1), w.RetryScheduled(attempt=2, retry_at=j.REST_IS_OVER))


def heard(*events: Event) -> list[Notice]:
    """Everything that is said while these happen."""
    progress = UNHEARD
    said: list[Notice] = []
    for event in events:
        after = hear(progress, event)
        said += notices(progress, after)
        progress = after
    return said


def test_a_user_hears_every_stage_of_a_job_that_goes_well() -> None:
    life = (*j.PASTS[Generating], w.PhotoAccepted(), w.VideoGenerated(number=1, url=j.URL), j.STORED)
    said = heard(*life, w.DeliveryStarted(attempt=1, at=s.NOON), w.VideoDelivered(confirmed=True), CAPTURED)
    assert said == [Notice.ACCEPTED, Notice.GENERATING, Notice.PHOTO_PASSED, Notice.SENDING, Notice.READY]


def test_a_video_says_that_the_photo_passed_when_nobody_said_so_before() -> None:
    assert heard(*j.PASTS[Generated])[-1] is Notice.PHOTO_PASSED


def test_every_retry_is_told_with_its_number() -> None:
    past = (*j.PASTS[Generating], *RETRIED)
    progress = progress_of(past)
    assert (progress.stage, progress.attempt, progress.attempts_max) == (Stage.RESTING, 2, 3)
    again = (j.requested(2), w.KieTaskCreated(number=2, task="t2"))
    assert heard(*past, *again)[-2:] == [Notice.RETRYING, Notice.GENERATING]
    assert progress_of((*past, *again)).attempt == 2


def test_another_attempt_checks_the_photo_anew() -> None:
    passed = (*j.PASTS[Generating], w.PhotoAccepted(), *RETRIED, j.requested(2))
    assert not progress_of(passed).photo_passed
    assert heard(*passed, w.PhotoAccepted())[-1] is Notice.PHOTO_PASSED


@pytest.mark.parametrize("reason", Reason)
def test_a_failure_is_told_with_its_reason_and_a_refused_photo_as_such(reason: Reason) -> None:
    past = (*j.PASTS[Generating], j.failed(FailureClass.UNKNOWN, reason))
    assert heard(*past)[-1] is (Notice.PHOTO_REFUSED if reason is Reason.PHOTO else Notice.FAILED)
    assert progress_of(past).reason is reason


@pytest.mark.parametrize("end", [j.ENDED, w.JobCancelled()], ids=j.name_of)
def test_credits_are_said_to_be_back_when_they_are_and_not_before(end: w.JobEvent) -> None:
    past = (s.queued(), end)
    assert progress_of(past).refunded is None
    assert Notice.REFUNDED not in heard(*past)
    assert heard(*past, BACK)[-1] is Notice.REFUNDED
    assert progress_of((*past, BACK)).refunded == 1


def test_a_send_that_is_tried_again_is_told() -> None:
    again = w.DeliveryStarted(attempt=2, at=j.REST_IS_OVER)
    assert heard(*j.PASTS[Undelivered], again)[-1] is Notice.SENDING_AGAIN


def test_a_video_that_may_have_arrived_is_told_as_such() -> None:
    assert heard(*j.PASTS[Delivering], w.VideoDelivered(confirmed=False))[-1] is Notice.MAYBE_SENT


def test_a_late_video_is_offered() -> None:
    late = w.LateVideoArrived(number=1, file="late.mp4")
    assert heard(*j.PASTS[Failed], BACK, late)[-2:] == [Notice.REFUNDED, Notice.LATE_VIDEO]
    assert progress_of((*j.PASTS[Failed], late)).late == "late.mp4"


@pytest.mark.parametrize("kind", j.PASTS, ids=j.name_of)
def test_every_state_is_a_stage(kind: type[JobState]) -> None:
    assert (progress_of(j.PASTS[kind]) == UNHEARD) == (kind is NoJob)


@pytest.mark.parametrize("event", EVENTS, ids=j.name_of)
def test_what_is_heard_twice_is_said_once(event: Event) -> None:
    once = hear(UNHEARD, event)
    assert notices(once, hear(once, event)) == ()
    speaks = (*(type(known) for known in JOB_EVENTS), type(CAPTURED), type(BACK))
    assert isinstance(event, speaks) or once == Progress()
