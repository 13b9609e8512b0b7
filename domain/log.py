"""The words of the log: what is appended to it, what is read from it, and how an append can fail.

LogError
├── VersionConflict    somebody else wrote first; decide again on the new state
├── AppendRejected     the database refuses these events; trying again cannot help
└── OutcomeUnknown     no answer came in time; the events may be in the log, look before trying again
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from domain.shapes import Event


class LogError(Exception):
    """An append was not answered with a position."""


class VersionConflict(LogError):
    """The stream is not where the append expects it. Deciding again on its new state helps."""

    def __init__(self, stream: str, actual: int | None) -> None:
        self.stream = stream
        self.actual = actual
        at = "moved on" if actual is None else f"is at version {actual}"
        super().__init__(f"{stream} {at}")


class AppendRejected(LogError):
    """The database refuses these events, alone as well as together with others. Trying again cannot help."""


class OutcomeUnknown(LogError):
    """The database gave no answer in time. The events may be in the log: read before trying again."""


class Cause(NamedTuple):
    """What led to an event: a command, the Telegram update that led to it, or an earlier event."""

    command_id: str | None = None
    update_id: int | None = None
    event_id: UUID | None = None


NO_CAUSE: Final = Cause()


class Tracked(NamedTuple):
    """How far a processor has come: it has seen every event of the shard up to `position`."""

    name: str
    position: int


class Placed(NamedTuple):
    """An event and its place: it is, or is to become, version `version` of its stream."""

    stream: str
    version: int
    event: Event


Place = tuple[str, int, Event]
"""What `Placed` is, without the names: where one is made for every event of a long stream, they cost too much."""


class Append(NamedTuple):
    """Events of one owner's streams, written together or not at all.

    Each stream must be exactly one version before its first event here. `tracked` moves in the same
    transaction. Appends of one owner form a chain: when one fails, all that wait behind it fail too.
    """

    owner: str
    events: Sequence[Place]
    cause: Cause = NO_CAUSE
    tracked: Tracked | None = None


class Recorded(NamedTuple):
    """An event as it lies in the log. `position` is gapless in its shard, `version` in its stream, both from 1."""

    shard: int
    position: int
    stream: str
    version: int
    type: str
    event: Event
    event_id: UUID
    recorded_at: datetime
    cause: Cause


class Unreadable(NamedTuple):
    """An event that lies in the log and that this program cannot read: unknown to it, or damaged. `words` say why."""

    shard: int
    position: int
    stream: str
    version: int
    words: str
