"""What `verify` says: findings that name account, stream and position, and a report with counts and totals.

A finding is a fact about the log or about what was folded from it. Where damage to the log itself makes conclusions
impossible (an event is gone or cannot be read), nothing further is concluded about the same account.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from domain import streams
from projections.books import Books

FINDINGS_KEPT: Final = 50
"""Of each kind the first so many are kept in words; the rest are counted."""


class Kind(StrEnum):
    """What is wrong. The value says it in words."""

    POSITION = "a position is missing"
    HEAD = "the head row and the events disagree"
    TRACKING = "a processor is further than the log"
    CLOCK = "the clock went back"
    SHARD = "the stream belongs to another shard"
    NAME = "the stream's name is none of ours"
    VERSION = "a version is missing or out of order"
    UNREADABLE = "the event cannot be read"
    INDEX = "the log differs by the way it is read"
    FOLD = "the event cannot have happened here"
    SUM = "the parts of the event are not its amount"
    OVERDRAFT = "less than nothing is left"
    EXPIRY = "credits end at another time than theirs"
    DEBT = "credits are available beside a debt"
    EQUATION = "the books do not balance"
    BOOKS = "the account's state is not what its books say"
    RESERVED_TWICE = "the job reserved twice"
    NOT_RESERVED = "a settlement without a reservation"
    SETTLED_TWICE = "the reservation was settled twice"
    SETTLED_OTHERWISE = "the settlement is not what was reserved"
    SETTLED_WRONGLY = "the settlement does not fit the job's end"
    SETTLED_EARLY = "settled before the job's end"
    UNSETTLED = "the job ended and was not settled"
    ENDED_TWICE = "the job ended twice"
    NO_RESERVATION = "a job without a reservation"
    NO_JOB = "a reservation without a job"
    PRICE = "the reservation is not the job's price"
    GIFT = "a gift and its credits do not agree"
    PAYMENT = "a payment and its credits do not agree"
    REVOCATION = "a revocation and its credits do not agree"
    CLAIM = "a promo code and its claims do not agree"
    SNAPSHOT = "the snapshot is not the fold"
    BALANCE = "the balance shown is not the fold"
    STATEMENT = "the statement's line is not the fold"
    JOB = "the job shown is not the fold"


NOTES: Final = frozenset({Kind.CLOCK})
"""Kinds that are told and do not make the books wrong: a clock that was set back leaves its trace for ever."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, and where. `position` is the event's, or the one where something is missing."""

    kind: Kind
    shard: int | None
    account: int | None
    stream: str | None
    position: int | None
    words: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the reading has come: `events` of `events_total`, now in `shard` of `shards`."""

    shard: int
    shards: int
    events: int
    events_total: int


@dataclass(slots=True)
class Report:
    """What was read, what it adds up to, and what is wrong. Credits in whole credits."""

    shards: int = 0
    events: int = 0
    streams: int = 0
    accounts: int = 0
    jobs: int = 0
    snapshots: int = 0
    """Compared with a fresh fold; those of another fold are ignored."""
    view_rows: int = 0
    """Compared with a fresh fold: balances, lines of statements, jobs."""
    moved_on: int = 0
    """Rows and snapshots that changed while the log was read, and are left to the next time. 0 in a quiet database."""
    reservations_open: int = 0
    """Reservations of jobs that have not ended."""
    settlements_pending: int = 0
    """Jobs whose end the settlement reactor has not seen yet."""
    rewards_pending: int = 0
    """Claimed codes that the reactor of rewards has not seen yet."""
    totals: Books = field(default_factory=Books)
    """The books of all accounts together."""
    findings: list[Finding] = field(default_factory=list)
    """The first FINDINGS_KEPT of each kind, in the order of reading."""
    counts: Counter[Kind] = field(default_factory=Counter)
    """How many there are of each kind, kept or not."""
    seconds: float = 0.0

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong. Notes may be there nevertheless."""
        return not (self.counts.keys() - NOTES)

    def add(
        self,
        kind: Kind,
        words: str,
        *,
        shard: int | None = None,
        stream: str | None = None,
        position: int | None = None,
    ) -> None:
        """Keeps the finding, or counts it when there are many of its kind."""
        self.counts[kind] += 1
        if self.counts[kind] <= FINDINGS_KEPT:
            account = None if stream is None else whose(stream)[0]
            self.findings.append(Finding(kind, shard, account, stream, position, words))


def whose(stream: str) -> tuple[int | None, str | None]:
    """The account's number, None for another owner; and the owner's name, None for a name that is none of ours."""
    try:
        owner = streams.owner_of(stream)
        if not owner.startswith("account/"):
            return None, owner
        number = streams.account_of(stream)
    except ValueError:
        return None, None
    return (number, owner) if owner == streams.account(number) else (None, None)
