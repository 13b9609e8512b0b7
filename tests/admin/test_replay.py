"""Replay: every event as it is stored, and the state the fold makes of it."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from admin.office import NotThere
from admin.replay import replay
from admin.sheets import Format
from tests.admin.conftest import BALANCES, DELIVERED, Past


async def steps(past: Past, **asked: Any) -> list[dict[str, Any]]:
    out = io.StringIO()
    await replay(past.accounts, 42, form=Format.JSON, out=out, **asked)
    return [json.loads(line) for line in out.getvalue().splitlines()]


async def test_each_step_shows_the_event_and_the_state_after_it(past: Past) -> None:
    found = await steps(past)
    assert [step["version"] for step in found] == [1, 2, 3, 4, 5, 6]
    for step in found:
        assert (step["state"]["available"], step["state"]["reserved"]) == BALANCES[step["position"]]
    assert found[2]["event"] == {
        "job": DELIVERED,
        "amount": 1,
        "draws": [{"lot": "gift", "kind": "bonus", "amount": 1, "expires_at": None}],
    }
    assert found[2]["state"]["reservations"] == {DELIVERED: found[2]["event"]["draws"]}


async def test_a_job_is_replayed_without_anybodys_words(past: Past) -> None:
    found = await steps(past, job=DELIVERED)
    assert [step["state"]["is"] for step in found] == [
        "Queued",
        "Scripted",
        "Requested",
        "Generating",
        "Generated",
        "Stored",
        "Delivering",
        "Delivered",
    ]
    assert found[0]["state"]["brief"]["photo"] == {"forgotten": True}
    assert "photo" not in found[0]["event"]


async def test_it_ends_where_it_is_told_to(past: Past) -> None:
    assert [step["position"] for step in await steps(past, until=5)] == [1, 3, 4]
    out = io.StringIO()
    await replay(past.accounts, 42, until=past.moments[3], out=out)
    assert out.getvalue().startswith("1. AccountOpened, position 1, ")
    assert out.getvalue().count("\n") == 6


async def test_a_stream_without_events_is_said_to_be_so(past: Past) -> None:
    with pytest.raises(NotThere, match="there is no event in account/42/job/none"):
        await steps(past, job="none")
