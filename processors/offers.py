"""The circuit breaker of the models: one that the service does not offer is switched off for everybody, and probed.

A switched-off model rests under `model/<id>`, seen by all workers. Shortly before the rest would end one of them asks
the service: the model is offered again, or rests on. When nobody asks, the rest ends by itself and the next job finds
out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import structlog

from processors.clock import Clock, SystemClock
from processors.services import Rests, VideoService

PREFIX: Final = "model/"
PROBE_EVERY: Final = timedelta(minutes=10)
LOOK_EVERY: Final = timedelta(seconds=30)
SEEN_FOR: Final = timedelta(seconds=1)
"""How long what was read counts as the present: so long this process may offer what another has switched off."""

log = structlog.get_logger(__name__)


class Offers:
    """Which models are offered now."""

    def __init__(
        self,
        rests: Rests,
        service: VideoService,
        *,
        clock: Clock | None = None,
        probe_every: timedelta = PROBE_EVERY,
        look_every: timedelta = LOOK_EVERY,
    ) -> None:
        assert look_every < probe_every, "who looks less often than rests end finds them ended"
        self._rests = rests
        self._service = service
        self._clock = clock or SystemClock()
        self._probe_every = probe_every
        self._look_every = look_every
        self._seen: Mapping[str, tuple[datetime | None, str]] = {}
        self._seen_at: datetime | None = None
        self._switching = asyncio.Lock()

    async def switch_off(self, model: str, reason: str) -> None:
        """Takes the model off the offer until a probe finds it alive. Operators are told once."""
        async with self._switching:
            known = self._rests_now(model, await self._look())
            await self._rest(model, reason)
        if not known:
            log.critical("model switched off", model=model, reason=reason)

    async def is_off(self, model: str) -> bool:
        """Whether the model is off the offer, as of at most a second ago."""
        now = self._clock.now()
        if self._seen_at is None or now - self._seen_at >= SEEN_FOR:
            await self._look()
        return self._rests_now(model, self._seen)

    async def probe(self) -> None:
        """Asks the service about the models whose rests end before the next look, or have ended and are still told.

        Of several workers one asks: it has the only turn.
        """
        soon = self._clock.now() + self._look_every * 2
        for name, (until, reason) in sorted((await self._look()).items()):
            model = name.removeprefix(PREFIX)
            if model != name and until is not None and until <= soon and await self._has_the_turn(model):
                await self._ask_about(model, reason)

    async def run(self) -> None:
        """Probes for ever."""
        log.info("probing of models starts")
        try:
            while True:
                await self.probe()
                await asyncio.sleep(self._look_every.total_seconds())
        finally:
            log.info("probing of models ends")

    async def _ask_about(self, model: str, reason: str) -> None:
        alive = await self._service.alive(model)
        log.info("model probed", model=model, alive=alive)
        if alive:
            await self._rests.wake(PREFIX + model)
            self._seen_at = None
        else:
            await self._rest(model, reason)

    async def _has_the_turn(self, model: str) -> bool:
        turns_per_s = 2 / self._probe_every.total_seconds()
        given, _ = await self._rests.lease(f"probe/{model}", burst=1, per_s=turns_per_s, want=1)
        return given > 0

    async def _rest(self, model: str, reason: str) -> None:
        await self._rests.rest(PREFIX + model, until=self._clock.now() + self._probe_every, reason=reason)
        self._seen_at = None

    async def _look(self) -> Mapping[str, tuple[datetime | None, str]]:
        self._seen = await self._rests.resting()
        self._seen_at = self._clock.now()
        return self._seen

    def _rests_now(self, model: str, resting: Mapping[str, tuple[datetime | None, str]]) -> bool:
        until, _ = resting.get(PREFIX + model, (self._clock.now(), ""))
        return until is None or until > self._clock.now()
