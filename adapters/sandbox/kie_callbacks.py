"""Telling a client that a task has ended, signed when there is a key, and again when nobody takes it."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from base64 import b64encode
from collections.abc import Callable
from typing import Final

import orjson
import structlog

from adapters.sandbox.kie_records import callback
from adapters.sandbox.kie_tasks import Task
from adapters.sandbox.posting import post

ATTEMPTS_MAX: Final = 3
STALE_S: Final = 3600
ANOTHER_KEY: Final = "somebody else's key"
AT_ONCE_MAX: Final = 64

log = structlog.get_logger(__name__)


def signature(task: str, timestamp: int, *, key: str) -> str:
    """What `X-Webhook-Signature` holds: the id and the time are signed, the body is not."""
    return b64encode(hmac.digest(key.encode(), f"{task}.{timestamp}".encode(), hashlib.sha256)).decode()


class Callbacks:
    """Posts the ends of tasks. Only a 200 in time counts; after three attempts without one it gives up."""

    def __init__(
        self,
        *,
        key: str | None,
        timeout_s: float,
        retry_s: float,
        clock: Callable[[], float],
    ) -> None:
        self._key = key
        self._timeout_s = timeout_s
        self._retry_s = retry_s
        self._clock = clock
        self._room = asyncio.Semaphore(AT_ONCE_MAX)

    async def tell(self, task: Task) -> None:
        """Posts the end of the task as its plan wants it."""
        if task.plan.callback_delay_s:
            await asyncio.sleep(task.plan.callback_delay_s)
        await self._tell_once(task)
        if task.plan.callback == "twice":
            await self._tell_once(task)

    async def _tell_once(self, task: Task) -> None:
        for attempt in range(1, ATTEMPTS_MAX + 1):
            async with self._room:
                status = await self._post(task)
            log.info("callback posted", task=task.id, attempt=attempt, status=status)
            if status == 200:
                task.callbacks_taken += 1
                return
            if attempt < ATTEMPTS_MAX:
                await asyncio.sleep(self._retry_s)

    async def _post(self, task: Task) -> int | None:
        assert task.order.callback_url is not None
        task.callbacks_sent += 1
        now = self._clock()
        body = orjson.dumps(callback(task, now=now))
        headers = {"Content-Type": "application/json", **self._signed(task, now=int(now))}
        return await post(task.order.callback_url, body=body, headers=headers, timeout_s=self._timeout_s)

    def _signed(self, task: Task, *, now: int) -> dict[str, str]:
        if self._key is None:
            return {}
        key = ANOTHER_KEY if task.plan.callback == "forged" else self._key
        timestamp = now - STALE_S if task.plan.callback == "stale" else now
        return {
            "X-Webhook-Timestamp": str(timestamp),
            "X-Webhook-Signature": signature(task.id, timestamp, key=key),
        }
