"""What the demo's story asks of the house: photos, mishaps on cue, and a look at what came of it. `app` provides it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import NamedTuple, Protocol

from domain.photo import PhotoRefused


class Mishap(Enum):
    """What goes wrong with a job, once and on cue. The value says it on the screen."""

    OVERLOADED = "the video service will be overloaded when it comes to this one"
    ANSWER_LOST = "the video service will take this one, and its answer will be lost on the way"
    WRITER_DOWN = "the script service will be down for this one"
    SEND_FAILS = "the first try to send this one will fail"


class KeptPhoto(NamedTuple):
    """A photo that was checked and kept as the account's own, under its name in storage. Pixels."""

    name: str
    width: int
    height: int


class Film(NamedTuple):
    """A delivered video, as the file on disk says it is. Pixels."""

    path: Path
    size_bytes: int
    seconds: float
    width: int
    height: int


class Props(Protocol):
    """The photos and the services outside, as far as a story may play with them."""

    def photos(self) -> Sequence[Path]:
        """The files that are sent as photos, in order: those of a folder, and some that are no photos at all."""
        ...

    async def keep(self, account: int, photo: Path) -> KeptPhoto | PhotoRefused:
        """Checks the file, and keeps it for the account if it is a photo. Raises WrongUse when it cannot be read."""
        ...

    def arrange(self, mishap: Mishap, job: str) -> None:
        """Lets it happen to a job that is about to be queued."""
        ...

    def tasks_of(self, job: str) -> int:
        """How many tasks the video service made for the job: each is paid for."""
        ...

    async def is_off(self, model: str) -> bool:
        """Whether the model is switched off at the moment."""
        ...

    async def film(self, account: int, job: str) -> Film:
        """The job's video where it was delivered to."""
        ...
