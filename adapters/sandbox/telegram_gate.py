"""The door of the Bot API: every call is logged, may meet a fault, and is led to its method.

Faults bend the answer only here. What an answer tells of is kept before it is given.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from adapters.sandbox.byte_ranges import ranged
from adapters.sandbox.hang_up import hang_up, stays
from adapters.sandbox.telegram_answers import Refused, bent, refusal, success
from adapters.sandbox.telegram_calls import Call
from adapters.sandbox.telegram_faults import Fault, Occasion
from adapters.sandbox.telegram_requests import Asked, read
from adapters.sandbox.telegram_sending import Handler
from adapters.sandbox.telegram_state import TelegramState

METHODS: Final = "/bot"
FILES: Final = "/file/bot"
FORM_OVERHEAD_BYTES: Final = 1024 * 1024
TOO_LARGE: Final = (413, "Request Entity Too Large")
NOT_FOUND: Final = (404, "Not Found")
NO_METHOD: Final = (404, "Not Found: method not found")
NOBODY: Final = (401, "Unauthorized")
LONG_POLL: Final = "getupdates"


class TelegramGate:
    """The ASGI app. Whatever is no call of a bot goes to `messenger`, as do the start and the end of the server."""

    def __init__(self, state: TelegramState, *, methods: Mapping[str, Handler], messenger: ASGIApp) -> None:
        self._state = state
        self._methods = methods
        self._messenger = messenger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http" or not scope["path"].startswith((METHODS, FILES)):
            await self._messenger(scope, receive, send)
            return
        body = await _body(receive, most_bytes=self._state.settings.upload_max_bytes + FORM_OVERHEAD_BYTES)
        asked, refused = await self._asked(scope, body)
        call = self._logged(asked)
        fault = self._state.faults.fault_for(Occasion(call.method, call.chat), lambda: _words(asked))
        call.faulted = fault is not None
        if fault is not None and fault.drop == "before":
            await hang_up(receive, send)
            return
        response = await self._response(scope, receive, asked, fault=fault, refused=refused, call=call)
        if response is None or (
            fault is not None and fault.latency_s and not await stays(receive, for_s=fault.latency_s)
        ):
            return
        if fault is not None and fault.drop is not None:
            if fault.drop == "midway":
                await _half(response, send)
            await hang_up(receive, send, flush=fault.drop == "midway")
            return
        call.status = response.status_code
        await response(scope, receive, send)
        call.answered = True
        self._state.bell.ring()

    async def _asked(self, scope: Scope, body: bytes | None) -> tuple[Asked, Refused | None]:
        """What is asked for, and why it is refused before anybody looks at it."""
        path: str = scope["path"]
        is_file = path.startswith(FILES)
        token, _, rest = path.removeprefix(FILES if is_file else METHODS).partition("/")
        asked = Asked("file", {"path": rest}, {}) if is_file else Asked(rest, {}, {})
        if token != self._state.settings.token:
            return asked, Refused(*(NOBODY if ":" in token else NOT_FOUND))
        if body is None:
            return asked, Refused(*TOO_LARGE)
        if is_file:
            return asked, None
        try:
            asked = await read(rest, query=scope["query_string"], headers=Headers(scope=scope), body=body)
        except Refused as refused:
            return asked, refused
        return asked, None if rest.lower() in self._methods else Refused(*NO_METHOD)

    def _logged(self, asked: Asked) -> Call:
        state = self._state
        state.calls_count += 1
        call = Call(state.calls_count, state.clock(), asked.method, asked.chat)
        state.calls.append(call)
        state.bell.ring()
        return call

    async def _response(
        self, scope: Scope, receive: Receive, asked: Asked, *, fault: Fault | None, refused: Refused | None, call: Call
    ) -> Response | None:
        """The answer; None when the caller has left while it waited."""
        response: Response | None = success(result=True)
        if fault is None or fault.carried_out:
            answer = self._answer(scope, asked, refused=refused, call=call)
            response = await (_while_there(answer, receive) if asked.method.lower() == LONG_POLL else answer)
            await self._state.store.settled()
        return response if fault is None or response is None or not fault.replaces_answer else bent(fault, response)

    async def _answer(self, scope: Scope, asked: Asked, *, refused: Refused | None, call: Call) -> Response:
        try:
            if refused is not None:
                raise refused
            if asked.method == "file":
                response = await self._file(scope, asked.text("path"))
            else:
                response = success(await self._methods[asked.method.lower()](asked))
        except Refused as why:
            call.description = why.description
            return refusal(why)
        call.ok = True
        return response

    async def _file(self, scope: Scope, path: str) -> Response:
        file = self._state.files.at_path(path)
        if file is None or file.size_bytes > self._state.settings.download_max_bytes:
            raise Refused(*NOT_FOUND)
        data = await self._state.files.bytes_of(file)
        return ranged(data, Headers(scope=scope).get("range"), media_type="application/octet-stream")


async def _body(receive: Receive, *, most_bytes: int) -> bytes | None:
    """All of it; None when it is too much. It is read to its end even so: who sends it must live to hear the answer."""
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        piece: bytes = message.get("body", b"")
        size += len(piece)
        if size <= most_bytes:
            pieces.append(piece)
        else:
            pieces.clear()
        if not message.get("more_body", False):
            return b"".join(pieces) if size <= most_bytes else None


async def _while_there(answer: Coroutine[Any, Any, Response], receive: Receive) -> Response | None:
    """The answer, unless the caller leaves before."""
    answering = asyncio.create_task(answer)
    leaving = asyncio.ensure_future(receive())
    try:
        await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
        return answering.result() if answering.done() else None
    finally:
        leaving.cancel()
        answering.cancel()


def _words(asked: Asked) -> str:
    names = (upload.name for upload in asked.uploads.values())
    return " ".join([*asked.parameters.values(), *names])


async def _half(response: Response, send: Send) -> None:
    """The headers of the whole answer and half of its body."""
    await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
    half = response.body[: len(response.body) // 2]
    await send({"type": "http.response.body", "body": half, "more_body": True})
