"""The reactor of rewards at work on every shard of a test's log, and what it leaves behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.postgres.accounts import PostgresAccounts
from adapters.postgres.event_store import PostgresEventStore
from adapters.postgres.tracking import PostgresTracking
from domain import ledger, streams
from domain.account import Account
from domain.streams import owner_of, shard_of
from processors.execute import Executor
from processors.rewards import FOLLOWED, NAME, Rewards
from tests.adapters.postgres.raw import tails_of
from tests.processors.scene import PATIENCE_S

BONUS = 2
LAST = "SELECT max(position) FROM events WHERE shard = $1 AND type = ANY ($2)"


def rewards_of(
    store: PostgresEventStore, executor: Executor, shard: int, *, tracking: PostgresTracking | None = None
) -> Rewards:
    """The reactor of one shard."""
    return Rewards(
        shard,
        shard_log=store,
        tracking=tracking or PostgresTracking(store.pool),
        executor=executor,
        accounts=PostgresAccounts(store),
        referral_bonus=BONUS,
    )


async def rewarded(store: PostgresEventStore) -> None:
    """Waits until the reactors have come past everything that they follow, what they did themselves included."""
    tracking = PostgresTracking(store.pool)
    async with asyncio.timeout(PATIENCE_S):
        for shard in range(store.shards):
            last = await store.pool.fetchval(LAST, shard, list(FOLLOWED)) or 0
            while await tracking.position(shard, NAME) < last:  # noqa: ASYNC110 - the reactors move it
                await asyncio.sleep(0.01)


@asynccontextmanager
async def rewarding(store: PostgresEventStore, executor: Executor) -> AsyncIterator[None]:
    """All shards' reactors, until it is left; by then they have seen everything."""
    reactors = [asyncio.create_task(rewards_of(store, executor, shard).run()) for shard in range(store.shards)]
    try:
        yield
        await rewarded(store)
    finally:
        for reactor in reactors:
            reactor.cancel()
        for end in await asyncio.gather(*reactors, return_exceptions=True):
            if isinstance(end, Exception):
                raise end


async def account_of(store: PostgresEventStore, number: int) -> Account:
    """The account as its events say."""
    stream = streams.account(number)
    events = await tails_of(store, stream)
    state = ledger.initial(stream)
    for recorded in events:
        state = ledger.evolve(stream, state, recorded.event)
    assert isinstance(state, Account)
    return state


async def count(store: PostgresEventStore, stream: str) -> int:
    """How many events the stream has."""
    shard = shard_of(owner_of(stream), store.shards)
    found = await store.pool.fetchval("SELECT count(*) FROM events WHERE shard = $1 AND stream = $2", shard, stream)
    return int(found)
