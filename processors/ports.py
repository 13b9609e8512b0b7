"""What processors ask of the outside. Adapters fit these shapes without importing them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol

from domain.log import Append, Recorded
from domain.snapshots import Snapshot


class EventStore(Protocol):
    """The log as the deciding side sees it."""

    @property
    def shards(self) -> int:
        """How many shards there are; fixed when the database was made."""
        ...

    async def prepare(self, owner: str) -> None:
        """Makes the owner's key ready, so that personal texts can be written and read."""
        ...

    async def tails(self, owner: str, after: Mapping[str, int]) -> tuple[Sequence[Recorded], bool]:
        """The events of the owner's streams above the given versions, as of one moment.

        The flag tells whether these were all; if not, ask again above what came.
        """
        ...

    @property
    def is_full(self) -> bool:
        """Whether an append should wait for room first."""
        ...

    async def room(self) -> None:
        """Returns when another append can be taken in."""
        ...

    def append(self, append: Append) -> asyncio.Future[int]:
        """Takes the append in. The future gives its first position once it is durable.

        It raises VersionConflict, AppendRejected or OutcomeUnknown. Raises nothing itself.
        """
        ...

    async def snapshot(self, stream: str) -> Snapshot | None:
        """The latest snapshot of the stream, if there is one."""
        ...

    async def keep_snapshot(self, stream: str, snapshot: Snapshot) -> None:
        """Keeps the snapshot unless a later one of the same fold is there."""
        ...
