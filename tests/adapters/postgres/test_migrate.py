"""Migrations: forward only, each file whole or not at all, one program at a time, else one sentence."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import uuid4

import asyncpg
import pytest

from adapters.local_postgres import LocalPostgres
from adapters.postgres import connections
from adapters.postgres.migrate import (
    DEFAULT_SHARDS,
    LOCK,
    EditedMigration,
    Migration,
    MissingRight,
    NewerDatabase,
    WrongShards,
    migrate,
    packaged,
    pending,
)
from tests.adapters.postgres.faults import SEEN
from tests.adapters.postgres.raw import connected, until_waiting_for_a_lock
from tests.conftest import drop_database, make_database, named

NAMES = [migration.name for migration in packaged()]
NEXT = Migration(9_001, "9001_more.sql", "CREATE TABLE more (n integer)")


@dataclass(frozen=True)
class Empty:
    """A database in which nothing is."""

    name: str
    owner_url: str
    url: str
    user: str
    superuser_url: str


@pytest.fixture
async def empty(postgres: LocalPostgres) -> AsyncIterator[Empty]:
    """Made for the test."""
    name = f"test_{uuid4().hex}"
    await make_database(postgres, name)
    user = postgres.application_url.split("//")[1].split(":")[0]
    urls = [named(url, name) for url in (postgres.owner_url, postgres.application_url, postgres.superuser_url)]
    yield Empty(name, urls[0], urls[1], user, urls[2])
    await drop_database(postgres, name)


async def tables(empty: Empty) -> set[str]:
    async with connected(empty.superuser_url) as connection:
        rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return {found["tablename"] for found in rows}


async def applied(empty: Empty) -> list[str]:
    async with connected(empty.superuser_url) as connection:
        return [found["name"] for found in await connection.fetch("SELECT name FROM migrations ORDER BY number")]


async def shards(empty: Empty) -> int:
    async with connected(empty.superuser_url) as connection:
        return int(await connection.fetchval("SELECT count(*) FROM heads"))


async def test_an_empty_database_gets_every_file_in_order(empty: Empty) -> None:
    assert await pending(empty.owner_url) == NAMES
    assert await migrate(empty.owner_url) == NAMES
    assert await applied(empty) == NAMES == sorted(NAMES)
    assert await pending(empty.owner_url) == []
    assert await shards(empty) == DEFAULT_SHARDS


async def test_migrating_again_does_nothing(empty: Empty) -> None:
    await migrate(empty.owner_url, shards=3)
    assert await migrate(empty.owner_url) == []
    assert await migrate(empty.owner_url, shards=3) == []
    assert await shards(empty) == 3


async def test_of_programs_that_start_at_once_one_migrates(empty: Empty) -> None:
    done = await asyncio.gather(*(migrate(empty.owner_url, application_user=empty.user) for _ in range(4)))
    assert sorted(done, key=len) == [[], [], [], NAMES]
    assert await shards(empty) == DEFAULT_SHARDS


async def the_second_program_waits_for_the_first(
    empty: Empty, monkeypatch: pytest.MonkeyPatch, *, locks: tuple[int, int]
) -> None:
    """The first is in the middle of a file when the second comes."""
    slow = Migration(1, "0001_slow.sql", "CREATE TABLE slow (n integer); SELECT pg_advisory_lock(7)")
    async with connected(empty.superuser_url) as holding:
        await holding.execute("SELECT pg_advisory_lock(7)")
        programs = []
        for number, lock in enumerate(locks, 1):
            monkeypatch.setattr("adapters.postgres.migrate.LOCK", lock)
            programs.append(asyncio.create_task(migrate(empty.owner_url, migrations=[slow])))
            await until_waiting_for_a_lock(empty.superuser_url, how_many=number)
        await holding.execute("SELECT pg_advisory_unlock(7)")
        done = await asyncio.gather(*programs, return_exceptions=True)
    assert done == [[slow.name], []]


async def test_the_second_program_waits_for_the_first(empty: Empty, monkeypatch: pytest.MonkeyPatch) -> None:
    await the_second_program_waits_for_the_first(empty, monkeypatch, locks=(LOCK, LOCK))


async def test_programs_with_locks_of_their_own_are_seen(empty: Empty, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SEEN):
        await the_second_program_waits_for_the_first(empty, monkeypatch, locks=(1, 2))


async def test_databases_of_one_server_can_be_made_at_once(postgres: LocalPostgres) -> None:
    role = f"role_{uuid4().hex}"
    files = [
        Migration(one.number, one.name, one.sql.replace("neurocards_application", role)) if one.number == 1 else one
        for one in packaged()
    ]
    names = [f"test_{uuid4().hex}" for _ in range(6)]
    for name in names:
        await make_database(postgres, name)
    try:
        await asyncio.gather(*(migrate(named(postgres.owner_url, name), migrations=files) for name in names))
    finally:
        for name in names:
            await drop_database(postgres, name)
        async with connected(postgres.superuser_url) as connection:
            await connection.execute(f"DROP ROLE {role}")


RECORDING_FAILS = "ALTER TABLE migrations ADD CHECK (number < 9002)"


@pytest.mark.parametrize("fault", ["SELECT 1 / 0", "CREATE TABLE events (n integer)", "no SQL", RECORDING_FAILS])
async def test_a_file_that_fails_leaves_nothing_behind(fault: str, empty: Empty) -> None:
    broken = Migration(9_002, "9002_broken.sql", f"CREATE TABLE half (n integer); {fault};")
    with pytest.raises(asyncpg.PostgresError):
        await migrate(empty.owner_url, migrations=[*packaged(), NEXT, broken])
    assert await applied(empty) == [*NAMES, NEXT.name]
    assert "half" not in await tables(empty)
    repaired = Migration(9_002, "9002_broken.sql", "CREATE TABLE half (n integer)")
    assert await migrate(empty.owner_url, migrations=[*packaged(), NEXT, repaired]) == [repaired.name]


async def test_a_file_may_take_longer_than_a_query(empty: Empty, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "COMMAND_TIMEOUT_S", 0.05)
    slow = Migration(1, "0001_slow.sql", "SELECT pg_sleep(0.3)")
    both = await asyncio.gather(*(migrate(empty.owner_url, migrations=[slow]) for _ in range(2)))
    assert sorted(both, key=len) == [[], [slow.name]]


async def test_an_edited_file_is_told(empty: Empty) -> None:
    await migrate(empty.owner_url)
    first, *others = packaged()
    edited = [Migration(first.number, first.name, first.sql + "\n-- a better comment"), *others]
    with pytest.raises(EditedMigration, match=f"{first.name} was applied with another text"):
        await migrate(empty.owner_url, migrations=[*edited, NEXT])
    assert await applied(empty) == NAMES
    assert "more" not in await tables(empty)


async def test_a_newer_database_is_told(empty: Empty) -> None:
    await migrate(empty.owner_url, migrations=[*packaged(), NEXT])
    with pytest.raises(NewerDatabase, match="9001"):
        await migrate(empty.owner_url)
    with pytest.raises(NewerDatabase, match="9001"):
        await pending(empty.owner_url)


async def test_another_number_of_shards_is_told(empty: Empty) -> None:
    await migrate(empty.owner_url, shards=4)
    with pytest.raises(WrongShards, match=r"made with 4 shards.*SHARDS says 8"):
        await migrate(empty.owner_url, shards=8)
    assert await shards(empty) == 4


async def test_a_missing_right_is_one_sentence(empty: Empty) -> None:
    with pytest.raises(MissingRight) as missing:
        await migrate(empty.url)
    assert str(missing.value).startswith("the role of DATABASE_OWNER_URL lacks a right it needs to migrate: ")
    assert "\n" not in str(missing.value)
    assert await tables(empty) == set()


async def test_the_application_can_ask_what_is_pending(empty: Empty) -> None:
    await migrate(empty.owner_url, application_user=empty.user)
    assert await pending(empty.url) == []


async def test_the_applications_login_gets_its_rights_once(empty: Empty) -> None:
    for _ in range(2):
        await migrate(empty.owner_url, application_user=empty.user)
    async with connected(empty.url) as connection:
        assert await connection.fetchval("SELECT count(*) FROM events") == 0
