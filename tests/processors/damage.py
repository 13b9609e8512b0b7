"""A small log whose every event is known by name, and how to damage it: as the database's superuser, triggers off."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import asyncpg

from adapters.postgres.event_store import PostgresEventStore
from domain import account, payment
from domain import job_words as words
from domain.snapshots import take
from domain.streams import owner_of, shard_of
from processors.findings import Kind
from tests.adapters.postgres.raw import tails_of
from tests.conftest import Database
from tests.processors.lives import a_claimed_code, a_whole_life
from tests.processors.scene import AT, at_work

SHARDS = 2
SHARD = 0
STREAM = "account/42"
"""Lies in SHARD."""
GIFT, PAYMENT = f"{STREAM}/bonus/gift", f"{STREAM}/payment/charge"
CODE, CLAIMED_GIFT = "promo/SPRING", "account/1/bonus/promo.SPRING"
DELIVERED, FAILED, CANCELLED, OPEN = (f"b.42.1.{index}" for index in range(4))
LOTS = {
    "bonus": {"lot": "gift", "kind": "bonus", "amount": 1, "expires_at": None},
    "paid": {"lot": "charge", "kind": "paid", "amount": 1, "expires_at": None},
}


Where = int | str | tuple[str, int] | None
"""A version of the finding's stream, the planted event, "after" the head, another stream's version, or nowhere."""

Expected = tuple[Kind, str | None, Where]

Planted = tuple[str, str, dict[str, Any]]
"""Stream, type and fields of an event."""


@dataclass(frozen=True)
class Damage:
    """What is done, in SQL or by planting an event, and everything that should be said of it."""

    name: str
    found: tuple[Expected, ...]
    sql: str = ""
    event: Planted | None = None
    also: tuple[Planted, ...] = ()
    """Events that are planted before `event`; nothing is to be said of them."""


def job_stream(job: str) -> str:
    return f"{STREAM}/job/{job}"


async def a_known_story(store: PostgresEventStore) -> None:
    """Account 42, versions 1 to 10: opened, granted 5, four times reserved, captured, refunded twice, 10 purchased.

    It ends with that purchase, the last event of its shard; the views show everything; a snapshot stands at version 9.
    Account 1 has claimed a promo code and got its gift.
    """
    async with at_work(store) as scene:
        for other in (1, 2, 4):
            await a_whole_life(scene, other)
        await a_claimed_code(scene, 1)
        await scene.open(42, 5)
        await scene.order(42, 1, count=4)
        await scene.deliver(42, DELIVERED)
        await scene.settled(42, DELIVERED)
        await scene.fail(42, FAILED)
        await scene.settled(42, FAILED)
        await scene.executor.execute(words.CancelJob(account=42, at=AT, job=CANCELLED))
        await scene.settled(42, CANCELLED)
        events = await tails_of(store, STREAM)
        state: account.AccountState = account.INITIAL
        for recorded in events:
            state = account.evolve(state, recorded.event)  # type: ignore[arg-type]  # the account's own stream
        assert isinstance(state, account.Account)
        assert len(events) == 9
        await store.keep_snapshot(STREAM, take(state, 9))
        paid = payment.ReceivePayment(account=42, at=AT, charge="charge", invoice=None, credits=10, stars=100)
        await scene.executor.execute(paid)
        await scene.caught_up()
        assert await store.reader.head(shard_of(STREAM, SHARDS)) == await scene.store.pool.fetchval(
            "SELECT position FROM events WHERE stream = $1 AND version = 10", STREAM
        )


@dataclass
class Superuser:
    """Somebody whom no trigger and no right stops."""

    connection: asyncpg.Connection
    planted: int = 0

    async def sql(self, statement: str, *arguments: object) -> None:
        """Runs the statement as it is."""
        await self.connection.execute(statement, *arguments)

    async def position(self, stream: str, version: int) -> int:
        """Where the event lies."""
        return int(
            await self.connection.fetchval(
                "SELECT position FROM events WHERE stream = $1 AND version = $2", stream, version
            )
        )

    async def plant(self, stream: str, name: str, data: dict[str, Any]) -> None:
        """Adds an event at the end of its stream and its shard, as an append would, asking nobody."""
        shard = shard_of(owner_of(stream), SHARDS)
        await self.sql("DROP INDEX IF EXISTS settled_once")
        self.planted = await self.connection.fetchval(
            "UPDATE heads SET head = head + 1 WHERE shard = $1 RETURNING head", shard
        )
        await self.sql(
            """INSERT INTO events SELECT $1, $2, $3, 1 + coalesce(max(version), 0), $4, $5, $6, clock_timestamp()
               FROM events WHERE shard = $1 AND stream = $3""",
            shard, self.planted, stream, name, uuid4(), json.dumps(data),
        )  # fmt: skip  # six arguments in a column say less


@asynccontextmanager
async def superuser(database: Database) -> AsyncIterator[Superuser]:
    """The superuser in the test's database, triggers off."""
    connection = await asyncpg.connect(database.superuser_url)
    try:
        await connection.execute("SET session_replication_role = replica")
        yield Superuser(connection)
    finally:
        await connection.close()
