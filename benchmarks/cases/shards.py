"""How many shards a database is best made with: the same load on 1, 2, 4, 8 and 16 of them."""

from __future__ import annotations

from typing import Final

from adapters.postgres.migrate import DEFAULT_SHARDS
from benchmarks.figures import Figure
from benchmarks.meter import Side
from benchmarks.sides import Ours
from benchmarks.surroundings import Bench

IN_FLIGHT: Final = (32, 256)


async def shards(bench: Bench) -> list[Figure]:
    """Each number of shards beside the default one."""
    options = bench.options
    sides: list[Side] = [
        Ours(await bench.migrated("shards", shards=count), options.accounts, name=f"{count} shards")
        for count in options.shards
    ]
    figures = []
    for in_flight in IN_FLIGHT:
        measured = dict(zip(options.shards, await bench.compare(sides, in_flight), strict=True))
        default = measured.get(DEFAULT_SHARDS)
        figures += [
            Figure("shards", f"{count} shards, {in_flight} in flight", "commands/s", series, default)
            for count, series in measured.items()
        ]
    return figures
