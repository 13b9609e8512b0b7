"""The rows of the table, a module for each kind. A case takes the surroundings and returns its figures."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from benchmarks.bot.balance import balance
from benchmarks.bot.confirm import confirm
from benchmarks.bot.evening import evening
from benchmarks.cases.accounts import hot, many
from benchmarks.cases.cold import cold
from benchmarks.cases.flight import flight
from benchmarks.cases.growth import growth
from benchmarks.cases.jobs import jobs, workers
from benchmarks.cases.lag import lag
from benchmarks.cases.rebuilding import rebuilding
from benchmarks.cases.shards import shards
from benchmarks.cases.takeover import takeover
from benchmarks.cases.verifying import verifying
from benchmarks.figures import Figure
from benchmarks.surroundings import Bench

CASES: Final[Mapping[str, Callable[[Bench], Awaitable[list[Figure]]]]] = {
    "accounts": many,
    "hot": hot,
    "shards": shards,
    "cold": cold,
    "rebuild": rebuilding,
    "lag": lag,
    "flight": flight,
    "jobs": jobs,
    "workers": workers,
    "takeover": takeover,
    "balance": balance,
    "confirm": confirm,
    "evening": evening,
    "growth": growth,
    "verify": verifying,
}
"""By the name that `--only` takes, in the order in which they run: the big log is grown last."""
