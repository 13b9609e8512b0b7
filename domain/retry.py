"""When a failed generation or delivery is tried again. Pure: moments come in, moments come out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from domain.failures import RETRIED, FailureClass

ATTEMPTS_MAX: Final = 3
"""A generation is attempted this often, and so is a delivery."""

BACKOFF_S: Final = (10, 20, 40)
"""Seconds of rest after the first, second and third failed attempt."""


def retry_at(failure: FailureClass, *, attempt: int, at: datetime) -> datetime | None:
    """When to try again after `attempt` (from 1) failed at that moment; None when it ends the job."""
    if failure not in RETRIED or attempt >= ATTEMPTS_MAX:
        return None
    return at + timedelta(seconds=BACKOFF_S[attempt - 1])


def delivery_retry_at(failure: FailureClass, *, attempt: int, at: datetime) -> datetime | None:
    """When to send again after `attempt` (from 1) failed at that moment; None when it was the last."""
    if failure in {FailureClass.USER_VIOLATION, FailureClass.BILLING} or attempt >= ATTEMPTS_MAX:
        return None
    return at + timedelta(seconds=BACKOFF_S[attempt - 1])
