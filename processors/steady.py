"""Keeps work going that runs beside the shards and must not end because it stumbled once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

PAUSE_S: Final = 5.0

log = structlog.get_logger(__name__)


async def keep_going(name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Does the work again and again, after a pause when it failed, until it is cancelled."""
    while True:
        try:
            await work()
        except Exception:
            log.exception("work stumbled", work=name)
        await asyncio.sleep(PAUSE_S)
