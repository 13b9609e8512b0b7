"""The job's diagram as tables: all pairs of state and command are decided, all pairs of state and event folded."""

from __future__ import annotations

from itertools import product
from typing import Final, get_args

import pytest

from domain import job
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
)
from domain.refusals import OutOfTurn
from tests.domain import jobs as j
from tests.domain import samples as s
from tests.domain.every import JOB_EVENTS, descendants
from tests.domain.given_when_then import JOB

State = type[JobState]
STATES: Final = tuple(j.PASTS)
FAILED: Final = ((w.JobFailed,), Failed)
CANCELLED: Final = ((w.JobCancelled,), Cancelled)
FALTERED: Final = ((w.GenerationFailed, w.RetryScheduled), Resting)
GENERATED: Final = ((w.VideoGenerated,), Generated)
DELIVERING: Final = ((w.DeliveryStarted,), Delivering)

MOVES: Final[dict[tuple[State, type[w.JobWish]], tuple[tuple[type[w.JobEvent], ...], State]]] = {
    (NoJob, w.QueueJob): ((w.JobQueued,), Queued),
    (Queued, w.WritePrompt): ((w.PromptWritten,), Scripted),
    (Queued, w.CancelJob): CANCELLED,
    (Queued, w.FailJob): FAILED,
    (Scripted, w.RequestTask): ((w.KieTaskRequested,), Requested),
    (Scripted, w.CancelJob): CANCELLED,
    (Scripted, w.FailJob): FAILED,
    (Requested, w.RequestTask): ((w.KieTaskRequested,), Requested),
    (Requested, w.RecordTask): ((w.KieTaskCreated,), Generating),
    (Requested, w.FailGeneration): FALTERED,
    (Requested, w.RecordVideo): GENERATED,
    (Requested, w.FailJob): FAILED,
    (Generating, w.AcceptPhoto): ((w.PhotoAccepted,), Generating),
    (Generating, w.FailGeneration): FALTERED,
    (Generating, w.RecordVideo): GENERATED,
    (Generating, w.FailJob): FAILED,
    (Resting, w.RequestTask): ((w.KieTaskRequested,), Requested),
    (Resting, w.RecordVideo): GENERATED,
    (Resting, w.FailJob): FAILED,
    (Generated, w.StoreVideo): ((w.VideoStored,), Stored),
    (Generated, w.FailJob): FAILED,
    (Stored, w.StartDelivery): DELIVERING,
    (Stored, w.FailJob): FAILED,
    (Delivering, w.StartDelivery): DELIVERING,
    (Delivering, w.FailDelivery): ((w.DeliveryFailed,), Undelivered),
    (Delivering, w.ConfirmDelivery): ((w.VideoDelivered,), Delivered),
    (Undelivered, w.StartDelivery): DELIVERING,
    (Delivered, w.RecordLateVideo): ((w.LateVideoArrived,), Delivered),
    (Failed, w.RecordLateVideo): ((w.LateVideoArrived,), Failed),
    (Cancelled, w.RecordLateVideo): ((w.LateVideoArrived,), Cancelled),
}
"""The allowed moves: what follows, and the state after it."""

REPEATS: Final = {(state, w.QueueJob) for state in STATES if state is not NoJob} | {(Cancelled, w.CancelJob)}
"""What is answered with nothing. Any pair that is in neither table is out of turn."""

FOLDS: Final[dict[type[w.JobEvent], dict[State, State]]] = {
    w.JobQueued: {NoJob: Queued},
    w.PromptWritten: {Queued: Scripted},
    w.KieTaskRequested: {Scripted: Requested, Requested: Requested, Resting: Requested},
    w.KieTaskCreated: {Requested: Generating},
    w.PhotoAccepted: {Generating: Generating},
    w.GenerationFailed: {Requested: Faltered, Generating: Faltered},
    w.RetryScheduled: {Faltered: Resting},
    w.VideoGenerated: {Requested: Generated, Generating: Generated, Resting: Generated},
    w.VideoStored: {Generated: Stored},
    w.DeliveryStarted: {Stored: Delivering, Delivering: Delivering, Undelivered: Delivering},
    w.DeliveryFailed: {Delivering: Undelivered},
    w.VideoDelivered: {Delivering: Delivered, Undelivered: Delivered},
    w.JobFailed: {state: Failed for state in STATES if state is not NoJob},
    w.JobCancelled: {state: Cancelled for state in STATES if state is not NoJob},
    w.LateVideoArrived: {Delivered: Delivered, Failed: Failed, Cancelled: Cancelled},
}
"""The state after each event in each state. A pair that is not here cannot have happened."""

NEXT: Final[dict[State, int]] = {Requested: 2, Resting: 2, Delivering: 2, Undelivered: 2}
"""The number of the next request or attempt, where it is not the first."""


def fitting(state: State) -> tuple[w.JobWish, ...]:
    """One command of each kind, as sensible as it can be in that state."""
    following = NEXT.get(state, 1)
    return (
        s.queue(),
        j.write_prompt(),
        j.request(following, at=j.REST_IS_OVER),
        j.record_task(1),
        j.accept_photo(1),
        j.fail_generation(1),
        j.record_video(1),
        j.store_video(),
        j.start_delivery(following, at=j.REST_IS_OVER),
        j.fail_delivery(1),
        j.confirm(1),
        j.fail_job(),
        j.cancel(),
        j.late_video(1),
    )


@pytest.mark.parametrize(
    ("state", "command"), [(state, command) for state in STATES for command in fitting(state)], ids=j.name_of
)
def test_a_job_moves_as_its_table_says(state: State, command: w.JobWish) -> None:
    known = JOB.given(*j.PASTS[state])
    outcome = known.when(command)
    pair = (state, type(command))
    if pair in MOVES:
        events, after = MOVES[pair]
        assert tuple(type(event) for event in outcome.events) == events
        assert type(known.after(command).state) is after
    elif pair in REPEATS:
        outcome.then()
    else:
        outcome.then_refused(OutOfTurn, command=type(command).__name__, state=state.__name__)


@pytest.mark.parametrize(("state", "event"), list(product(STATES, JOB_EVENTS)), ids=j.name_of)
def test_an_event_folds_as_its_table_says(state: State, event: w.JobEvent) -> None:
    before = JOB.given(*j.PASTS[state]).state
    after = FOLDS[type(event)].get(state)
    if after is not None:
        assert type(job.evolve(before, event)) is after
    else:
        why = "first event is JobQueued" if state is NoJob else f"cannot follow {state.__name__}"
        with pytest.raises(AssertionError, match=why):
            job.evolve(before, event)


@pytest.mark.parametrize("state", STATES, ids=j.name_of)
def test_every_state_has_a_past(state: State) -> None:
    assert type(JOB.given(*j.PASTS[state]).state) is state


def test_the_tables_speak_of_every_state_command_and_event() -> None:
    commands = {type(command) for command in fitting(NoJob)}
    assert set(STATES) == set(get_args(JobState))
    assert commands == {*descendants(w.JobCommand), w.QueueJob}
    assert set(FOLDS) == {type(event) for event in JOB_EVENTS} == set(get_args(w.JobEvent))
    assert {command for _, command in MOVES} == commands
    assert {event for events, _ in MOVES.values() for event in events} == set(FOLDS)


def reachable(*begin: State) -> set[State]:
    """Every state that moves lead to from these."""
    found = set(begin)
    while more := {after for (before, _), (_, after) in MOVES.items() if before in found} - found:
        found |= more
    return found


def test_no_move_leads_from_stored_back_to_generation() -> None:
    assert reachable(Stored) == {Stored, Delivering, Undelivered, Delivered, Failed}


def test_every_state_can_be_reached_and_ends() -> None:
    assert reachable(NoJob) == set(STATES) - {Faltered}  # within one append only
    ends = {Delivered, Failed, Cancelled}
    assert all(reachable(state) & ends for state in STATES if state is not Faltered)
    assert all(reachable(end) == {end} for end in ends)
