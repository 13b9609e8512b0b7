"""The door of the sandbox: every request is logged, may meet a fault, and is led to its handler.

Faults bend the answer only here. What they do to a task is the handlers' business.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, cast

import orjson
from fastapi import Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from adapters.sandbox.hang_up import hang_up, stays
from adapters.sandbox.kie_answers import Asked, Envelope, origin_of
from adapters.sandbox.kie_calls import FOLDERS, MARKER, Call, endpoint_of
from adapters.sandbox.kie_faults import Fault, Garbage
from adapters.sandbox.kie_models import VEO_DEFAULT
from adapters.sandbox.kie_state import KieState

Handler = Callable[[Asked], Awaitable[Response]]
Routes = Mapping[tuple[str, str], Handler]
"""By method and path; a path that ends in a slash stands for everything below it."""

CONTROL: Final = "/_sandbox/"
BARE_AGENTS: Final = ("python-httpx/", "python-requests/", "Python-urllib/", "Python/", "aiohttp/", "curl/")
BAD_GATEWAY: Final = (
    "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center>"
    "<hr><center>cloudflare</center></body></html>"
)


class KieGate:
    """The ASGI app. What lies below `/_sandbox/`, and the start and the end of the server, go to `control`."""

    def __init__(self, state: KieState, *, routes: Routes, control: ASGIApp) -> None:
        self._state = state
        self._routes = routes
        self._control = control

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http" or scope["path"].startswith(CONTROL):
            await self._control(scope, receive, send)
            return
        request = Request(scope, receive)
        asked = await self._asked(request)
        fault, call = asked.fault, asked.call
        if fault is not None and fault.drop == "before":
            await hang_up(receive, send)
            return
        response = await self._response(asked)
        if fault is not None and fault.latency_s and not await stays(receive, for_s=fault.latency_s):
            return
        if fault is not None and fault.drop is not None:
            if fault.drop == "midway":
                await _half(response, send)
            await hang_up(receive, send, flush=fault.drop == "midway")
            return
        await response(scope, receive, send)
        call.answered = True

    async def _asked(self, request: Request) -> Asked:
        body = await request.body()
        content = _content(request, body)
        call = self._call(request, content)
        fault = self._state.faults.fault_for(call, lambda: _words(request, body, content))
        call.faulted = fault is not None
        self._state.calls.append(call)
        self._state.files.origins.add(origin_of(request))
        return Asked(request, call, content, fault)

    def _call(self, request: Request, content: dict[str, Any] | None) -> Call:
        path, key = request.scope["path"], request.headers.get("authorization", "").removeprefix("Bearer ")
        endpoint, said = endpoint_of(path), content or {}
        name = request.query_params.get("taskId") if endpoint == "record" else None
        if endpoint == "result":
            name = path.removeprefix("/results/").removesuffix(".mp4")
        task = None if name is None else self._state.tasks.by_id.get(name)
        model = said.get("model", VEO_DEFAULT if path.startswith("/api/v1/veo/") else None)
        callback_url = said.get("callBackUrl")
        self._state.calls_count += 1
        return Call(
            number=self._state.calls_count,
            at=self._state.clock(),
            endpoint=endpoint,
            method=request.method,
            path=path,
            account=self._state.settings.keys.get(key),
            model=task.order.model if task else model if isinstance(model, str) else None,
            callback_url=callback_url if isinstance(callback_url, str) and callback_url else None,
            marker=request.headers.get(MARKER) or (task.order.marker if task else None),
            task=name,
        )

    async def _response(self, asked: Asked) -> Response:
        call, fault = asked.call, asked.fault
        if fault is None and self._is_bare(asked):
            response = _garbage("cloudflare", Response(), status=None)
        elif fault is None or fault.carried_out:
            response = await self._handler(asked)(asked)
        else:
            response = Envelope(200, "success")
        if fault is not None and fault.replaces_answer:
            response = _replaced(fault, response)
        call.status = response.status_code
        call.code = response.code if isinstance(response, Envelope) else None
        return response

    def _handler(self, asked: Asked) -> Handler:
        method, path = asked.request.method, asked.call.path
        method = "GET" if method == "HEAD" else method
        folder = next((folder for folder in FOLDERS if path.startswith(folder)), path)
        return self._routes.get((method, folder), _no_page)

    def _is_bare(self, asked: Asked) -> bool:
        agent = asked.request.headers.get("user-agent", "")
        bare = not agent or agent.startswith(BARE_AGENTS)
        return bare and self._state.settings.refuse_bare_agents and asked.call.path.startswith("/api/")


async def _no_page(_asked: Asked) -> Response:
    return Envelope(404, "The page does not exist")


def _content(request: Request, body: bytes) -> dict[str, Any] | None:
    if "json" not in request.headers.get("content-type", ""):
        return None
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return cast("dict[str, Any]", content) if isinstance(content, dict) else None


def _words(request: Request, body: bytes, content: dict[str, Any] | None) -> str:
    said = body if content is None else orjson.dumps(content)
    return f"{request.url} {said.decode(errors='replace')}"


def _replaced(fault: Fault, response: Response) -> Response:
    if fault.garbage is not None:
        return _garbage(fault.garbage, response, status=fault.status)
    status = fault.status or 200
    code = fault.code if fault.code is not None else fault.status or 500
    return Envelope(code, fault.msg if fault.msg is not None else "Server Error", status=status)


def _garbage(kind: Garbage, response: Response, *, status: int | None) -> Response:
    match kind:
        case "not_json":
            return Response("upstream sent too big header", status_code=status or 200, media_type="text/plain")
        case "html":
            return Response(BAD_GATEWAY, status_code=status or 502, media_type="text/html")
        case "truncated":
            half = bytes(response.body[: len(response.body) // 2])
            return Response(half, status_code=status or response.status_code, media_type=response.media_type)
        case "empty":
            return Response(status_code=status or 200)
        case "cloudflare":
            return Response("error code: 1010", status_code=status or 403, media_type="text/plain")


async def _half(response: Response, send: Send) -> None:
    """The headers of the whole answer and half of its body."""
    await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
    half = response.body[: len(response.body) // 2]
    await send({"type": "http.response.body", "body": half, "more_body": True})
