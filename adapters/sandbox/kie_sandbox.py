"""KIE on this machine: a server that speaks enough of it, makes real videos of the photos, and fails when told to.

    sandbox = KieSandbox(KieSandboxSettings(keys={"k1": "main"}, latency_s=2))
    uvicorn.run(sandbox.app)

Everything lies in memory. It is told what to do in Python, or over HTTP by anybody who can reach it:

    POST /_sandbox/faults     a JSON list of `Fault`s, written at the end of the script; DELETE empties it
    GET  /_sandbox/requests   the log of requests, `?endpoint=create&after=17`
    GET  /_sandbox/tasks      every task: each is one paid call
    POST /_sandbox/reset      back to the beginning
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Response
from starlette.types import ASGIApp

from adapters.sandbox.kie_calls import Call, Endpoint
from adapters.sandbox.kie_faults import Fault, KieFaults
from adapters.sandbox.kie_gate import KieGate, Routes
from adapters.sandbox.kie_jobs import KieJobs
from adapters.sandbox.kie_media import KieMedia
from adapters.sandbox.kie_state import KieSandboxSettings, KieState
from adapters.sandbox.kie_tasks import Task

__all__ = ["KieSandbox", "KieSandboxSettings"]


class KieSandbox:
    """One KIE with its accounts.

    `clock` gives unix seconds: it dates records and ages them. Latencies run by the event loop's own.
    """

    def __init__(self, settings: KieSandboxSettings, *, clock: Callable[[], float] = time.time) -> None:
        self._state = KieState(settings, clock=clock)
        self.app: ASGIApp = KieGate(self._state, routes=_routes(self._state), control=self._control())

    @property
    def faults(self) -> KieFaults:
        """The script of faults, to be added to."""
        return self._state.faults

    @property
    def calls(self) -> Sequence[Call]:
        """The log of requests, oldest first."""
        return self._state.calls

    @property
    def tasks(self) -> Mapping[str, Task]:
        """Every task since the beginning, by id."""
        return self._state.tasks.by_id

    @property
    def paid_creations(self) -> int:
        """How many tasks were created, whatever their callers got to hear of it."""
        return len(self._state.tasks.by_id)

    def credits_left(self, account: str) -> float:
        """What the account can still spend."""
        return self._state.tasks.accounts[account].credits_left

    async def reset(self) -> None:
        """Back to the beginning: no tasks, no uploads, no log, the settings' faults and credits."""
        await self._state.reset()

    async def close(self) -> None:
        """Lets go of what is under way. Serving the app to its end does this too."""
        await self._state.close()

    def _control(self) -> FastAPI:
        @asynccontextmanager
        async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
            yield
            await self.close()

        control = FastAPI(title="KIE sandbox", openapi_url=None, lifespan=lifespan)
        control.add_api_route("/_sandbox/faults", self._add_faults, methods=["POST"])
        control.add_api_route("/_sandbox/faults", self._clear_faults, methods=["DELETE"], status_code=204)
        control.add_api_route("/_sandbox/requests", self._show_calls, methods=["GET"])
        control.add_api_route("/_sandbox/tasks", self._show_tasks, methods=["GET"])
        control.add_api_route("/_sandbox/reset", self.reset, methods=["POST"], status_code=204, response_class=Response)
        return control

    async def _add_faults(self, faults: list[Fault]) -> dict[str, int]:
        self.faults.add(*faults)
        return {"added": len(faults)}

    async def _clear_faults(self) -> Response:
        self.faults.clear()
        return Response(status_code=204)

    async def _show_calls(self, endpoint: Endpoint | None = None, after: int = 0) -> dict[str, Any]:
        calls = [call for call in self.calls if call.number > after and endpoint in {None, call.endpoint}]
        return {"paid_creations": self.paid_creations, "requests": [call.shown() for call in calls]}

    async def _show_tasks(self) -> list[dict[str, Any]]:
        now = self._state.clock()
        return [task.shown(now) for task in self.tasks.values()]


def _routes(state: KieState) -> Routes:
    jobs, media = KieJobs(state), KieMedia(state)
    return {
        ("POST", "/api/v1/jobs/createTask"): jobs.create,
        ("GET", "/api/v1/jobs/recordInfo"): jobs.record,
        ("POST", "/api/v1/veo/generate"): jobs.create_veo,
        ("GET", "/api/v1/veo/record-info"): jobs.veo_record,
        ("GET", "/api/v1/chat/credit"): jobs.credit,
        ("POST", "/api/v1/common/download-url"): jobs.link,
        ("POST", "/api/file-stream-upload"): media.stream_upload,
        ("POST", "/api/file-base64-upload"): media.base64_upload,
        ("POST", "/api/file-url-upload"): media.url_upload,
        ("GET", "/results/"): media.result,
        ("GET", "/files/"): media.file,
    }
