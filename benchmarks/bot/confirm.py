"""How long somebody waits for the word that the order is accepted: from the tap to the changed card, over HTTP.

The people of one round have their cards before them and tap together, each on a page of its own: the tap is a request,
the card's change an event of the page's stream. Workers make the videos of the others meanwhile.
"""

from __future__ import annotations

import asyncio
from statistics import quantiles
from time import perf_counter
from typing import Any, Final

import orjson
from aiohttp import ClientResponse, ClientSession, ClientTimeout, TCPConnector

from benchmarks.bot.town import Town, town_at_work
from benchmarks.figures import Figure, Sample, Series
from benchmarks.surroundings import Bench

P50_MAX_MS: Final = 150.0
P99_MAX_MS: Final = 500.0
PAGE_S: Final = 300.0
WARM_UP_PEOPLE: Final = 4


async def confirm(bench: Bench) -> list[Figure]:
    """So many taps at once; a run is several rounds, of which each has its own people."""
    people, rounds = bench.options.people_at_once, bench.options.confirm_rounds
    database = await bench.migrated("confirm")
    p50, p99, worst = list[Sample](), list[Sample](), list[Sample]()
    async with town_at_work(database) as town:
        ordered = WARM_UP_PEOPLE
        await _one_round(town, WARM_UP_PEOPLE, ordered=ordered)
        for _ in range(bench.options.runs):
            took: list[float] = []
            for _ in range(rounds):
                ordered += people
                took += await _one_round(town, people, ordered=ordered)
            cuts = quantiles(took, n=100, method="inclusive")
            for taken, value in ((p50, cuts[49]), (p99, cuts[98]), (worst, max(took))):
                taken.append(Sample(value))
        await town.found_right(videos=ordered)
    await bench.drop(database)
    name = f"from the tap to the accepted order, {people} people at once"
    return [
        Figure("confirm", f"{name}, p50", "ms", Series("ours", p50), value_max=P50_MAX_MS),
        Figure("confirm", f"{name}, p99", "ms", Series("ours", p99), value_max=P99_MAX_MS),
        Figure("confirm", f"{name}, worst", "ms", Series("ours", worst)),
    ]


async def _one_round(town: Town, people: int, *, ordered: int) -> list[float]:
    """How long each waited, in ms. Returns when all videos that were `ordered` so far are settled."""
    await town.people(people)
    cards = (await town.asked("prepare 1"))["cards"]
    api = f"{town.telegram.first['address']}/api/users"
    pages = ClientSession(connector=TCPConnector(limit=0), timeout=ClientTimeout(total=PAGE_S))
    async with pages:
        streams = await asyncio.gather(*(_opened(pages, f"{api}/{user}/events") for user, _, _ in cards))
        taps = [
            _tap(pages, f"{api}/{user}/tap", stream, {"message_id": message, "data": data})
            for (user, message, data), stream in zip(cards, streams, strict=True)
        ]
        took = await asyncio.gather(*taps)
        for stream in streams:
            stream.close()
    await town.until("CreditCaptured", ordered)
    return took


async def _opened(pages: ClientSession, url: str) -> ClientResponse:
    """The stream of a chat's events, of which the first line was heard."""
    stream = await pages.get(url)
    stream.raise_for_status()
    await stream.content.readline()
    return stream


async def _tap(pages: ClientSession, url: str, stream: ClientResponse, tap: dict[str, Any]) -> float:
    changed = asyncio.create_task(_change(stream, tap["message_id"]))
    began = perf_counter()
    async with pages.post(url, json=tap) as answer:
        answer.raise_for_status()
    return (await changed - began) * 1000


async def _change(stream: ClientResponse, card: int) -> float:
    """When the card became another."""
    kind = ""
    async for line in stream.content:
        name, _, said = line.decode().strip().partition(": ")
        if name == "event":
            kind = said
        elif name == "data" and kind == "edit" and orjson.loads(said)["message_id"] == card:
            return perf_counter()
    msg = "the stream ended before the card changed"
    raise RuntimeError(msg)
