"""What one sandbox remembers, and how it is set up."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Annotated, Final, Literal

import httpx
from pydantic import BaseModel, ConfigDict, Field

from adapters.sandbox.kie_callbacks import Callbacks
from adapters.sandbox.kie_calls import Call
from adapters.sandbox.kie_faults import Fault, script_of
from adapters.sandbox.kie_files import KeptFiles
from adapters.sandbox.kie_studio import Studio
from adapters.sandbox.kie_tasks import Account, Tasks

DAY_S: Final = 86_400
Seconds = Annotated[float, Field(ge=0)]


class KieSandboxSettings(BaseModel):
    """How a sandbox behaves when no fault says otherwise.

    `keys` names the account of each API key, `credits` is what every account starts with. `latency_s` is how long a
    task takes. `rate` is how many tasks an account may create in 10 s; None: any number. Models whose name starts with
    one of `paused` are off. `rendering` off: every video is the same tiny one. `refuse_bare_agents` turns away clients
    that do not say who they are, as the vendor's proxy does. `calls_kept` bounds the log of requests.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    keys: Mapping[str, str] = Field(default={"sandbox-key": "sandbox"}, repr=False)
    credits: float = 100_000
    latency_s: Seconds = 5
    invisible_s: Seconds = 0
    rate: int | None = 20
    paused: tuple[str, ...] = ("sora-2",)
    rendering: Literal["on", "off"] = "on"
    renders_at_once: Annotated[int, Field(ge=1)] = 1
    length_max_s: Annotated[float, Field(gt=0)] = 5
    short_side_px: Annotated[int, Field(ge=16, multiple_of=2)] = 480
    webhook_key: str | None = Field(default=None, repr=False)
    callback_timeout_s: Seconds = 15
    callback_retry_s: Seconds = 1
    uploads_kept_s: Seconds = DAY_S
    results_kept_s: Seconds = 14 * DAY_S
    records_kept_s: Seconds = 14 * DAY_S
    refuse_bare_agents: bool = False
    faults: tuple[Fault, ...] = ()
    seed: int = 0
    calls_kept: Annotated[int, Field(ge=1)] = 100_000


class KieState:
    """Everything in memory: accounts, uploads, tasks, the script of faults and the log of requests."""

    def __init__(self, settings: KieSandboxSettings, *, clock: Callable[[], float]) -> None:
        self.settings = settings
        self.clock = clock
        self.faults = script_of(seed=settings.seed)
        self.files = KeptFiles(kept_s=settings.uploads_kept_s, clock=clock)
        self.calls: deque[Call] = deque(maxlen=settings.calls_kept)
        self.calls_count = 0
        self._client: httpx.AsyncClient | None = None
        callbacks = Callbacks(
            key=settings.webhook_key,
            timeout_s=settings.callback_timeout_s,
            retry_s=settings.callback_retry_s,
            clock=clock,
        )
        self._studio = Studio(
            files=self.files,
            client=self.client,
            rendering=settings.rendering == "on",
            at_once=settings.renders_at_once,
            length_max_s=settings.length_max_s,
            short_side_px=settings.short_side_px,
        )
        self.tasks = Tasks(make=self._studio.make, told=callbacks.tell, clock=clock)
        self._begin()

    def client(self) -> httpx.AsyncClient:
        """The one that photos are fetched with from elsewhere."""
        if self._client is None:
            self._client = httpx.AsyncClient(trust_env=False)
        return self._client

    async def reset(self) -> None:
        """Back to the beginning: no tasks, no uploads, no log, the settings' faults and credits."""
        await self.tasks.stop()
        self.tasks.by_id.clear()
        self.files.clear()
        self.calls.clear()
        self.calls_count = 0
        self._begin()

    async def close(self) -> None:
        """Lets go of everything that is under way; what is remembered stays to be looked at."""
        await self.tasks.stop()
        self._studio.close()
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def _begin(self) -> None:
        settings = self.settings
        self.faults.clear(settings.faults)
        self.tasks.accounts = {name: Account(credits_left=settings.credits) for name in settings.keys.values()}
