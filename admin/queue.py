"""What is in flight: the jobs that have not ended, oldest first, and what each waits for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any, Final, TextIO

from admin.office import OK, Queue
from admin.sheets import Column, Format, Sheet
from projections.jobs import WaitsFor

COLUMNS: Final = (
    Column("queued_at", 19),
    Column("account", 10, right=True),
    Column("job", 24),
    Column("model", 18),
    Column("state", 10),
    Column("attempt", 7, right=True),
    Column("why_it_waits", 0),
)
CSV_COLUMNS: Final = (
    *(Column(name, 0) for name in ("queued_at", "updated_at", "account", "job", "model", "state", "attempt")),
    *(Column(name, 0) for name in ("failure", "place_in_line", "waits_for", "waits_until", "why_it_waits")),
)

WHY: Final = {
    WaitsFor.SCRIPT: "for its script",
    WaitsFor.TURN: "for its turn at the video service",
    WaitsFor.ANSWER: "for the video service's answer to its request",
    WaitsFor.VIDEO: "for the video",
    WaitsFor.RETRY: "for another attempt",
    WaitsFor.DOWNLOAD: "for the video's download",
    WaitsFor.SENDING: "for the messenger",
    WaitsFor.NOTHING: "for nothing",
}


async def jobs(
    queue: Queue, *, account: int | None, limit: int, zone: tzinfo | None, form: Format, out: TextIO, err: TextIO
) -> int:
    """Writes the open jobs, of one account or of all, at most `limit` of them; that there are more, too."""
    found = await queue.open(account=account, limit=limit + 1)
    more = len(found) > limit
    sheet = Sheet(CSV_COLUMNS if form is Format.CSV else COLUMNS, form, out)
    for row in found[:limit]:
        sheet.row(_line(row, zone))
    sheet.end()
    if more:
        (out if form is Format.TABLE else err).write(f"more than {limit} in flight, the oldest {limit} of them shown\n")
    elif form is Format.TABLE:
        out.write(f"{len(found)} {'job' if len(found) == 1 else 'jobs'} in flight\n")
    return OK


def _line(row: Mapping[str, Any], zone: tzinfo | None) -> dict[str, object]:
    line = dict(row)
    for name in ("queued_at", "updated_at", "waits_until"):
        line[name] = None if row[name] is None else row[name].astimezone(zone)
    place = "" if row["place_in_line"] is None else f", place {row['place_in_line']} in line"
    until = "" if line["waits_until"] is None else f" at {line['waits_until']:%H:%M:%S}"
    after = "" if row["failure"] is None else f" after {row['failure']}"
    line["why_it_waits"] = f"{WHY[WaitsFor(row['waits_for'])]}{until}{after}{place}"
    return line
