"""The states of a job: each a class with only its own fields. The diagram is in `domain.job`.

From Stored on, `others` are the requests whose task may still make a video that nobody waits for, and at the end
`late` are the numbers of those that did.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from domain.failures import FailureClass
from domain.job_words import JobQueued
from domain.reasons import Reason
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
class Request:
    """A task that was asked for with this key. `task` is its id, once known; `dead` when it came to nothing."""

    number: int
    key: str
    at: datetime
    task: str | None = None
    dead: bool = False


@dataclass(frozen=True, slots=True)
class Work:
    """What all states of a running generation know: `attempt` from 1, and every request, the last one the present."""

    brief: JobQueued
    script: str | Forgotten
    attempt: int
    requests: tuple[Request, ...]

    @property
    def number(self) -> int:
        """The last request's."""
        return self.requests[-1].number

    @property
    def since(self) -> datetime:
        """When the first task was asked for: the job's own time runs from there."""
        return self.requests[0].at

    @property
    def unanswered(self) -> int:
        """How many requests were made again because nobody knows what became of them."""
        return sum(not request.dead for request in self.requests[:-1])

    def alive(self, *, but: int | None = None) -> tuple[Request, ...]:
        """The requests whose task may still make a video, apart from that number."""
        return tuple(request for request in self.requests if not request.dead and request.number != but)


@dataclass(frozen=True, slots=True)
class Requested:
    """A task was asked for; whether it exists is not known yet."""

    work: Work


@dataclass(frozen=True, slots=True)
class Generating:
    """The task runs."""

    work: Work
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
    """The video of request `number` exists, elsewhere."""

    work: Work
    number: int
    url: str


@dataclass(frozen=True, slots=True)
class Stored:
    """The video is ours."""

    brief: JobQueued
    file: str
    others: tuple[Request, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivering:
    """Attempt `attempt` is being sent. `unknown` tells whether an earlier attempt may have arrived."""

    brief: JobQueued
    file: str
    attempt: int
    unknown: bool
    others: tuple[Request, ...] = ()


@dataclass(frozen=True, slots=True)
class Undelivered:
    """Attempt `attempt` failed; the next one starts not before `until`. None: there is no next one."""

    brief: JobQueued
    file: str
    attempt: int
    unknown: bool
    until: datetime | None
    others: tuple[Request, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivered:
    """The end, with a video. Unconfirmed when it is not known to have arrived."""

    brief: JobQueued
    file: str
    confirmed: bool
    others: tuple[Request, ...] = ()
    late: frozenset[int] = NONE_LATE


@dataclass(frozen=True, slots=True)
class Failed:
    """The end, without a video."""

    brief: JobQueued
    failure: FailureClass
    reason: Reason
    others: tuple[Request, ...] = ()
    late: frozenset[int] = NONE_LATE


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The end, by the user's wish."""

    brief: JobQueued
    late: frozenset[int] = NONE_LATE


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


def others_of(state: JobState) -> tuple[Request, ...]:
    """The requests whose task may still make a video when the job goes on, or ends, without it."""
    match state:
        case Requested(work) | Generating(work) | Faltered(work) | Resting(work) | Generated(work):
            return work.alive()
        case NoJob() | Queued() | Scripted() | Cancelled():
            return ()
        case _:
            return state.others
