"""The program as a person starts it: a process of its own, in an empty folder, with nothing set but what is given."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import DATA_KEY, Database

PROGRAM = Path(sys.executable).with_name("neurocards")


@dataclass(frozen=True)
class Ran:
    """How it ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """What it said instead of an answer: one line on standard error, no traceback."""
        assert self.err.count("\n") == 1, self.err
        return self.err.strip()


def settings_of(database: Database) -> dict[str, str]:
    """The settings that lead to a test's database."""
    return {"DATABASE_URL": database.url, "DATABASE_OWNER_URL": database.owner_url, "DATA_KEY": DATA_KEY.hex()}


async def start(
    *arguments: str, folder: Path, settings: dict[str, str], out: int = asyncio.subprocess.PIPE
) -> asyncio.subprocess.Process:
    """The program, started. `folder` is where it runs, `out` where its answers go."""
    return await asyncio.create_subprocess_exec(
        PROGRAM,
        *arguments,
        cwd=folder,
        env={"PATH": os.defpath, "TZ": "UTC", "TERM": "dumb", **settings},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=out,
        stderr=asyncio.subprocess.PIPE,
    )


async def run(*arguments: str, folder: Path, settings: dict[str, str]) -> Ran:
    """The program, run to its end."""
    process = await start(*arguments, folder=folder, settings=settings)
    out, err = await process.communicate()
    assert process.returncode is not None
    return Ran(process.returncode, out.decode(), err.decode())
