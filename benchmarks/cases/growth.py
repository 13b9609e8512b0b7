"""Whether a log that has grown is as quick as a small one: appending, showing an account, showing its history."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from statistics import median
from time import perf_counter
from typing import Final

from adapters.postgres.accounts import PostgresAccounts
from adapters.postgres.event_store import PostgresEventStore
from admin.account import read as show_account
from admin.history import lines as history_lines
from benchmarks.figures import Figure, Sample, Series
from benchmarks.meter import Drive, Side
from benchmarks.orders import LATER
from benchmarks.seeding import ACCOUNT_EVENTS, grown_log
from benchmarks.sides import Ours
from benchmarks.surroundings import DATA_KEY, Bench, Database, GrownLog

IN_FLIGHT: Final = 32
APPENDING_REACH: Final = 0.85
EQUALLY_QUICK: Final = 0.8
"""Latencies of a millisecond that differ less than this are taken for equal: the machine's own noise is larger."""

Look = Callable[[PostgresEventStore, int], Awaitable[None]]


@dataclass
class OursOnCopies:
    """Ours, each run on a fresh copy of a small log, which would otherwise not stay small."""

    bench: Bench
    log: Database
    accounts: int
    name: str
    is_ours: bool = False

    @asynccontextmanager
    async def opened(self, in_flight: int) -> AsyncIterator[Drive]:
        """Ours on a copy that is dropped afterwards."""
        copy = await self.bench.copy_of(self.log)
        async with Ours(copy, self.accounts).opened(in_flight) as drive:
            yield drive
        await self.bench.drop(copy)


async def growth(bench: Bench) -> list[Figure]:
    """The grown log is called ours, the small one is its baseline."""
    options = bench.options
    small, big = await grown_log(bench, options.small_log_events), await grown_log(bench, options.log_events)
    names = [f"log of {log.events:,} events" for log in (small, big)]
    sides: list[Side] = [
        OursOnCopies(bench, small.database, options.accounts, names[0]),
        Ours(big.database, options.accounts, names[1]),
    ]
    by_small, by_big = await bench.compare(sides, IN_FLIGHT)
    appending = Figure(
        "growth", f"{IN_FLIGHT} in flight, grown log", "commands/s", by_big, by_small, ratio_min=APPENDING_REACH
    )
    return [
        appending,
        await _looking(bench, small, big, f"account of {ACCOUNT_EVENTS} events, grown log", _account),
        await _looking(bench, small, big, f"history --at of {ACCOUNT_EVENTS} events, grown log", _history),
    ]


async def _looking(bench: Bench, small: GrownLog, big: GrownLog, name: str, look: Look) -> Figure:
    samples: dict[int, list[Sample]] = {small.events: [], big.events: []}
    for _ in range(bench.options.runs):
        for log in (small, big):
            samples[log.events].append(await _typical(bench, log, look))
    by_small, by_big = (Series(f"log of {events:,} events", taken) for events, taken in samples.items())
    return Figure("growth", name, "ms", by_big, by_small, ratio_min=EQUALLY_QUICK)


async def _typical(bench: Bench, log: GrownLog, look: Look) -> Sample:
    """The median of looking at many accounts, each for the first time, one after another."""
    times = []
    async with PostgresEventStore.opened(log.database.url, DATA_KEY) as store:
        await look(store, log.settled[0])
        others = Random(1).sample(log.settled[1:], min(bench.options.loads, len(log.settled) - 1))
        with bench.meter.stretch(is_ours=True) as stretch:
            for account in others:
                start = perf_counter()
                await look(store, account)
                times.append((perf_counter() - start) * 1000)
    return Sample(median(times), stretch.cost(len(times)))


async def _account(store: PostgresEventStore, account: int) -> None:
    report = await show_account(PostgresAccounts(store), account)
    assert report.version == ACCOUNT_EVENTS, "a settled account"
    assert not report.findings, "in order"


async def _history(store: PostgresEventStore, account: int) -> None:
    accounts = PostgresAccounts(store)
    upto = await accounts.head(account)
    lines = [line async for line in history_lines(accounts, account, upto=upto, until=LATER)]
    assert len(lines) == ACCOUNT_EVENTS, "all of it"
