"""Workers in processes of their own that divide the shards among themselves, and what they say and do.

Each has a line of its own to the database and an address of its own at the video service, so that each can fall silent
and its requests are known.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from starlette.types import ASGIApp, Receive, Scope, Send

from adapters.postgres.locks import Role
from adapters.sandbox.kie_calls import MARKER
from adapters.sandbox.kie_sandbox import KieSandbox
from app.serving import serving
from tests.conftest import Database
from tests.processors.pipeline_scene import PipelineScene, pipeline_at_work
from tests.proofs.line import Line, line_to
from tests.proofs.programs import Program
from tests.proofs.worker_program import Wish

AT_ONCE: Final = 8
PATIENCE_S: Final = 60.0

HOLDERS: Final = """
    SELECT session.application_name AS name, objid::integer AS shard
    FROM pg_locks JOIN pg_stat_activity AS session USING (pid)
    WHERE locktype = 'advisory' AND granted AND objsubid = 2 AND classid::bigint = $1 AND objid::bigint < $2
      AND session.datname = current_database()
"""
SETTLED: Final = """
    SELECT data ->> 'job' AS job FROM events
    WHERE type IN ('CreditCaptured', 'CreditRefunded') AND data ->> 'job' = ANY($1)
"""


@dataclass
class Owner:
    """A worker, whose requests are marked with its name, and the line that leads it to the database."""

    name: str
    program: Program
    line: Line

    def logged(self, message: str, *, after: float) -> Iterator[tuple[float, dict[str, Any]]]:
        """What it wrote to its log under that message since, and when. Moments are unix seconds."""
        for text in self.program.err.read_text().splitlines():
            if f'"event": "{message}"' in text:
                line = json.loads(text)
                moment = datetime.fromisoformat(line["timestamp"]).timestamp()
                if moment > after:
                    yield moment, line

    def took_up(self, shards: set[int], *, after: float) -> dict[int, float]:
        """When it took up the jobs of these shards after that moment, as far as it has."""
        return {line["shard"]: at for at, line in self.logged("jobs taken up", after=after) if line["shard"] in shards}


@dataclass
class Fleet:
    """The company, whose shards are divided among workers in processes of their own."""

    company: PipelineScene
    shards: int
    owners: dict[str, Owner]

    async def until(self, holds: Callable[[], bool]) -> None:
        """Returns when it holds. The workers live meanwhile."""
        async with asyncio.timeout(PATIENCE_S):
            while not holds():
                for owner in self.owners.values():
                    assert owner.program.process.poll() is None, owner.program.complaints()
                await asyncio.sleep(0.02)

    async def held(self) -> dict[str, set[int]]:
        """The shards that each worker owns."""
        held: dict[str, set[int]] = {name: set() for name in self.owners}
        for row in await self.company.company.store.pool.fetch(HOLDERS, Role.PROCESSORS, self.shards):
            held[row["name"]].add(row["shard"])
        return held

    async def shared(self) -> None:
        """Returns when each has its share of the shards."""
        fair = self.shards // len(self.owners)
        async with asyncio.timeout(PATIENCE_S):
            while any(len(shards) != fair for shards in (await self.held()).values()):  # noqa: ASYNC110 - others work
                await asyncio.sleep(0.05)

    async def settled(self, jobs: dict[str, int]) -> None:
        """Returns when every job is settled. None is settled twice."""
        pool, settled = self.company.company.store.pool, list[str]()
        async with asyncio.timeout(PATIENCE_S):
            while len(settled) < len(jobs):
                settled = [row["job"] for row in await pool.fetch(SETTLED, list(jobs))]
                await asyncio.sleep(0.1)
        assert sorted(settled) == sorted(jobs)


def marked(app: ASGIApp, name: str) -> ASGIApp:
    """The app, which hears that every request comes from `name`."""

    async def hears(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = {**scope, "headers": [*scope["headers"], (MARKER.encode(), name.encode())]}
        await app(scope, receive, send)

    return hears


@asynccontextmanager
async def fleet_at_work(
    database: Database, folder: Path, *, kie: KieSandbox, names: Sequence[str], settings: dict[str, Any]
) -> AsyncIterator[Fleet]:
    """The workers of these names at work, each with its share of the shards. They are killed in the end."""
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        company = await enter(pipeline_at_work(database, folder, kie=kie, speed=1, work=False))
        owners = {}
        for name in names:
            line, url = await enter(line_to(database.url))
            wish = Wish(
                folder=str(folder),
                url=f"{url}?application_name={quote(name)}",
                kie=await enter(serving(marked(kie.app, name))),
                public_url=company.company.web_url,
                at_once=AT_ONCE,
                settings=settings,
            )
            owners[name] = Owner(name, wish.hired(), line)
            stack.callback(owners[name].program.kill)
        fleet = Fleet(company, database.shards, owners)
        await fleet.shared()
        yield fleet
