"""The audit of one job against its account, and of every other stream: the second half of `processors.audit`. Pure."""

from __future__ import annotations

from typing import Final

from domain import job, job_states, ledger, streams
from domain.account import given_back
from domain.job_words import JobQueued
from domain.log import Recorded
from domain.lots import Draw
from domain.settlement import SETTLED_BY, settlement
from processors.audit import IMPOSSIBLE, AccountAudit, Expected, Held
from processors.findings import Kind, Report
from processors.settler import SETTLING
from projections import jobs as queue
from projections.jobs import CHANGES, JobRow
from projections.rows import of_job
from projections.views import JobKey

NOT_FOLDED: Final = object()


class JobAudit:
    """What is known of one job so far."""

    def __init__(self, stream: str, owner: AccountAudit, *, views_at: int) -> None:
        self.key: JobKey = (owner.number, streams.id_of(stream))
        self.expected = Expected()
        self.whole = True
        self._stream = stream
        self._owner = owner
        self._views_at = views_at
        self._state: job_states.JobState | None = job_states.INITIAL
        self._row: JobRow | None = None
        self._queued_at = 0
        self._end: Recorded | None = None

    def cut(self) -> None:
        """The log of the job is damaged: nothing more is concluded about it."""
        self.whole = False

    def take(self, recorded: Recorded) -> None:
        """Folds the job's next event in."""
        if not self.whole:
            return
        event = recorded.event
        if recorded.position > self._views_at and not self.expected.behind:
            self.expected.behind = True
            self.expected.earlier = None if self._row is None else of_job(self.key, self._row)
        self._fold(recorded)
        if isinstance(event, JobQueued):
            self._row = queue.queued(event, recorded.recorded_at)
            self._queued_at = recorded.position
        elif self._row is not None and type(event) in CHANGES:
            queue.change(self._row, event, recorded.recorded_at)
        if isinstance(event, SETTLED_BY):
            if self._end is not None:
                words = f"{recorded.type} after {self._end.type} at position {self._end.position}"
                self._found(Kind.ENDED_TWICE, words, recorded.position)
            else:
                self._end = recorded
        self.expected.position, self.expected.version = recorded.position, recorded.version

    def _fold(self, recorded: Recorded) -> None:
        if self._state is None:
            return
        try:
            self._state = job.evolve(self._state, recorded.event)  # type: ignore[arg-type]  # it asserts what it knows
        except IMPOSSIBLE as error:
            self._state = None
            self._found(Kind.FOLD, f"{recorded.type}: {error}", recorded.position)

    def _found(self, kind: Kind, words: str, position: int) -> None:
        self._owner.found(kind, words, position, stream=self._stream)

    def ends(self, report: Report, *, settler_at: int) -> None:
        """The job's stream was read to its end: it is held against its account."""
        self.expected.row = None if self._row is None else of_job(self.key, self._row)
        held = self._owner.held.pop(self.key[1], None)
        if not self._owner.whole or not self.whole or self._row is None:
            return
        if held is None:
            words = f"job {self.key[1]} was queued for {self._row.price} credits, and none were reserved"
            self._found(Kind.NO_RESERVATION, words, self._queued_at)
            return
        if held.amount != self._row.price:
            words = f"job {self.key[1]} costs {self._row.price} credits, {held.amount} were reserved"
            self._owner.found(Kind.PRICE, words, held.position)
        self._settlement(held, report, settler_at=settler_at)

    def _settlement(self, held: Held, report: Report, *, settler_at: int) -> None:
        end, of_job_words = self._end, f"for job {self.key[1]}"
        if end is None:
            if held.settled_by is None:
                report.reservations_open += 1
            else:
                self._owner.found(
                    Kind.SETTLED_EARLY, f"{held.settled_by} {of_job_words}, which has not ended", held.settled_at
                )
            return
        wanted = SETTLING[type(settlement(self._stream, end.event, end.recorded_at))]  # type: ignore[index]  # an end
        if held.settled_by is None:
            if end.position > settler_at:
                report.settlements_pending += 1
            else:
                words = f"{end.type}, and no {wanted} although settlement has come to position {settler_at}"
                self._found(Kind.UNSETTLED, words, end.position)
        elif held.settled_by != wanted:
            words = f"{held.settled_by} {of_job_words}, which ended with {end.type} at position {end.position}"
            self._owner.found(Kind.SETTLED_WRONGLY, words, held.settled_at)
        elif held.settled_at < end.position:
            words = f"{held.settled_by} {of_job_words}, which ended at position {end.position} only"
            self._owner.found(Kind.SETTLED_EARLY, words, held.settled_at)
        elif given_back(held.back, end.recorded_at) != held.returned:
            words = f"{held.settled_by} {of_job_words} gives back what ends {_ends(held.back)} so that it ends"
            self._owner.found(Kind.EXPIRY, f"{words} {_ends(held.returned)}", held.settled_at)


def _ends(parts: tuple[Draw, ...]) -> str:
    return ", ".join(f"{part.expires_at or 'never'}" for part in parts)


class OtherAudit:
    """A stream that is only folded: a payment, an invoice, a bonus, a revocation."""

    def __init__(self, shard: int, stream: str, *, report: Report) -> None:
        self._shard = shard
        self._stream = stream
        self._report = report
        self._folded = streams.category_of(stream) in ledger.FOLDS
        self._state = ledger.initial(stream) if self._folded else NOT_FOLDED

    def cut(self) -> None:
        """The log of the stream is damaged: nothing more is concluded about it."""
        self._state = NOT_FOLDED

    def take(self, recorded: Recorded) -> None:
        """Folds the stream's next event in."""
        if self._state is NOT_FOLDED:
            return
        try:
            evolve = ledger.evolver(self._stream)
            assert evolve is ledger.EVOLVE[type(recorded.event)], "it belongs to another kind of stream"
            self._state = evolve(self._state, recorded.event)
        except IMPOSSIBLE as error:
            self._state = NOT_FOLDED
            self._report.add(
                Kind.FOLD,
                f"{recorded.type}: {error}",
                shard=self._shard,
                stream=self._stream,
                position=recorded.position,
            )
