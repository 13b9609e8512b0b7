"""Every kind of damage, planted by hand, is found and named by account, stream and position; nothing else is named."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from adapters.local_postgres import LocalPostgres
from adapters.postgres.event_store import PostgresEventStore
from processors.findings import FINDINGS_KEPT, Kind
from tests.conftest import DATA_KEY, Database, Templates, drop_database, make_database, named
from tests.processors.damage import (
    CODE,
    OPEN,
    SHARD,
    SHARDS,
    Damage,
    Expected,
    Superuser,
    a_known_story,
    job_stream,
    superuser,
)
from tests.processors.damages_of_books import THE_BOOKS
from tests.processors.damages_of_log import THE_LOG, WHAT_IS_FOLDED
from tests.processors.damages_of_sources import CLAIMED, THE_SOURCES
from tests.processors.lives import verified


class Stories:
    """The log to be damaged, made once a session."""

    def __init__(self, postgres: LocalPostgres, templates: Templates) -> None:
        self._postgres = postgres
        self._templates = templates
        self._name: str | None = None

    async def name(self) -> str:
        if self._name is None:
            name = f"story_{uuid4().hex}"
            await make_database(self._postgres, name, template=await self._templates.of(SHARDS))
            async with PostgresEventStore.opened(named(self._postgres.application_url, name), DATA_KEY) as store:
                await a_known_story(store)
            self._name = name
        return self._name


@pytest.fixture(scope="session")
def stories(postgres: LocalPostgres, templates: Templates) -> Stories:
    return Stories(postgres, templates)


@pytest.fixture
async def database(postgres: LocalPostgres, stories: Stories) -> AsyncIterator[Database]:
    """A copy of the story."""
    name = f"test_{uuid4().hex}"
    await make_database(postgres, name, template=await stories.name())
    yield Database(
        name=name,
        shards=SHARDS,
        owner_url=named(postgres.owner_url, name),
        url=named(postgres.application_url, name),
        superuser_url=named(postgres.superuser_url, name),
    )
    await drop_database(postgres, name)


async def placed(expected: Expected, somebody: Superuser) -> tuple[str, str | None, int | None]:
    """The finding as kind, stream and position, looked up before the damage is done; -1 stands for the planted one."""
    kind, stream, where = expected
    match where:
        case int():
            assert stream is not None
            return kind, stream, await somebody.position(stream, where)
        case tuple():
            return kind, stream, await somebody.position(*where)
        case "after":
            shard = SHARD if stream is None else 1 - SHARD
            return (
                kind,
                stream,
                1 + await somebody.connection.fetchval("SELECT head FROM heads WHERE shard = $1", shard),
            )
        case _:
            return kind, stream, -1 if where == "planted" else None


@pytest.mark.parametrize(
    "damage", [*THE_LOG, *THE_BOOKS, *THE_SOURCES, *WHAT_IS_FOLDED], ids=lambda damage: damage.name
)
async def test_planted_damage_is_named(damage: Damage, database: Database, store: PostgresEventStore) -> None:
    async with superuser(database) as somebody:
        expected = [await placed(one, somebody) for one in damage.found]
        for event in damage.also:
            await somebody.plant(*event)
        if damage.event is not None:
            await somebody.plant(*damage.event)
        if damage.sql:
            await somebody.sql(damage.sql)
        expected = [(kind, stream, somebody.planted if at == -1 else at) for kind, stream, at in expected]
    report = await verified(store)
    found = [(finding.kind, finding.stream, finding.position) for finding in report.findings]
    assert sorted(map(str, found)) == sorted(map(str, expected)), report.findings
    for finding in report.findings:
        number = finding.stream.split("/")[1] if finding.stream else ""
        assert finding.account == (int(number) if number.isdigit() and number != "00" else None)
    assert report.sound == (not {kind for kind, _, _ in expected} - {Kind.CLOCK})


async def test_the_story_is_sound(store: PostgresEventStore) -> None:
    report = await verified(store)
    assert report.findings == []
    assert report.snapshots == 1


async def test_an_end_that_settlement_has_not_seen_is_pending(database: Database, store: PostgresEventStore) -> None:
    async with superuser(database) as somebody:
        await somebody.plant(
            job_stream(OPEN), "JobFailed", {"failure": "UNKNOWN", "message": "planted", "reason": "ours"}
        )
    report = await verified(store)
    assert report.findings == []
    assert report.settlements_pending == 1


async def test_a_claim_that_the_rewards_have_not_seen_is_pending(database: Database, store: PostgresEventStore) -> None:
    async with superuser(database) as somebody:
        await somebody.plant(CODE, "CodeClaimed", CLAIMED)
        await somebody.sql("DELETE FROM tracking WHERE name = 'rewards'")
    report = await verified(store)
    assert report.findings == []
    assert report.rewards_pending == 2


async def test_many_of_a_kind_are_counted_and_a_few_are_told(database: Database, store: PostgresEventStore) -> None:
    async with superuser(database) as somebody:
        await somebody.sql("UPDATE statement_rows SET amount = amount + 1")
        lines = await somebody.connection.fetchval("SELECT count(*) FROM statement_rows")
    report = await verified(store)
    assert report.counts == {Kind.STATEMENT: lines}
    assert len(report.findings) == FINDINGS_KEPT < lines
