"""A program that appends, to be run several times at once: python -m tests.adapters.postgres.writer_program URL EVENTS

Its 32 writers share the accounts with those of the other programs, so that appends of every kind collide.
"""

from __future__ import annotations

import asyncio
import os
import sys
from random import Random

from adapters.postgres.event_store import PostgresEventStore
from domain.log import VersionConflict
from tests.adapters.postgres.raw import job, row

WRITERS = 32
ACCOUNTS = 40


class Writers:
    """What the program's writers know of the accounts."""

    def __init__(self, store: PostgresEventStore, events: int) -> None:
        self._store = store
        self._left = events
        self._known: dict[str, int] = {}

    async def write(self, number: int) -> None:
        """Appends two events at a time until the program has written enough."""
        random = Random(f"{os.getpid()} {number}")
        written = 0
        while self._left > 0:
            owner = f"account/{random.randint(1, ACCOUNTS)}"
            version = self._known.get(owner, 0) + 1
            mine = job(written, owner=owner) + f"-{os.getpid()}-{number}"
            try:
                await self._store.append_rows(owner, [row(owner, version), row(mine, 1)], None)
            except VersionConflict as conflict:
                if conflict.actual is not None:
                    self._known[owner] = max(conflict.actual, self._known.get(owner, 0))
            else:
                self._known[owner] = max(version, self._known.get(owner, 0))
                written += 1
                self._left -= 2


async def main(url: str, events: int) -> None:
    """Writes so many events, or a few more."""
    async with PostgresEventStore.opened(url, bytes(32)) as store:
        writers = Writers(store, events)
        await asyncio.gather(*(writers.write(number) for number in range(WRITERS)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
