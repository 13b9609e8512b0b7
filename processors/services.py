"""What processors ask of outside services. No method raises for what the service does: every answer is a value.

Adapters fit these shapes without importing them; the values are in `domain.outside`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from domain import outside as o


class ScriptWriter(Protocol):
    """Writes what a video will show."""

    async def write(self, wish: o.ScriptWish) -> o.Script:
        """A script, from the service or, when that is down or refuses, from the template. Never fails."""
        ...


class VideoService(Protocol):
    """Makes videos from photos. Keys are told by their labels."""

    async def key(self, *, avoid: str | None = None, turn: bool = True) -> o.KeyReady | o.KeysResting | o.NoKey:
        """A key that may create one task now, another one than `avoid` if there is one.

        Its turn is taken, to be used at once; not without `turn`: then it is for what is free.
        """
        ...

    async def has_another(self, key: str) -> bool:
        """Whether another key than this one could be used now."""
        ...

    async def upload(self, photo: bytes, *, key: str) -> o.Uploaded | o.NotTaken:
        """Hands the service a photo (JPEG). Costs nothing and may be repeated."""
        ...

    async def create(self, order: o.TaskOrder, *, key: str) -> o.TaskCreated | o.NotTaken | o.Unanswered:
        """Asks for a task. Costs money: one HTTP request at most, never repeated inside."""
        ...

    async def look_up(
        self, task: str, *, model: str, key: str
    ) -> o.StillRunning | o.VideoMade | o.TaskDead | o.NotFound:
        """How the task is doing, asked with the key that created it."""
        ...

    async def alive(self, model: str) -> bool:
        """Whether the service offers the model now, asked in a way that costs nothing."""
        ...


class Files(Protocol):
    """Storage. A name is a path below a bucket: `inputs/42/5f1c.jpg`, `outputs/42/b7.42.1001.0.mp4`."""

    async def read(self, name: str) -> bytes | None:
        """The whole file; None when there is none."""
        ...


class Downloads(Protocol):
    """Brings videos into storage."""

    async def fetch(self, url: str, *, name: str) -> o.Kept | o.NotKept:
        """Downloads a video into storage. A partial file is never visible under the name."""
        ...


class Sender(Protocol):
    """Hands a stored video to its user."""

    async def send(self, account: int, *, job: str, file: str, attempt: int) -> o.Sent | o.NotSent | o.MaybeSent:
        """Sends it once."""
        ...


class Callbacks(Protocol):
    """What the video service has called back about, kept until the job is through with it. Hints, never decisions."""

    async def of_job(self, account: int, job: str) -> Sequence[tuple[int, str]]:
        """The job's request numbers and the ids of the tasks that were named for them."""
        ...

    def heard(self) -> AsyncIterator[tuple[int, str]]:
        """For ever, the accounts and jobs that there are new hints for. Some may be missed."""
        ...


class OpenJobs(Protocol):
    """Which jobs there is something to do for."""

    async def in_shard(self, shard: int, *, ended_after: datetime) -> tuple[Sequence[tuple[int, str]], int]:
        """Accounts and ids of the jobs that have not ended, or not before that moment, and a position of the shard's
        log: whatever is not among them was queued above it."""
        ...


class Rests(Protocol):
    """Rates and rests that all workers share. Names are ours: `kie/main`, `retired/second`, `model/sora-2`."""

    async def lease(self, name: str, *, burst: int, per_s: float, want: int) -> tuple[int, float]:
        """Takes up to `want` turns of a rate: how many were given, and when none was, the seconds until one is due."""
        ...

    async def rest(self, name: str, *, until: datetime | None, reason: str) -> None:
        """Lets the name rest until that moment; None: until somebody wakes it."""
        ...

    async def wake(self, name: str) -> None:
        """Ends the rest."""
        ...

    async def resting(self) -> Mapping[str, tuple[datetime | None, str]]:
        """Who rests now, until when (None: until woken) and why."""
        ...
