"""What a job's end asks of its account. The only place that knows that jobs cost credits."""

from __future__ import annotations

from datetime import datetime

from domain import streams
from domain.account_words import CaptureCredit, RefundCredit
from domain.job_words import JobCancelled, JobFailed, VideoDelivered
from domain.shapes import Event

SETTLED_BY = (VideoDelivered, JobFailed, JobCancelled)
"""The ends of a job."""


def settlement(stream: str, event: Event, at: datetime) -> CaptureCredit | RefundCredit | None:
    """The command that settles the job's reservation; None when the event ends no job.

    A delivered video, confirmed or not, is spent; every other end gives the credits back.
    """
    if not isinstance(event, SETTLED_BY):
        return None
    account, job = streams.account_of(stream), streams.id_of(stream)
    match event:
        case VideoDelivered():
            return CaptureCredit(account=account, job=job, at=at)
        case JobFailed(failure=failure):
            return RefundCredit(account=account, job=job, at=at, reason=f"failed: {failure}")
        case JobCancelled():
            return RefundCredit(account=account, job=job, at=at, reason="cancelled")
