"""What is to be done for a job, in every state and before and after every deadline."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import pytest

from domain import job_words as w
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
    Requested,
    Resting,
    Scripted,
    Stored,
    Undelivered,
    Work,
)
from domain.next_step import (
    AskAboutTask,
    AskForTask,
    Deadlines,
    Deliver,
    FindOutDelivery,
    FindOutTask,
    GiveUp,
    Nothing,
    Step,
    Store,
    WaitUntil,
    WriteScript,
    next_step,
)
from domain.shapes import Forgotten
from tests.domain import jobs as j
from tests.domain import samples as s
from tests.domain.given_when_then import JOB

BRIEF: Final = s.queued()
WORK: Final = Work(brief=BRIEF, script="steam rises", number=1, key="k1", attempt=1, since=s.NOON)
SECOND_WORK: Final = Work(brief=BRIEF, script="steam rises", number=1, key="k1", attempt=2, since=s.NOON)
GENERATING_STEPS: Final = (WriteScript, AskForTask, FindOutTask, AskAboutTask)
FAR: Final = s.after(days=400)


def state_of(kind: type[JobState]) -> JobState:
    """A job in that state, with its usual past."""
    return JOB.given(*j.PASTS[kind]).state


STEPS: Final[dict[type[JobState], Step]] = {
    NoJob: Nothing(),
    Queued: WriteScript(BRIEF),
    Scripted: AskForTask(BRIEF, "steam rises", number=1),
    Requested: FindOutTask(WORK),
    Generating: AskAboutTask("t1", WORK),
    Faltered: Nothing(),
    Resting: WaitUntil(j.REST_IS_OVER),
    Generated: Store(j.URL),
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
    assert next_step(state_of(kind), s.NOON) == STEPS[kind]


def test_a_rest_that_is_over_is_followed_by_the_next_request() -> None:
    assert next_step(state_of(Resting), s.after(seconds=9)) == WaitUntil(j.REST_IS_OVER)
    assert next_step(state_of(Resting), j.REST_IS_OVER) == AskForTask(BRIEF, "steam rises", number=2)


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
    assert next_step(state, s.after(hours=6)) == GiveUp("queue")


@pytest.mark.parametrize("kind", [Requested, Generating, Resting, Generated], ids=j.name_of)
def test_a_job_that_takes_too_long_is_given_up(kind: type[JobState]) -> None:
    state = state_of(kind)
    assert not isinstance(next_step(state, s.after(seconds=1799)), GiveUp)
    assert next_step(state, s.after(seconds=1800)) == GiveUp("job")


def test_waiting_in_the_queue_does_not_count_against_the_jobs_own_time() -> None:
    begun = s.after(hours=5)
    state = JOB.given(*j.PASTS[Scripted], j.requested(1, at=begun)).state
    assert isinstance(next_step(state, begun + timedelta(seconds=1799)), FindOutTask)
    assert next_step(state, begun + timedelta(seconds=1800)) == GiveUp("job")


def test_deadlines_can_be_set() -> None:
    short = Deadlines(job=timedelta(seconds=1), queue=timedelta(seconds=2))
    assert next_step(state_of(Queued), s.after(seconds=2), short) == GiveUp("queue")
    assert next_step(state_of(Requested), s.after(seconds=1), short) == GiveUp("job")


def test_a_retry_is_asked_for_with_the_number_after_the_last() -> None:
    state = Resting(SECOND_WORK, until=s.NOON)
    assert next_step(state, s.NOON) == AskForTask(BRIEF, "steam rises", number=2)


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
    *(Delivered(BRIEF, confirmed=confirmed) for confirmed in (False, True)),
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
    match next_step(known.state, now):
        case WriteScript():
            known.after(j.write_prompt())
        case AskForTask(number=number):
            known.after(j.request(number, at=now))
        case FindOutTask(work) | AskAboutTask(work=work):
            known.after(j.fail_generation(work.number))
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
        case Nothing():
            assert kind in {NoJob, Faltered, Delivered, Failed, Cancelled}
