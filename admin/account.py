"""One account as finance sees it: folded from the log, then held against the rules' own fold and against the view."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any, Final, TextIO

from rich import box
from rich.console import Console
from rich.table import Table

from admin.moments import Until, is_past, shown, shown_until
from admin.office import FINDING, OK, Accounts, NotThere
from admin.sheets import Format, Paper
from domain import ledger
from domain.account import INITIAL, Account, AccountState
from domain.lots import Draw, total
from domain.streams import account as account_stream
from projections.books import Books, post

KINDS: Final = ("incoming", "available", "reserved", "spent", "taken", "expired")


def figures(books: Books) -> dict[str, int]:
    """The books' sums, by the names that the balances view has for them."""
    return {
        "available": books.available,
        "reserved": books.reserved,
        "spent": books.spent,
        "debt": books.debt,
        "granted": books.bonus.incoming,
        "purchased": books.paid.incoming,
        "revoked": books.revoked,
        "expired": books.expired,
    }


@dataclass(slots=True)
class Report:
    """What the log says of an account. `findings` are sentences; there should be none."""

    account: int
    shard: int
    until: Until
    books: Books = field(default_factory=Books)
    state: AccountState = INITIAL
    version: int = 0
    position: int = 0
    view_position: int | None = None
    findings: list[str] = field(default_factory=list)


async def read(accounts: Accounts, account: int, *, until: Until = None) -> Report:
    """Folds the account's stream up to the present, or to `until`. Raises NotThere."""
    report = Report(account, accounts.shard(account), until)
    view = await accounts.view(account)
    at_view = figures(report.books)
    report.view_position = None if view is None else view["position"]
    stream = account_stream(account)
    async for recorded in accounts.events(stream, upto=await accounts.head(account)):
        if is_past(recorded, until):
            break
        report.state = ledger.evolve(stream, report.state, recorded.event)
        post(report.books, recorded.event, recorded.recorded_at)
        report.version, report.position = recorded.version, recorded.position
        if report.view_position is not None and recorded.position <= report.view_position:
            at_view = figures(report.books)
    if not report.version:
        msg = f"account {account} {'is' if until is None else 'was'} not open {shown_until(until)}"
        raise NotThere(msg)
    report.findings += _findings(report, view if until is None else None, at_view)
    return report


def _findings(report: Report, view: Mapping[str, Any] | None, at_view: dict[str, int]) -> list[str]:
    found = []
    books, state = report.books, report.state
    assert isinstance(state, Account), "an account with events is open"
    if (books.available, books.reserved, books.debt) != (state.available, state.reserved, state.debt):
        found.append("the sums differ from the rules' own fold")
    if not books.balanced:
        found.append("granted + purchased + debt differs from available + reserved + spent + revoked + expired")
    if books.debt and books.available:
        found.append("there is debt beside available credits")
    if view is not None:
        wrong = [name for name, amount in at_view.items() if (view[name] or 0) != amount]
        if wrong:
            found.append(f"the balances view shows another {', '.join(wrong)} at position {view['position']}")
    return found


def write(report: Report, *, zone: tzinfo | None, form: Format, out: TextIO) -> int:
    """Writes the report and returns the exit code: a finding is one."""
    if form is Format.JSON:
        out.write(f"{json.dumps(_document(report, zone), ensure_ascii=False)}\n")
    else:
        _draw(report, zone, Paper(out))
    return FINDING if report.findings else OK


def _document(report: Report, zone: tzinfo | None) -> dict[str, Any]:
    state = report.state
    assert isinstance(state, Account), "only open accounts are reported"
    return {
        "account": report.account,
        "shard": report.shard,
        "position": report.position,
        "version": report.version,
        "opened_at": _iso(report.books.opened_at, zone),
        "updated_at": _iso(report.books.updated_at, zone),
        "inviter": state.inviter,
        **figures(report.books),
        "paid": {name: getattr(report.books.paid, name) for name in KINDS},
        "bonus": {name: getattr(report.books.bonus, name) for name in KINDS},
        "lots": [
            {"id": lot.id, "kind": lot.kind, "remaining": lot.remaining, "expires_at": _iso(lot.expires_at, zone)}
            for lot in state.lots
        ],
        "reservations": {job: total(draws) for job, draws in sorted(state.reservations.items())},
        "view_position": report.view_position,
        "findings": report.findings,
    }


def _draw(report: Report, zone: tzinfo | None, console: Console) -> None:
    state, books = report.state, report.books
    assert isinstance(state, Account), "only open accounts are reported"
    console.print(f"account {report.account} {shown_until(report.until)}", style="bold")
    invited = "" if state.inviter is None else f", invited by {state.inviter}"
    console.print(f"opened {_seen(books.opened_at, zone)}{invited}; last changed {_seen(books.updated_at, zone)}")
    console.print(f"shard {report.shard}, position {report.position}, event {report.version} of the account\n")
    rows = [("paid", books.paid), ("bonus", books.bonus)]
    sums = [[name, *(str(getattr(kind, column)) for column in KINDS)] for name, kind in rows]
    sums.append(["both", *(str(sum(getattr(kind, column) for _, kind in rows)) for column in KINDS)])
    _table(console, ["credits", *KINDS], sums)
    console.print(f"debt {books.debt}, revoked {books.revoked}\n")
    if state.lots:
        lots = [[lot.id, lot.kind, str(lot.remaining), _seen(lot.expires_at, zone)] for lot in state.lots]
        _table(console, ["lot, in the order of use", "kind", "remaining", "expires"], lots)
    if state.reservations:
        held = [[job, str(total(draws)), _drawn(draws)] for job, draws in sorted(state.reservations.items())]
        _table(console, ["open reservation", "credits", "from"], held)
    if report.until is None:
        shown_at = "there are no views yet" if report.view_position is None else f"at position {report.view_position}"
        console.print(f"views of this shard: {shown_at}")
    for finding in report.findings:
        console.print(f"WRONG: {finding}", style="bold red")


def _table(console: Console, titles: list[str], rows: list[list[str]]) -> None:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for title in titles:
        numbers = title in {*KINDS, "remaining"} or (title == "credits" and title != titles[0])
        table.add_column(title, justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _drawn(draws: tuple[Draw, ...]) -> str:
    return ", ".join(f"{part.amount} of {part.lot}" for part in draws)


def _seen(moment: datetime | None, zone: tzinfo | None) -> str:
    return "" if moment is None else shown(moment.astimezone(zone))


def _iso(moment: datetime | None, zone: tzinfo | None) -> str | None:
    return None if moment is None else moment.astimezone(zone).isoformat()
