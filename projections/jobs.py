"""The queue as people see it: one row per job, its state in one word, how often it was tried."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from domain import job_words as words
from domain.shapes import Event


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
        queued_at=recorded_at,
        updated_at=recorded_at,
    )


def _generating(row: JobRow, _event: Event) -> None:
    row.state = "generating"


def _stored(row: JobRow, _event: Event) -> None:
    row.state = "stored"


def _same(_row: JobRow, _event: Event) -> None:
    return


def _generation_failed(row: JobRow, event: words.GenerationFailed) -> None:
    row.failure = event.failure


def _retried(row: JobRow, event: words.RetryScheduled) -> None:
    row.attempt = event.attempt


def _sending(row: JobRow, event: words.DeliveryStarted) -> None:
    row.attempt = event.attempt


def _delivery_failed(row: JobRow, event: words.DeliveryFailed) -> None:
    row.failure = event.failure


def _failed(row: JobRow, event: words.JobFailed) -> None:
    row.state = "failed"
    row.failure = event.failure


def _delivered(row: JobRow, _event: words.VideoDelivered) -> None:
    row.state = "delivered"
    row.failure = None


def _cancelled(row: JobRow, _event: words.JobCancelled) -> None:
    row.state = "cancelled"


CHANGES: Final[Mapping[type[Event], Callable[[JobRow, Any], None]]] = {
    words.PromptWritten: _generating,
    words.KieTaskRequested: _generating,
    words.KieTaskCreated: _same,
    words.PhotoAccepted: _same,
    words.GenerationFailed: _generation_failed,
    words.RetryScheduled: _retried,
    words.VideoGenerated: _same,
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
