"""What finance and operators work with. `app` opens it; adapters fit these shapes without importing them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from domain.log import Recorded
from processors.execute import Executor
from processors.ports import Settlements, ShardLog, VerificationSource, ViewStore
from processors.reconciliation import Reconciliation

OK: Final = 0
FINDING: Final = 1
"""Something is wrong in the books, or a rule refused, or there is no such thing."""

WRONG_USE: Final = 2
"""A wrong argument or setting."""

UNREACHABLE: Final = 3
"""The database cannot be reached, or is not fit for use."""


class NotThere(Exception):
    """There is no such account, job or event; the sentence names it."""


class WrongUse(Exception):
    """An argument makes no sense; the sentence names it."""


class Accounts(Protocol):
    """Accounts as they lie in the log. Personal texts read as forgotten."""

    def shard(self, account: int) -> int:
        """The shard that holds the account."""
        ...

    async def head(self, account: int) -> int:
        """The last position in the account's shard now."""
        ...

    def events(self, stream: str, *, upto: int) -> AsyncIterator[Recorded]:
        """The stream's events at positions up to `upto`, in order, a page at a time."""
        ...

    def stored(self, stream: str, *, upto: int) -> AsyncIterator[tuple[Recorded, str]]:
        """As `events`, each with its JSON as it lies in the log."""
        ...

    async def view(self, account: int) -> Mapping[str, Any] | None:
        """The account's row in the balances view and the `position` the views are at; None before there is any view."""
        ...


class Queue(Protocol):
    """The jobs as the view shows them."""

    async def open(self, *, account: int | None, limit: int) -> Sequence[Mapping[str, Any]]:
        """The rows of jobs that have not ended, of one account or of all, oldest first."""
        ...


class Keys(Protocol):
    """The keys of personal texts."""

    async def forget(self, owner: str) -> bool:
        """Deletes the owner's key. Returns whether there was one."""
        ...


class Dialogues(Protocol):
    """What people are in the middle of telling the bots."""

    async def forget(self, account: int) -> bool:
        """Deletes what the person has told the bots so far. Returns whether there was anything."""
        ...


class Files(Protocol):
    """Photos and videos."""

    async def clear(self, prefix: str) -> int:
        """Deletes everything below a folder (`inputs/42`). Returns how many files that were."""
        ...


@dataclass(frozen=True, slots=True)
class Office:
    """An open database and who decides on it."""

    shards: int
    accounts: Accounts
    executor: Executor
    shard_log: ShardLog
    settlements: Settlements
    views: ViewStore
    keys: Keys
    dialogues: Dialogues
    files: Callable[[], Files]
    """Opens storage. Most of the work needs none, and is done where there is none."""
    queue: Queue
    verification: VerificationSource
    reconciliation: Reconciliation | None = None
    """None where no Telegram is at hand."""


class Desk(Protocol):
    """Opens the office, has the work done, closes it, and returns the work's exit code."""

    def run(self, work: Callable[[Office], Awaitable[int]]) -> int:
        """Blocks until the work is done."""
        ...
