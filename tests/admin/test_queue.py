"""The list of jobs in flight: the open ones only, oldest first, each with what it waits for."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import UTC
from io import StringIO
from typing import Any

import pytest

from adapters.postgres.event_store import PostgresEventStore
from adapters.postgres.open_jobs import PostgresOpenJobs
from admin.queue import WHY
from admin.queue import jobs as list_jobs
from admin.sheets import Format
from domain import job_words as words
from domain.failures import FailureClass
from projections.jobs import WaitsFor
from tests.processors.scene import AT, Scene, at_work, life_of


async def listed(store: PostgresEventStore, form: Format, *, account: int | None = None, limit: int = 10) -> str:
    return (await listed_and_said(store, form, account=account, limit=limit))[0]


async def listed_and_said(
    store: PostgresEventStore, form: Format, *, account: int | None = None, limit: int = 10
) -> tuple[str, str]:
    """What was written, and what was said beside it."""
    out, err = StringIO(), StringIO()
    queue = PostgresOpenJobs(store.pool)
    assert await list_jobs(queue, account=account, limit=limit, zone=UTC, form=form, out=out, err=err) == 0
    return out.getvalue(), err.getvalue()


async def lines(store: PostgresEventStore, **wanted: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (await listed(store, Format.JSON, **wanted)).splitlines()]


async def three_jobs(scene: Scene) -> list[str]:
    """One waits for its script, one for its task's video, one has been delivered."""
    await scene.open(42, 5)
    jobs = await scene.order(42, 1, count=3)
    for command in life_of(42, jobs[1])[:3]:
        await scene.executor.execute(command)
    await scene.deliver(42, jobs[2])
    await scene.caught_up()
    return jobs


async def test_open_jobs_are_listed_with_what_they_wait_for(store: PostgresEventStore) -> None:
    async with at_work(store) as scene:
        jobs = await three_jobs(scene)
    found = await lines(store)
    assert [(line["job"], line["waits_for"]) for line in found] == [(jobs[0], "script"), (jobs[1], "video")]
    assert found[0]["why_it_waits"] == "for its script, place 1 in line"
    assert found[1]["why_it_waits"] == "for the video"


async def test_a_job_that_rests_says_until_when_and_after_what(store: PostgresEventStore) -> None:
    async with at_work(store) as scene:
        jobs = await three_jobs(scene)
        failing = words.FailGeneration(
            account=42, at=AT, job=jobs[1], number=1, failure=FailureClass.TEMPORARY, message="overloaded"
        )
        await scene.executor.execute(failing)
        await scene.caught_up()
    found = await lines(store)
    assert found[1]["why_it_waits"] == "for another attempt at 00:00:10 after TEMPORARY"
    assert found[1]["attempt"] == 2


async def test_the_list_can_be_one_accounts_and_short(store: PostgresEventStore) -> None:
    async with at_work(store) as scene:
        await three_jobs(scene)
        await scene.open(7, 1)
        await scene.order(7, 1)
        await scene.caught_up()
    assert {line["account"] for line in await lines(store)} == {42, 7}
    assert {line["account"] for line in await lines(store, account=7)} == {7}
    assert len(await lines(store, limit=1)) == 1


@pytest.mark.parametrize(
    ("form", "rows_of"),
    [
        (Format.TABLE, lambda text: text.splitlines()[1:-1]),
        (Format.CSV, lambda text: list(csv.DictReader(StringIO(text)))),
        (Format.JSON, str.splitlines),
    ],
)
async def test_the_list_can_be_written_in_every_form(
    store: PostgresEventStore, form: Format, rows_of: Callable[[str], list[Any]]
) -> None:
    async with at_work(store) as scene:
        await three_jobs(scene)
    text = await listed(store, form)
    assert len(rows_of(text)) == 2
    assert form is not Format.TABLE or text.endswith("2 jobs in flight\n")


async def test_that_there_are_more_is_said_and_where_nothing_is_in_flight_a_csv_has_its_head(
    store: PostgresEventStore,
) -> None:
    assert (await listed(store, Format.CSV)).startswith("queued_at,updated_at,account,job")
    async with at_work(store) as scene:
        await three_jobs(scene)
    more = "more than 1 in flight, the oldest 1 of them shown\n"
    text, said = await listed_and_said(store, Format.JSON, limit=1)
    assert (len(text.splitlines()), said) == (1, more)
    text, said = await listed_and_said(store, Format.TABLE, limit=1)
    assert (text.endswith(more), said) == (True, "")
    assert (await listed_and_said(store, Format.TABLE, limit=2))[0].endswith("2 jobs in flight\n")


def test_everything_a_job_can_wait_for_has_its_words() -> None:
    assert set(WHY) == set(WaitsFor)
