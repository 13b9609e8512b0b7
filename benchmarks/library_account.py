"""A long account in the `eventsourcing` library, as its documentation shows: an aggregate with explicit event classes.

Its events say what ours say, and its fold does what ours does, so that the two replays can be compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

from eventsourcing.application import Repository
from eventsourcing.domain import Aggregate
from eventsourcing.persistence import DatetimeAsISO, DecimalAsStr, EventStore, JSONTranscoder, Mapper, UUIDAsHex
from eventsourcing.postgres import PostgresApplicationRecorder
from eventsourcing.utils import get_topic

from benchmarks.orders import AT, GIFT, PRICE, job_of

INSERT_TOGETHER: Final = 1_000


class LibraryAccount(Aggregate):
    """An account as one writes it with the library, with explicit event classes, folding what ours folds."""

    class Opened(Aggregate.Created):
        """The account exists."""

        inviter: int | None

    class Purchased(Aggregate.Event):
        """Credits came in."""

        source: str
        amount: int

        def apply(self, aggregate: LibraryAccount) -> None:
            aggregate.lots[self.source] = self.amount

    class Reserved(Aggregate.Event):
        """A job's credits left the lots."""

        job: str
        amount: int
        draws: list[dict[str, Any]]

        def apply(self, aggregate: LibraryAccount) -> None:
            for part in self.draws:
                aggregate.lots[part["lot"]] -= part["amount"]
            aggregate.reservations[self.job] = self.draws

    class Captured(Aggregate.Event):
        """A job's reserved credits were spent."""

        job: str
        amount: int
        draws: list[dict[str, Any]]

        def apply(self, aggregate: LibraryAccount) -> None:
            del aggregate.reservations[self.job]

    def __init__(self, inviter: int | None) -> None:
        self.inviter = inviter
        self.lots: dict[str, int] = {}
        self.reservations: dict[str, list[dict[str, Any]]] = {}


def library_store(recorder: PostgresApplicationRecorder) -> EventStore[UUID]:
    """The library's mapper with its default transcodings, on its recorder."""
    transcoder = JSONTranscoder()
    for transcoding in (UUIDAsHex(), DecimalAsStr(), DatetimeAsISO()):
        transcoder.register(transcoding)
    return EventStore(Mapper[UUID](transcoder), recorder)


def library_life(account: UUID, number: int, events: int) -> Iterator[Any]:
    """As many events as ours of the long account: opened, purchased, then reserved and captured in turns."""
    common: dict[str, Any] = {"originator_id": account, "timestamp": AT}
    opened: Any = LibraryAccount.Opened  # the library gives its event classes their constructors when it meets them
    purchased: Any = LibraryAccount.Purchased
    yield opened(**common, originator_version=1, originator_topic=get_topic(LibraryAccount), inviter=None)
    yield purchased(**common, originator_version=2, source="welcome", amount=GIFT)
    for version in range(3, events + 1):
        kind: Any = LibraryAccount.Reserved if version % 2 else LibraryAccount.Captured
        draws = [{"lot": "welcome", "kind": "bonus", "amount": PRICE, "expires_at": None}]
        job = job_of(number, (version - 1) // 2)
        yield kind(**common, originator_version=version, job=job, amount=PRICE, draws=draws)


def fill_library(store: EventStore[UUID], account: UUID, number: int, events: int) -> None:
    """Puts the account's events into the library's table."""
    together = []
    for event in library_life(account, number, events):
        together.append(event)
        if len(together) == INSERT_TOGETHER:
            store.put(together)
            together = []
    store.put(together)


def replay(store: EventStore[UUID], account: UUID) -> LibraryAccount:
    """The account, folded from its first event."""
    aggregate: LibraryAccount = Repository(store).get(account)
    return aggregate
