"""The processes of a run as the one that starts them sees them: asked in words, measured by the system, ended by id."""

from __future__ import annotations

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import orjson
import psutil

ANSWERS_WITHIN_S: Final = 60.0
GONE_WITHIN_S: Final = 10.0
LOG_SHOWN: Final = 3_000
"""Characters of the end of a log."""


@dataclass
class Program:
    """One process. `first` is what it said when it was ready."""

    process: Process
    log: Path
    first: dict[str, Any]

    async def ask(self, question: str, *, within_s: float = ANSWERS_WITHIN_S) -> dict[str, Any]:
        """Its answer."""
        assert self.process.stdin is not None, "it was asked for"
        self.process.stdin.write(f"{question}\n".encode())
        return await self.hear(within_s=within_s)

    async def hear(self, *, within_s: float = ANSWERS_WITHIN_S) -> dict[str, Any]:
        """What it says next. Raises TimeoutError, and RuntimeError with the end of its log when it has ended."""
        assert self.process.stdout is not None, "it was asked for"
        async with asyncio.timeout(within_s):
            line = await self.process.stdout.readline()
        if not line:
            msg = f"a process of the run has ended: {self.log.read_text()[-LOG_SHOWN:]}"
            raise RuntimeError(msg)
        answer: dict[str, Any] = orjson.loads(line)
        return answer

    def cpu_s(self) -> float:
        """Processor time that it has taken so far."""
        spent = psutil.Process(self.process.pid).cpu_times()
        return float(spent.user + spent.system)

    def signal(self, number: signal.Signals) -> None:
        """Sends it a signal."""
        self.process.send_signal(number)

    async def end(self, *, at_once: bool = False) -> None:
        """Lets it end, or ends it."""
        assert self.process.stdin is not None, "it was asked for"
        self.process.stdin.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(0 if at_once else GONE_WITHIN_S):
                await self.process.wait()
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()


@asynccontextmanager
async def program(module: str, wish: str, *, folder: Path) -> AsyncIterator[Program]:
    """`python -m module`, told the wish, until it is left. Its log lies in the folder."""
    log = folder / f"{uuid4().hex}.log"
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", module, stdin=PIPE, stdout=PIPE, stderr=errors
        )
    started = Program(process, log, {})
    try:
        started.first = await started.ask(wish)
        yield started
    finally:
        await started.end()
