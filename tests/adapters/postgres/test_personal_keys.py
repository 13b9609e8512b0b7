"""Personal texts lie encrypted in the log; who deletes an owner's key forgets the person and nothing else."""

from __future__ import annotations

import asyncpg
import pytest

from adapters import codec
from adapters.codec import EventSchemaError
from adapters.postgres import keys
from adapters.postgres.connections import PatientPool
from adapters.postgres.event_store import PostgresEventStore
from adapters.postgres.keys import PersonalKeys, WrongDataKey
from domain.job_words import PromptWritten, ScriptSource, VideoStored
from domain.log import Append, Placed
from domain.shapes import Event, Forgotten
from domain.streams import job
from tests.adapters.postgres.faults import SEEN, run_as_superuser
from tests.adapters.postgres.raw import append, connected, tails_of
from tests.conftest import DATA_KEY, Database

OWNER = "account/42"
STREAM = job(42, "j1")
SECRET = "a mug for my grandmother"


def written(script: str = SECRET) -> PromptWritten:
    return PromptWritten(script=script, source=ScriptSource.OPENAI)


async def appended(store: PostgresEventStore, event: Event, version: int = 1) -> None:
    await store.prepare(OWNER)
    await append(store, Append(OWNER, (Placed(STREAM, version, event),)))


async def read(store: PostgresEventStore) -> list[Event]:
    return [placed.event for placed in await tails_of(store, STREAM)]


async def read_anew(database: Database) -> list[Event]:
    """As a program reads that has no key in memory yet."""
    async with PostgresEventStore.opened(database.url, DATA_KEY) as fresh:
        await fresh.keys.read(OWNER)
        return await read(fresh)


async def a_personal_text_lies_nowhere_in_the_clear(store: PostgresEventStore, database: Database) -> None:
    await appended(store, written())
    assert await read(store) == [written()]
    assert await read_anew(database) == [written()]
    async with connected(database.superuser_url) as connection:
        lying = await connection.fetch("SELECT row_to_json(e)::text AS whole FROM events AS e")
        lying += await connection.fetch("SELECT row_to_json(k)::text AS whole FROM personal_keys AS k")
    assert len(lying) == 2
    for found in lying:
        assert "mug" not in found["whole"]
    assert "openai" in lying[0]["whole"]


async def test_a_personal_text_lies_nowhere_in_the_clear(store: PostgresEventStore, database: Database) -> None:
    await a_personal_text_lies_nowhere_in_the_clear(store, database)


async def test_a_text_that_is_not_encrypted_is_seen(
    store: PostgresEventStore, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codec, "PERSONAL", {})
    with pytest.raises(SEEN):
        await a_personal_text_lies_nowhere_in_the_clear(store, database)


async def a_person_without_a_key_is_forgotten(store: PostgresEventStore, database: Database) -> None:
    await appended(store, written())
    await appended(store, VideoStored(file="v.mp4"), 2)
    assert await store.keys.forget(OWNER)
    assert not await store.keys.forget(OWNER)
    forgotten = [PromptWritten(script=Forgotten(), source=ScriptSource.OPENAI), VideoStored(file="v.mp4")]
    assert await read(store) == forgotten
    assert await read_anew(database) == forgotten


async def test_a_person_without_a_key_is_forgotten(store: PostgresEventStore, database: Database) -> None:
    await a_person_without_a_key_is_forgotten(store, database)


async def test_a_key_that_stays_is_seen(
    store: PostgresEventStore, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "DELETE_KEY", keys.DELETE_KEY + " AND false")
    with pytest.raises(SEEN):
        await a_person_without_a_key_is_forgotten(store, database)


async def test_who_comes_back_gets_a_new_key_and_old_texts_stay_forgotten(
    store: PostgresEventStore, database: Database
) -> None:
    await appended(store, written())
    await store.keys.forget(OWNER)
    await appended(store, written("a new life"), 2)
    both = [PromptWritten(script=Forgotten(), source=ScriptSource.OPENAI), written("a new life")]
    assert await read(store) == both
    assert await read_anew(database) == both


async def test_a_key_belongs_to_one_owner(store: PostgresEventStore) -> None:
    first, second = await store.keys.ensure(OWNER), await store.keys.ensure("account/43")
    assert first.key_id != second.key_id
    assert await store.keys.ensure(OWNER) == first


async def test_two_programs_agree_on_a_new_key(store: PostgresEventStore, database: Database) -> None:
    async with PostgresEventStore.opened(database.url, DATA_KEY) as elsewhere:
        assert (await store.keys.ensure(OWNER)).key_id == (await elsewhere.keys.ensure(OWNER)).key_id


async def test_another_data_key_is_told_apart(store: PostgresEventStore, database: Database) -> None:
    await appended(store, written())
    async with PostgresEventStore.opened(database.url, bytes(32)) as wrong:
        with pytest.raises(WrongDataKey, match="DATA_KEY"):
            await wrong.prepare(OWNER)


async def a_text_is_refused_at_another_place(store: PostgresEventStore, database: Database) -> None:
    await appended(store, written())
    await appended(store, written("another"), 2)
    await run_as_superuser(database, "ALTER TABLE events DISABLE TRIGGER ALL")
    await run_as_superuser(
        database, "UPDATE events SET data = (SELECT data FROM events WHERE version = 1) WHERE version = 2"
    )
    with pytest.raises(EventSchemaError, match=f"{STREAM} version 2.*does not belong to this place"):
        await read(store)


async def test_a_text_is_refused_at_another_place(store: PostgresEventStore, database: Database) -> None:
    await a_text_is_refused_at_another_place(store, database)


async def test_a_text_that_is_not_bound_to_its_place_is_seen(
    store: PostgresEventStore, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codec, "_place", lambda *place: b"anywhere")
    with pytest.raises(SEEN):
        await a_text_is_refused_at_another_place(store, database)


async def test_the_memory_for_keys_is_bounded_and_a_key_in_use_stays(
    store: PostgresEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "CACHED_MAX", 3)
    await appended(store, written())
    for number in range(2, 8):
        await store.prepare(f"account/{number}")
        assert await read(store) == [written()]
    assert [number for number in range(2, 8) if store.keys.has(f"account/{number}")] == [6, 7]


class ForgetsBetween(PatientPool):
    """Somebody forgets the person just after the key was read and before the reader has it."""

    def __init__(self, store: PostgresEventStore) -> None:
        self._asked = store.pool
        self.keys = PersonalKeys(self, DATA_KEY, shards=store.shards)

    async def fetchrow(self, query: str, *arguments: object) -> asyncpg.Record | None:
        found = await self._asked.fetchrow(query, *arguments)
        if found is not None:
            await self.keys.forget(OWNER)
        return found

    async def execute(self, query: str, *arguments: object) -> str:
        return await self._asked.execute(query, *arguments)


async def test_a_key_that_is_forgotten_while_it_is_read_is_not_kept(store: PostgresEventStore) -> None:
    await store.prepare(OWNER)
    forgetting = ForgetsBetween(store).keys
    assert await forgetting.read(OWNER) is None
    assert not forgetting.has(OWNER)
