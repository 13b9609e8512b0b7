"""A job's rules that depend on more than the kind of state: numbers, attempts, failure classes, moments."""

from __future__ import annotations

from typing import Any

import pytest

from domain import job_words as w
from domain.failures import FailureClass
from domain.job_states import (
    Delivered,
    Delivering,
    Failed,
    Generated,
    Generating,
    JobState,
    Requested,
    Resting,
    Scripted,
    Stored,
    Undelivered,
)
from domain.reasons import Reason
from domain.refusals import OutOfTurn, SameIdOtherContent
from domain.shapes import Forgotten
from tests.domain import jobs as j
from tests.domain import samples as s
from tests.domain.given_when_then import JOB, Given

OTHER = {
    "order": "bot.42.1002",
    "index": 1,
    "count": 3,
    "model": "veo-3",
    "price": 2,
    "template": None,
    "photo": "photos/42/b.jpg",
    "prompt": "a cat",
    "product_text": None,
    "wishes": None,
    "aspect_ratio": "9:16",
    "duration_s": 10,
}
RETRIED = (FailureClass.TEMPORARY, FailureClass.RATE_LIMIT)
ENDING = (FailureClass.USER_VIOLATION, FailureClass.BILLING, FailureClass.UNKNOWN)


def refused(command: w.JobWish, state: type) -> dict[str, str]:
    """The fields of a refusal because the command does not fit the state."""
    return {"command": type(command).__name__, "state": state.__name__}


# Queueing


@pytest.mark.parametrize(("field", "other"), OTHER.items(), ids=str)
@pytest.mark.parametrize("state", [state for state in j.PASTS if j.PASTS[state]], ids=j.name_of)
def test_the_same_job_with_other_content_is_refused_by_its_field(state: type, field: str, other: object) -> None:
    outcome = JOB.given(*j.PASTS[state]).when(s.queue(**{field: other}))
    outcome.then_refused(SameIdOtherContent, what=f"job {j.NAME}", field=field)


def test_every_field_but_the_moment_is_a_jobs_content() -> None:
    assert OTHER.keys() == w.JobQueued.model_fields.keys() - {"at"}
    JOB.given(s.queued()).when(s.queue(at=s.after(days=1))).then()


def test_a_repeat_is_recognised_when_its_texts_are_forgotten() -> None:
    gone = Forgotten()
    known = JOB.given(s.queued(photo=gone, prompt=gone, product_text=gone, wishes=gone))
    known.when(s.queue()).then()


# Generating


@pytest.mark.parametrize(("state", "fitting"), [(Scripted, 1), (Requested, 2), (Resting, 2)], ids=j.name_of)
def test_requests_are_numbered_without_gaps(state: type, fitting: int) -> None:
    known = JOB.given(*j.PASTS[state])
    for number in {1, 2, 3} - {fitting}:
        command = j.request(number, at=j.REST_IS_OVER)
        known.when(command).then_refused(OutOfTurn, **refused(command, state))
    known.when(j.request(fitting, at=j.REST_IS_OVER)).then(j.requested(fitting, at=j.REST_IS_OVER))


def test_nothing_is_requested_before_the_rest_is_over() -> None:
    known = JOB.given(*j.PASTS[Resting])
    early = j.request(2, at=s.after(seconds=9))
    known.when(early).then_refused(OutOfTurn, **refused(early, Resting))
    known.when(j.request(2, at=s.after(seconds=10))).then(j.requested(2, at=s.after(seconds=10)))


@pytest.mark.parametrize(
    ("state", "command"),
    [
        (Requested, j.record_task(2)),
        (Requested, j.fail_generation(2)),
        (Requested, j.record_video(2)),
        (Generating, j.accept_photo(2)),
        (Generating, j.fail_generation(2)),
        (Generating, j.record_video(2)),
        (Resting, j.record_video(2)),
    ],
    ids=j.name_of,
)
def test_nothing_is_known_of_a_request_that_was_not_made(state: type, command: w.JobWish) -> None:
    JOB.given(*j.PASTS[state]).when(command).then_refused(OutOfTurn, **refused(command, state))


@pytest.mark.parametrize("command", [j.record_task(1), j.fail_generation(1)], ids=j.name_of)
def test_an_earlier_request_is_over_once_the_next_is_made(command: w.JobWish) -> None:
    known = JOB.given(*j.PASTS[Requested], j.requested(2))
    known.when(command).then_refused(OutOfTurn, **refused(command, Requested))


@pytest.mark.parametrize("number", [1, 2])
def test_the_first_success_of_any_request_wins(number: int) -> None:
    known = JOB.given(*j.PASTS[Requested], j.requested(2))
    known.when(j.record_video(number)).then(w.VideoGenerated(number=number, url=j.URL))
    won = known.after(j.record_video(number))
    command = j.record_video(3 - number)
    won.when(command).then_refused(OutOfTurn, **refused(command, Generated))


def test_a_photo_is_accepted_once_for_each_request() -> None:
    accepted = JOB.given(*j.PASTS[Generating]).after(j.accept_photo(1))
    accepted.when(j.accept_photo(1)).then_refused(OutOfTurn, **refused(j.accept_photo(1), Generating))
    again = accepted.after(j.fail_generation(1), j.request(2, at=j.REST_IS_OVER), j.record_task(2))
    again.when(j.accept_photo(1)).then_refused(OutOfTurn, **refused(j.accept_photo(1), Generating))
    again.when(j.accept_photo(2)).then(w.PhotoAccepted())


@pytest.mark.parametrize("failure", RETRIED)
def test_a_generation_is_tried_three_times_with_growing_rests(failure: FailureClass) -> None:
    known = JOB.given(*j.PASTS[Requested])
    known.when(j.fail_generation(1, failure)).then(
        j.faltered(1, failure), w.RetryScheduled(attempt=2, retry_at=s.after(seconds=10))
    )
    known = known.after(j.fail_generation(1, failure), j.request(2, at=s.after(seconds=10)))
    known.when(j.fail_generation(2, failure)).then(
        j.faltered(2, failure), w.RetryScheduled(attempt=3, retry_at=s.after(seconds=20))
    )
    known = known.after(j.fail_generation(2, failure), j.request(3, at=s.after(seconds=20)))
    known.when(j.fail_generation(3, failure)).then(j.faltered(3, failure), j.failed(failure))


@pytest.mark.parametrize("failure", ENDING)
@pytest.mark.parametrize("state", [Requested, Generating], ids=j.name_of)
def test_a_failure_that_trying_again_cannot_help_ends_the_job(state: type, failure: FailureClass) -> None:
    known = JOB.given(*j.PASTS[state])
    known.when(j.fail_generation(1, failure)).then(j.faltered(1, failure), j.failed(failure))


def test_asking_again_for_a_lost_task_is_no_new_attempt() -> None:
    known = JOB.given(*j.PASTS[Requested], j.requested(2), j.requested(3), j.requested(4))
    known.when(j.fail_generation(4)).then(j.faltered(4), w.RetryScheduled(attempt=2, retry_at=s.after(seconds=10)))


def test_the_time_of_a_job_runs_from_its_first_request() -> None:
    later = s.after(minutes=5)
    state = JOB.given(*j.PASTS[Requested], j.requested(2, at=later)).state
    assert isinstance(state, Requested)
    assert state.work.since == s.NOON


# Delivering


@pytest.mark.parametrize(("state", "fitting"), [(Stored, 1), (Delivering, 2), (Undelivered, 2)], ids=j.name_of)
def test_attempts_are_numbered_without_gaps(state: type, fitting: int) -> None:
    known = JOB.given(*j.PASTS[state])
    for attempt in {1, 2, 3, 4} - {fitting}:
        command = j.start_delivery(attempt, at=j.REST_IS_OVER)
        known.when(command).then_refused(OutOfTurn, **refused(command, state))


@pytest.mark.parametrize("command", [j.fail_delivery(2), j.confirm(2)], ids=j.name_of)
def test_nothing_is_known_of_an_attempt_that_did_not_start(command: w.JobWish) -> None:
    JOB.given(*j.PASTS[Delivering]).when(command).then_refused(OutOfTurn, **refused(command, Delivering))


def test_nothing_is_sent_before_the_rest_is_over() -> None:
    known = JOB.given(*j.PASTS[Undelivered])
    early = j.start_delivery(2, at=s.after(seconds=9))
    known.when(early).then_refused(OutOfTurn, **refused(early, Undelivered))
    known.when(j.start_delivery(2, at=j.REST_IS_OVER)).then(w.DeliveryStarted(attempt=2, at=j.REST_IS_OVER))


def failed_twice(first: w.Outcome, second: w.Outcome) -> Given[w.JobWish, w.JobEvent, JobState]:
    """A job whose third attempt is under way."""
    return JOB.given(*j.PASTS[Stored]).after(
        j.start_delivery(1),
        j.fail_delivery(1, first),
        j.start_delivery(2, at=s.after(seconds=10)),
        j.fail_delivery(2, second, at=s.after(seconds=10)),
        j.start_delivery(3, at=s.after(seconds=30)),
    )


NOT_SENT, UNKNOWN = w.Outcome.NOT_SENT, w.Outcome.UNKNOWN


def test_a_video_that_was_certainly_never_sent_fails_after_three_attempts() -> None:
    known = failed_twice(NOT_SENT, NOT_SENT)
    known.when(j.fail_delivery(3)).then(
        j.undelivered(3, retry_at=None), j.failed(FailureClass.TEMPORARY, Reason.DELIVERY)
    )
    assert isinstance(known.after(j.fail_delivery(3)).state, Failed)


@pytest.mark.parametrize(
    ("first", "second", "third"),
    [(UNKNOWN, NOT_SENT, NOT_SENT), (NOT_SENT, UNKNOWN, NOT_SENT), (NOT_SENT, NOT_SENT, UNKNOWN)],
)
def test_a_video_that_may_have_arrived_counts_as_delivered(
    first: w.Outcome, second: w.Outcome, third: w.Outcome
) -> None:
    failing = j.fail_delivery(3, third)
    failed_twice(first, second).when(failing).then(
        j.undelivered(3, outcome=third, retry_at=None), w.VideoDelivered(confirmed=False)
    )


def test_an_attempt_without_an_outcome_may_have_arrived() -> None:
    known = JOB.given(*j.PASTS[Delivering]).after(j.start_delivery(2), j.start_delivery(3))
    known.when(j.fail_delivery(3)).then(j.undelivered(3, retry_at=None), w.VideoDelivered(confirmed=False))


def test_a_fourth_attempt_is_never_made() -> None:
    command = j.start_delivery(4)
    known = JOB.given(*j.PASTS[Delivering]).after(j.start_delivery(2), j.start_delivery(3))
    known.when(command).then_refused(OutOfTurn, **refused(command, Delivering))


def test_a_failed_send_is_tried_again_with_growing_rests() -> None:
    known = JOB.given(*j.PASTS[Delivering])
    known.when(j.fail_delivery(1)).then(j.undelivered(1, retry_at=s.after(seconds=10)))
    known = known.after(j.fail_delivery(1), j.start_delivery(2, at=s.after(seconds=10)))
    known.when(j.fail_delivery(2)).then(j.undelivered(2, retry_at=s.after(seconds=20)))


@pytest.mark.parametrize("failure", FailureClass)
def test_a_send_that_failed_for_good_ends_at_once(failure: FailureClass) -> None:
    known = JOB.given(*j.PASTS[Delivering])
    fields: dict[str, Any] = {"attempt": 1, "outcome": NOT_SENT, "failure": failure, "message": "no answer"}
    known.when(j.wish(w.FailDelivery, **fields, for_good=True)).then(
        j.undelivered(1, failure=failure, retry_at=None), j.failed(failure, Reason.DELIVERY)
    )
    known.when(j.wish(w.FailDelivery, **fields)).then(j.undelivered(1, failure=failure, retry_at=s.after(seconds=10)))


def test_a_send_that_failed_for_good_after_one_that_may_have_arrived_counts_as_delivered() -> None:
    known = JOB.given(*j.PASTS[Delivering]).after(j.start_delivery(2))
    fields: dict[str, Any] = {
        "attempt": 2,
        "outcome": NOT_SENT,
        "failure": FailureClass.UNKNOWN,
        "message": "no answer",
    }
    assert isinstance(known.after(j.wish(w.FailDelivery, **fields, for_good=True)).state, Delivered)


def test_a_confirmed_send_is_the_end_whatever_earlier_attempts_met() -> None:
    known = failed_twice(UNKNOWN, NOT_SENT)
    known.when(j.confirm(3)).then(w.VideoDelivered(confirmed=True))
    assert isinstance(known.after(j.confirm(3)).state, Delivered)


# After the end


def test_a_late_video_is_kept_once_for_each_request() -> None:
    known = JOB.given(*j.PASTS[Failed])
    known.when(j.late_video(1)).then(w.LateVideoArrived(number=1, file="late.mp4"))
    known.after(j.late_video(1)).when(j.late_video(1)).then()
    known.after(j.late_video(1)).when(j.late_video(2)).then(w.LateVideoArrived(number=2, file="late.mp4"))
