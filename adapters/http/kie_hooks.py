"""KIE calls back: `POST /hooks/kie/{account}/{job}/{number}/{signature}`, kept in the inbox and answered at once.

The path is one that we signed, and with a webhook key KIE's own signature is asked for too. What is said is a hint all
the same: that this request has this task. So a callback that is repeated, early, or of a job that is gone does no harm.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from pydantic import SecretStr
from starlette.requests import ClientDisconnect

from adapters.http.bodies import TooLarge, read_body
from adapters.kie.answers import callback_task
from adapters.kie.callbacks import PREFIX, read_callback_path, verify_signature

BODY_BYTES_MAX: Final = 64 * 1024
BODY_WITHIN_S: Final = 5.0
KEPT_WITHIN_S: Final = 8.0
"""With the body's time less than the 15 s after which KIE takes a callback for failed."""

log = structlog.get_logger(__name__)


class Inbox(Protocol):
    """Where callbacks are kept."""

    async def keep(self, account: int, job: str, *, number: int, task: str) -> bool:
        """Keeps it durably. False when that adds nothing."""
        ...


def kie_router(
    inbox: Inbox, *, path_secret: bytes, webhook_key: SecretStr | None, clock: Callable[[], datetime]
) -> APIRouter:
    """The route of callbacks. Without `webhook_key` only the path is proof. `clock` judges the signatures' age."""
    router = APIRouter()

    @router.post(f"{PREFIX}{{account}}/{{job}}/{{number}}/{{signature}}", include_in_schema=False)
    async def called_back(request: Request) -> Response:
        parts = [request.path_params[name] for name in ("account", "job", "number", "signature")]
        address = read_callback_path(path_secret, parts)
        if address is None:
            return _answer(403, "This address is not one of ours.")
        try:
            async with asyncio.timeout(BODY_WITHIN_S):
                task = callback_task(await read_body(request, size_max=BODY_BYTES_MAX))
        except TooLarge:
            return _answer(413, "This is too long.")
        except (TimeoutError, ClientDisconnect):
            return _answer(408, "This takes too long.")
        if task is None:
            return _answer(400, "This names no task.")
        told = {"account": address.account, "job": address.job, "number": address.number, "task": task}
        if webhook_key is not None and not _is_signed(request, webhook_key, task, clock()):
            log.warning("callback refused", **told, reason="its signature is missing, wrong or old")
            return _answer(401, "This is not signed as it should be.")
        try:
            async with asyncio.timeout(KEPT_WITHIN_S):
                is_new = await inbox.keep(address.account, address.job, number=address.number, task=task)
        except TimeoutError:
            log.warning("callback not kept", **told, reason="the database does not answer")
            return _answer(503, "Try again later.")
        log.info("callback kept", **told, new=is_new)
        return _answer(200, "Kept.")

    return router


def _is_signed(request: Request, key: SecretStr, task: str, now: datetime) -> bool:
    return verify_signature(
        key,
        task_id=task,
        timestamp=request.headers.get("x-webhook-timestamp", ""),
        signature=request.headers.get("x-webhook-signature", ""),
        now=now,
    )


def _answer(status_code: int, text: str) -> Response:
    return PlainTextResponse(text, status_code=status_code)
