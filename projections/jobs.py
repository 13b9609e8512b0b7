"""The queue as people see it: one row per job, its state in one word, how often it was tried."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from domain import job_words as words
from domain.shapes import Event


class WaitsFor(StrEnum):
    """What has to happen next. `turn` is the job's at the video service, `answer` that service's to an open request."""

    SCRIPT = "script"
    TURN = "turn"
    ANSWER = "answer"
    VIDEO = "video"
    RETRY = "retry"
    DOWNLOAD = "download"
    SENDING = "sending"
    NOTHING = "nothing"


@dataclass(slots=True)
class JobRow:
    """One job. `state` is queued, generating, stored, delivered, failed or cancelled. `number` counts from 1."""

    ordered_as: str
    number: int
    count: int
    model: str
    price: int
    state: str
    attempt: int
    failure: str | None
    waits_for: str
    waits_until: datetime | None
    queued_at: datetime
    updated_at: datetime
    ended_at: datetime | None = None


def queued(event: words.JobQueued, recorded_at: datetime) -> JobRow:
    """The row that a job begins with."""
    return JobRow(
        ordered_as=event.order,
        number=event.index + 1,
        count=event.count,
        model=event.model,
        price=event.price,
        state="queued",
        attempt=1,
        failure=None,
        waits_for=WaitsFor.SCRIPT,
        waits_until=None,
        queued_at=recorded_at,
        updated_at=recorded_at,
    )


def _same(_row: JobRow, _event: Event) -> None:
    return


def _scripted(row: JobRow, _event: Event) -> None:
    _wait(row, WaitsFor.TURN)


def _requested(row: JobRow, _event: Event) -> None:
    row.state = "generating"
    _wait(row, WaitsFor.ANSWER)


def _created(row: JobRow, _event: Event) -> None:
    _wait(row, WaitsFor.VIDEO)


def _generation_failed(row: JobRow, event: words.GenerationFailed) -> None:
    row.failure = event.failure


def _retried(row: JobRow, event: words.RetryScheduled) -> None:
    row.attempt = event.attempt
    _wait(row, WaitsFor.RETRY, event.retry_at)


def _generated(row: JobRow, _event: Event) -> None:
    _wait(row, WaitsFor.DOWNLOAD)


def _stored(row: JobRow, _event: Event) -> None:
    row.state = "stored"
    _wait(row, WaitsFor.SENDING)


def _sending(row: JobRow, event: words.DeliveryStarted) -> None:
    row.attempt = event.attempt
    _wait(row, WaitsFor.SENDING)


def _delivery_failed(row: JobRow, event: words.DeliveryFailed) -> None:
    row.failure = event.failure
    _wait(row, WaitsFor.RETRY, event.retry_at)


def _failed(row: JobRow, event: words.JobFailed) -> None:
    row.state = "failed"
    row.failure = event.failure
    _wait(row, WaitsFor.NOTHING)


def _delivered(row: JobRow, _event: words.VideoDelivered) -> None:
    row.state = "delivered"
    row.failure = None
    _wait(row, WaitsFor.NOTHING)


def _cancelled(row: JobRow, _event: words.JobCancelled) -> None:
    row.state = "cancelled"
    _wait(row, WaitsFor.NOTHING)


def _wait(row: JobRow, what: WaitsFor, until: datetime | None = None) -> None:
    row.waits_for = what
    row.waits_until = until


CHANGES: Final[Mapping[type[Event], Callable[[JobRow, Any], None]]] = {
    words.PromptWritten: _scripted,
    words.KieTaskRequested: _requested,
    words.KieTaskCreated: _created,
    words.PhotoAccepted: _same,
    words.GenerationFailed: _generation_failed,
    words.RetryScheduled: _retried,
    words.VideoGenerated: _generated,
    words.VideoStored: _stored,
    words.DeliveryStarted: _sending,
    words.DeliveryFailed: _delivery_failed,
    words.VideoDelivered: _delivered,
    words.JobFailed: _failed,
    words.JobCancelled: _cancelled,
    words.LateVideoArrived: _same,
}
"""How each event after the first changes a job's row. A test holds this against the job's events."""

ENDS: Final = (words.VideoDelivered, words.JobFailed, words.JobCancelled)


def change(row: JobRow, event: Event, recorded_at: datetime) -> None:
    """Changes the row by one event of the job. Raises KeyError for an event that is none."""
    CHANGES[type(event)](row, event)
    row.updated_at = recorded_at
    if isinstance(event, ENDS):
        row.ended_at = recorded_at
