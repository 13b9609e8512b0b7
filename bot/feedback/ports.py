"""What the feedback asks of the outside. Adapters fit these shapes without importing them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from bot.texts import Language
from domain.shown import JobStanding, Wait


class News(NamedTuple):
    """Something happened to an order: the position of the last such event, and when it was recorded."""

    account: int
    order: str
    position: int
    at: datetime


class Telling(Protocol):
    """An order on the to-do list."""

    @property
    def news(self) -> int:
        """The position of the last event that was noted."""
        ...

    @property
    def news_at(self) -> datetime:
        """When that was recorded."""
        ...

    @property
    def told(self) -> Mapping[str, Any]:
        """What was told, as it was kept."""
        ...


class Tellings(Protocol):
    """The to-do list: orders that something happened to, and what was told of them."""

    async def position(self, shard: int) -> int:
        """How far the shard's log was read. The first time it is at the log's end."""
        ...

    async def note(
        self, shard: int, *, after: int, upto: int, orders: Sequence[tuple[int, str, int, datetime]]
    ) -> bool:
        """Notes orders, and that the log was read up to `upto`; false unless it was read up to `after` before."""
        ...

    async def open(self, shard: int) -> Sequence[tuple[int, str]]:
        """Accounts and ids of the orders of which not all was told."""
        ...

    async def of(self, shard: int, account: int, order: str) -> Telling | None:
        """The order's row, if it was noted."""
        ...

    async def told(
        self,
        shard: int,
        account: int,
        order: str,
        *,
        before: Mapping[str, Any],
        now: Mapping[str, Any],
        done: int = 0,
    ) -> bool:
        """Keeps what was told; of what happened up to the position `done`, that is all. False, nothing kept, when
        something else than `before` is kept there."""
        ...


class Standings(Protocol):
    """Orders, read from the log with their owners' texts."""

    async def standing(self, account: int, order: str) -> Sequence[JobStanding]:
        """The order's jobs by index; empty when this account has no such order."""
        ...


class Waits(Protocol):
    """The queue, as those see it who wait in it."""

    async def wait(self, account: int, order: str) -> Wait | None:
        """The wait of the order's first video that is queued; None when none is."""
        ...

    async def usual_s(self) -> int | None:
        """The seconds from order to video, as they were lately; None when that is not known."""
        ...


class Languages(Protocol):
    """What people speak."""

    async def of(self, account: int) -> Language:
        """The language to speak to this person."""
        ...
