"""Loading one very long account: from its snapshot, and from its first event beside the library's own replay."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Final
from uuid import uuid4

from adapters.postgres.event_store import PostgresEventStore
from benchmarks.figures import Figure, Sample, Series
from benchmarks.library import library_recorder
from benchmarks.library_account import fill_library, library_store, replay
from benchmarks.orders import LATER, draw_accounts
from benchmarks.seeding import long_account
from benchmarks.surroundings import DATA_KEY, Bench, Database, connected
from domain import ledger, streams
from domain.account import Account
from domain.account_words import ExpireCredits
from domain.snapshots import SNAPSHOT_EVERY, take
from processors.execute import Executor

REPLAY_REACH: Final = 3.0
SNAPSHOT_MAX_MS: Final = 20.0


async def cold(bench: Bench) -> list[Figure]:
    """Every load begins with an empty cache."""
    events, account = bench.options.long_account_events, draw_accounts(1)[0]
    bench.say(f"  growing an account of {events:,} events")
    database = await long_account(bench, account, events)
    by_us, by_library = await _replays(bench, database, account, events)
    name = f"replay of {events:,} events from zero"
    from_zero = Figure("cold", name, "events/s", by_us, by_library, ratio_min=REPLAY_REACH)
    name = f"account of {events:,} events, with snapshot"
    loaded = await _loads(bench, database, account, events)
    return [Figure("cold", name, "ms", loaded, value_max=SNAPSHOT_MAX_MS), from_zero]


async def _replays(bench: Bench, database: Database, account: int, events: int) -> tuple[Series, Series]:
    ours, librarys = [], []
    library_account = uuid4()
    other = await bench.empty_database("replay")
    with library_recorder(other, pool_size=1, id_type="uuid") as recorder:
        store = library_store(recorder)
        await asyncio.to_thread(fill_library, store, library_account, account, events)
        for _ in range(bench.options.runs):
            with bench.meter.stretch() as stretch:
                folded = await asyncio.to_thread(replay, store, library_account)
            assert folded.version == events, "the library read all of it"
            librarys.append(stretch.rate(events))
            async with PostgresEventStore.opened(database.url, DATA_KEY) as ours_store:
                with bench.meter.stretch(is_ours=True) as stretch:
                    await load_account(ours_store, account)
            ours.append(stretch.rate(events))
    return Series("ours", ours), Series("the library", librarys)


async def _loads(bench: Bench, database: Database, account: int, events: int) -> Series:
    samples: list[Sample] = []
    await _keep_snapshot(database, account, upto=events - SNAPSHOT_EVERY + 1)
    async with PostgresEventStore.opened(database.url, DATA_KEY) as store:
        await load_account(store, account)
        for _ in range(bench.options.runs):
            with bench.meter.stretch(is_ours=True) as stretch:
                await load_account(store, account)
            samples.append(stretch.time())
    return Series("ours", samples)


async def load_account(store: PostgresEventStore, account: int) -> None:
    """Loads and folds the account as a command does, one that finds nothing to do and makes sure of it."""
    done = await Executor(store).execute(ExpireCredits(account=account, at=LATER))
    assert not done.changes, "nothing of this account expires"


async def _keep_snapshot(database: Database, account: int, *, upto: int) -> None:
    """The oldest snapshot that an account in use would have: nearly the next one's events lie above it."""
    stream = streams.account(account)
    state = ledger.initial(stream)
    async with PostgresEventStore.opened(database.url, DATA_KEY) as store:
        async with aclosing(store.tails(stream, {stream: 0})) as tails:
            async for tail in tails:
                for _, version, event in tail:
                    if version <= upto:
                        state = ledger.evolve(stream, state, event)
        assert isinstance(state, Account), "it was opened"
        await store.keep_snapshot(stream, take(state, upto))
    async with connected(database.superuser_url) as connection:
        await connection.execute("VACUUM ANALYZE snapshots")
