"""When a failed generation or delivery is tried again. Pure: moments come in, moments come out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from zlib import crc32

from domain.failures import RETRIED, FailureClass

ATTEMPTS_MAX: Final = 3
"""A generation is attempted this often, and so is a delivery."""

BACKOFF_S: Final = (10, 20, 40)
"""Seconds of rest after the first, second and third failed attempt."""


def retry_at(failure: FailureClass, *, attempt: int, at: datetime, elsewhere: bool = False) -> datetime | None:
    """When to try again after `attempt` (from 1) failed at that moment; None when it ends the job.

    `elsewhere`: another key is ready, and so a limit that was met with this one needs no rest.
    """
    if failure not in RETRIED or attempt >= ATTEMPTS_MAX:
        return None
    if elsewhere and failure is FailureClass.RATE_LIMIT:
        return at
    return at + timedelta(seconds=BACKOFF_S[attempt - 1])


def delivery_retry_at(*, attempt: int, at: datetime, not_before_s: int | None = None) -> datetime | None:
    """When to send again after `attempt` (from 1) failed at that moment, whatever it met; None when it was the last."""
    if attempt >= ATTEMPTS_MAX:
        return None
    return at + timedelta(seconds=max(BACKOFF_S[attempt - 1], not_before_s or 0))


def spread(what: str, upto: timedelta) -> timedelta:
    """How much longer `what` rests, from nothing to `upto`, drawn from its name.

    What failed together does not return together, and the same thing always draws the same.
    """
    return upto * (crc32(what.encode()) % 1000) // 1000
