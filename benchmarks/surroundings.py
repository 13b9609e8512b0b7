"""What a run works in: a server of its own with default durability, and databases made on it as cases ask for them."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import uuid4

import asyncpg
from rich.console import Console

from adapters.local_postgres import LocalPostgres, local_postgres
from adapters.local_postgres_cluster import OWNER
from adapters.postgres.migrate import DEFAULT_SHARDS, migrate
from app.settings import Settings
from benchmarks.figures import Sample, Series
from benchmarks.meter import Meter, Side, interleaved, sample
from benchmarks.options import Options

DATA_KEY: Final = bytes(range(32))


def without_settings() -> None:
    """Takes the program's settings out of this process's environment: nothing that is played here may reach a real
    service with somebody's keys."""
    for name in [name for name in os.environ if name.lower() in Settings.model_fields]:
        del os.environ[name]


@dataclass(frozen=True, slots=True)
class Database:
    """One database, by the roles that may enter it."""

    name: str
    shards: int
    url: str = field(repr=False)
    superuser_url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class GrownLog:
    """A log that was filled beforehand. `settled` are those of its accounts whose streams are all equally long."""

    database: Database
    settled: list[int]
    events: int


@contextmanager
def own_server() -> Iterator[LocalPostgres]:
    """A server in a folder that is removed afterwards. Blocks: to be entered before the event loop starts."""
    folder = Path(tempfile.mkdtemp(prefix="neurocards-bench-"))
    folder.chmod(0o755)  # as root, the server runs as another user
    try:
        with local_postgres(folder / "data") as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Bench:
    """The surroundings of a run, as cases see them."""

    postgres: LocalPostgres
    options: Options
    meter: Meter
    console: Console
    logs: dict[int, GrownLog] = field(default_factory=dict)
    """Seeded logs by their size, shared by cases."""

    def say(self, what: str) -> None:
        """Tells whoever waits what is being done."""
        self.console.print(f"[dim]{what}[/dim]", highlight=False)

    async def compare(self, sides: list[Side], in_flight: int) -> list[Series]:
        """The sides in turns, each as often and as long as the options say."""
        self.say(f"  {in_flight} in flight: {', '.join(side.name for side in sides)}")
        options = self.options
        return await interleaved(
            self.meter, sides, in_flight, runs=options.runs, seconds=options.seconds, warm_up_s=options.warm_up_s
        )

    async def taste(self, side: Side, in_flight: int) -> Sample:
        """One short run, for choosing a setting."""
        seconds = self.options.tuning_s
        return await sample(self.meter, side, in_flight, seconds=seconds, warm_up_s=seconds / 2)

    async def empty_database(self, name: str, *, template: str | None = None) -> Database:
        """An empty database without any tables of ours, or a copy of another one."""
        unique = f"{name}_{uuid4().hex[:8]}"
        copied = "" if template is None else f"TEMPLATE {template}"
        await self._as_superuser(f"CREATE DATABASE {unique} OWNER {OWNER} {copied}")
        return Database(
            unique, 0, _named(self.postgres.application_url, unique), _named(self.postgres.superuser_url, unique)
        )

    async def migrated(self, name: str, *, shards: int = DEFAULT_SHARDS) -> Database:
        """An empty log."""
        made = await self.empty_database(name)
        user = self.postgres.application_url.split("//")[1].split(":")[0]
        await migrate(_named(self.postgres.owner_url, made.name), shards=shards, application_user=user)
        return Database(made.name, shards, made.url, made.superuser_url)

    async def copy_of(self, database: Database) -> Database:
        """A log of the same content. Nobody may be connected to the original."""
        made = await self.empty_database("copy", template=database.name)
        return Database(made.name, database.shards, made.url, made.superuser_url)

    async def drop(self, database: Database) -> None:
        """Removes a database and its files."""
        await self._as_superuser(f"DROP DATABASE {database.name} WITH (FORCE)")

    async def _as_superuser(self, statement: str) -> None:
        async with connected(self.postgres.superuser_url) as connection:
            await connection.execute(statement)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection for a while."""
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


def _named(url: str, database: str) -> str:
    return f"{url.rpartition('/')[0]}/{database}"


def load_average() -> float:
    """How many processes of this machine have wanted a processor during the last minute."""
    return os.getloadavg()[0]
