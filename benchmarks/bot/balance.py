"""How many updates a second become answers: `/balance`, kept in the inbox, read from the views, said.

Beside it a bare handler of aiogram's that repeats what it hears and keeps nothing. Telegram is a sandbox in a process
of its own, with the people in it; each of them asks again as soon as there was an answer.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.bot.sides import Echo, Ours
from benchmarks.bot.town import PHOTO
from benchmarks.figures import Figure
from benchmarks.pipeline.programs import program
from benchmarks.surroundings import Bench

RATIO_MIN: Final = 0.5


async def balance(bench: Bench) -> list[Figure]:
    """Both bots in turns."""
    people = bench.options.accounts
    database = await bench.migrated("balance")
    with TemporaryDirectory(prefix="neurocards-bench-") as name:
        folder = Path(name)
        async with program("benchmarks.bot.telegram_process", str(PHOTO), folder=folder) as telegram:
            ours, echo = await bench.compare([Ours(telegram, database, folder), Echo(telegram)], people)
    await bench.drop(database)
    return [Figure("balance", f"/balance, {people:,} people at once", "updates/s", ours, echo, ratio_min=RATIO_MIN)]
