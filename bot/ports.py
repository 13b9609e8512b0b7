"""What the bot asks of the outside. Adapters fit these shapes without importing them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from aiogram.methods import TelegramMethod

from domain.outside import Fetched, MaybeSaid, NotFetched, NotSaid, Said, Urgency
from domain.photo import PhotoRefused
from domain.shown import Balance, JobStanding, KeptPhoto, Line, MadeVideo, Wait


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


class Screens(Protocol):
    """The views, for one person at a time. They may lag behind the log."""

    async def balance(self, account: int, *, upto: int | None = None) -> Balance | None:
        """The balance, of position `upto` of the account's shard or later; after a second, what there is. None for an
        account that is not open."""
        ...

    async def lines(self, account: int, *, below: int | None, limit: int) -> Sequence[Line]:
        """The statement's latest lines, newest first; of those below that version, if one is given."""
        ...

    async def wait(self, account: int, order: str) -> Wait | None:
        """The wait of the order's first video that is queued; None when none is."""
        ...


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
