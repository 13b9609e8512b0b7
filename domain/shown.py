"""What people are shown of the ledger and the queue. Amounts are whole credits, lengths pixels.

Values only: adapters read them from the views and the log, screens put them into words.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from domain.feedback import Progress
from domain.job_words import JobQueued


class KeptPhoto(NamedTuple):
    """A user's photo, checked and in our storage under `name`. Lengths in pixels."""

    name: str
    width: int
    height: int


class Balance(NamedTuple):
    """An account's credits, whole."""

    available: int
    reserved: int
    spent: int
    debt: int


class Line(NamedTuple):
    """A line of an account's statement. `amount` is what the event is about, the next three stand after it."""

    version: int
    recorded_at: datetime
    type: str
    amount: int
    subject: str
    reason: str
    available: int
    reserved: int
    debt: int


class JobStanding(NamedTuple):
    """One video of an order. `file` and `file_id` are there once it is stored and sent."""

    job: str
    queued: JobQueued
    progress: Progress
    file: str | None
    file_id: str | None
    ended_at: datetime | None


class MadeVideo(NamedTuple):
    """A video that was made for the account and is kept. `file_id` is the messenger's name for it, if it was sent."""

    job: str
    order: str
    file: str
    file_id: str | None
    about: str | None
    """What the person called the product."""
    made_at: datetime


class Wait(NamedTuple):
    """How long a queued video has to wait: its place in line, from 1, and the seconds until it is usually there.

    None: nothing is known yet.
    """

    place: int
    seconds: int | None
