"""A company for one measurement: sandboxes, HTTP side and workers in processes of their own, and a crowd that orders.

Creations are not limited and nothing is rendered. Everything is on loopback and ends with the stage.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any, Final

import asyncpg
from PIL import Image

from adapters.postgres.event_store import PostgresEventStore
from adapters.postgres.migrate import DEFAULT_SHARDS
from adapters.storage.files import open_storage
from benchmarks.orders import TOGETHER, draw_accounts, open_accounts, order
from benchmarks.pipeline.company_process import Wish
from benchmarks.pipeline.programs import Program, program
from benchmarks.surroundings import DATA_KEY, Database, connected
from processors.execute import Executor

MODEL: Final = "kling-2.6"
PRICE: Final = 2
PHOTO: Final = "inputs/1/photo.jpg"
PHOTO_SIZE: Final = (960, 1280)
LOOK_EVERY_S: Final = 0.2
PATIENCE_S: Final = 300.0

HAPPENED: Final = "SELECT count(*) AS times, max(recorded_at) AS last FROM events WHERE type = $1"
EVENTS: Final = "SELECT count(*) FROM events"
TO_ONE_JOB: Final = """
    SELECT max(times) FROM (
        SELECT count(*) AS times FROM events WHERE type = $1 GROUP BY coalesce(data ->> 'job', stream)
    ) AS jobs
"""


@dataclass
class Stage:
    """What runs. `workers` are those that are at work."""

    sandboxes: Program
    web: Program
    wish: Wish
    executor: Executor
    connection: asyncpg.Connection
    _stack: AsyncExitStack
    _ordered: int = 0
    workers: list[Program] = field(default_factory=list)

    async def hire(self) -> Program:
        """One more worker, which is at work."""
        hired = await self._stack.enter_async_context(
            program("benchmarks.pipeline.company_process", self.wish.line(), folder=Path(self.wish.folder))
        )
        self.workers.append(hired)
        return hired

    async def dismiss(self, worker: Program, *, at_once: bool = False) -> None:
        """One worker less."""
        self.workers.remove(worker)
        await worker.end(at_once=at_once)

    async def shared(self) -> list[int]:
        """Returns when every worker has shards of its own: how many each."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                shares = [int((await worker.ask("report"))["shards"]) for worker in self.workers]
                if all(shares) and sum(shares) == DEFAULT_SHARDS:
                    return shares
                await asyncio.sleep(LOOK_EVERY_S)

    async def order(self, accounts: list[int]) -> int:
        """One video for each account. Returns how many were ordered on this stage so far."""
        self._ordered += len(accounts)
        brief = {"model": MODEL, "price": PRICE, "photo": PHOTO}
        for first in range(0, len(accounts), TOGETHER):
            some = accounts[first : first + TOGETHER]
            now = datetime.now(UTC)
            orders = [order(account, self._ordered, at=now).model_copy(update=brief) for account in some]
            await asyncio.gather(*(self.executor.execute(one) for one in orders))
        return self._ordered

    async def crowd(self, count: int) -> list[int]:
        """So many new accounts with credits."""
        accounts = draw_accounts(count)
        await open_accounts(self.executor, accounts)
        return accounts

    async def until(self, kind: str, times: int) -> datetime:
        """When the event had happened so often. Raises TimeoutError when that takes too long."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                ((seen, last),) = await self.connection.fetch(HAPPENED, kind)
                if seen >= times:
                    assert isinstance(last, datetime), "what happened was recorded"
                    return last
                await asyncio.sleep(LOOK_EVERY_S)

    async def events(self) -> int:
        """How many have been written."""
        return int(await self.connection.fetchval(EVENTS))

    async def none_paid_twice(self, jobs: int) -> None:
        """Each job was paid for once outside."""
        assert (await self.sandboxes.ask("count"))["paid"] == jobs, "each job was paid for once"

    async def none_doubled(self, jobs: int) -> None:
        """Each job was paid for once outside, and settled once here."""
        await self.none_paid_twice(jobs)
        assert await self.connection.fetchval(TO_ONE_JOB, "CreditCaptured") == 1, "each job was settled once"


@asynccontextmanager
async def staged(
    database: Database,
    *,
    latency_s: float,
    answer_s: float = 0,
    at_once: int | None = None,
    settings: dict[str, Any] | None = None,
) -> AsyncIterator[Stage]:
    """The stage without any worker yet. `latency_s` is how long a task takes, `answer_s` how long its creation."""
    folder = Path(tempfile.mkdtemp(prefix="neurocards-bench-"))
    try:
        async with AsyncExitStack() as stack:
            enter = stack.enter_async_context
            await open_storage(str(folder / "storage")).write(PHOTO, _photo())
            store = await enter(PostgresEventStore.opened(database.url, DATA_KEY))
            executor = Executor(store)
            stack.push_async_callback(executor.close)
            connection = await enter(connected(database.url))
            times = f"{latency_s} {answer_s}"
            sandboxes = await enter(program("benchmarks.pipeline.sandbox_process", times, folder=folder))
            where = {"folder": str(folder), "url": database.url, **sandboxes.first}
            serving = Wish(**where, public_url=None, work=False)
            web = await enter(program("benchmarks.pipeline.company_process", serving.line(), folder=folder))
            wish = Wish(**where, public_url=web.first["web"], work=True, at_once=at_once, settings=settings or {})
            yield Stage(sandboxes, web, wish, executor, connection, stack)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _photo() -> bytes:
    """A JPEG of about the size that a messenger hands out."""
    grain = Random(1).randbytes(PHOTO_SIZE[0] * PHOTO_SIZE[1] // 256)
    picture = Image.frombytes("L", (PHOTO_SIZE[0] // 16, PHOTO_SIZE[1] // 16), grain).resize(PHOTO_SIZE).convert("RGB")
    into = BytesIO()
    picture.save(into, "JPEG", quality=85)
    return into.getvalue()
