"""Read your own writes: waiting until the views show a position."""

from __future__ import annotations

import asyncio
from typing import Final

from processors.ports import ViewStore

PATIENCE_S: Final = 1.0
PAUSE_MIN_S: Final = 0.002
PAUSE_MAX_S: Final = 0.05


async def wait_for(store: ViewStore, shard: int, position: int, *, patience_s: float = PATIENCE_S) -> bool:
    """Returns True once the shard's views show `position`; False after the patience: show what is there."""
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + patience_s
    pause = PAUSE_MIN_S
    while True:
        _, shown = await store.standing(shard)
        if shown >= position:
            return True
        if loop.time() >= give_up_at:
            return False
        await asyncio.sleep(pause)
        pause = min(pause * 2, PAUSE_MAX_S)
