"""Who may do what: the application reads and calls the append function, and nobody changes what happened."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from uuid import uuid4

import asyncpg
import pytest

from adapters.local_postgres import LocalPostgres
from adapters.postgres.event_store import PostgresEventStore
from tests.adapters.postgres.faults import SEEN, run_as_superuser
from tests.adapters.postgres.raw import connected, log_of, row
from tests.conftest import Database, Templates, drop_database, make_database, named

SHARD = 0
OWNER = "account/42"
INSERT = """
    INSERT INTO events (shard, position, stream, version, type, event_id, data, recorded_at)
    VALUES (0, 1, 'account/42', 1, 'PhotoAccepted', gen_random_uuid(), '{}', now())
"""
NOT_FOR_THE_APPLICATION = (
    INSERT,
    "UPDATE events SET version = 2",
    "DELETE FROM events",
    "TRUNCATE events",
    "INSERT INTO heads VALUES (99, 0)",
    "UPDATE heads SET head = 5",
    "DELETE FROM heads",
    "TRUNCATE heads",
    "ALTER TABLE events DISABLE TRIGGER ALL",
    "DROP TABLE events",
    "DROP INDEX settled_once",
    "CREATE TABLE mine (n integer)",
    "SELECT append_one_by_one(0, 0, now(), '[]', '[]')",
    "SELECT append_answer(0, 1, '[]')",
    "SET ROLE neurocards_owner",
)
GRANTABLE = ("INSERT", "UPDATE", "DELETE", "TRUNCATE", "SELECT append_one_by_one")
NOT_FOR_ANYBODY = (
    "UPDATE events SET version = 2",
    "UPDATE events SET data = '{}' WHERE false",
    "DELETE FROM events",
    "DELETE FROM events WHERE false",
    "TRUNCATE events",
    "TRUNCATE events CASCADE",
    "DELETE FROM heads",
    "TRUNCATE heads",
)


@pytest.fixture(scope="module")
def unchanged(postgres: LocalPostgres, templates: Templates) -> Iterator[Database]:
    """One database for all that is refused: it stays as it is, with one event."""
    name = f"test_{uuid4().hex}"
    owner_url, url, superuser_url = (
        named(url, name) for url in (postgres.owner_url, postgres.application_url, postgres.superuser_url)
    )
    database = Database(name=name, shards=8, owner_url=owner_url, url=url, superuser_url=superuser_url)

    async def make() -> None:
        await make_database(postgres, name, template=await templates.of(8))
        await run_as_superuser(database, INSERT)

    asyncio.run(make())
    yield database
    asyncio.run(drop_database(postgres, name))


async def the_application_may_not(database: Database, statement: str) -> None:
    async with connected(database.url) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)


async def nobody_may(url: str, statement: str) -> None:
    async with connected(url) as connection:
        with pytest.raises(asyncpg.RestrictViolationError, match="what happened cannot be changed"):
            await connection.execute(statement)


@pytest.mark.parametrize("statement", NOT_FOR_THE_APPLICATION)
async def test_the_application_may_not(statement: str, unchanged: Database) -> None:
    await the_application_may_not(unchanged, statement)


async def test_a_right_too_many_is_seen(database: Database) -> None:
    rights = "INSERT, UPDATE, DELETE, TRUNCATE ON events, heads"
    await run_as_superuser(database, f"GRANT {rights} TO neurocards_application")
    await run_as_superuser(database, "GRANT EXECUTE ON FUNCTION append_one_by_one TO neurocards_application")
    for statement in (statement for statement in NOT_FOR_THE_APPLICATION if statement.startswith(GRANTABLE)):
        with pytest.raises((*SEEN, asyncpg.PostgresError)):
            await the_application_may_not(database, statement)


@pytest.mark.parametrize("statement", NOT_FOR_ANYBODY)
async def test_nobody_may(statement: str, unchanged: Database) -> None:
    for url in (unchanged.owner_url, unchanged.superuser_url):
        await nobody_may(url, statement)


async def test_a_missing_trigger_is_seen(database: Database) -> None:
    await run_as_superuser(database, "DROP TRIGGER events_cannot_be_changed ON events")
    for statement in NOT_FOR_ANYBODY[:6]:
        with pytest.raises(SEEN):
            await nobody_may(database.superuser_url, statement)


async def test_the_application_reads_appends_and_tracks(store: PostgresEventStore, database: Database) -> None:
    await store.append_rows(OWNER, [row(OWNER, 1)], ("me", 1))
    async with connected(database.url) as connection:
        assert await connection.fetchval("SELECT count(*) FROM events") == 1
        assert await connection.fetchval("SELECT sum(head) FROM heads") == 1
        assert await connection.fetchval("SELECT count(*) FROM tracking") == 1


SETTLEMENTS_WITHOUT_A_JOB = ("{}", '{"job": null}', '{"job": 5}', '{"job": ["j1"]}', "[]", "null", '"j1"')


@pytest.mark.parametrize("data", SETTLEMENTS_WITHOUT_A_JOB)
@pytest.mark.parametrize("name", ["CreditCaptured", "CreditRefunded"])
async def test_a_settlement_names_its_job(name: str, data: str, unchanged: Database) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match="a_settlement_names_its_job"):
        await run_as_superuser(unchanged, INSERT.replace("PhotoAccepted", name).replace("{}", data))


@pytest.mark.parametrize("place", ["0, 'account/42', 2", "2, 'account/42', 0"])
async def test_positions_and_versions_start_at_one(place: str, unchanged: Database) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match="start_at_one"):
        await run_as_superuser(unchanged, INSERT.replace("1, 'account/42', 1", place))


@pytest.mark.parametrize("place", ["1, 'account/43', 1", "2, 'account/42', 1"])
async def test_a_position_and_a_version_hold_one_event(place: str, unchanged: Database) -> None:
    with pytest.raises(asyncpg.UniqueViolationError):
        await run_as_superuser(unchanged, INSERT.replace("1, 'account/42', 1", place))


async def test_what_was_refused_changed_nothing(unchanged: Database) -> None:
    assert await log_of(unchanged, SHARD) == [(1, OWNER, 1)]
