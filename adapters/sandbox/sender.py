"""Delivery without a messenger: a sent video is a file in the folder of its account, `<out>/42/b7.42.1001.0.mp4`.

Fits the port `Sender`. A script tells which attempts of which jobs fail, and how.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

import structlog

from adapters.storage.files import Storage, StorageUnavailable
from adapters.storage.folder import write_whole
from domain.failures import FailureClass
from domain.outside import MaybeSent, NotSent, Sent, Trouble

log = structlog.get_logger(__name__)


class Refuse(NamedTuple):
    """The messenger says no: nothing is written."""

    failure: FailureClass
    about: str = "the script says so"
    retry_after_s: int | None = None
    for_good: bool = False


class Vanish(NamedTuple):
    """The answer is lost. `written`: the video had arrived by then."""

    written: bool


Fault = Refuse | Vanish

NO_FAULTS: Final[Mapping[tuple[str, int], Fault]] = {}


class Delivery(NamedTuple):
    """One attempt, as the messenger saw it."""

    account: int
    job: str
    file: str
    attempt: int
    arrived: bool


class FolderSender:
    """Delivers into a folder. `faults` by (job, attempt); an attempt that is not named succeeds."""

    def __init__(self, storage: Storage, out: Path, faults: Mapping[tuple[str, int], Fault] = NO_FAULTS) -> None:
        self._storage = storage
        self._out = out
        self._faults = faults
        self.deliveries: list[Delivery] = []

    async def send(self, account: int, *, job: str, file: str, attempt: int) -> Sent | NotSent | MaybeSent:
        """Sends it once. The same job again replaces its file."""
        answer = await self._send(account, job=job, file=file, attempt=attempt)
        log.info("sandbox delivery", account=account, job=job, attempt=attempt, answer=type(answer).__name__)
        return answer

    async def _send(self, account: int, *, job: str, file: str, attempt: int) -> Sent | NotSent | MaybeSent:
        fault = self._faults.get((job, attempt))
        arrives = fault is None or fault == Vanish(written=True)
        video: bytes | None = None
        if arrives:
            try:
                video = await self._storage.read(file)
            except StorageUnavailable as error:
                return NotSent(Trouble(FailureClass.TEMPORARY, str(error)))
            if video is None:
                return NotSent(Trouble(FailureClass.UNKNOWN, "the stored video is gone"))
            await asyncio.to_thread(write_whole, self._out / str(account) / f"{job}.mp4", video)
        self.deliveries.append(Delivery(account, job, file, attempt, arrived=arrives))
        match fault:
            case None:
                return Sent(file_id=f"sandbox-{job}-{attempt}")
            case Refuse():
                trouble = Trouble(fault.failure, fault.about)
                return NotSent(trouble, retry_after_s=fault.retry_after_s, for_good=fault.for_good)
            case Vanish():
                return MaybeSent("the answer was lost")
