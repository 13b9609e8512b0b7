"""Which jobs a shard's owner takes up: all that are open, and of the lately ended those that ended last."""

from __future__ import annotations

import pytest

from adapters.postgres import open_jobs
from adapters.postgres.event_store import PostgresEventStore
from adapters.postgres.open_jobs import PostgresOpenJobs
from tests.processors.scene import AT, at_work


@pytest.mark.parametrize("shards", [1])
async def test_of_too_many_that_have_ended_the_last_are_looked_at(
    store: PostgresEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_jobs, "ENDED_MAX", 2)
    async with at_work(store) as scene:
        await scene.open(1, 5)
        first, still_open, second, third = await scene.order(1, 1, count=4)
        for job in (first, second, third):
            await scene.fail(1, job)
        await scene.caught_up()
        jobs, _ = await PostgresOpenJobs(store.pool).in_shard(0, ended_after=AT)
    assert jobs == [(1, still_open), (1, third), (1, second)]
