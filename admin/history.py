"""An account's history: one line per event with what the account had after it. Streams: nothing is kept but a sum."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, tzinfo
from typing import Final, TextIO

from admin.moments import Until, is_past, shown_until
from admin.office import OK, Accounts, NotThere
from admin.sheets import Column, Format, Sheet
from admin.words import said, subject_of
from domain.log import Recorded
from domain.streams import account as account_stream
from domain.streams import job as job_stream
from projections.books import Books, post

COLUMNS: Final = (
    Column("position", 8, right=True),
    Column("recorded_at", 19),
    Column("change", 8, right=True),
    Column("available", 9, right=True),
    Column("reserved", 8, right=True),
    Column("debt", 6, right=True),
    Column("what_happened", 0),
)
CSV_COLUMNS: Final = (
    *(Column(name, 0) for name in ("position", "version", "recorded_at", "type", "subject")),
    *(Column(name, 0) for name in ("change", "available", "reserved", "debt", "what_happened")),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One event. `change` is what it did to `available`; it and the next three are whole credits after the event.

    `subject` is the id of the job, source or revocation that a credit event is about.
    """

    position: int
    version: int
    recorded_at: datetime
    type: str
    subject: str
    change: int
    available: int
    reserved: int
    debt: int
    what_happened: str


async def lines(accounts: Accounts, account: int, *, upto: int, until: Until = None) -> AsyncIterator[Line]:
    """The account's credit events in order, up to position `upto` of its shard and not past `until`."""
    books = Books()
    async for recorded in accounts.events(account_stream(account), upto=upto):
        if is_past(recorded, until):
            return
        before = books.available
        post(books, recorded.event, recorded.recorded_at)
        yield _line(recorded, books, before)


async def lines_of_job(
    accounts: Accounts, account: int, job: str, *, upto: int, until: Until = None
) -> AsyncIterator[Line]:
    """What happened to one job and to the credits it reserved, in the order in which it happened."""
    waiting = [event async for event in accounts.events(job_stream(account, job), upto=upto)]
    waiting = [event for event in waiting if not is_past(event, until)]
    now = Books()
    last: Line | None = None
    async for line in lines(accounts, account, upto=upto, until=until):
        while waiting and waiting[0].position < line.position:
            yield _beside(_line(waiting.pop(0), now, now.available), last)
        last = line
        if line.subject == job and line.type.startswith("Credit"):
            yield line
    for event in waiting:
        yield _beside(_line(event, now, now.available), last)


def _line(recorded: Recorded, books: Books, before: int) -> Line:
    return Line(
        position=recorded.position,
        version=recorded.version,
        recorded_at=recorded.recorded_at,
        type=recorded.type,
        subject=subject_of(recorded.event),
        change=books.available - before,
        available=books.available,
        reserved=books.reserved,
        debt=books.debt,
        what_happened=said(recorded.event),
    )


def _beside(line: Line, last: Line | None) -> Line:
    """The line of a job's event, with the balances of the credit event before it."""
    if last is None:
        return line
    return replace(line, available=last.available, reserved=last.reserved, debt=last.debt)


async def history(
    accounts: Accounts,
    account: int,
    *,
    job: str | None = None,
    until: Until = None,
    zone: tzinfo | None = None,
    form: Format = Format.TABLE,
    out: TextIO,
) -> int:
    """Writes the history up to the present head of the log, or to `until`. Raises NotThere."""
    upto = await accounts.head(account)
    sheet = Sheet(CSV_COLUMNS if form is Format.CSV else COLUMNS, form, out)
    found = (
        lines(accounts, account, upto=upto, until=until)
        if job is None
        else lines_of_job(accounts, account, job, upto=upto, until=until)
    )
    last, count = None, 0
    async for line in found:
        last, count = line, count + 1
        sheet.row(asdict(replace(line, recorded_at=line.recorded_at.astimezone(zone))))
    if last is None:
        what = f"account {account}" if job is None else f"job {job} of account {account}"
        msg = f"{what} has no events {'' if until is None else shown_until(until)}".rstrip()
        raise NotThere(msg)
    if form is Format.TABLE:
        balance = f"available {last.available}, reserved {last.reserved}, debt {last.debt}"
        when = shown_until(until) if job is None else "after the last of them"
        out.write(f"{count} {'event' if count == 1 else 'events'}; {when}: {balance}\n")
    return OK
