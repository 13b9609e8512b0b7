"""What `verify` found, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import TextIO

from admin.account import figures
from admin.office import FINDING, OK
from admin.sheets import Format
from processors.findings import FINDINGS_KEPT, NOTES, Finding, Progress, Report


def write_report(report: Report, form: Format, out: TextIO) -> int:
    """Writes the report and returns the exit code: 0 when the books are right."""
    if form is Format.JSON:
        out.write(f"{json.dumps(_document(report), ensure_ascii=False)}\n")
    else:
        out.writelines(f"{line}\n" for line in in_words(report))
    return OK if report.sound else FINDING


def in_words(report: Report) -> list[str]:
    """The report, a line for each thing."""
    sums = ", ".join(f"{name} {amount}" for name, amount in figures(report.totals).items())
    lines = [
        f"read {report.events} events in {report.streams} streams on {report.shards} shards in {report.seconds:.1f} s",
        f"they tell of {report.accounts} accounts and {report.jobs} jobs",
        f"compared {report.view_rows} rows of views and {report.snapshots} snapshots with a fresh fold",
        f"totals: {sums}",
        f"open reservations {report.reservations_open}, settlements still to come {report.settlements_pending}",
    ]
    if report.rewards_pending:
        lines.append(f"{report.rewards_pending} claimed codes whose gifts are still to come")
    if report.moved_on:
        lines.append(f"{report.moved_on} rows changed while they were read and were left to the next time")
    lines += [_finding_in_words(finding) for finding in report.findings]
    for kind, count in report.counts.items():
        if count > FINDINGS_KEPT:
            lines.append(f"... and {count - FINDINGS_KEPT} more of: {kind}")
    lines.append("the books are right" if report.sound else f"THE BOOKS ARE WRONG: {_count(report)} findings")
    return lines


def progress_on(console: TextIO) -> Callable[[Progress], None] | None:
    """Tells a terminal how far the reading is; nothing for a file or a pipe."""
    if not console.isatty():
        return None

    def tell(progress: Progress) -> None:
        done = progress.events >= progress.events_total
        console.write(f"\r\x1b[K{'' if done else f'{progress.events} of {progress.events_total} events'}")
        console.flush()

    return tell


def _count(report: Report) -> int:
    return sum(count for kind, count in report.counts.items() if kind not in NOTES)


def _finding_in_words(finding: Finding) -> str:
    places = [
        f"{name} {value}"
        for name, value in (
            ("shard", finding.shard),
            ("account", finding.account),
            ("stream", finding.stream),
            ("position", finding.position),
        )
        if value is not None
    ]
    mark = "note" if finding.kind in NOTES else "WRONG"
    return f"{mark}: {finding.kind} ({', '.join(places)}): {finding.words}"


def _document(report: Report) -> dict[str, object]:
    return {
        "sound": report.sound,
        "shards": report.shards,
        "events": report.events,
        "streams": report.streams,
        "accounts": report.accounts,
        "jobs": report.jobs,
        "snapshots": report.snapshots,
        "view_rows": report.view_rows,
        "moved_on": report.moved_on,
        "reservations_open": report.reservations_open,
        "settlements_pending": report.settlements_pending,
        "rewards_pending": report.rewards_pending,
        "totals": figures(report.totals),
        "counts": {kind.name.lower(): count for kind, count in report.counts.items()},
        "findings": [{**asdict(finding), "kind": finding.kind.name.lower()} for finding in report.findings],
        "seconds": round(report.seconds, 3),
    }
