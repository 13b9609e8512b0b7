"""What is to be done for a job, in every state and before and after every deadline."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import pytest
from pydantic import ValidationError

from domain import job_words as w
from domain.failures import FailureClass
from domain.job_states import (
    Cancelled,
    Delivered,
    Delivering,
    Failed,
    Faltered,
    Generated,
    Generating,
    JobState,
    NoJob,
    Queued,
    Request,
    Requested,
    Resting,
    Scripted,
    Stored,
    Undelivered,
    Work,
)
from domain.next_step import (
    AskAboutTasks,
    AskForTask,
    AwaitTask,
    Deliver,
    FindOutDelivery,
    GiveUp,
    LookForLate,
    Nothing,
    Step,
    Store,
    WaitUntil,
    WriteScript,
    next_step,
)
from domain.pace import Pace
from domain.reasons import Reason
from domain.shapes import Forgotten
from tests.domain import jobs as j
from tests.domain import samples as s
from tests.domain.given_when_then import JOB

BRIEF: Final = s.queued()
FIRST: Final = Request(number=1, key="k1", at=s.NOON)
KNOWN: Final = Request(number=1, key="k1", at=s.NOON, task="t1")
SECOND_WORK: Final = Work(brief=BRIEF, script="steam rises", attempt=2, requests=(FIRST,))
GENERATING_STEPS: Final = (WriteScript, AskForTask, AwaitTask, AskAboutTasks)
PACE: Final = Pace(callbacks=True, jitter=timedelta(0))
FAR: Final = s.after(days=400)


def state_of(kind: type[JobState]) -> JobState:
    """A job in that state, with its usual past."""
    return JOB.given(*j.PASTS[kind]).state


STEPS: Final[dict[type[JobState], Step]] = {
    NoJob: Nothing(),
    Queued: WriteScript(BRIEF),
    Scripted: AskForTask(BRIEF, "steam rises", number=1),
    Requested: AwaitTask((FIRST,), until=s.after(seconds=600)),
    Generating: AskAboutTasks((KNOWN,)),
    Faltered: Nothing(),
    Resting: WaitUntil(j.REST_IS_OVER),
    Generated: Store(1, j.URL),
    Stored: Deliver("v.mp4", attempt=1),
    Delivering: Deliver("v.mp4", attempt=2),
    Undelivered: WaitUntil(j.REST_IS_OVER),
    Delivered: Nothing(),
    Failed: Nothing(),
    Cancelled: Nothing(),
}
"""What is to be done at noon, when everything began."""


@pytest.mark.parametrize("kind", j.PASTS, ids=j.name_of)
def test_every_state_has_its_step(kind: type[JobState]) -> None:
    assert next_step(state_of(kind), s.NOON, PACE) == STEPS[kind]


def test_an_order_is_left_alone_for_a_moment_in_which_it_can_be_cancelled() -> None:
    kind = Pace(second_thoughts=timedelta(seconds=2))
    assert next_step(state_of(Queued), s.NOON, kind) == WaitUntil(s.after(seconds=2))
    assert next_step(state_of(Queued), s.after(seconds=2), kind) == WriteScript(BRIEF)


def test_a_rest_that_is_over_is_followed_by_the_next_request_with_another_key() -> None:
    assert next_step(state_of(Resting), s.after(seconds=9), PACE) == WaitUntil(j.REST_IS_OVER)
    again = AskForTask(BRIEF, "steam rises", number=2, avoid="k1")
    assert next_step(state_of(Resting), j.REST_IS_OVER, PACE) == again


def test_what_failed_together_does_not_return_together() -> None:
    rests = set()
    for index in range(5):
        past = (s.queued(index=index, count=5), *j.PASTS[Resting][1:])
        step = next_step(JOB.given(*past).state, s.NOON, Pace(jitter=timedelta(seconds=2)))
        assert isinstance(step, WaitUntil)
        assert j.REST_IS_OVER <= step.moment < j.REST_IS_OVER + timedelta(seconds=2)
        rests.add(step.moment)
    assert len(rests) == 5


def test_a_send_that_rested_is_tried_again() -> None:
    assert next_step(state_of(Undelivered), s.after(seconds=9)) == WaitUntil(j.REST_IS_OVER)
    assert next_step(state_of(Undelivered), j.REST_IS_OVER) == Deliver("v.mp4", attempt=2)


@pytest.mark.parametrize(
    ("attempt", "step"), [(1, Deliver("v.mp4", 2)), (2, Deliver("v.mp4", 3)), (3, FindOutDelivery(3))]
)
def test_a_started_send_without_an_outcome_counts_as_an_attempt(attempt: int, step: Step) -> None:
    assert next_step(Delivering(BRIEF, "v.mp4", attempt, unknown=False), s.NOON) == step


def test_a_send_that_failed_for_good_is_followed_by_nothing() -> None:
    assert next_step(Undelivered(BRIEF, "v.mp4", 3, unknown=False, until=None), FAR) == Nothing()


@pytest.mark.parametrize("kind", [Queued, Scripted], ids=j.name_of)
def test_a_job_that_waited_too_long_is_given_up(kind: type[JobState]) -> None:
    state = state_of(kind)
    assert next_step(state, s.after(hours=5, minutes=59)) == STEPS[kind]
    assert next_step(state, s.after(hours=6)) == GiveUp(Reason.QUEUE)


@pytest.mark.parametrize("kind", [Requested, Generating, Resting], ids=j.name_of)
def test_a_job_that_takes_too_long_is_given_up(kind: type[JobState]) -> None:
    patient = Pace(generation=timedelta(seconds=1800), callbacks=True)
    state = state_of(kind)
    assert not isinstance(next_step(state, s.after(seconds=1799), patient), GiveUp)
    assert next_step(state, s.after(seconds=1800), patient) == GiveUp(Reason.TIME)


def test_a_video_that_was_made_is_fetched_once_more_when_the_jobs_time_is_over() -> None:
    state = state_of(Generated)
    assert next_step(state, s.after(seconds=1799)) == Store(1, j.URL)
    assert next_step(state, s.after(seconds=1800)) == Store(1, j.URL, last=True)


def test_waiting_in_the_queue_does_not_count_against_the_jobs_own_time() -> None:
    begun = s.after(hours=5)
    state = JOB.given(*j.PASTS[Scripted], j.requested(1, at=begun)).state
    assert isinstance(next_step(state, begun + timedelta(seconds=599), PACE), AwaitTask)
    assert next_step(state, begun + timedelta(seconds=1800), PACE) == GiveUp(Reason.TIME)


def test_a_generation_that_takes_too_long_ends_the_job_for_its_task_may_still_live() -> None:
    state = state_of(Generating)
    assert isinstance(next_step(state, s.after(seconds=599), PACE), AskAboutTasks)
    assert next_step(state, s.after(seconds=600), PACE) == GiveUp(Reason.TIME)


def test_the_time_of_a_generation_runs_from_its_own_request() -> None:
    begun = s.after(seconds=30)
    past = (*j.PASTS[Resting], j.requested(2, at=begun), w.KieTaskCreated(number=2, task="t2"))
    state = JOB.given(*past).state
    assert isinstance(next_step(state, begun + timedelta(seconds=599), PACE), AskAboutTasks)
    assert next_step(state, begun + timedelta(seconds=600), PACE) == GiveUp(Reason.TIME)


def test_an_unanswered_request_is_made_again_once_after_its_callback_could_have_come() -> None:
    lost = state_of(Requested)
    assert next_step(lost, s.after(seconds=599), PACE) == AwaitTask((FIRST,), until=s.after(seconds=600))
    assert next_step(lost, s.after(seconds=600), PACE) == AskForTask(BRIEF, "steam rises", number=2, avoid="k1")
    again = JOB.given(*j.PASTS[Requested], j.requested(2, at=s.after(seconds=600))).state
    assert next_step(again, s.after(seconds=1200), PACE) == GiveUp(Reason.UNANSWERED)


def test_where_no_callback_can_come_nobody_waits_for_it() -> None:
    alone = Pace(callbacks=False)
    assert next_step(state_of(Requested), s.NOON, alone) == AskForTask(BRIEF, "steam rises", number=2, avoid="k1")


def test_an_unanswered_request_may_be_refunded_at_once() -> None:
    careful = Pace(callbacks=False, resubmissions_max=0)
    assert next_step(state_of(Requested), s.NOON, careful) == GiveUp(Reason.UNANSWERED)


def test_a_request_that_is_known_to_be_dead_is_no_unanswered_one() -> None:
    past = (*j.PASTS[Resting], j.requested(2, at=j.REST_IS_OVER))
    step = next_step(JOB.given(*past).state, j.REST_IS_OVER, Pace(callbacks=False))
    assert step == AskForTask(BRIEF, "steam rises", number=3, avoid="k1")


def test_every_task_that_may_live_is_asked_about() -> None:
    past = (*j.PASTS[Requested], j.requested(2), w.KieTaskCreated(number=2, task="t2"))
    second = Request(number=2, key="k1", at=s.NOON, task="t2")
    assert next_step(JOB.given(*past).state, s.NOON, PACE) == AskAboutTasks((FIRST, second))


def test_deadlines_can_be_set() -> None:
    short = Pace(job=timedelta(seconds=1), generation=timedelta(seconds=1), queue=timedelta(seconds=2))
    assert next_step(state_of(Queued), s.after(seconds=2), short) == GiveUp(Reason.QUEUE)
    assert next_step(state_of(Requested), s.after(seconds=1), short) == GiveUp(Reason.TIME)


def test_a_generation_takes_no_longer_than_its_job() -> None:
    with pytest.raises(ValidationError, match="longer than its job"):
        Pace(job=timedelta(seconds=5), generation=timedelta(seconds=6))


def test_a_retry_is_asked_for_with_the_number_after_the_last() -> None:
    state = Resting(SECOND_WORK, until=s.NOON)
    assert next_step(state, s.NOON, PACE) == AskForTask(BRIEF, "steam rises", number=2, avoid="k1")


# After the end

TIMED_OUT: Final = (*j.PASTS[Generating], j.ENDED)


def test_a_task_that_outlived_its_job_is_looked_for_until_it_is_too_late() -> None:
    state = JOB.given(*TIMED_OUT).state
    assert next_step(state, s.after(minutes=119), PACE) == LookForLate((KNOWN,))
    assert next_step(state, s.after(minutes=120), PACE) == Nothing()


def test_a_late_video_is_looked_for_no_longer() -> None:
    state = JOB.given(*TIMED_OUT, w.LateVideoArrived(number=1, file="late.mp4")).state
    assert next_step(state, s.NOON, PACE) == Nothing()


def test_the_twin_of_the_request_that_won_is_looked_for_after_the_delivery() -> None:
    won = w.VideoGenerated(number=2, url=j.URL)
    past = (*j.PASTS[Requested], j.requested(2), won, *j.PASTS[Delivered][-3:])
    state = JOB.given(*past).state
    assert isinstance(state, Delivered)
    assert next_step(state, s.NOON, PACE) == LookForLate((FIRST,))


def test_a_task_that_is_known_to_be_dead_is_not_looked_for() -> None:
    past = (*j.PASTS[Requested], j.faltered(1, FailureClass.UNKNOWN), j.failed(FailureClass.UNKNOWN))
    assert next_step(JOB.given(*past).state, s.NOON, PACE) == Nothing()


def test_a_forgotten_script_does_not_stop_a_job() -> None:
    state = Scripted(BRIEF, Forgotten())
    assert next_step(state, s.NOON) == AskForTask(BRIEF, Forgotten(), number=1)


MOMENTS: Final = (s.NOON, j.REST_IS_OVER, s.after(seconds=1800), s.after(hours=6), FAR)
FROM_STORED_ON: Final[tuple[JobState, ...]] = (
    Stored(BRIEF, "v.mp4"),
    *(Delivering(BRIEF, "v.mp4", attempt, unknown=unknown) for attempt in (1, 2, 3) for unknown in (False, True)),
    *(
        Undelivered(BRIEF, "v.mp4", attempt, unknown=unknown, until=until)
        for attempt in (1, 2, 3)
        for unknown in (False, True)
        for until in (None, s.NOON, FAR)
    ),
    *(Delivered(BRIEF, "v.mp4", confirmed=confirmed) for confirmed in (False, True)),
    state_of(Failed),
    state_of(Cancelled),
)


@pytest.mark.parametrize("now", MOMENTS, ids=str)
def test_nothing_is_generated_from_stored_on(now: datetime) -> None:
    for state in FROM_STORED_ON:
        step = next_step(state, now)
        assert not isinstance(step, (*GENERATING_STEPS, Store, GiveUp)), state


@pytest.mark.parametrize("now", MOMENTS, ids=str)
@pytest.mark.parametrize("kind", j.PASTS, ids=j.name_of)
def test_a_step_can_be_taken_in_the_state_that_asks_for_it(kind: type[JobState], now: datetime) -> None:
    known = JOB.given(*j.PASTS[kind])
    match next_step(known.state, now, PACE):
        case WriteScript():
            known.after(j.write_prompt())
        case AskForTask(number=number):
            known.after(j.request(number, at=now))
        case AwaitTask(requests) | AskAboutTasks(requests):
            known.after(j.fail_generation(requests[-1].number))
        case Store():
            known.after(j.store_video())
        case Deliver(attempt=attempt):
            known.after(j.start_delivery(attempt, at=now))
        case FindOutDelivery(attempt):
            known.after(j.fail_delivery(attempt, w.Outcome.UNKNOWN))
        case GiveUp():
            known.after(j.fail_job())
        case WaitUntil(moment):
            assert now < moment
        case LookForLate():
            known.after(j.late_video(1))
        case Nothing():
            assert kind in {NoJob, Faltered, Delivered, Failed, Cancelled}
