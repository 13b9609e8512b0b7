"""Appends of one owner are a chain: what was decided on an append that did not happen does not happen either.

In each of these somebody else wrote version 1 meanwhile. The first append wanted to be version 1 and is refused; the
second was decided on it and wants to be version 2, which is free now. It must not be written.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from adapters.postgres import appender
from adapters.postgres.appender import Appender
from adapters.postgres.batches import Conflict, fail_chains
from adapters.postgres.event_store import PostgresEventStore
from domain.account_words import AccountOpened
from domain.log import Append, VersionConflict
from domain.streams import shard_of
from tests.adapters.postgres.faults import SEEN, Fault, plant
from tests.adapters.postgres.raw import (
    OWNER,
    answers,
    append_directly,
    connected,
    head_held,
    log_of,
    owners_in,
    row,
    until_sent,
)
from tests.conftest import Database

SHARD = shard_of(OWNER, 8)


async def others_write_version_1(database: Database) -> None:
    async with connected(database.url) as elsewhere:
        await append_directly(elsewhere, SHARD, [row(OWNER, 1)])


async def only_theirs_is_written(database: Database, *given: object) -> None:
    assert [type(answer).__name__ for answer in given] == ["Conflict"] * len(given)
    assert await log_of(database, SHARD) == [(1, OWNER, 1)]


async def a_chain_fails_together_within_a_batch(store: PostgresEventStore, database: Database) -> None:
    await others_write_version_1(database)
    futures = [store.append_rows(OWNER, [row(OWNER, version)], None) for version in (1, 2)]
    await only_theirs_is_written(database, *await answers(futures))


async def a_chain_fails_together_across_batches(store: PostgresEventStore, database: Database) -> None:
    await others_write_version_1(database)
    async with head_held(database, SHARD):
        first = store.append_rows(OWNER, [row(OWNER, 1)], None)
        await until_sent(database)
        second = store.append_rows(OWNER, [row(OWNER, 2)], None)
    await only_theirs_is_written(database, *await answers([first, second]))


async def a_chain_fails_until_its_callers_have_heard(store: PostgresEventStore, database: Database) -> None:
    """A task that runs after the first append has failed and before its caller was told still decides on it."""
    await others_write_version_1(database)
    loop = asyncio.get_running_loop()
    heard: list[asyncio.Future[int]] = []
    late: asyncio.Future[asyncio.Future[int]] = loop.create_future()
    first = store.append_rows(OWNER, [row(OWNER, 1)], None)
    first.add_done_callback(heard.append)

    def run_in_every_turn_of_the_loop() -> None:
        if not first.done():
            loop.call_soon(run_in_every_turn_of_the_loop)
        else:
            assert not heard
            late.set_result(store.append_rows(OWNER, [row(OWNER, 2)], None))

    run_in_every_turn_of_the_loop()
    second = await late
    await only_theirs_is_written(database, *await answers([first, second]))


CHECKS = (
    a_chain_fails_together_within_a_batch,
    a_chain_fails_together_across_batches,
    a_chain_fails_until_its_callers_have_heard,
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_it_holds_that(check: Any, store: PostgresEventStore, database: Database) -> None:
    await check(store, database)


FORGETS_CHAINS: Fault = {"append_one_by_one": (("broken := broken || one.chain;", "NULL;"),)}


async def test_a_database_that_forgets_chains_is_seen(store: PostgresEventStore, database: Database) -> None:
    await plant(database, FORGETS_CHAINS)
    with pytest.raises(SEEN):
        await a_chain_fails_together_within_a_batch(store, database)


async def test_an_appender_that_leaves_the_waiting_alone_is_seen(
    store: PostgresEventStore, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(appender, "fail_chains", lambda waiting, chains: None)
    with pytest.raises(SEEN):
        await a_chain_fails_together_across_batches(store, database)


async def test_an_appender_that_takes_in_what_comes_too_early_is_seen(
    store: PostgresEventStore, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails_only_the_waiting(self: Appender, shard: int, chains: set[str]) -> None:
        fail_chains(self._shards[shard].waiting, chains)

    monkeypatch.setattr(Appender, "_break", fails_only_the_waiting)
    with pytest.raises(SEEN):
        await a_chain_fails_until_its_callers_have_heard(store, database)


async def test_the_next_append_after_a_broken_chain_is_taken_in(store: PostgresEventStore, database: Database) -> None:
    await others_write_version_1(database)
    with pytest.raises(VersionConflict):
        await store.append_rows(OWNER, [row(OWNER, 1)], None)
    assert await store.append_rows(OWNER, [row(OWNER, 2)], None) == 2


async def test_a_broken_chain_holds_up_no_other(store: PostgresEventStore, database: Database) -> None:
    broken, other = owners_in(4)[:2]
    await store.append_rows(broken, [row(broken, 1)], None)
    async with head_held(database, 4):
        first = store.append_rows(broken, [row(broken, 1)], None)
        await until_sent(database)
        later = [store.append_rows(owner, [row(owner, version)], None) for owner, version in ((broken, 2), (other, 1))]
    given = await answers([first, *later])
    assert [type(answer).__name__ for answer in given] == ["Conflict", "Conflict", "int"]


async def test_what_comes_too_early_is_told_so_before_anything_is_built_on_it(store: PostgresEventStore) -> None:
    told: list[int | Exception] = []
    store._appender._broken.add(OWNER)
    store.append(Append(OWNER, [(OWNER, 1, AccountOpened(inviter=None))]), told.append)
    assert [type(answer) for answer in told] == [Conflict]
