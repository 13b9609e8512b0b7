"""What may sensibly be wished of a job in the state it is in, for the machine to choose from."""

from __future__ import annotations

from datetime import datetime

from domain import job_words as w
from domain.failures import FailureClass
from domain.job_states import (
    Cancelled,
    Delivered,
    Delivering,
    Failed,
    Generated,
    Generating,
    JobState,
    Queued,
    Requested,
    Resting,
    Scripted,
    Stored,
    Undelivered,
)
from tests.domain import jobs as j


def moves(state: JobState, now: datetime, *, failure: FailureClass, outcome: w.Outcome) -> list[w.JobCommand]:
    """The moves of the diagram from here. The first leads towards a video, the last away from it."""
    match state:
        case Queued():
            return [j.write_prompt(), j.fail_job(), j.cancel()]
        case Scripted():
            return [j.request(1, at=now), j.fail_job(), j.cancel()]
        case Requested(work):
            known = [j.record_task(work.number), j.record_video(work.number), j.request(work.number + 1, at=now)]
            return [*known, j.fail_job(), j.fail_generation(work.number, failure, at=now)]
        case Generating(work, photo_accepted=accepted):
            known = [j.record_video(work.number), j.record_video(1)]
            first = [] if accepted else [j.accept_photo(work.number)]
            return [*first, *known, j.fail_job(), j.fail_generation(work.number, failure, at=now)]
        case Resting(work, until):
            return [j.request(work.number + 1, at=max(now, until)), j.record_video(1), j.fail_job()]
        case Generated():
            return [j.store_video(), j.fail_job()]
        case Stored():
            return [j.start_delivery(1, at=now), j.fail_job()]
        case Delivering(attempt=attempt):
            again = [j.start_delivery(attempt + 1, at=now)] if attempt < 3 else []
            return [j.confirm(attempt), *again, j.fail_delivery(attempt, outcome, failure, at=now)]
        case Undelivered(attempt=attempt, until=until):
            return [j.start_delivery(attempt + 1, at=max(now, until or now))]
        case Delivered() | Failed() | Cancelled():
            return [j.late_video(1), j.late_video(2)]
        case _:
            return []


def on(wishes: list[w.JobCommand]) -> w.JobCommand:
    """Towards a video."""
    return wishes[0]


def away(wishes: list[w.JobCommand]) -> w.JobCommand:
    """Away from it."""
    return wishes[-1]


def unlucky(wishes: list[w.JobCommand]) -> w.JobCommand:
    """On, but a task that was accepted and a send that started fail, as often as they are tried."""
    failing = [wish for wish in wishes if isinstance(wish, w.FailGeneration | w.FailDelivery)]
    return failing[0] if failing and not isinstance(wishes[0], w.RecordTask | w.AcceptPhoto) else wishes[0]
