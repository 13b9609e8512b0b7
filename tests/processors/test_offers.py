"""The circuit breaker: a model that is off is off for all workers, is probed, and comes back."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs

from processors.offers import LOOK_EVERY, PROBE_EVERY, Offers
from processors.services import Rests, VideoService
from tests.adapters.kie.memory import MemoryRests, StillClock

SORA = "sora-2"
PERIOD_S = PROBE_EVERY.total_seconds()


class Vendor:
    """Says which models are alive, and counts how often it was asked. Makes no videos."""

    def __init__(self) -> None:
        self.alive_now: set[str] = set()
        self.asked: list[str] = []

    async def alive(self, model: str) -> bool:
        """Whether it is."""
        self.asked.append(model)
        await asyncio.sleep(0)  # others come in between
        return model in self.alive_now

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"nobody asks for {name}")


@pytest.fixture
def clock() -> StillClock:
    """Stands still until moved."""
    return StillClock()


@pytest.fixture
def rests(clock: StillClock) -> MemoryRests:
    """What the workers share."""
    return MemoryRests(clock)


@pytest.fixture
def vendor() -> Vendor:
    """Offers nothing at first."""
    return Vendor()


def offers(rests: Rests, vendor: Vendor, clock: StillClock) -> Offers:
    """One worker's view."""
    service: VideoService = vendor
    return Offers(rests, service, clock=clock)


async def test_a_model_is_offered_until_it_is_switched_off_for_all_workers(
    rests: MemoryRests, vendor: Vendor, clock: StillClock
) -> None:
    here, there = offers(rests, vendor, clock), offers(rests, vendor, clock)
    assert not await here.is_off(SORA)
    await here.switch_off(SORA, "paused")
    assert await here.is_off(SORA)
    assert await there.is_off(SORA)
    assert not await there.is_off("kling-2.6")


async def test_another_worker_sees_it_within_a_second(rests: MemoryRests, vendor: Vendor, clock: StillClock) -> None:
    here, there = offers(rests, vendor, clock), offers(rests, vendor, clock)
    assert not await there.is_off(SORA)
    await here.switch_off(SORA, "paused")
    for _ in range(50):
        assert not await there.is_off(SORA)
    assert rests.looks == 2
    clock.move(1)
    assert await there.is_off(SORA)


async def test_operators_are_told_once(rests: MemoryRests, vendor: Vendor, clock: StillClock) -> None:
    here, there = offers(rests, vendor, clock), offers(rests, vendor, clock)
    with capture_logs() as logs:
        await asyncio.gather(*(here.switch_off(SORA, "paused") for _ in range(5)))
        await there.switch_off(SORA, "paused")
    assert logs == [
        {"event": "model switched off", "log_level": "critical", "model": SORA, "reason": "paused"},
    ]


async def test_it_is_probed_before_its_rest_ends_and_rests_on_while_it_is_dead(
    rests: MemoryRests, vendor: Vendor, clock: StillClock
) -> None:
    worker = offers(rests, vendor, clock)
    await worker.switch_off(SORA, "paused")
    await worker.probe()
    assert vendor.asked == []
    for _ in range(int(3 * PERIOD_S / LOOK_EVERY.total_seconds())):
        assert await worker.is_off(SORA)
        await worker.probe()
        clock.move(LOOK_EVERY.total_seconds())
    assert vendor.asked == [SORA] * 3


async def test_it_is_offered_again_when_a_probe_finds_it_alive(
    rests: MemoryRests, vendor: Vendor, clock: StillClock
) -> None:
    worker = offers(rests, vendor, clock)
    await worker.switch_off(SORA, "paused")
    vendor.alive_now.add(SORA)
    clock.move(PERIOD_S - LOOK_EVERY.total_seconds())
    await worker.probe()
    assert vendor.asked == [SORA]
    assert not await worker.is_off(SORA)


async def test_of_several_workers_one_asks(rests: MemoryRests, vendor: Vendor, clock: StillClock) -> None:
    workers = [offers(rests, vendor, clock) for _ in range(4)]
    await workers[0].switch_off(SORA, "paused")
    clock.move(PERIOD_S - LOOK_EVERY.total_seconds())
    await asyncio.gather(*(worker.probe() for worker in workers))
    assert vendor.asked == [SORA]


async def test_without_anybody_who_probes_the_rest_ends_by_itself(
    rests: MemoryRests, vendor: Vendor, clock: StillClock
) -> None:
    worker = offers(rests, vendor, clock)
    await worker.switch_off(SORA, "paused")
    clock.move(PERIOD_S)
    assert not await worker.is_off(SORA)
    with capture_logs() as logs:
        await worker.switch_off(SORA, "paused")
    assert [line["log_level"] for line in logs] == ["critical"]


async def test_keys_and_what_an_operator_switched_off_are_not_probed(
    rests: MemoryRests, vendor: Vendor, clock: StillClock
) -> None:
    worker = offers(rests, vendor, clock)
    await rests.rest("key/a", until=clock.now(), reason="limited")
    await rests.rest(f"model/{SORA}", until=None, reason="operator")
    clock.move(10 * PERIOD_S)
    await worker.probe()
    assert await worker.is_off(SORA)
    assert vendor.asked == []


async def test_the_loop_probes_until_it_is_ended(rests: MemoryRests, vendor: Vendor, clock: StillClock) -> None:
    await rests.rest(f"model/{SORA}", until=clock.now() + LOOK_EVERY, reason="paused")
    asked = asyncio.Event()

    async def alive(model: str) -> bool:
        asked.set()
        return True

    vendor.alive = alive  # type: ignore[method-assign] # the vendor says when it is asked
    with capture_logs() as logs:
        running = asyncio.create_task(offers(rests, vendor, clock).run())
        await asked.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert [line["event"] for line in logs if "starts" in line["event"] or "ends" in line["event"]] == [
        "probing of models starts",
        "probing of models ends",
    ]
