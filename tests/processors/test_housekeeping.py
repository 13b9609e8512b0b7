"""What is beyond its time is thrown away, by one process at a time; work beside the shards survives its stumbles."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.postgres.callbacks import PostgresCallbacks
from adapters.postgres.event_store import PostgresEventStore
from adapters.postgres.rests import PostgresRests
from adapters.storage.files import open_storage
from processors import steady
from processors.housekeeping import KEPT, Housekeeping
from processors.steady import keep_going
from tests.conftest import Database

DAYS = {"inputs": 30, "outputs": 10}


class DayLater:
    """A clock that is ahead by so many days."""

    def __init__(self, days: int) -> None:
        self._ahead = timedelta(days=days)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def seconds_until(self, moment: datetime) -> float:
        return max(0.0, (moment - self.now()).total_seconds())


@pytest.mark.parametrize(
    ("days", "files", "callbacks"),
    [(0, ["inputs/42/a.jpg", "outputs/42/a.mp4"], 1), (11, ["inputs/42/a.jpg"], 0), (31, [], 0)],
)
async def test_each_kind_of_file_is_kept_as_long_as_is_set_and_callbacks_for_a_week(
    store: PostgresEventStore, database: Database, tmp_path: Path, *, days: int, files: list[str], callbacks: int
) -> None:
    storage = open_storage(str(tmp_path))
    for name in ("inputs/42/a.jpg", "outputs/42/a.mp4"):
        await storage.write(name, b"content")
    inbox = PostgresCallbacks(store.pool, database.url, shards=store.shards)
    await inbox.keep(42, "b.42.1.0", number=1, task="t1")
    rests = PostgresRests(store.pool)
    keeper = Housekeeping(storage=storage, tables={"callbacks": inbox}, rests=rests, clock=DayLater(days), days=DAYS)
    await keeper.sweep()
    assert [name for name in ("inputs/42/a.jpg", "outputs/42/a.mp4") if await storage.exists(name)] == files
    assert len(await inbox.of_job(42, "b.42.1.0")) == callbacks
    assert timedelta(days=1) < KEPT < timedelta(days=11)


async def test_of_many_processes_one_sweeps(store: PostgresEventStore, database: Database, tmp_path: Path) -> None:
    swept: list[int] = []
    asked: list[int] = []
    all_asked = asyncio.Event()

    class Counted(Housekeeping):
        async def sweep(self) -> None:
            swept.append(1)

    class Watched(PostgresRests):
        async def lease(self, name: str, *, burst: int, per_s: float, want: int) -> tuple[int, float]:
            answer = await super().lease(name, burst=burst, per_s=per_s, want=want)
            asked.append(1)
            if len(asked) == 5:
                all_asked.set()
            return answer

    inbox = PostgresCallbacks(store.pool, database.url, shards=store.shards)
    ours: dict[str, Any] = {
        "storage": open_storage(str(tmp_path)),
        "tables": {"callbacks": inbox},
        "rests": Watched(store.pool),
    }
    keepers = [Counted(**ours, clock=DayLater(0), days=DAYS) for _ in range(5)]
    running = [asyncio.create_task(keeper.run()) for keeper in keepers]
    async with asyncio.timeout(30):
        await all_asked.wait()
    await asyncio.sleep(0)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    assert len(swept) == 1


async def test_work_that_stumbles_is_taken_up_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steady, "PAUSE_S", 0.0)
    times: list[int] = []
    done = asyncio.Event()

    async def work() -> None:
        times.append(os.getpid())
        if len(times) < 3:
            msg = "a stumble"
            raise RuntimeError(msg)
        done.set()
        await asyncio.Event().wait()

    going = asyncio.create_task(keep_going("a test", work))
    async with asyncio.timeout(10):
        await done.wait()
    going.cancel()
    with pytest.raises(asyncio.CancelledError):
        await going
    assert len(times) == 3
