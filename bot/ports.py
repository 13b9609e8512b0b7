"""What the bot asks of the outside. Adapters fit these shapes without importing them."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from aiogram.methods import TelegramMethod

from bot.feedback.ports import Waits
from domain.outside import MaybeSaid, NotFetched, NotSaid, Said, Urgency
from domain.photo import PhotoRefused
from domain.shown import Balance, JobStanding, KeptPhoto, Line, MadeVideo


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

    async def is_kept(self, name: str) -> bool:
        """Whether the photo is still there; they are kept for so many days. True when nobody can tell."""
        ...


class Screens(Waits, Protocol):
    """The views, as people are shown them. They may lag behind the log."""

    async def balances(self, accounts: Collection[int]) -> Mapping[int, Balance]:
        """The balances of those of the accounts that are open, as far as the view knows."""
        ...

    async def lines(self, account: int, *, below: int | None, limit: int) -> Sequence[Line]:
        """The statement's latest lines, newest first; of those below that version, if one is given."""
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


class KeptUpdate(Protocol):
    """An update in the inbox: to be handled, or, when `content` is None, for its `replies` to be said."""

    @property
    def place(self) -> int:
        """Its place in the order of arrival."""
        ...

    @property
    def update_id(self) -> int:
        """The messenger's id."""
        ...

    @property
    def account(self) -> int:
        """Whose it is."""
        ...

    @property
    def received_at(self) -> datetime:
        """When it was kept."""
        ...

    @property
    def content(self) -> str | None:
        """Its JSON."""
        ...

    @property
    def replies(self) -> str | None:
        """A JSON array of what is still to be said."""
        ...


class Inbox(Protocol):
    """Updates that were received, and the dialogues between them."""

    async def keep(self, updates: Sequence[tuple[int, int, str]]) -> int:
        """Keeps updates (id, account, JSON) durably, those that are not there yet. Returns how many were new."""
        ...

    async def listen(self) -> None:
        """Returns once news from other processes are heard."""
        ...

    def news(self, shard: int) -> asyncio.Event:
        """An event that is set at the shard's next update; to be taken before reading and awaited after it."""
        ...

    async def waiting(
        self, shard: int, *, after: int, known: Collection[int], ends: Mapping[int, int], limit: int
    ) -> Sequence[KeptUpdate]:
        """The shard's updates that are not done, above that place and not among the known ids, in order. `ends` gives
        accounts the last place that is wanted of theirs."""
        ...

    async def conversations(self, shard: int, accounts: Collection[int]) -> Mapping[int, str]:
        """The dialogues of these accounts as JSON, as far as there are any."""
        ...

    async def language(self, account: int) -> str | None:
        """The language that the person speaks, if it is known."""
        ...

    async def finish(self, shard: int, finished: Sequence[Mapping[str, Any]]) -> set[int]:
        """Marks updates as handled and keeps what came of each. Returns those that nobody had marked before."""
        ...

    async def failed(self, shard: int, update_id: int, failure: str) -> int:
        """Counts an attempt at handling that failed. Returns how many did; 0 when somebody else has handled it."""
        ...

    async def said(self, shard: int, updates: Collection[int]) -> None:
        """Marks the replies of these updates as said, and empties them."""
        ...
