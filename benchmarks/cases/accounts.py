"""A thousand accounts ordering videos, one or many commands at a time; and one hot account."""

from __future__ import annotations

from typing import Final

from benchmarks.figures import Figure
from benchmarks.library import Recorder
from benchmarks.meter import Side
from benchmarks.sides import Ours, Pooled, Tables, tune
from benchmarks.surroundings import Bench

MANY_REACH: Final = {1: 0.6, 32: 1.1, 256: 2.0}
HOT_REACH: Final = {32: 4.0, 256: 6.0}
LIBRARY_IN_FLIGHT: Final = 32
LIBRARY_REACH: Final = 8.0


async def many(bench: Bench) -> list[Figure]:
    """Many accounts against both baselines."""
    count = bench.options.accounts
    ours = Ours(await bench.migrated("many"), count)
    tables = await Tables.made(bench, accounts=count)
    library = Recorder(await bench.empty_database("library"), count)
    figures = []
    for in_flight, reach in MANY_REACH.items():
        beside: list[Pooled] = [tables, library] if in_flight == LIBRARY_IN_FLIGHT else [tables]
        await tune(bench, beside, in_flight)
        by_tables, *by_library, by_us = await bench.compare([*beside, ours], in_flight)
        name = f"{count:,} accounts, {in_flight} in flight"
        figures.append(Figure("accounts", name, "commands/s", by_us, by_tables, ratio_min=reach))
        figures += [
            Figure("accounts", f"{name}, the library", "commands/s", by_us, other, ratio_min=LIBRARY_REACH)
            for other in by_library
        ]
    return figures


async def hot(bench: Bench) -> list[Figure]:
    """All commands on one account, against all calls on one user's row."""
    ours = Ours(await bench.migrated("hot"), 1)
    tables = await Tables.made(bench, accounts=1)
    figures = []
    for in_flight, reach in HOT_REACH.items():
        await tune(bench, [tables], in_flight)
        sides: list[Side] = [tables, ours]
        by_tables, by_us = await bench.compare(sides, in_flight)
        name = f"one hot account, {in_flight} in flight"
        figures.append(Figure("hot", name, "commands/s", by_us, by_tables, ratio_min=reach))
    return figures
