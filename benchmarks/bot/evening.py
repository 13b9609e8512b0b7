"""The evening of a sale: orders of three videos come in one after another for a minute, from as many people.

Everybody has a card already and taps on it at an even pace. All orders are accepted and all videos arrive, or the case
breaks. Once: a run takes minutes.
"""

from __future__ import annotations

from typing import Final

from benchmarks.bot.town import town_at_work
from benchmarks.figures import Figure, Sample, Series
from benchmarks.surroundings import Bench

MIB: Final = 2**20
VIDEOS: Final = 3


async def evening(bench: Bench) -> list[Figure]:
    """What the process of the product takes, and how long the last of the people waits."""
    orders, within_s = bench.options.evening_orders, bench.options.evening_s
    database = await bench.migrated("evening")
    async with town_at_work(database) as town:
        await town.people(orders)
        await town.asked(f"prepare {VIDEOS}")
        await town.product.ask("report")
        with bench.meter.stretch() as stretch:
            busy_s = town.product.cpu_s()
            accepted = await town.asked(f"confirm {within_s}")
            received = await town.asked("receive")
            busy_s = town.product.cpu_s() - busy_s
        seen = await town.product.ask("report")
        assert accepted["accepted"] == orders, "each order is accepted"
        assert received["received"] == orders * VIDEOS, "each video arrives"
        await town.until("CreditCaptured", orders * VIDEOS)
        await town.found_right(videos=orders * VIDEOS)
    await bench.drop(database)
    name = f"{orders:,} orders of {VIDEOS} videos in {within_s:g} s"
    took_s, videos = received["ended"] - accepted["began"], orders * VIDEOS
    return [
        Figure("evening", f"{name}: from the first tap to the last video", "videos/s", _one(videos / took_s)),
        Figure("evening", f"{name}: the last video after", "s", _one(took_s)),
        Figure("evening", f"{name}: memory of the product", "MiB", _one(seen["rss_bytes"] / MIB)),
        Figure("evening", f"{name}: the slowest acceptance", "ms", _one(accepted["slowest_ms"])),
        Figure("evening", f"{name}: lag of its event loop, p99", "ms", _one(seen["lag_p99_ms"])),
        Figure("evening", f"{name}: its processor time for a video", "ms", _one(1000 * busy_s / videos)),
        Figure("evening", f"{name}: the database's", "ms", _one(1000 * stretch.server_s / videos)),
    ]


def _one(value: float) -> Series:
    return Series("ours", [Sample(value)])
