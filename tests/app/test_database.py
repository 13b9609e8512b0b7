"""Start-up: what is wrong with the database or the way to it is said in one sentence, with the documented exit code."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from adapters.local_postgres import LocalPostgres
from adapters.postgres.event_store import PostgresEventStore
from tests.app.program import run, settings_of
from tests.conftest import DATA_KEY, Database, drop_database, make_database, named

NOWHERE = "postgresql://u:hidden@127.0.0.1:1/d"


async def test_a_database_that_cannot_be_reached_is_3(tmp_path: Path) -> None:
    ran = await run("account", "42", folder=tmp_path, settings={"DATABASE_URL": NOWHERE, "DATA_KEY": DATA_KEY.hex()})
    assert ran.code == 3
    assert ran.sentence.startswith("the database cannot be reached: ")
    assert "hidden" not in ran.sentence


async def test_a_database_without_a_key_is_2_and_the_sentence_says_how_to_make_one(tmp_path: Path) -> None:
    ran = await run("account", "42", folder=tmp_path, settings={"DATABASE_URL": NOWHERE})
    assert ran.code == 2
    assert ran.sentence.startswith("DATA_KEY is missing")
    assert "openssl rand" in ran.sentence


async def test_a_wrong_password_is_3(database: Database, tmp_path: Path) -> None:
    user, host = database.url.split("//")[1].split(":")[0], database.url.split("@")[1]
    wrong = {**settings_of(database), "DATABASE_URL": f"postgresql://{user}:hidden@{host}"}
    ran = await run("account", "42", folder=tmp_path, settings=wrong)
    assert ran.code == 3
    assert "password authentication failed" in ran.sentence
    assert "hidden" not in ran.sentence


async def test_a_key_that_does_not_open_the_database_is_2(
    database: Database, store: PostgresEventStore, tmp_path: Path
) -> None:
    await store.keys.ensure("account/42")
    other = {**settings_of(database), "DATA_KEY": bytes(32).hex()}
    ran = await run("account", "42", folder=tmp_path, settings=other)
    assert ran.code == 2
    assert ran.sentence.startswith("DATA_KEY does not open this database")


async def test_an_empty_database_asks_for_migrate_which_also_admits_the_program(
    postgres: LocalPostgres, tmp_path: Path
) -> None:
    name = f"empty_{uuid4().hex}"
    await make_database(postgres, name)
    url, owner_url = named(postgres.application_url, name), named(postgres.owner_url, name)
    settings = {"DATABASE_URL": url, "DATA_KEY": DATA_KEY.hex()}
    ran = await run("account", "42", folder=tmp_path, settings=settings)
    assert ran.code == 3
    assert ran.sentence.endswith("run `neurocards migrate`")
    ran = await run("migrate", folder=tmp_path, settings=settings)
    assert (ran.code, ran.sentence[:29]) == (2, "DATABASE_OWNER_URL is missing")
    settings |= {"DATABASE_OWNER_URL": owner_url, "SHARDS": "3"}
    ran = await run("migrate", folder=tmp_path, settings=settings)
    assert (ran.code, ran.out.splitlines()[0]) == (0, "applied 0001_events.sql")
    ran = await run("migrate", folder=tmp_path, settings=settings)
    assert (ran.code, ran.out, ran.err) == (0, "the database is up to date\n", "")
    ran = await run("account", "42", folder=tmp_path, settings=settings)
    assert (ran.code, ran.sentence) == (1, "account 42 is not open now")
    ran = await run("migrate", folder=tmp_path, settings={**settings, "SHARDS": "4"})
    assert ran.code == 2
    assert "made with 3 shards" in ran.sentence
    await drop_database(postgres, name)


async def test_a_role_that_was_not_admitted_asks_for_migrate(
    database: Database, postgres: LocalPostgres, tmp_path: Path
) -> None:
    role = f"stranger_{uuid4().hex}"
    connection = await asyncpg.connect(postgres.superuser_url)
    try:
        await connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'hidden'")
        url = f"postgresql://{role}:hidden@{database.url.split('@')[1]}"
        ran = await run("account", "42", folder=tmp_path, settings={**settings_of(database), "DATABASE_URL": url})
        assert ran.code == 3
        assert ran.sentence.endswith("run `neurocards migrate`")
        admitted = {**settings_of(database), "DATABASE_URL": url, "DATABASE_OWNER_URL": database.superuser_url}
        assert (await run("migrate", folder=tmp_path, settings=admitted)).code == 0
        ran = await run("account", "42", folder=tmp_path, settings=admitted)
        assert (ran.code, ran.sentence) == (1, "account 42 is not open now")
    finally:
        await connection.execute(f"DROP ROLE {role}")
        await connection.close()


@pytest.mark.parametrize(
    ("role", "words"), [("owner_url", "owns the tables"), ("superuser_url", "is a superuser"), ("url", None)]
)
async def test_a_role_that_can_do_too_much_is_warned_of(
    database: Database, tmp_path: Path, role: str, words: str | None
) -> None:
    settings = {**settings_of(database), "DATABASE_URL": getattr(database, role)}
    ran = await run("verify", "--pace", "0", folder=tmp_path, settings=settings)
    assert ran.code == 0
    if words is None:
        assert ran.err == ""
    else:
        warning = json.loads(ran.sentence)
        assert (warning["event"], warning["role"]) == ("the role of DATABASE_URL can do more than it should", words)


async def test_the_demo_never_touches_a_database_of_yours(database: Database, tmp_path: Path) -> None:
    ran = await run("demo", folder=tmp_path, settings=settings_of(database))
    assert ran.code == 2
    assert ran.sentence.startswith("DATABASE_URL is set")
