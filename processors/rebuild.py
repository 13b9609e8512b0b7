"""Making a shard's views anew beside the ones that are shown, while appends and reads go on."""

from __future__ import annotations

from typing import Final

import structlog

from processors.ports import ShardLog, ViewStore
from processors.projector import ViewWriter

REBUILD_PAGE: Final = 4_000

log = structlog.get_logger(__name__)


class RebuildOvertaken(Exception):
    """Another rebuild of the same shard has begun; this one gave way. Wait for that one."""


async def rebuild(shard_log: ShardLog, store: ViewStore, shard: int) -> int:
    """Makes the shard's views anew beside those shown, shows them, and cleans the old ones away.

    Appends, reads and the projector go on. Returns the number of events folded. Raises RebuildOvertaken.
    """
    build = await store.begin_next(shard)
    writer = ViewWriter(store, shard, build=build, position=0, to_next=True)
    events = 0
    while True:
        page = await shard_log.page(shard, after=writer.position, limit=REBUILD_PAGE)
        events += len(page)
        if page and not await writer.fold(page, page[-1].position):
            msg = f"another rebuild of shard {shard} has begun, this one gave way; wait for that one"
            raise RebuildOvertaken(msg)
        if not page and await store.switch(shard):
            break
    await store.clean(shard)
    log.info("views rebuilt", shard=shard, build=build, events=events)
    return events
