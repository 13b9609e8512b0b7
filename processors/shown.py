"""What the views show, held against a fresh fold, while both may move.

The log is folded up to a head fixed at the start; the views go on. Rows are read together with the position the views
are at. So a row can be compared when its stream has no event above what was folded and all of that was seen by the
views: it must be the fold up to the head. Where the views stand still behind the head, it must be the fold up to where
they stood at the start. Any other row moves while it is looked at: it is counted and left to the next time; in a quiet
database there is none. A statement's line never changes: it must be there exactly when the views have passed it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from operator import attrgetter, itemgetter
from typing import Any, Final

from domain import streams
from processors.audit import Expected
from processors.findings import Kind, Report
from processors.ports import Rows, VerificationSource
from processors.walk import Due
from projections.rows import LINE_COLUMNS
from projections.views import JobKey

FOLDED_LINE: Final = attrgetter(*LINE_COLUMNS)
SHOWN_LINE: Final = itemgetter(*LINE_COLUMNS)
KIND_OF_STRAY: Final = {"balances": Kind.BALANCE, "statement": Kind.STATEMENT, "jobs": Kind.JOB}


class ShownRows:
    """Compares the views of one shard. `views_at` is the position they were at when the reading began."""

    def __init__(self, source: VerificationSource, shard: int, *, views_at: int, report: Report) -> None:
        self._source = source
        self._shard = shard
        self._views_at = views_at
        self._report = report

    async def compare(self, due: Due) -> None:
        """Compares what the views show of these streams."""
        if due.versions:
            await self._lines(due)
        if due.balances:
            await self._balances(due.balances)
        if due.jobs:
            await self._jobs(due.jobs)

    def stray(self, view: str, stream: str, position: int | None) -> None:
        """Reports a row that no event stands behind."""
        words = f"the view {view} shows a row that no event stands behind"
        self._found(KIND_OF_STRAY[view], words, stream, position)

    async def _lines(self, due: Due) -> None:
        at, rows = await self._source.lines(self._shard, due.versions)
        shown = {(row["account"], row["version"]): row for row in rows}
        for line in due.lines:
            row = shown.pop((line.account, line.version), None)
            if line.position > at and row is None:
                continue
            self._report.view_rows += 1
            if row is None:
                words = f"the line of version {line.version} is missing"
            elif line.position > at:
                words = f"the line of version {line.version} is there, the views are at position {at} only"
            elif SHOWN_LINE(row) != FOLDED_LINE(line):
                folded = {column: getattr(line, column) for column in LINE_COLUMNS}
                words = f"the line of version {line.version} shows {_difference(row, folded)}"
            else:
                continue
            self._found(Kind.STATEMENT, words, streams.account(line.account), line.position)
        for (account, version), row in shown.items():
            words = f"version {version} has a line and is no credit event"
            self._found(Kind.STATEMENT, words, streams.account(account), row["position"])

    async def _balances(self, balances: Mapping[int, Expected]) -> None:
        versions = {account: expected.version for account, expected in balances.items()}
        at, rows, moved = await self._source.balances(self._shard, versions)
        shown = _by_key(rows, "account")
        for account, expected in balances.items():
            words = self._judged(expected, shown.get(account), at=at, moved=account in moved)
            if words is not None:
                self._found(Kind.BALANCE, f"the balance {words}", streams.account(account), expected.position)

    async def _jobs(self, jobs: Mapping[JobKey, Expected]) -> None:
        versions = {key: expected.version for key, expected in jobs.items()}
        at, rows, moved = await self._source.jobs(self._shard, versions)
        shown = _by_key(rows, "account", "job")
        for key, expected in jobs.items():
            words = self._judged(expected, shown.get(key), at=at, moved=key in moved)
            if words is not None:
                self._found(Kind.JOB, f"the job's row {words}", streams.job(*key), expected.position)

    def _judged(self, expected: Expected, row: Mapping[str, Any] | None, *, at: int, moved: bool) -> str | None:
        """What is wrong with the row that the views show at position `at`, if anything is."""
        if not moved and at >= expected.position:
            wanted = expected.row
        elif expected.behind and at == self._views_at:
            wanted = expected.earlier
        else:
            self._report.moved_on += 1
            return None
        if wanted is None:
            return None if row is None else "is there before its first event was seen"
        self._report.view_rows += 1
        if row is None:
            return "is missing"
        differs = any(row[column] != value for column, value in wanted.items())
        return f"shows {_difference(row, wanted)}" if differs else None

    def _found(self, kind: Kind, words: str, stream: str, position: int | None) -> None:
        self._report.add(kind, words, shard=self._shard, stream=stream, position=position)


def _by_key(rows: Rows, *columns: str) -> dict[Any, Mapping[str, Any]]:
    key = itemgetter(*columns)
    return {key(row): row for row in rows}


def _difference(row: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    wrong: Collection[str] = [column for column, value in wanted.items() if row[column] != value]
    return ", ".join(f"{column} {row[column]} instead of {wanted[column]}" for column in wrong)
