"""Following a shard: every event once, in order, from a position on, for ever.

First listen, then read, then wait; and look once in a while even when nothing was heard. Positions are gapless and
become visible in order (see the head of `migrations/0001_events.sql`), so a page that starts where the last one ended
has missed nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from typing import Final

import structlog

from adapters.codec import KeyOf
from adapters.postgres.connections import LOST
from adapters.postgres.reader import PAGE, Reader, readable
from adapters.postgres.signals import Signals
from domain.log import Recorded

LOOK_EVERY_S: Final = 1.0
RECONNECT_EVERY_S: Final = 0.2

log = structlog.get_logger(__name__)


async def pages(
    reader: Reader,
    signals: Signals,
    shard: int,
    *,
    after: int,
    key_of: KeyOf,
    types: Sequence[str] = (),
    limit: int = PAGE,
) -> AsyncGenerator[tuple[list[Recorded], int]]:
    """Pages of the shard's events above `after`, and the position that each page reaches.

    With `types` other events are left out, and a page may be empty: its position tells how far nothing was missed.
    Waits when there is nothing new; a lost connection is waited out. Raises EventSchemaError at an event that this
    program cannot read, after a page with those before it.
    """
    await signals.listen()
    while True:
        news = signals.news(shard)
        try:
            reached = await reader.head(shard) if types else None
            rows = await reader.shard_page(shard, after=after, upto=reached, types=types, limit=limit)
        except LOST as error:
            log.warning("read failed", shard=shard, error=type(error).__name__)
            await asyncio.sleep(RECONNECT_EVERY_S)
            continue
        full = len(rows) == limit
        upto = rows[-1]["position"] if full or (reached is None and rows) else reached
        if upto is not None and upto > after:
            page, unreadable = readable(rows, key_of)
            after = upto if unreadable is None else page[-1].position if page else after
            yield page, after
            if unreadable is not None:
                raise unreadable
        if not full:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):  # `wait_for` of Python 3.11 can forget a cancellation
                    await news.wait()
