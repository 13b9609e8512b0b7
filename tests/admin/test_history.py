"""History: every credit event once, in order, with the exact balance after it, at any moment of the past."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from adapters.postgres.accounts import PostgresAccounts
from adapters.postgres.event_store import PostgresEventStore
from admin.history import history
from admin.moments import Until
from admin.office import NotThere
from admin.sheets import Format
from domain.account_words import AccountOpened, CreditsGranted
from domain.log import Append, Placed
from tests.adapters.postgres.raw import append
from tests.admin.conftest import BALANCES, DELIVERED, Past


async def written(past: Past, form: Format = Format.TABLE, **asked: Any) -> str:
    out = io.StringIO()
    await history(past.accounts, 42, zone=ZoneInfo("UTC"), form=form, out=out, **asked)
    return out.getvalue()


async def documents(past: Past, **asked: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (await written(past, Format.JSON, **asked)).splitlines()]


async def last_balance(past: Past, until: Until) -> tuple[int, int]:
    line = (await documents(past, until=until))[-1]
    return line["available"], line["reserved"]


async def test_a_position_shows_the_balance_right_after_it(past: Past) -> None:
    assert {position: await last_balance(past, position) for position in BALANCES} == BALANCES


async def test_a_moment_shows_the_balance_of_everything_recorded_by_then(past: Past) -> None:
    ends_of_appends = [1, 3, 7, 14, 15, 16, 17]
    for position in ends_of_appends:
        known = BALANCES.get(position) or BALANCES[position - 1]
        assert await last_balance(past, past.moments[position]) == known


async def test_what_happened_is_said_in_words_with_the_change_of_each_event(past: Past) -> None:
    lines = await documents(past)
    assert [(line["change"], line["what_happened"]) for line in lines] == [
        (0, "opened"),
        (5, "granted 5: a gift, by a test"),
        (-1, "reserved 1 for job b.42.1.0"),
        (-1, "reserved 1 for job b.42.1.1"),
        (0, "captured 1: job b.42.1.0 was delivered"),
        (1, "refunded 1 of job b.42.1.1: failed: UNKNOWN"),
    ]


async def test_a_job_shows_its_own_events_between_those_of_its_credits(past: Past) -> None:
    lines = await documents(past, job=DELIVERED)
    assert [line["position"] for line in lines] == [4, 5, 8, 9, 10, 11, 12, 13, 14, 15]
    assert [line["type"] for line in lines][::9] == ["CreditReserved", "CreditCaptured"]
    assert {(line["available"], line["reserved"]) for line in lines[2:-1]} == {(3, 2)}
    assert [line["position"] for line in await documents(past, job=DELIVERED, until=9)] == [4, 5, 8, 9]


async def test_csv_and_json_say_the_same(past: Past) -> None:
    rows = list(csv.DictReader(io.StringIO(await written(past, Format.CSV))))
    lines = await documents(past)
    assert rows == [{name: str(value) for name, value in line.items()} for line in lines]
    assert len(rows) == 6


async def test_a_table_has_a_head_a_line_per_event_and_the_balance_at_the_end(past: Past) -> None:
    head, *lines, end = (await written(past)).splitlines()
    assert head.split() == ["position", "recorded", "at", "change", "available", "reserved", "debt", "what", "happened"]
    assert len(lines) == 6
    assert lines[0].endswith(f"{past.moments[1]:%Y-%m-%d %H:%M:%S}         0          0         0       0  opened")
    assert end == "6 events; now: available 4, reserved 0, debt 0"


async def test_what_is_not_there_is_said(past: Past) -> None:
    with pytest.raises(NotThere, match="account 7 has no events"):
        await history(past.accounts, 7, out=io.StringIO())
    with pytest.raises(NotThere, match="job nothing of account 42 has no events"):
        await written(past, job="nothing")
    with pytest.raises(NotThere, match="account 42 has no events at position 0"):
        await written(past, until=0)


LEAST_OF_A_LINE_BYTES = 100
"""Kept lines would take several times as much; a page more or less, which is chance, takes less in total."""


class Sink(io.TextIOBase):
    """Counts lines and keeps none."""

    def __init__(self) -> None:
        self.lines = 0

    def write(self, text: str) -> int:
        self.lines += text.count("\n")
        return len(text)


async def grow(store: PostgresEventStore, *, start: int, events: int) -> None:
    """Adds gifts to account 9, so that its last version is `start + events - 1`."""
    for first in range(start, start + events, 500):
        gifts = tuple(
            Placed(
                "account/9",
                version,
                CreditsGranted(source=f"g{version}", amount=1, debt_settled=0, expires_at=None, reason="r", by="b"),
            )
            for version in range(first, first + 500)
        )
        await append(store, Append("account/9", gifts))


async def peak_of_history(store: PostgresEventStore, form: Format) -> tuple[int, int]:
    """Lines written, and the most memory that writing them took, in bytes."""
    sink = Sink()
    tracemalloc.start()
    await history(PostgresAccounts(store), 9, form=form, out=sink)  # type: ignore[arg-type]  # all that TextIO asks for here
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return sink.lines, peak


async def test_a_history_four_times_as_long_takes_no_more_memory(store: PostgresEventStore, *, prove: bool) -> None:
    short = 100_000 if prove else 5_000
    await append(store, Append("account/9", (Placed("account/9", 1, AccountOpened(inviter=None)),)))
    await grow(store, start=2, events=short)
    await peak_of_history(store, Format.CSV)  # what is made once, such as validators and connections
    lines, peak = await peak_of_history(store, Format.TABLE)
    assert lines == short + 3
    await grow(store, start=short + 2, events=3 * short)
    lines, peak_later = await peak_of_history(store, Format.TABLE)
    assert lines == 4 * short + 3
    assert peak_later - peak < 3 * short * LEAST_OF_A_LINE_BYTES
