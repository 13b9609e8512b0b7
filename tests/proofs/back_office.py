"""A program that settles and projects every shard until it is killed.

python -m tests.proofs.back_office URL
"""

from __future__ import annotations

import asyncio
import sys

from adapters.postgres.event_store import PostgresEventStore
from tests.conftest import DATA_KEY
from tests.processors.scene import at_work


async def work(url: str) -> None:
    """Works for ever."""
    async with PostgresEventStore.opened(url, DATA_KEY) as store, at_work(store) as scene:
        await asyncio.gather(*scene.workers)


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1]))
