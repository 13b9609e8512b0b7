"""Killed at random moments, any of them: every append that was answered is there, and the books are right.

Each round two clerks write and a back office settles and projects. Then one of them, or the database server itself,
is killed with SIGKILL, and started again.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from adapters.local_postgres import LocalPostgres, local_postgres
from adapters.postgres.event_store import PostgresEventStore
from adapters.postgres.migrate import migrate
from tests.conftest import DATA_KEY
from tests.processors.scene import at_work
from tests.proofs.books import the_books_are_right
from tests.proofs.programs import Program, missing_or_doubled, start

KILLS = 6
KILLS_PROVED = 50
FOR_EVER = 1_000_000


class Server:
    """A database server of the test's own, with default durability, that can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held = ExitStack()
        port = random.SystemRandom().randrange(20_000, 30_000)  # far from where other tests' servers look for one
        self.running: LocalPostgres = self._held.enter_context(local_postgres(folder, port=port))

    def kill(self) -> None:
        """Kills the server as a crash would, and starts it again."""
        os.kill(self.running.pid, signal.SIGKILL)
        port = self.running.port
        self.running = self._held.enter_context(local_postgres(self._folder, port=port))
        assert self.running.port == port, "its clients know this port"

    def close(self) -> None:
        """Stops it."""
        self._held.close()


@pytest.fixture
def server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="neurocards-kills-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = Server(Path(folder) / "data")
        yield server
        server.close()


@pytest.mark.timeout(3_600)
async def test_killed_at_random_moments_every_answered_append_is_there(
    server: Server, prove: bool, tmp_path: Path
) -> None:
    url = server.running.application_url
    await migrate(server.running.owner_url, application_user=url.split("//")[1].split(":")[0])
    chance = random.Random(2026)
    seeds = iter(range(FOR_EVER))
    clerks = [start(tmp_path, "tests.proofs.clerk", url, next(seeds), FOR_EVER) for _ in range(2)]
    office = start(tmp_path, "tests.proofs.back_office", url)
    answers: list[str] = []
    killed: dict[str, int] = {}
    try:
        for number in range(KILLS_PROVED if prove else KILLS):
            await asyncio.sleep(chance.uniform(0.3, 1.5))
            assert office.process.poll() is None, office.complaints()
            victim = ["clerk", "back office", "server"][number % 3]
            killed[victim] = killed.get(victim, 0) + 1
            if victim == "clerk":
                clerks[0].kill()
                answers += clerks.pop(0).said()
                clerks.append(start(tmp_path, "tests.proofs.clerk", url, next(seeds), FOR_EVER))
            elif victim == "back office":
                office.kill()
                office = start(tmp_path, "tests.proofs.back_office", url)
            else:
                await asyncio.to_thread(server.kill)
        await asyncio.sleep(1)
    finally:
        for program in (*clerks, office):
            program.kill()
    answers += [line for clerk in clerks for line in clerk.said()]
    await _all_is_well(url, answers, clerks)
    print(f"killed {killed}, {len(answers)} answered commands, all in the log")  # noqa: T201 - the proof's figure


async def _all_is_well(url: str, answers: list[str], clerks: list[Program]) -> None:
    assert len(answers) > 100, clerks[0].complaints()
    assert await missing_or_doubled(url, answers) == []
    async with PostgresEventStore.opened(url, DATA_KEY) as store:
        async with at_work(store) as scene:
            await scene.at_rest()
        await the_books_are_right(store)
