"""Telegram's webhook: `POST /hooks/telegram`, with the secret that we gave Telegram. 200 means kept, durably.

Anything else makes Telegram come again, later and later, for a day.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

import orjson
import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from pydantic import SecretStr
from starlette.requests import ClientDisconnect

from adapters.http.bodies import TooLarge, read_body

PATH: Final = "/hooks/telegram"
SECRET_HEADER: Final = "x-telegram-bot-api-secret-token"  # noqa: S105 - a header's name
BODY_BYTES_MAX: Final = 1024 * 1024
BODY_WITHIN_S: Final = 10.0
KEPT_WITHIN_S: Final = 20.0

Take = Callable[[Sequence[Mapping[str, Any]]], Awaitable[None]]
"""Keeps updates; returns once they are kept."""

log = structlog.get_logger(__name__)


def telegram_router(take: Take, *, secret: SecretStr) -> APIRouter:
    """The route of updates."""
    router = APIRouter()
    expected = secret.get_secret_value().encode()

    @router.post(PATH, include_in_schema=False)
    async def told(request: Request) -> Response:
        given = request.headers.get(SECRET_HEADER, "").encode(errors="replace")
        if not hmac.compare_digest(given, expected):
            return _answer(401, "This does not come from Telegram.")
        try:
            async with asyncio.timeout(BODY_WITHIN_S):
                update = _update(await read_body(request, size_max=BODY_BYTES_MAX))
        except (TimeoutError, ClientDisconnect):
            return _answer(408, "This takes too long.")
        except (TooLarge, ValueError):
            return _answer(400, "This is no update.")
        try:
            async with asyncio.timeout(KEPT_WITHIN_S):
                await take([update])
        except TimeoutError:
            log.warning("update not kept", reason="the database does not answer")
            return _answer(503, "Try again later.")
        return _answer(200, "Kept.")

    return router


def _update(body: bytes) -> dict[str, Any]:
    """Raises ValueError for what is no update."""
    update = orjson.loads(body)
    if not isinstance(update, dict) or not isinstance(update.get("update_id"), int):
        msg = "no update"
        raise ValueError(msg)  # noqa: TRY004 - the caller sent a wrong value
    return update


def _answer(status_code: int, text: str) -> Response:
    return PlainTextResponse(text, status_code=status_code)
