"""The whole product in one process, as `run` starts it, with sandboxes outside and people in their chats.

KIE and OpenAI are one process, Telegram with the people another. Creations and messages are not limited, nothing is
rendered, tasks take no time.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import asyncpg

from adapters.postgres.connections import PatientPool
from adapters.postgres.event_store import PostgresEventStore
from adapters.postgres.verification import PostgresVerification
from benchmarks.orders import open_accounts
from benchmarks.pipeline.company_process import Wish
from benchmarks.pipeline.programs import Program, program
from benchmarks.surroundings import DATA_KEY, Database, connected
from processors.execute import Executor
from processors.verify import verify

PHOTO: Final = Path(__file__).parents[2] / "tests" / "data" / "photos" / "coffee.jpg"
HAPPENED: Final = "SELECT count(*) FROM events WHERE type = $1"
LOOK_EVERY_S: Final = 0.2
PATIENCE_S: Final = 1800.0
READERS: Final = 4


@dataclass
class Town:
    """What a case does and looks at."""

    telegram: Program
    product: Program
    outside: Program
    database: Database
    executor: Executor
    connection: asyncpg.Connection

    async def people(self, count: int) -> None:
        """So many people with credits, who have pressed Start. Those who were there before have gone."""
        arrived = await self.asked(f"arrive {count}")
        await open_accounts(self.executor, arrived["people"])
        await self.asked("greet")

    async def asked(self, question: str) -> dict[str, Any]:
        """What the crowd says to that."""
        return await self.telegram.ask(question, within_s=PATIENCE_S)

    async def until(self, kind: str, times: int) -> None:
        """Returns when the event has happened so often. Raises TimeoutError when that takes too long."""
        async with asyncio.timeout(PATIENCE_S):
            while await self.connection.fetchval(HAPPENED, kind) < times:  # noqa: ASYNC110 - another process's doing
                await asyncio.sleep(LOOK_EVERY_S)

    async def found_right(self, *, videos: int) -> None:
        """Every video was ordered, paid for outside and settled once, and the books are right, or the case breaks."""
        for kind in ("JobQueued", "CreditCaptured"):
            assert await self.connection.fetchval(HAPPENED, kind) == videos, f"each video has its {kind}"
        assert (await self.outside.ask("count"))["paid"] == videos, "each video was paid for once"
        async with PatientPool.opened(self.database.url, size=READERS) as pool:
            report = await verify(PostgresVerification(pool), pace=0)
        assert report.sound, "the books are right"


@asynccontextmanager
async def town_at_work(database: Database) -> AsyncIterator[Town]:
    """Everything at work until it is left."""
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="neurocards-bench-")))
        store = await enter(PostgresEventStore.opened(database.url, DATA_KEY))
        executor = Executor(store)
        stack.push_async_callback(executor.close)
        connection = await enter(connected(database.url))
        outside = await enter(program("benchmarks.pipeline.sandbox_process", "0 0", folder=folder))
        telegram = await enter(program("benchmarks.bot.telegram_process", str(PHOTO), folder=folder))
        port = _free_port()
        wish = Wish(
            folder=str(folder),
            url=database.url,
            **outside.first,
            public_url=f"http://127.0.0.1:{port}",
            work=True,
            talk=True,
            settings={
                "http_port": port,
                "bot_token": telegram.first["token"],
                "telegram_api_base": telegram.first["address"],
                "telegram_messages_per_s": 0,
            },
        )
        product = await enter(program("benchmarks.pipeline.company_process", wish.line(), folder=folder))
        yield Town(telegram, product, outside, database, executor, connection)


def _free_port() -> int:
    """A port that is free now: the service outside has to know it before the product is there."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port
