"""Four processes on five accounts: nothing is lost, nothing is doubled, the books are right."""

from __future__ import annotations

from pathlib import Path

from adapters.postgres.event_store import PostgresEventStore
from tests.conftest import Database
from tests.processors.scene import at_work
from tests.proofs.books import the_books_are_right
from tests.proofs.programs import missing_or_doubled, start

PROCESSES = 4
COMMANDS = 200


async def test_four_processes_on_five_accounts_lose_and_double_nothing(
    database: Database, store: PostgresEventStore, tmp_path: Path
) -> None:
    clerks = [start(tmp_path, "tests.proofs.clerk", database.url, seed, COMMANDS) for seed in range(PROCESSES)]
    async with at_work(store) as scene:
        for clerk in clerks:
            clerk.process.wait()
        assert [clerk.process.returncode for clerk in clerks] == [0] * PROCESSES, clerks[0].complaints()
        answers = [line for clerk in clerks for line in clerk.said()]
        assert len(answers) > PROCESSES * COMMANDS / 2
        assert await missing_or_doubled(database.url, answers) == []
        await scene.at_rest()
    await the_books_are_right(store)
