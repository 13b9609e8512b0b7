"""A worker in a process of its own: python -m tests.processors.owner_program URL SHARDS

Says in lines of JSON what happens to its shards: taken, called (an outside call, which it makes every two seconds as
long as it may), ended. Each line names the lease and the moment.
"""

from __future__ import annotations

import asyncio
import json
import sys
from functools import partial
from itertools import count
from time import monotonic

from adapters.postgres.locks import PostgresLocks, Role
from app.logs import configure
from processors.lease import Lease
from processors.ownership import Ownership

CALL_EVERY_S = 2.0
LEASES = count(1)


def say(what: str, shard: int, lease: int) -> None:
    """Writes a line at once."""
    line = {"what": what, "shard": shard, "lease": lease, "at": monotonic()}
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


async def run_shard(shard: int, lease: Lease) -> None:
    """Calls outside as long as the lease lasts."""
    number = next(LEASES)
    say("taken", shard, number)
    try:
        while not lease.ending.is_set():
            await lease.may_call()
            say("called", shard, number)
            await asyncio.sleep(CALL_EVERY_S)
    finally:
        say("ended", shard, number)


async def main(url: str, shards: int) -> None:
    """Takes part until it is killed."""
    open_locks = partial(PostgresLocks.opened, url, role=Role.PROCESSORS)
    await Ownership(open_locks, run_shard, shards=shards).run()


if __name__ == "__main__":
    configure("info")
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
