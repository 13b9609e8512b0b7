"""Ours, and baseline A: two tables and one function, which is what one would write instead."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count, cycle
from random import Random
from typing import Final, Protocol

import asyncpg

from adapters.postgres.event_store import PostgresEventStore
from benchmarks.meter import Drive, Side, by_coroutines
from benchmarks.orders import GIFT, MODEL, PHOTO, PRICE, PRODUCT_TEXT, WISHES, draw_accounts, open_accounts, order
from benchmarks.surroundings import DATA_KEY, Bench, Database, connected
from processors.execute import Executor

TABLES: Final = """
    CREATE TABLE users (
        id      bigint PRIMARY KEY,
        credits bigint NOT NULL CHECK (credits >= 0)
    );
    CREATE TABLE jobs (
        id           text PRIMARY KEY, -- the idempotency key
        user_id      bigint NOT NULL,
        model        text NOT NULL,
        price        bigint NOT NULL,
        photo        text NOT NULL,
        product_text text,
        wishes       text,
        state        text NOT NULL DEFAULT 'queued',
        created_at   timestamptz NOT NULL DEFAULT now()
    );
    CREATE FUNCTION place_order(
        job text, by_user bigint, of_model text, of_price bigint, of_photo text, of_text text, of_wishes text
    ) RETURNS boolean LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM FROM jobs WHERE id = job;
        IF FOUND THEN
            RETURN false;
        END IF;
        UPDATE users SET credits = credits - of_price WHERE id = by_user AND credits >= of_price;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'not enough credits';
        END IF;
        INSERT INTO jobs (id, user_id, model, price, photo, product_text, wishes)
        VALUES (job, by_user, of_model, of_price, of_photo, of_text, of_wishes);
        RETURN true;
    END $$;
"""
PLACE_ORDER: Final = "SELECT place_order($1, $2, $3, $4, $5, $6, $7)"
DRAWN: Final = 100_000
ADD_USERS: Final = "INSERT INTO users SELECT id, $2 FROM unnest($1::bigint[]) AS drawn (id)"


def at_random(ids: Sequence[int]) -> Iterator[int]:
    """Whose turn it is, for ever, the same in each run. Drawn beforehand: drawing is no side's work."""
    return cycle(Random(1).choices(ids, k=DRAWN))


class Pooled(Side, Protocol):
    """A side whose connection pool wants tuning."""

    pool_size: int


async def tune(bench: Bench, sides: Sequence[Pooled], in_flight: int) -> None:
    """Gives each side the pool size that serves it best with so many in flight."""
    sizes = bench.options.pool_sizes
    for side in sides:
        rates = {}
        for size in sizes if in_flight > 1 else sizes[:1]:
            side.pool_size = size
            rates[size] = (await bench.taste(side, in_flight)).value
        side.pool_size = max(rates, key=lambda size: rates[size])
        tasted = ", ".join(f"{size}: {rate:,.0f}/s" for size, rate in rates.items())
        bench.say(f"  {side.name}, {in_flight} in flight, by pool size: {tasted}")


@dataclass
class Ours:
    """The whole command through the executor: load, fold, decide, encode, append, durable answer.

    Each run opens accounts of its own, so that no run starts on what an earlier one left.
    """

    database: Database
    accounts: int
    name: str = "ours"
    is_ours: bool = True

    @asynccontextmanager
    async def opened(self, in_flight: int) -> AsyncIterator[Drive]:
        """A store, an executor and open accounts with credits."""
        async with PostgresEventStore.opened(self.database.url, DATA_KEY) as store:
            executor = Executor(store)
            accounts = draw_accounts(self.accounts)
            await open_accounts(executor, accounts)
            numbers, drawn = count(1), at_random(accounts)

            async def place() -> None:
                await executor.execute(order(next(drawn), next(numbers)))

            yield by_coroutines(place, in_flight)
            await executor.close()


@dataclass
class Tables:
    """Baseline A: one call of one function that checks the key, takes a credit and inserts the job."""

    database: Database
    accounts: int
    pool_size: int = 8
    name: str = "A: tables and a function"
    is_ours: bool = False

    @classmethod
    async def made(cls, bench: Bench, *, accounts: int) -> Tables:
        """With its tables in a database of its own."""
        database = await bench.empty_database("tables")
        async with connected(database.superuser_url) as connection:
            await connection.execute(TABLES)
        return cls(database, accounts)

    @asynccontextmanager
    async def opened(self, in_flight: int) -> AsyncIterator[Drive]:
        """A pool, and users with credits."""
        size = self.pool_size
        async with asyncpg.create_pool(
            self.database.superuser_url, min_size=min(size, in_flight), max_size=size
        ) as pool:
            users = draw_accounts(self.accounts)
            await pool.execute(ADD_USERS, users, GIFT)
            numbers, drawn = count(1), at_random(users)

            async def place() -> None:
                user = next(drawn)
                key = f"b7.{user}.{next(numbers)}.0"
                await pool.fetchval(PLACE_ORDER, key, user, MODEL, PRICE, PHOTO, PRODUCT_TEXT, WISHES)

            yield by_coroutines(place, in_flight)
