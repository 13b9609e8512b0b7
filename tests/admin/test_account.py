"""An account's report: folded from the log, held against the view, at present and in the past."""

from __future__ import annotations

import io
import json
from typing import Any

import asyncpg
import pytest

from admin.account import Report, read, write
from admin.moments import Until
from admin.office import FINDING, OK, NotThere
from admin.sheets import Format
from tests.admin.conftest import BALANCES, FAILED, Past
from tests.conftest import Database


async def report(past: Past, until: Until = None) -> tuple[Report, dict[str, Any]]:
    found = await read(past.accounts, 42, until=until)
    out = io.StringIO()
    write(found, zone=None, form=Format.JSON, out=out)
    return found, json.loads(out.getvalue())


async def test_the_report_says_where_every_credit_is(past: Past) -> None:
    found, document = await report(past)
    assert found.findings == []
    assert document["paid"] == dict.fromkeys(("incoming", "available", "reserved", "spent", "taken", "expired"), 0)
    assert document["bonus"] == {
        "incoming": 5,
        "available": 4,
        "reserved": 0,
        "spent": 1,
        "taken": 0,
        "expired": 0,
    }
    assert document["lots"] == [{"id": "gift", "kind": "bonus", "remaining": 4, "expires_at": None}]
    assert (document["granted"], document["spent"], document["debt"], document["version"]) == (5, 1, 0, 6)
    assert document["view_position"] == document["position"] == 17


async def test_a_report_of_the_past_shows_what_was_open_then(past: Past) -> None:
    for position, (available, reserved) in BALANCES.items():
        _, document = await report(past, until=position)
        assert (document["available"], document["reserved"]) == (available, reserved)
    _, document = await report(past, until=15)
    assert document["reservations"] == {FAILED: 1}


async def test_a_view_that_shows_something_else_is_a_finding(past: Past, database: Database) -> None:
    connection = await asyncpg.connect(database.superuser_url)
    try:
        await connection.execute("UPDATE balance_rows SET bonus_available = 9 WHERE account = 42")
    finally:
        await connection.close()
    found, _ = await report(past)
    assert found.findings == ["the balances view shows another available at position 17"]
    out = io.StringIO()
    assert write(found, zone=None, form=Format.TABLE, out=out) == FINDING
    assert "WRONG: the balances view shows another available" in out.getvalue()


async def test_the_table_shows_sums_lots_and_open_reservations(past: Past) -> None:
    out = io.StringIO()
    found, _ = await report(past, until=6)
    assert write(found, zone=None, form=Format.TABLE, out=out) == OK
    words = " ".join(out.getvalue().split())
    assert "account 42 at position 6" in words
    assert "bonus 5 3 2 0 0 0" in words
    assert "gift bonus 3" in words
    assert f"{FAILED} 1 1 of gift" in words
    assert "\x1b" not in out.getvalue()


async def test_an_account_that_is_not_open_is_said_to_be_so(past: Past) -> None:
    with pytest.raises(NotThere, match="account 7 is not open now"):
        await read(past.accounts, 7)
    with pytest.raises(NotThere, match="account 42 was not open at position 0"):
        await read(past.accounts, 42, until=0)
