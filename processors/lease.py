"""The right to run a shard, and the locks that it rests on.

A lease lives and dies with one session of the database. Reading and deciding may go on without it, for every write is
conditional; a call to the outside may not start unless the lease is fresh.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

FRESH_FOR_S: Final = 2.0
"""No outside call starts when the locks were last seen longer ago. The server keeps them for 4 s."""


class LeaseOver(Exception):
    """The shard is no longer this process's, or is to be given up: nothing may start under this lease."""


class Standing(Protocol):
    """Who is there, as of one moment."""

    @property
    def workers(self) -> int:
        """How many share the shards, this process included."""
        ...

    @property
    def taken(self) -> frozenset[int]:
        """The shards that somebody owns."""
        ...

    @property
    def declined(self) -> frozenset[int]:
        """The shards that some other worker cannot run."""
        ...


class ShardLocks(Protocol):
    """The locks of one session. Every call raises ConnectionError once the session is lost."""

    @property
    def lost(self) -> bool:
        """Whether the session is known to be gone."""
        ...

    @property
    def last_ping_age_s(self) -> float:
        """How long ago the last question was sent that was answered."""
        ...

    def when_lost(self, call: Callable[[], None]) -> None:
        """Calls `call` as soon as the session is known to be gone."""
        ...

    async def pinged(self) -> None:
        """Returns at the next answer, or when the session is lost."""
        ...

    async def standing(self) -> Standing:
        """Who is there."""
        ...

    async def try_lock(self, shard: int) -> bool:
        """Locks the shard if nobody has; whether it did."""
        ...

    async def unlock(self, shard: int) -> None:
        """Gives the shard back."""
        ...

    async def decline(self, shard: int) -> None:
        """Tells the others that this worker will not bid for the shard."""
        ...

    async def leave(self) -> None:
        """Is no longer counted among those who share."""
        ...


class Lease:
    """The right to run one shard."""

    def __init__(self, locks: ShardLocks) -> None:
        self.locks = locks
        self.ending = asyncio.Event()
        """Set when the shard is to be given up: finish the steps under way, take no other, return."""
        self._ended = False

    @property
    def over(self) -> bool:
        """Whether the right has ended, for good."""
        return self._ended or self.locks.lost

    @property
    def fresh(self) -> bool:
        """Whether a call to the outside may start now: the shard was seen to be ours less than 2 s ago."""
        return not self.over and self.locks.last_ping_age_s < FRESH_FOR_S

    async def may_call(self) -> None:
        """Returns when a call to the outside may start; to be awaited right before it. Raises LeaseOver."""
        while not self.fresh:
            if self.over:
                raise LeaseOver
            await self.locks.pinged()

    async def may_begin(self) -> None:
        """Returns when something may begin that would be paid for or heard twice if it were cut off.

        Raises LeaseOver, also when the shard is to be given up: then it is the next owner's to begin.
        """
        await self.may_call()
        if self.ending.is_set():
            raise LeaseOver

    def end(self) -> None:
        """Ends the right now."""
        self._ended = True
