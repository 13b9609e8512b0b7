"""Snapshots are a cache: of one fold the newest is kept, of another fold none is used."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.postgres import event_store
from adapters.postgres.event_store import PostgresEventStore
from domain.account import Account
from domain.snapshots import ACCOUNT_FOLD, Snapshot, restore, take
from domain.streams import account
from tests.adapters.postgres.faults import SEEN, named

STREAM = account(42)


def snapshot(version: int, *, fold: int = ACCOUNT_FOLD, debt: int = 0) -> Snapshot:
    state = take(Account(inviter=7, debt=debt), version).state
    return Snapshot(version=version, fold=fold, state=state)


async def kept(store: PostgresEventStore) -> tuple[int, int] | None:
    found = await store.snapshot(STREAM)
    return None if found is None else (found.version, found.fold)


async def a_newer_one_replaces_an_older_one_and_never_the_other_way(store: PostgresEventStore) -> None:
    assert await kept(store) is None
    for version in (500, 1_000, 500):
        await store.keep_snapshot(STREAM, snapshot(version))
    assert await kept(store) == (1_000, ACCOUNT_FOLD)


async def one_of_another_fold_is_replaced_whatever_its_version(store: PostgresEventStore) -> None:
    await store.keep_snapshot(STREAM, snapshot(1_000, fold=ACCOUNT_FOLD + 1))
    await store.keep_snapshot(STREAM, snapshot(500))
    assert await kept(store) == (500, ACCOUNT_FOLD)


CHECKS = (
    a_newer_one_replaces_an_older_one_and_never_the_other_way,
    one_of_another_fold_is_replaced_whatever_its_version,
)


@pytest.mark.parametrize("check", CHECKS, ids=named)
async def test_it_holds_that(check: Any, store: PostgresEventStore) -> None:
    await check(store)


FAULTS = (
    ("true", a_newer_one_replaces_an_older_one_and_never_the_other_way),
    ("false", a_newer_one_replaces_an_older_one_and_never_the_other_way),
    ("s.version < EXCLUDED.version", one_of_another_fold_is_replaced_whatever_its_version),
)


@pytest.mark.parametrize(("condition", "check"), FAULTS, ids=named)
async def test_another_condition_is_seen(
    condition: str, check: Any, store: PostgresEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = event_store.UPSERT_SNAPSHOT.partition("WHERE")[0] + f"WHERE {condition}"
    monkeypatch.setattr(event_store, "UPSERT_SNAPSHOT", wrong)
    with pytest.raises(SEEN):
        await check(store)


async def test_one_comes_back_as_it_was_taken(store: PostgresEventStore) -> None:
    await store.keep_snapshot(STREAM, snapshot(500, debt=3))
    found = await store.snapshot(STREAM)
    assert found is not None
    assert restore(found) == Account(inviter=7, debt=3)


async def test_one_of_another_fold_is_not_used(store: PostgresEventStore) -> None:
    await store.keep_snapshot(STREAM, snapshot(500, fold=ACCOUNT_FOLD + 1))
    found = await store.snapshot(STREAM)
    assert found is not None
    assert restore(found) is None
