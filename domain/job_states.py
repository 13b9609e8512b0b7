"""The states of a job: each a class with only its own fields. The diagram is in `domain.job`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from domain.failures import FailureClass
from domain.job_words import JobQueued
from domain.shapes import Forgotten

NONE_LATE: Final[frozenset[int]] = frozenset()


@dataclass(frozen=True, slots=True)
class NoJob:
    """Nothing was ordered under this id."""


@dataclass(frozen=True, slots=True)
class Queued:
    """Paid for and waiting."""

    brief: JobQueued


@dataclass(frozen=True, slots=True)
class Scripted:
    """The script is written; nothing was asked of the video service yet."""

    brief: JobQueued
    script: str | Forgotten


@dataclass(frozen=True, slots=True)
class Work:
    """What all states of a running generation know. `attempt` counts from 1; `number` is the last request's."""

    brief: JobQueued
    script: str | Forgotten
    number: int
    key: str
    attempt: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Requested:
    """A task was asked for; whether it exists is not known yet."""

    work: Work


@dataclass(frozen=True, slots=True)
class Generating:
    """The task runs."""

    work: Work
    task: str
    photo_accepted: bool = False


@dataclass(frozen=True, slots=True)
class Faltered:
    """The generation failed; the event that says what follows is in the same append."""

    work: Work


@dataclass(frozen=True, slots=True)
class Resting:
    """The generation failed and is tried again, not before `until`."""

    work: Work
    until: datetime


@dataclass(frozen=True, slots=True)
class Generated:
    """The video exists, elsewhere."""

    work: Work
    url: str


@dataclass(frozen=True, slots=True)
class Stored:
    """The video is ours."""

    brief: JobQueued
    file: str


@dataclass(frozen=True, slots=True)
class Delivering:
    """Attempt `attempt` is being sent. `unknown` tells whether an earlier attempt may have arrived."""

    brief: JobQueued
    file: str
    attempt: int
    unknown: bool


@dataclass(frozen=True, slots=True)
class Undelivered:
    """Attempt `attempt` failed; the next one starts not before `until`. None: there is no next one."""

    brief: JobQueued
    file: str
    attempt: int
    unknown: bool
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Delivered:
    """The end, with a video. Unconfirmed when it is not known to have arrived."""

    brief: JobQueued
    confirmed: bool
    late: frozenset[int] = NONE_LATE


@dataclass(frozen=True, slots=True)
class Failed:
    """The end, without a video. `late` holds the numbers of requests whose video came after it."""

    brief: JobQueued
    failure: FailureClass
    late: frozenset[int] = NONE_LATE


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The end, by the user's wish."""

    brief: JobQueued
    late: frozenset[int] = NONE_LATE


Unfinished = Requested | Generating | Resting
"""States in which a success of any request made so far still counts."""

Ended = Delivered | Failed | Cancelled
JobState = (
    NoJob
    | Queued
    | Scripted
    | Requested
    | Generating
    | Faltered
    | Resting
    | Generated
    | Stored
    | Delivering
    | Undelivered
    | Ended
)
INITIAL: Final = NoJob()


def brief_of(state: JobState) -> JobQueued | None:
    """What was ordered, whatever has become of it; None when nothing was."""
    match state:
        case NoJob():
            return None
        case Requested(work) | Generating(work) | Faltered(work) | Resting(work) | Generated(work):
            return work.brief
        case _:
            return state.brief
