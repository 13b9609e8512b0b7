"""A client of the KIE sandbox behind real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.kie.client import KieService
from adapters.kie.keys import KeyRing, read_keys
from app.catalogue import packaged_catalogue
from domain.catalogue import Model
from domain.outside import TaskCreated, TaskOrder
from tests.adapters.kie.memory import MemoryRests, StillClock
from tests.adapters.sandbox.kie_scene import KEY, SECOND_KEY, Scene, kie

MODELS = {model.id: model for model in packaged_catalogue().models}
OPEN = [model for model in MODELS.values() if model.open]
KLING = MODELS["kling-2.6"]
PHOTO = (Path(__file__).parents[2] / "data" / "photos" / "coffee.jpg").read_bytes()
PROMPT = "A cup of coffee that nobody else may hear of"
BROWSER = {"User-Agent": "a browser"}
RING = f"one@ours={KEY},two@ours={SECOND_KEY}"


@dataclass
class Client:
    """The service, the sandbox it speaks to, and the keys' rests."""

    service: KieService
    scene: Scene
    rests: MemoryRests
    clock: StillClock

    def order(self, model: Model = KLING, **changed: Any) -> TaskOrder:
        """An order with a photo that cannot be fetched, unless changed."""
        wished = TaskOrder(model, PROMPT, "http://127.0.0.1:1/photo.jpg", None, None, self.scene.callback_url)
        return wished._replace(**changed)

    async def created(self, model: Model = KLING, **changed: Any) -> str:
        """The id of a task that was taken."""
        verdict = await self.service.create(self.order(model, **changed), key="one")
        assert isinstance(verdict, TaskCreated), verdict
        return verdict.task

    async def look_up(self, task: str, model: Model = KLING, *, key: str = "one") -> Any:
        """How it is doing."""
        return await self.service.look_up(task, model=model.id, key=key)

    def asked(self, endpoint: str) -> int:
        """How many requests of that kind the sandbox has seen."""
        return sum(call.endpoint == endpoint for call in self.scene.sandbox.calls)


@asynccontextmanager
async def opened(ring: str = RING, **settings: Any) -> AsyncIterator[Client]:
    """A client of a sandbox with these settings."""
    clock = StillClock()
    rests = MemoryRests(clock)
    keys = KeyRing(read_keys(ring), rests, rate=None, now=clock.now)
    async with kie(refuse_bare_agents=True, **settings) as scene:
        service = KieService(keys, MODELS.values(), base_url=scene.base_url, upload_url=f"{scene.base_url}/")
        yield Client(service, scene, rests, clock)
        await service.close()
