"""A walk through one shard in the order of its streams: all streams of one owner come one after the other.

What it hands on after each page, `Due`, is what the views, and other owners' streams, should show of the streams that
ended on it. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from domain import streams
from domain.log import Recorded, Unreadable
from domain.snapshots import Snapshot
from processors.audit import AccountAudit, Expected
from processors.audit_jobs import JobAudit, OtherAudit
from processors.audit_sources import MOVED_BY, Claimed, Given, PromoAudit, SourceAudit
from processors.findings import Kind, Report, whose
from projections.views import JobKey, StatementLine

KINDS_OF_LOTS: Final = ("paid", "bonus")
AMOUNTS: Final = ("incoming", "available", "reserved", "spent", "taken", "expired")


@dataclass(slots=True)
class Due:
    """What the views are to be compared with now, and what is to be looked up in other shards."""

    balances: dict[int, Expected] = field(default_factory=dict)
    jobs: dict[JobKey, Expected] = field(default_factory=dict)
    lines: list[StatementLine] = field(default_factory=list)
    versions: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Of accounts: the first and last version that `lines` covers."""
    claims: list[Claimed] = field(default_factory=list)
    gifts: list[Given] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Bounds:
    """A shard's number among how many, and where its views, its settlement and its rewards were at the start."""

    shard: int
    shards: int
    views_at: int
    settler_at: int
    rewards_at: int


class Walk:
    """Takes a shard's events in the order of streams and versions."""

    def __init__(self, bounds: Bounds, report: Report) -> None:
        self.due = Due()
        self._bounds = bounds
        self._report = report
        self._stream = ""
        self._version = 0
        self._position = 0
        self._account: AccountAudit | None = None
        self._part: AccountAudit | JobAudit | OtherAudit | None = None
        self._snapshots: dict[str, tuple[Snapshot, bool]] = {}

    def take(self, page: Iterable[Recorded | Unreadable], snapshots: Sequence[tuple[str, Snapshot, bool]]) -> None:
        """Takes the next events, and the snapshots of the streams that begin among them."""
        self._snapshots = {stream: (snapshot, known) for stream, snapshot, known in snapshots}
        for recorded in page:
            if recorded.stream != self._stream:
                self._begin(recorded)
            if recorded.version != self._version + 1 or recorded.position <= self._position:
                self._out_of_order(recorded)
            self._version, self._position = recorded.version, recorded.position
            part = self._part
            if part is None:
                continue
            if isinstance(recorded, Unreadable):
                self._found(Kind.UNREADABLE, recorded.words, recorded)
                part.cut()
            elif isinstance(part, AccountAudit):
                self._take_credit(part, recorded)
            else:
                part.take(recorded)
        self._hand_on_claims()
        for stream, (snapshot, known) in self._snapshots.items():
            self._left_over(stream, snapshot, known=known)

    def end(self) -> None:
        """There are no more events."""
        self._end_stream()
        self._end_owner()

    def _begin(self, recorded: Recorded | Unreadable) -> None:
        self._end_stream()
        stream = self._stream = recorded.stream
        self._version = self._position = 0
        self._report.streams += 1
        self._part = None
        if self._account is not None and stream.startswith(f"{self._account.stream}/"):
            self._part = self._begin_part(stream, self._account)
            return
        number, owner = whose(stream)
        if owner is None:
            self._found(Kind.NAME, f"{stream} is no name of a stream", recorded)
            return
        home = streams.shard_of(owner, self._bounds.shards)
        if home != self._bounds.shard:
            words = f"{stream} lies in shard {self._bounds.shard} and belongs to shard {home}"
            self._found(Kind.SHARD, words, recorded)
            return
        self._end_owner()
        if number is None:
            self._part = self._begin_other(stream)
            return
        self._account = AccountAudit(self._bounds.shard, number, views_at=self._bounds.views_at, report=self._report)
        self._part = self._begin_part(stream, self._account)

    def _begin_part(self, stream: str, owner: AccountAudit) -> AccountAudit | JobAudit | OtherAudit:
        match streams.category_of(stream):
            case "account":
                self._report.accounts += 1
                snapshot, known = self._snapshots.pop(stream, (None, True))
                owner.snapshot, owner.snapshot_known = snapshot, known
                return owner
            case "job":
                self._report.jobs += 1
                return JobAudit(stream, owner, views_at=self._bounds.views_at)
            case category if category in MOVED_BY:
                return SourceAudit(stream, owner, report=self._report)
            case _:
                return OtherAudit(self._bounds.shard, stream, report=self._report)

    def _begin_other(self, stream: str) -> OtherAudit:
        shard = self._bounds.shard
        if streams.category_of(stream) == "promo":
            return PromoAudit(shard, stream, rewards_at=self._bounds.rewards_at, report=self._report)
        return OtherAudit(shard, stream, report=self._report)

    def _take_credit(self, part: AccountAudit, recorded: Recorded) -> None:
        line = part.take(recorded)
        if part.whole:
            first, _ = self.due.versions.get(part.number, (recorded.version, 0))
            self.due.versions[part.number] = (first, recorded.version)
        if line is not None:
            self.due.lines.append(line)

    def _out_of_order(self, recorded: Recorded | Unreadable) -> None:
        if recorded.version != self._version + 1:
            words = f"version {recorded.version} follows version {self._version}"
        else:
            words = f"version {recorded.version} lies before the one that precedes it, at position {self._position}"
        self._found(Kind.VERSION, words, recorded)
        if self._part is not None:
            self._part.cut()

    def _hand_on_claims(self) -> None:
        if isinstance(self._part, PromoAudit):
            self.due.claims += self._part.claims
            self._part.claims.clear()

    def _end_stream(self) -> None:
        self._hand_on_claims()
        part = self._part
        if isinstance(part, AccountAudit):
            part.stream_ends()
            if part.snapshot is not None and part.whole:
                self._left_over(part.stream, part.snapshot, known=part.snapshot_known)
            if part.whole and part.expected.version:
                self.due.balances[part.number] = part.expected
        elif isinstance(part, JobAudit):
            part.ends(self._report, settler_at=self._bounds.settler_at)
            if part.whole and part.expected.version:
                self.due.jobs[part.key] = part.expected
        elif isinstance(part, SourceAudit) and part.given is not None:
            self.due.gifts.append(part.given)
        self._part = None

    def _end_owner(self) -> None:
        audit, self._account = self._account, None
        if audit is None:
            return
        audit.ends()
        totals, books = self._report.totals, audit.books
        for kind in KINDS_OF_LOTS:
            sums, more = getattr(totals, kind), getattr(books, kind)
            for amount in AMOUNTS:
                setattr(sums, amount, getattr(sums, amount) + getattr(more, amount))
        totals.revoked += books.revoked
        totals.debt += books.debt

    def _left_over(self, stream: str, snapshot: Snapshot, *, known: bool) -> None:
        """A snapshot beyond what was read: of later events, or of none."""
        number, _ = whose(stream)
        if known and number is not None and stream == streams.account(number):
            self._report.moved_on += 1
            return
        words = f"there is a snapshot of version {snapshot.version}, and no such event of an account"
        self._report.add(Kind.SNAPSHOT, words, shard=self._bounds.shard, stream=stream)

    def _found(self, kind: Kind, words: str, recorded: Recorded | Unreadable) -> None:
        self._report.add(kind, words, shard=self._bounds.shard, stream=recorded.stream, position=recorded.position)
