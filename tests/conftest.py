"""A real PostgreSQL for every test that asks for one: one server a run, one database a test.

The server's folder is made by the first process of the run and shared by its workers. A test's database is a copy of
a migrated template, so a test starts on an empty log and harms no other.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, settings

from adapters.local_postgres import LocalPostgres, local_postgres
from adapters.postgres.event_store import PostgresEventStore
from adapters.postgres.migrate import migrate
from benchmarks.surroundings import without_settings
from processors.execute import Executor

FOLDER = "NEUROCARDS_TEST_FOLDER"
DATA_KEY = bytes(range(32))
FASTER_AND_STILL_SAFE_FROM_KILLS = {"fsync": "off"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--prove", action="store_true", help="run the long form of the long proofs")


# How long an example takes says how busy the machine is, and no more.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


def pytest_configure(config: pytest.Config) -> None:
    without_settings()
    if not hasattr(config, "workerinput"):
        folder = tempfile.mkdtemp(prefix="neurocards-tests-")
        Path(folder).chmod(0o755)
        os.environ[FOLDER] = folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Has each process of the run begin with its share of the long tests, those that have a time-out of their own:
    begun at the end, they would be waited for with nothing else to do. Every process gets one part of the order.
    """
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    long = [item for item in items if item.get_closest_marker("timeout")]
    short = [item for item in items if not item.get_closest_marker("timeout")]
    part, dealt = -(-len(items) // processes), list[pytest.Item]()
    for number in range(processes):
        mine = long[number::processes]
        room = max(0, part - len(mine))
        dealt += mine + short[:room]
        del short[:room]
    items[:] = dealt + short


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop(FOLDER), ignore_errors=True)


LIBRARYS_CASES = "tests/adapters/postgres/test_recorder_cases.py::"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Lists the recorder test cases that the eventsourcing library ships, and what the proofs counted."""
    reports = [report for some in terminalreporter.stats.values() for report in some]
    calls = [report for report in reports if getattr(report, "when", None) == "call"]
    cases = sorted((call.nodeid, call.outcome) for call in calls if call.nodeid.startswith(LIBRARYS_CASES))
    if cases:
        terminalreporter.section("the recorder test cases of the eventsourcing library")
        for name, outcome in cases:
            terminalreporter.write_line(f"{outcome}  {name.removeprefix(LIBRARYS_CASES)}")
    counted = [(call.nodeid, call.user_properties) for call in calls if call.user_properties]
    if counted:
        terminalreporter.section("what the proofs counted")
        for name, properties in sorted(counted):
            told = ", ".join(f"{what}: {number}" for what, number in properties)
            terminalreporter.write_line(f"{name.rpartition('::')[2]}: {told}")


@dataclass(frozen=True)
class Database:
    """One test's database, by the roles that may enter it."""

    name: str
    shards: int
    owner_url: str
    url: str
    superuser_url: str


@pytest.fixture(scope="session")
def prove(request: pytest.FixtureRequest) -> bool:
    """Whether the long forms of the proofs are wanted."""
    return bool(request.config.getoption("--prove"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[LocalPostgres]:
    """The run's server."""
    with local_postgres(Path(os.environ[FOLDER]) / "data", settings=FASTER_AND_STILL_SAFE_FROM_KILLS) as server:
        yield server


def named(url: str, database: str) -> str:
    """The same server and role, another database."""
    return f"{url.rpartition('/')[0]}/{database}"


async def make_database(postgres: LocalPostgres, name: str, *, template: str | None = None) -> None:
    """Makes an empty database, or a copy of `template`, owned by the owner role."""
    connection = await asyncpg.connect(postgres.superuser_url)
    try:
        copied = "" if template is None else f"TEMPLATE {template}"
        await connection.execute(f"CREATE DATABASE {name} OWNER neurocards_owner {copied}")
    finally:
        await connection.close()


async def drop_database(postgres: LocalPostgres, name: str) -> None:
    """Removes the database, whoever is connected."""
    connection = await asyncpg.connect(postgres.superuser_url)
    try:
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await connection.close()


class Templates:
    """Migrated databases to copy from, one for each number of shards."""

    def __init__(self, postgres: LocalPostgres) -> None:
        self._postgres = postgres
        self._made: dict[int, str] = {}

    async def of(self, shards: int) -> str:
        """The template's name."""
        if shards not in self._made:
            name = f"template_{shards}_{uuid4().hex}"
            await make_database(self._postgres, name)
            user = self._postgres.application_url.split("//")[1].split(":")[0]
            await migrate(named(self._postgres.owner_url, name), shards=shards, application_user=user)
            self._made[shards] = name
        return self._made[shards]


@pytest.fixture(scope="session")
def templates(postgres: LocalPostgres) -> Templates:
    """The session's templates."""
    return Templates(postgres)


@pytest.fixture
def shards() -> int:
    """How many shards the test's database has; to be overridden by tests that need another number."""
    return 8


@pytest.fixture
async def database(postgres: LocalPostgres, templates: Templates, shards: int) -> AsyncIterator[Database]:
    """A migrated, empty database of the test's own."""
    name = f"test_{uuid4().hex}"
    await make_database(postgres, name, template=await templates.of(shards))
    yield Database(
        name=name,
        shards=shards,
        owner_url=named(postgres.owner_url, name),
        url=named(postgres.application_url, name),
        superuser_url=named(postgres.superuser_url, name),
    )
    await drop_database(postgres, name)


@pytest.fixture
async def store(database: Database) -> AsyncIterator[PostgresEventStore]:
    """The log of the test's database, with the application's rights."""
    async with PostgresEventStore.opened(database.url, DATA_KEY) as opened:
        yield opened


@pytest.fixture
async def executor(store: PostgresEventStore) -> AsyncIterator[Executor]:
    """Decides commands on the test's log."""
    executor = Executor(store)
    yield executor
    await executor.close()
