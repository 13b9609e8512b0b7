"""What is to be done now for a job in this state. Pure: an interpreter does it.

Crash recovery is this function: load the job, ask for its next step, go on. No state after Stored has a
step that generates: the type says it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

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
from domain.job_words import JobQueued
from domain.retry import ATTEMPTS_MAX
from domain.shapes import Forgotten


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long a job may take. The job's runs from its first request, not from its order."""

    job: timedelta = timedelta(seconds=1800)
    queue: timedelta = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class WriteScript:
    """Have the script written."""

    brief: JobQueued


@dataclass(frozen=True, slots=True)
class AskForTask:
    """Record the intent as request `number`, then ask for a task."""

    brief: JobQueued
    script: str | Forgotten
    number: int


@dataclass(frozen=True, slots=True)
class FindOutTask:
    """A task was asked for and the answer is unknown: find out, never ask again blindly."""

    work: Work


@dataclass(frozen=True, slots=True)
class AskAboutTask:
    """Ask how the task is doing."""

    task: str
    work: Work


@dataclass(frozen=True, slots=True)
class Store:
    """Fetch the video and keep it."""

    url: str


@dataclass(frozen=True, slots=True)
class Deliver:
    """Record the start of attempt `attempt`, then send the file."""

    file: str
    attempt: int


@dataclass(frozen=True, slots=True)
class FindOutDelivery:
    """A send was started and its outcome is unknown, and no attempt is left: end it unconfirmed."""

    attempt: int


@dataclass(frozen=True, slots=True)
class WaitUntil:
    """Nothing before that moment."""

    moment: datetime


@dataclass(frozen=True, slots=True)
class GiveUp:
    """A deadline has passed: end the job, the credits go back."""

    deadline: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """There is no such job, or it has ended."""


Step = (
    WriteScript
    | AskForTask
    | FindOutTask
    | AskAboutTask
    | Store
    | Deliver
    | FindOutDelivery
    | WaitUntil
    | GiveUp
    | Nothing
)


def next_step(job: JobState, now: datetime, deadlines: Deadlines = Deadlines()) -> Step:
    """The step that takes the job on from here."""
    match job:
        case Queued(brief) | Scripted(brief) if brief.at + deadlines.queue <= now:
            return GiveUp("queue")
        case Requested(work) | Generating(work) | Resting(work) | Generated(work) if work.since + deadlines.job <= now:
            return GiveUp("job")
        case Queued(brief):
            return WriteScript(brief)
        case Scripted(brief, script):
            return AskForTask(brief, script, number=1)
        case Requested(work):
            return FindOutTask(work)
        case Generating(work, task):
            return AskAboutTask(task, work)
        case Resting(work, until):
            return WaitUntil(until) if now < until else AskForTask(work.brief, work.script, number=work.number + 1)
        case Generated(url=url):
            return Store(url)
        case Stored() | Delivering() | Undelivered():
            return _next_delivery(job, now)
        case NoJob() | Faltered() | Delivered() | Failed() | Cancelled():
            return Nothing()
        case _:
            assert_never(job)


def _next_delivery(job: Stored | Delivering | Undelivered, now: datetime) -> Step:
    match job:
        case Stored(file=file):
            return Deliver(file, attempt=1)
        case Delivering(file=file, attempt=attempt):
            return Deliver(file, attempt + 1) if attempt < ATTEMPTS_MAX else FindOutDelivery(attempt)
        case Undelivered(file=file, attempt=attempt, until=until):
            if until is None:
                return Nothing()
            return WaitUntil(until) if now < until else Deliver(file, attempt + 1)
