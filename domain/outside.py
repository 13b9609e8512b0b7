"""What the outside answers, in our words. Adapters make these of HTTP, and processors act on them.

The families are kept apart because they ask for different things: an answer, a definite no, and an unknown outcome,
after which a call that costs money is never repeated blindly.
"""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum, StrEnum
from typing import NamedTuple

from domain.catalogue import Model
from domain.failures import FailureClass
from domain.job_words import ScriptSource


class Trouble(NamedTuple):
    """Why something came to nothing. `message` is for operators: no secrets, no personal text, 500 characters."""

    failure: FailureClass
    message: str
    about_photo: bool = False
    """Another photo would help."""
    model_off: bool = False
    """The service does not offer the model at the moment, to anybody."""


# The script


class ScriptWish(NamedTuple):
    """What a script is written from. All texts are the user's own and are data, never instructions.

    `template` is an id of the catalogue, `photo` the bytes of a JPEG. The script has at most `length_max` characters.
    """

    template: str | None
    prompt: str | None
    product_text: str | None
    wishes: str | None
    photo: bytes | None
    length_max: int


class Script(NamedTuple):
    """What the video will show, in words, and who wrote them. `trouble` tells why the template stepped in."""

    text: str
    source: ScriptSource
    trouble: Trouble | None = None


# Asking for a task


class KeyReady(NamedTuple):
    """This key may create one task now. Its label, never the key itself."""

    label: str


class KeysResting(NamedTuple):
    """Every key rests or the rate is used up. Ask again at `until`, not before."""

    until: datetime


class NoKey(NamedTuple):
    """Every key is refused or empty: operators have been told, and minutes later the keys are tried again."""

    trouble: Trouble


class TaskOrder(NamedTuple):
    """What a task is asked for with. None: the model's first choice. `callback_url` is where its end is told."""

    model: Model
    prompt: str
    photo_url: str
    aspect_ratio: str | None
    duration_s: int | None
    callback_url: str | None


class Uploaded(NamedTuple):
    """The service holds the photo under this address."""

    url: str


class TaskCreated(NamedTuple):
    """The service took the order; it runs under this id."""

    task: str


class NotTaken(NamedTuple):
    """No task exists, definitely: the call was refused, or never left."""

    trouble: Trouble


class Unanswered(NamedTuple):
    """The call left and no usable answer came: a task may or may not exist."""

    message: str


# Asking about a task


class StillRunning(NamedTuple):
    """Ask again later. `photo_accepted`: it is past the model's checks. Also what cannot be told or is unknown."""

    photo_accepted: bool = False


class VideoMade(NamedTuple):
    """The video lies at this address, for a while."""

    url: str


class TaskDead(NamedTuple):
    """The task has ended without a video."""

    trouble: Trouble


class NotFound(NamedTuple):
    """The service does not know the task (yet)."""


# Fetching and keeping the video


class Kept(NamedTuple):
    """The video is in our storage under this name. `size_bytes` of it."""

    file: str
    size_bytes: int


class NotKept(NamedTuple):
    """Nothing was stored."""

    trouble: Trouble


# Sending


class Sent(NamedTuple):
    """The messenger took it and says that it was sent. `file_id` names it there."""

    file_id: str | None = None


class NotSent(NamedTuple):
    """It was not sent, definitely. `retry_after_s`: not before. `for_good`: nor will it ever be, the user is gone."""

    trouble: Trouble
    retry_after_s: int | None = None
    for_good: bool = False


class MaybeSent(NamedTuple):
    """Whether it was sent is unknown."""

    message: str


# Saying something: every message that is no video of a job


class Urgency(IntEnum):
    """Who goes first when the messenger allows only so many messages a second."""

    ANSWER = 0
    """To a tap or to a payment that waits for a yes: never made to wait by us."""

    MESSAGE = 1
    """Something new: it rings."""

    EDIT = 2
    """A message that is there changes; a later change makes one that still waits needless."""


class Said(NamedTuple):
    """The messenger took it. `message` is the id of the message that there is now, None for what makes none."""

    message: int | None = None


class WhyNot(StrEnum):
    """Why something was not said, for good. The closed list of what a screen can do about it."""

    GONE = "gone"
    """Nobody hears it: the user blocked the bot, never started it, or is deleted."""

    NOT_THERE = "not_there"
    """The message to be edited or deleted is gone, or too old for it: a new one helps."""

    TOO_LATE = "too_late"
    """The question that this answers is too old."""

    REFUSED = "refused"
    """The messenger refuses it as it is. A bug of ours, and trying again cannot help."""

    TOO_LARGE = "too_large"
    """The file is larger than the messenger takes."""

    NO_FILE = "no_file"
    """The messenger does not know this file any more: uploading it again helps."""

    UNREACHABLE = "unreachable"
    """The messenger was asked as often as it may be, and could not be reached or had no time."""


class NotSaid(NamedTuple):
    """It was not said, definitely. `about` is for operators: no secrets, no personal text."""

    why: WhyNot
    about: str


class MaybeSaid(NamedTuple):
    """Whether it was said is unknown."""

    about: str


class Fetched(NamedTuple):
    """A file that a user sent."""

    data: bytes


class NotFetched(NamedTuple):
    """The file did not come. `why` is TOO_LARGE, NO_FILE or UNREACHABLE."""

    why: WhyNot
    about: str
