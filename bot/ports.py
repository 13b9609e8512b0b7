"""What the bot asks of the outside. Adapters fit these shapes without importing them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from aiogram.methods import TelegramMethod

from domain.feedback import Progress
from domain.job_words import JobQueued
from domain.outside import Fetched, MaybeSaid, NotFetched, NotSaid, Said, Urgency
from domain.photo import PhotoRefused


class Messenger(Protocol):
    """The one sender of all messages, at the pace that the messenger allows."""

    async def say(
        self, method: TelegramMethod[Any], *, urgency: Urgency = Urgency.MESSAGE
    ) -> Said | NotSaid | MaybeSaid:
        """Says it; tries again what was definitely not said, for a bounded time."""
        ...


class Videos(Protocol):
    """Stored videos, for those who ask for them again."""

    async def send_again(
        self, account: int, *, job: str, file: str, file_id: str | None, as_document: bool
    ) -> Said | NotSaid | MaybeSaid:
        """Sends a stored video, from the messenger's own copy when it has one and a video is wanted."""
        ...


class KeptPhoto(NamedTuple):
    """A user's photo, checked and in our storage under `name`. Lengths in pixels."""

    name: str
    width: int
    height: int


class Photos(Protocol):
    """What users send as photos."""

    async def keep(self, account: int, *, file_id: str) -> KeptPhoto | PhotoRefused | NotFetched:
        """Fetches the file from the messenger, checks it and keeps it. Keeping it twice is keeping it once."""
        ...


class UserFiles(Protocol):
    """The files that users send, at the messenger's."""

    async def fetch(self, file_id: str, *, size_max: int) -> Fetched | NotFetched:
        """The file's bytes."""
        ...


class Balance(NamedTuple):
    """An account's credits, whole."""

    available: int
    reserved: int
    spent: int
    debt: int


class Balances(Protocol):
    """Balances as the view shows them."""

    async def of(self, account: int, *, upto: int | None = None) -> Balance | None:
        """The balance, of position `upto` of the account's shard or later; after a second, what there is. None for an
        account that is not open."""
        ...


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


class Statements(Protocol):
    """Every credit operation of an account, as the view shows them."""

    async def lines(self, account: int, *, below: int | None, limit: int) -> Sequence[Line]:
        """The latest lines, newest first; of those below that version, if one is given."""
        ...


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


class Orders(Protocol):
    """Orders and their jobs, read from the log with their owners' texts."""

    async def standing(self, account: int, order: str) -> Sequence[JobStanding]:
        """The order's jobs by index; empty when this account has no such order."""
        ...

    async def last(self, account: int) -> str | None:
        """The id of the account's latest order."""
        ...

    async def videos(self, account: int, *, skip: int, limit: int) -> Sequence[MadeVideo]:
        """The account's videos, newest first."""
        ...

    async def video(self, account: int, job: str) -> MadeVideo | None:
        """The job's video, if there is one and it is this account's."""
        ...


class Wait(NamedTuple):
    """How long a queued video has to wait: its place in line, from 1, and the seconds until it is usually there.

    None: nothing is known yet.
    """

    place: int
    seconds: int | None


class Waits(Protocol):
    """The queue, as those see it who wait in it."""

    async def of(self, account: int, order: str) -> Wait | None:
        """The wait of the order's first video that is queued; None when none is."""
        ...
