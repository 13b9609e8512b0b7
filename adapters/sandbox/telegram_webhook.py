"""Bringing updates to the bot's server, and again when it does not take them.

Updates of one lane come one after the other; lanes do not wait for each other.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import structlog

from adapters.sandbox.telegram_posting import NotTaken, Taken, post
from adapters.sandbox.telegram_settings import TelegramSandboxSettings
from adapters.sandbox.telegram_store import Store
from adapters.sandbox.telegram_updates import Update, Updates

GONE_FOR_GOOD_S: Final = 23 * 3600

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Target:
    """Where updates go, and the last trouble with it."""

    url: str
    secret: str
    connections_max: int
    last_error_at: int | None = None
    last_error: str | None = None
    gone_since: float | None = None


class Webhook:
    """The webhook of one bot, if it has one."""

    def __init__(
        self,
        updates: Updates,
        store: Store,
        *,
        settings: TelegramSandboxSettings,
        clock: Callable[[], float],
    ) -> None:
        self._updates = updates
        self._store = store
        self._settings = settings
        self._clock = clock
        self._target: Target | None = None
        self._lanes: dict[str, deque[Update]] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(1)
        kept = store.load("webhook")
        self._of_old = Target(**kept[0]) if kept else None

    def start(self) -> None:
        """Goes on with the webhook that was set before the sandbox was last ended."""
        if self._of_old is not None:
            self._aim(self._of_old)
            self._of_old = None

    def set(self, url: str, *, secret: str, connections_max: int) -> None:
        """Brings updates there from now on, those that wait first."""
        self.unset()
        target = Target(url, secret, connections_max)
        self._store.put("webhook", "", target)
        self._aim(target)

    def unset(self) -> bool:
        """Brings no more updates; whether there was a webhook."""
        self._of_old = None
        if self._target is None:
            return False
        self._stop()
        self._store.drop("webhook", "")
        return True

    def info(self) -> dict[str, Any]:
        """The WebhookInfo object."""
        target = self._target
        info: dict[str, Any] = {
            "url": "" if target is None else target.url,
            "has_custom_certificate": False,
            "pending_update_count": self._updates.pending_count,
        }
        if target is not None:
            info |= {"max_connections": target.connections_max, "ip_address": "127.0.0.1"}
            if target.last_error_at is not None:
                info |= {"last_error_date": target.last_error_at, "last_error_message": target.last_error}
        if self._updates.allowed:
            info["allowed_updates"] = self._updates.allowed
        return info

    async def close(self) -> None:
        """Lets go of what is under way; a restart goes on with it."""
        running = list(self._running)
        self._stop()
        await asyncio.gather(*running, return_exceptions=True)

    def _aim(self, target: Target) -> None:
        self._target = target
        self._room = asyncio.Semaphore(target.connections_max)
        self._updates.end_polls()
        self._updates.told = self._queue
        for update in [*self._updates.again(), *self._updates.pending]:
            self._queue(update)

    def _stop(self) -> None:
        self._target = None
        self._updates.told = None
        self._lanes.clear()
        for task in self._running:
            task.cancel()

    def _queue(self, update: Update) -> None:
        lane = self._lanes.get(update.lane)
        if lane is not None:
            lane.append(update)
            return
        assert self._target is not None
        lane = self._lanes[update.lane] = deque([update])
        task = asyncio.create_task(self._drain(self._target, lane), name="telegram webhook")
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _drain(self, target: Target, lane: deque[Update]) -> None:
        while lane:
            await self._bring(target, lane[0])
            for again in self._updates.again():
                await self._bring(target, again)
            done = lane.popleft()
            if not lane and self._lanes.get(done.lane) is lane:
                del self._lanes[done.lane]

    async def _bring(self, target: Target, update: Update) -> None:
        retry_s = self._settings.webhook_retry_s
        while self._clock() < update.until:
            async with self._room:
                answer = await post(
                    target.url,
                    body=update.text.encode(),
                    secret=target.secret,
                    timeout_s=self._settings.webhook_timeout_s,
                )
            log.info("update posted", update=update.id, kind=update.kind, taken=isinstance(answer, Taken))
            if isinstance(answer, Taken):
                self._updates.confirm(update)
                return
            self._note(target, answer)
            if self._target is not target:
                return
            await asyncio.sleep(retry_s if answer.retry_after_s is None else answer.retry_after_s)
            retry_s = min(retry_s * 2, self._settings.webhook_retry_max_s)
        self._updates.forget(update)

    def _note(self, target: Target, answer: NotTaken) -> None:
        now = self._clock()
        target.last_error_at, target.last_error = int(now), answer.why
        target.gone_since = (target.gone_since or now) if answer.gone else None
        if target.gone_since is not None and now - target.gone_since > GONE_FOR_GOOD_S:
            self.unset()
        else:
            self._store.put("webhook", "", target)
