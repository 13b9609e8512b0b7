"""What is to be done now for a job in this state. Pure: an interpreter does it.

Crash recovery is this function: load the job, ask for its next step, go on. No state after Stored has a
step that generates: the type says it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
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
    Request,
    Requested,
    Resting,
    Scripted,
    Stored,
    Undelivered,
    Work,
)
from domain.job_words import JobQueued
from domain.pace import USUAL, Pace
from domain.reasons import Reason
from domain.retry import ATTEMPTS_MAX, spread
from domain.shapes import Forgotten


@dataclass(frozen=True, slots=True)
class WriteScript:
    """Have the script written."""

    brief: JobQueued


@dataclass(frozen=True, slots=True)
class AskForTask:
    """Record the intent as request `number`, then ask for a task, with another key than `avoid` if there is one."""

    brief: JobQueued
    script: str | Forgotten
    number: int
    avoid: str | None = None


@dataclass(frozen=True, slots=True)
class AwaitTask:
    """A task was asked for and the answer is unknown: its callback may name it until then. Never ask again blindly."""

    requests: tuple[Request, ...]
    until: datetime


@dataclass(frozen=True, slots=True)
class AskAboutTasks:
    """Ask how they are doing: the last is the present one, and the first of them that made a video wins."""

    requests: tuple[Request, ...]


@dataclass(frozen=True, slots=True)
class Store:
    """Fetch the video of request `number` and keep it. `last`: the job's time is over, so end it if that fails."""

    number: int
    url: str
    last: bool = False


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
    """End the job, the credits go back."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class LookForLate:
    """The job has ended, and these requests may still make a video, which would be offered free."""

    requests: tuple[Request, ...]


@dataclass(frozen=True, slots=True)
class Nothing:
    """There is no such job, or it has ended."""


Step = (
    WriteScript
    | AskForTask
    | AwaitTask
    | AskAboutTasks
    | Store
    | Deliver
    | FindOutDelivery
    | WaitUntil
    | GiveUp
    | LookForLate
    | Nothing
)


def next_step(job: JobState, now: datetime, pace: Pace = USUAL) -> Step:
    """The step that takes the job on from here."""
    match job:
        case Queued(brief) | Scripted(brief) if brief.at + pace.queue <= now:
            return GiveUp(Reason.QUEUE)
        case Requested(work) | Generating(work) | Resting(work) if work.since + pace.job <= now:
            return GiveUp(Reason.TIME)
        case Queued(brief) if now < brief.at + pace.second_thoughts:
            return WaitUntil(brief.at + pace.second_thoughts)
        case Queued(brief):
            return WriteScript(brief)
        case Scripted(brief, script):
            return AskForTask(brief, script, number=1)
        case Requested(work):
            return _unanswered(work, now, pace)
        case Generating(work):
            over = work.requests[-1].at + pace.generation <= now
            return GiveUp(Reason.TIME) if over else AskAboutTasks(work.alive())
        case Resting(work, until):
            until += spread(f"{work.brief.order} {work.brief.index} {work.number}", pace.jitter)
            return WaitUntil(until) if now < until else _again(work)
        case Generated(work, number, url):
            return Store(number, url, last=work.since + pace.job <= now)
        case Stored() | Delivering() | Undelivered():
            return _next_delivery(job, now)
        case Delivered() | Failed():
            return _late(job, now, pace)
        case NoJob() | Faltered() | Cancelled():
            return Nothing()
        case _:
            assert_never(job)


def _again(work: Work) -> AskForTask:
    return AskForTask(work.brief, work.script, number=work.number + 1, avoid=work.requests[-1].key)


def _unanswered(work: Work, now: datetime, pace: Pace) -> Step:
    until = work.requests[-1].at + pace.generation
    if pace.callbacks and now < until:
        return AwaitTask(work.alive(), until)
    return _again(work) if work.unanswered < pace.resubmissions_max else GiveUp(Reason.UNANSWERED)


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


def _late(job: Delivered | Failed, now: datetime, pace: Pace) -> Step:
    waited_for = tuple(request for request in job.others if request.number not in job.late)
    if not waited_for or waited_for[-1].at + pace.late <= now:
        return Nothing()
    return LookForLate(waited_for)
