"""Wishes about one job, and a past for every state that a job can be in."""

from __future__ import annotations

from datetime import datetime
from typing import Final

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
    Requested,
    Resting,
    Scripted,
    Stored,
    Undelivered,
)
from domain.reasons import Reason
from domain.shapes import Value
from tests.domain.samples import ME, NOON, after, queued

NAME: Final = "bot.42.1001.0"
URL: Final = "https://example.org/v.mp4"
REST_IS_OVER: Final = after(seconds=10)
"""The first retry of whatever failed at noon."""

SCRIPT: Final = w.PromptWritten(script="steam rises", source=w.ScriptSource.OPENAI)
STORED: Final = w.VideoStored(file="v.mp4")
ENDED: Final = w.JobFailed(failure=FailureClass.TEMPORARY, message="no answer", reason=Reason.SERVICE)


def requested(number: int, *, at: datetime = NOON) -> w.KieTaskRequested:
    """Request `number` is about to be made."""
    return w.KieTaskRequested(number=number, key="k1", at=at)


def faltered(number: int, failure: FailureClass = FailureClass.TEMPORARY) -> w.GenerationFailed:
    """Request `number` came to nothing."""
    return w.GenerationFailed(number=number, failure=failure, message="no answer", reason=Reason.SERVICE)


def failed(failure: FailureClass, reason: Reason = Reason.SERVICE) -> w.JobFailed:
    """The end without a video."""
    return w.JobFailed(failure=failure, message="no answer", reason=reason)


def undelivered(
    attempt: int,
    *,
    outcome: w.Outcome = w.Outcome.NOT_SENT,
    failure: FailureClass = FailureClass.TEMPORARY,
    retry_at: datetime | None,
) -> w.DeliveryFailed:
    """The attempt's send failed."""
    return w.DeliveryFailed(attempt=attempt, outcome=outcome, failure=failure, message="no answer", retry_at=retry_at)


_SCRIPTED: Final[tuple[w.JobEvent, ...]] = (queued(), SCRIPT)
_REQUESTED: Final = (*_SCRIPTED, requested(1))
_GENERATING: Final = (*_REQUESTED, w.KieTaskCreated(number=1, task="t1"))
_FALTERED: Final = (*_GENERATING, faltered(1))
_GENERATED: Final = (*_GENERATING, w.VideoGenerated(number=1, url=URL))
_STORED: Final = (*_GENERATED, STORED)
_DELIVERING: Final = (*_STORED, w.DeliveryStarted(attempt=1, at=NOON))

PASTS: Final[dict[type[JobState], tuple[w.JobEvent, ...]]] = {
    NoJob: (),
    Queued: (queued(),),
    Scripted: _SCRIPTED,
    Requested: _REQUESTED,
    Generating: _GENERATING,
    Faltered: _FALTERED,
    Resting: (*_FALTERED, w.RetryScheduled(attempt=2, retry_at=REST_IS_OVER)),
    Generated: _GENERATED,
    Stored: _STORED,
    Delivering: _DELIVERING,
    Undelivered: (*_DELIVERING, undelivered(1, retry_at=REST_IS_OVER)),
    Delivered: (*_DELIVERING, w.VideoDelivered(confirmed=True)),
    Failed: (queued(), ENDED),
    Cancelled: (queued(), w.JobCancelled()),
}
"""By state: the shortest way to it."""


def wish(kind: type[w.JobCommand], *, at: datetime = NOON, **fields: object) -> w.JobCommand:
    """A command about the job."""
    return kind.model_validate({"account": ME, "at": at, "job": NAME, **fields})


def write_prompt() -> w.JobCommand:
    """Keep the script."""
    return wish(w.WritePrompt, script="steam rises", source=w.ScriptSource.OPENAI)


def request(number: int, *, at: datetime = NOON) -> w.JobCommand:
    """Say that request `number` is about to be made."""
    return wish(w.RequestTask, at=at, number=number, key="k1")


def record_task(number: int) -> w.JobCommand:
    """Keep the id of request `number`'s task."""
    return wish(w.RecordTask, number=number, task="t1")


def accept_photo(number: int) -> w.JobCommand:
    """The photo passed."""
    return wish(w.AcceptPhoto, number=number)


def fail_generation(
    number: int, failure: FailureClass = FailureClass.TEMPORARY, *, at: datetime = NOON
) -> w.JobCommand:
    """Request `number` came to nothing."""
    return wish(w.FailGeneration, at=at, number=number, failure=failure, message="no answer", reason=Reason.SERVICE)


def record_video(number: int) -> w.JobCommand:
    """Request `number` made a video."""
    return wish(w.RecordVideo, number=number, url=URL)


def store_video() -> w.JobCommand:
    """The video is ours."""
    return wish(w.StoreVideo, file="v.mp4")


def start_delivery(attempt: int, *, at: datetime = NOON) -> w.JobCommand:
    """Say that attempt `attempt` starts."""
    return wish(w.StartDelivery, at=at, attempt=attempt)


def fail_delivery(
    attempt: int,
    outcome: w.Outcome = w.Outcome.NOT_SENT,
    failure: FailureClass = FailureClass.TEMPORARY,
    *,
    at: datetime = NOON,
) -> w.JobCommand:
    """The attempt's send failed."""
    return wish(w.FailDelivery, at=at, attempt=attempt, outcome=outcome, failure=failure, message="no answer")


def confirm(attempt: int) -> w.JobCommand:
    """The attempt's video was taken."""
    return wish(w.ConfirmDelivery, attempt=attempt)


def fail_job() -> w.JobCommand:
    """End the job without a video."""
    return wish(w.FailJob, failure=FailureClass.TEMPORARY, message="no answer", reason=Reason.SERVICE)


def cancel() -> w.JobCommand:
    """The user does not want it any more."""
    return wish(w.CancelJob)


def late_video(number: int) -> w.JobCommand:
    """A video came after the end."""
    return wish(w.RecordLateVideo, number=number, file="late.mp4")


def name_of(case: object) -> str:
    """How a case is called in the test's output."""
    if isinstance(case, type):
        return case.__name__
    return type(case).__name__ if isinstance(case, Value) else str(case)
