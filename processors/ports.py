"""What processors ask of the outside. Adapters fit these shapes without importing them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Protocol

from domain.log import Append, Place, Recorded, Unreadable
from domain.snapshots import Snapshot
from domain.stars import StarsKept, StarsReturned, StarsUnknown, StarTransaction

Answer = Callable[[int | Exception], None]
"""Is told what became of an append, once: the position of its first event, which is durable then, or why there is none:
a VersionConflict, an AppendRejected or an OutcomeUnknown."""


class EventStore(Protocol):
    """The log as the deciding side sees it."""

    @property
    def shards(self) -> int:
        """How many shards there are; fixed when the database was made."""
        ...

    def is_prepared(self, owner: str) -> bool:
        """Whether the owner's key is at hand, so that personal texts can be written and read."""
        ...

    async def prepare(self, owner: str) -> None:
        """Makes the owner's key ready; a forgotten owner gets a new one."""
        ...

    def tails(self, owner: str, after: Mapping[str, int]) -> AsyncGenerator[Iterator[Place]]:
        """The events of the owner's streams above the given versions, a page at a time, each page as of one moment.

        A page is read once: its events are made while it is. The next one is asked for meanwhile.
        """
        ...

    @property
    def is_full(self) -> bool:
        """Whether an append should wait for room first."""
        ...

    async def room(self) -> None:
        """Returns when another append can be taken in."""
        ...

    def append(self, append: Append, answer: Answer) -> None:
        """Takes the append in. That it cannot be written may be answered at once.

        When one of an owner's fails, all behind it are told so in the same step, so that nobody builds on it.
        """
        ...

    async def snapshot(self, stream: str) -> Snapshot | None:
        """The latest snapshot of the stream, if there is one."""
        ...

    async def keep_snapshot(self, stream: str, snapshot: Snapshot) -> None:
        """Keeps the snapshot unless a later one of the same fold is there."""
        ...


Rows = Sequence[Mapping[str, Any]]


class ShardLog(Protocol):
    """The log as those who follow a whole shard see it. Personal texts read as forgotten."""

    def follow(
        self, shard: int, *, after: int, types: Sequence[str] = ()
    ) -> AsyncGenerator[tuple[list[Recorded], int]]:
        """Pages of the shard's events above `after`, of these types or all, and the position each page reaches,
        for ever, in order."""
        ...

    async def page(self, shard: int, *, after: int, limit: int) -> list[Recorded]:
        """The next events above `after`, at most `limit`; empty at the end."""
        ...

    async def page_of(self, types: Sequence[str], shard: int, *, after: int) -> tuple[list[Recorded], int]:
        """The next events of these types above `after`, a page of them, and the position up to which there is no other;
        `after` at the end."""
        ...


class Settlements(Protocol):
    """How jobs were settled, found by the index that lets each be settled once."""

    async def settled_by(self, stream: str, job: str) -> str | None:
        """The type of the event that settled the job on this account's stream, if one did."""
        ...


class Tracking(Protocol):
    """How far a processor has come in each shard."""

    async def position(self, shard: int, name: str) -> int:
        """The last position that the processor has seen, 0 at the start."""
        ...

    async def advance(self, shard: int, name: str, upto: int) -> bool:
        """Moves the processor on; false when somebody else has."""
        ...


class ViewStore(Protocol):
    """The views' rows."""

    async def standing(self, shard: int) -> tuple[int, int]:
        """The build that is shown and the position it is at."""
        ...

    async def rows(
        self, shard: int, build: int, *, accounts: Collection[int], jobs: Collection[tuple[int, str]]
    ) -> tuple[Rows, Rows]:
        """The stored rows of these accounts and jobs."""
        ...

    async def write(
        self, shard: int, build: int, *, after: int, upto: int, rows: tuple[Rows, Rows, Rows], to_next: bool = False
    ) -> bool:
        """Writes balances, statement and jobs as of `upto`; false unless the views are at `after`."""
        ...

    async def begin_next(self, shard: int) -> int:
        """Starts filling the next build, and returns its number."""
        ...

    async def switch(self, shard: int) -> bool:
        """Shows the next build if it has come as far as the one shown."""
        ...

    async def clean(self, shard: int) -> None:
        """Deletes the rows of builds that nobody needs."""
        ...


class Standing(Protocol):
    """Where a shard ends, as of one moment."""

    @property
    def shard(self) -> int:
        """Its number, also of a shard that should not be there."""
        ...

    @property
    def head(self) -> int | None:
        """What its head row says; None without one."""
        ...

    @property
    def last(self) -> int:
        """The position of its last event, 0 without any."""
        ...

    @property
    def above(self) -> tuple[str, int] | None:
        """Stream and position of its first event above the head, if there is one."""
        ...


class Stretch(Protocol):
    """Some positions of a shard in order: where they end and what is odd about them."""

    @property
    def count(self) -> int:
        """How many events there are."""
        ...

    @property
    def last(self) -> tuple[int, datetime] | None:
        """Position and moment of the last one; None when there was none."""
        ...

    @property
    def gaps(self) -> Sequence[tuple[int, int, str]]:
        """For each event that does not follow the one before: that one's position, its own, and its stream."""
        ...

    @property
    def steps_back(self) -> Sequence[tuple[int, str, datetime, datetime]]:
        """For each event recorded before the one before it: position, stream, and the two moments."""
        ...


class GiftSource(Protocol):
    """Gifts and what they were given for, in the log as it is now."""

    async def gifts(self, wanted: Sequence[tuple[int, str]]) -> Mapping[str, str]:
        """Of streams of gifts, each with its shard: the amount of those that are there, as it is stored."""
        ...

    async def claims(self, shard: int, code: str, *, after: int, limit: int) -> Sequence[tuple[int, str]]:
        """The next claims on a code's stream above version `after`: the version, and the number of the account."""
        ...

    async def buyers(self, wanted: Sequence[tuple[int, str]]) -> Mapping[str, str]:
        """Of accounts' streams, each with its shard: the inviter's number, if there is one and they have bought."""
        ...


class VerificationSource(GiftSource, Protocol):
    """Everything that is stored, for comparing it with itself. Each call reads a page as of one moment."""

    async def tracking(self) -> Sequence[tuple[int, str, int]]:
        """Shard, name and position of every processor."""
        ...

    async def standings(self) -> Sequence[Standing]:
        """Every shard's end, in order."""
        ...

    async def stretch(self, shard: int, *, after: int, since: datetime | None, upto: int, limit: int) -> Stretch:
        """The next positions above `after`, whose event was recorded at `since`, up to and with `upto`."""
        ...

    async def events(
        self, shard: int, *, after: tuple[str, int], upto: int, limit: int
    ) -> Sequence[Recorded | Unreadable]:
        """The next events in the order of streams and versions, among those at positions up to and with `upto`."""
        ...

    async def snapshots(
        self, shard: int, *, fold: int, after: str, upto: str | None
    ) -> Sequence[tuple[str, Snapshot, bool]]:
        """The snapshots that this fold made of streams above `after`, up to and with `upto`.

        The flag tells whether the log holds the snapshot's last event.
        """
        ...

    async def balances(self, shard: int, accounts: Mapping[int, int]) -> tuple[int, Rows, set[int]]:
        """Of accounts and their last known versions: the position of the views shown, their rows as of it,
        and those accounts that have later versions at or below that position."""
        ...

    async def jobs(self, shard: int, jobs: Mapping[tuple[int, str], int]) -> tuple[int, Rows, set[tuple[int, str]]]:
        """The same of jobs."""
        ...

    async def lines(self, shard: int, versions: Mapping[int, tuple[int, int]]) -> tuple[int, Rows]:
        """The position of the views shown, and the statements' lines between these versions of accounts as of it."""
        ...

    def strays(self, shard: int) -> AsyncGenerator[Sequence[tuple[str, str, int | None]]]:
        """The shown rows that belong to no event, a page at a time: view, stream, position.

        Pages may be empty.
        """
        ...


EVERYTHING: Final = 2**63 - 1
"""As `upto`: to the stream's end."""


class StreamReader(Protocol):
    """Single streams of the log, read afresh each time. Personal texts read as forgotten."""

    def events(self, stream: str, *, upto: int) -> AsyncIterator[Recorded]:
        """The stream's events at positions up to `upto`, in order, a page at a time."""
        ...


class Stars(Protocol):
    """Telegram's Stars, as far as they go back to their payers."""

    async def refund(self, account: int, charge: str) -> StarsReturned | StarsKept | StarsUnknown:
        """Gives the payment's Stars back. Repeating it gives them back once."""
        ...


class StarTransactions(Protocol):
    """Telegram's own account of the bot's Stars, oldest first. Lines are only ever added."""

    async def page(self, offset: int, limit: int) -> Sequence[StarTransaction] | StarsUnknown:
        """The lines after the first `offset`, at most `limit`, which is 100 or less."""
        ...


class Bookmarks(Protocol):
    """Numbers that outlive the process, by name."""

    async def read(self, name: str) -> int:
        """The number, 0 when none was kept."""
        ...

    async def keep(self, name: str, number: int) -> None:
        """Keeps it instead of the one before."""
        ...
