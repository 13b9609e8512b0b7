"""`verify` in a process of its own that yields to others, as an operator would run it on a busy machine.

The database's address comes on standard input, since it holds a password. It says `reading` when it reads, and at the
end one line of JSON.
"""

from __future__ import annotations

import os
import sys
from time import process_time
from typing import Final

import orjson

from adapters.postgres.connections import PatientPool
from adapters.postgres.verification import PostgresVerification
from app import loop
from benchmarks.logs import only_warnings
from processors.findings import Progress, Report
from processors.verify import PACE, verify

NICENESS: Final = 10


async def main(url: str, *, again: bool, pace: float) -> Report:
    """Reads the whole log, once or for ever."""
    said = False

    def tell(_progress: Progress) -> None:
        nonlocal said
        if not said:
            sys.stdout.write("reading\n")
            sys.stdout.flush()
            said = True

    async with PatientPool.opened(url, size=4) as pool:
        while True:
            report = await verify(PostgresVerification(pool), pace=pace, on_progress=tell)
            if not again:
                return report


if __name__ == "__main__":
    os.nice(NICENESS)
    only_warnings()
    resting = 0.0 if "--no-rests" in sys.argv else PACE
    found = loop.run(main(sys.stdin.read(), again="--again" in sys.argv, pace=resting))
    shown = {"sound": found.sound, "events": found.events, "seconds": found.seconds, "busy_s": process_time()}
    sys.stdout.write(f"{orjson.dumps(shown).decode()}\n")
