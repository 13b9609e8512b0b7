"""OpenAI on this machine: chat completions that answer with a short script for a video, and fail when told to.

    sandbox = OpenAISandbox()
    uvicorn.run(sandbox.app)     # base_url of its clients: http://127.0.0.1:8000/v1

The same request gets the same answer. It is told what to do in Python, or over HTTP by anybody who can reach it:

    POST /_sandbox/faults     a JSON list of `Fault`s, written at the end of the script; DELETE empties it
    GET  /_sandbox/requests   how many requests came, and their bodies
    POST /_sandbox/reset      back to the beginning
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from adapters.sandbox.hang_up import hang_up, stays
from adapters.sandbox.openai_answers import complaint, completion
from adapters.sandbox.openai_faults import Fault, FaultScript, error_body

__all__ = ["Fault", "OpenAISandbox"]

CHAT: Final = "/v1/chat/completions"
MODELS: Final = ("gpt-5.5", "gpt-5.5-mini")


class OpenAISandbox:
    """One OpenAI. `keys` are the API keys that it knows; None: any."""

    def __init__(self, *, keys: Collection[str] | None = None) -> None:
        self.faults = FaultScript()
        """The script of faults, to be added to."""
        self.requests: list[dict[str, Any]] = []
        """The bodies of the chat requests, oldest first."""
        self._keys = keys
        self._others = self._other_routes()

    @property
    def app(self) -> ASGIApp:
        """The ASGI app. Must be the outermost one: it hangs up on callers."""
        return self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http" or scope["path"] != CHAT:
            await self._others(scope, receive, send)
            return
        request = Request(scope, receive)
        asked = _json(await request.body())
        self.requests.append(asked if isinstance(asked, dict) else {"not an object": asked})
        fault = self.faults.take() or Fault()
        if fault.drop == "before":
            await hang_up(receive, send)
            return
        response = self._answer(request, asked, fault)
        if fault.latency_s and not await stays(receive, for_s=fault.latency_s):
            return
        if fault.drop == "after":
            await hang_up(receive, send)
            return
        await response(scope, receive, send)

    def reset(self) -> None:
        """Back to the beginning: no faults, no requests."""
        self.faults.clear()
        self.requests.clear()

    def _answer(self, request: Request, asked: object, fault: Fault) -> Response:
        headers = {"x-request-id": f"req_{len(self.requests)}"}
        if fault.retry_after_s is not None:
            headers["retry-after"] = str(fault.retry_after_s)
        if fault.raw is not None:
            return Response(fault.raw, fault.status, headers, media_type="application/json")
        if fault.body is not None or fault.status != 200:
            return JSONResponse(fault.body, fault.status, headers)
        if request.method != "POST":
            said = f"Not allowed to {request.method} on {CHAT}."
            return JSONResponse(error_body(said, kind="invalid_request_error", code=None), 405, headers)
        status, wrong = complaint(request.headers.get("authorization", ""), asked, keys=self._keys)
        if wrong is not None:
            return JSONResponse(wrong, status, headers)
        assert isinstance(asked, dict)
        return JSONResponse(completion(asked, fault, number=len(self.requests)), headers=headers)

    def _other_routes(self) -> FastAPI:
        app = FastAPI(openapi_url=None)

        @app.get("/v1/models")
        async def models() -> dict[str, Any]:
            entries = [
                {"id": name, "object": "model", "created": 1_767_225_600, "owned_by": "openai"} for name in MODELS
            ]
            return {"object": "list", "data": entries}

        @app.post("/_sandbox/faults")
        async def add_faults(faults: list[Fault]) -> dict[str, int]:
            self.faults.add(*faults)
            return {"added": len(faults)}

        @app.delete("/_sandbox/faults")
        async def clear_faults() -> None:
            self.faults.clear()

        @app.get("/_sandbox/requests")
        async def requests() -> dict[str, Any]:
            return {"count": len(self.requests), "requests": self.requests}

        @app.post("/_sandbox/reset")
        async def reset() -> None:
            self.reset()

        return app


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return None
