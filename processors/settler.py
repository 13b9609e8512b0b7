"""The settlement reactor: a job's end captures or refunds what the job reserved, exactly once.

The settling event and the reactor's position are one append. A position that was lost is harmless: the end is met
again, its reservation is no longer open, and the log says that it was settled the way this end asks for.
"""

from __future__ import annotations

from contextlib import aclosing
from typing import Final

import structlog

from domain.account_words import CaptureCredit, RefundCredit
from domain.log import Cause, Recorded, Tracked, VersionConflict
from domain.refusals import NoOpenReservation, Refusal
from domain.settlement import settlement
from domain.streams import account as account_stream
from processors.execute import Executor
from processors.ports import Settlements, ShardLog, Tracking
from processors.remembering import Remembered

NAME: Final = "settlement"

SETTLING: Final = {CaptureCredit: "CreditCaptured", RefundCredit: "CreditRefunded"}

log = structlog.get_logger(__name__)


class Settler:
    """Settles the jobs that end in one shard."""

    def __init__(
        self, shard: int, *, shard_log: ShardLog, settlements: Settlements, tracking: Tracking, executor: Executor
    ) -> None:
        self._shard = shard
        self._log = shard_log
        self._settlements = settlements
        self._executor = executor
        self._remembered = Remembered(tracking, shard, NAME)

    async def run(self) -> None:
        """Settles for ever. Raises what the log raises at an event that this program cannot read."""
        while True:
            position = await self._remembered.read()
            log.info("settlement starts", shard=self._shard, position=position)
            async with aclosing(self._log.follow(self._shard, after=position)) as pages:
                async for page, upto in pages:
                    if not await self._settle_page(page, upto):
                        break
            log.info("settlement finds its position moved", shard=self._shard)

    async def _settle_page(self, page: list[Recorded], upto: int) -> bool:
        try:
            for recorded in page:
                command = settlement(recorded.stream, recorded.event, recorded.recorded_at)
                if command is not None:
                    await self._settle(command, recorded)
        except VersionConflict:
            return False
        return await self._remembered.move(upto)

    async def _settle(self, command: CaptureCredit | RefundCredit, end: Recorded) -> None:
        """Raises VersionConflict when another reactor has been past this end."""
        try:
            await self._executor.execute(
                command,
                cause=Cause(event_id=end.event_id),
                tracked=Tracked(NAME, end.position),
                attempts_max=None,
            )
        except NoOpenReservation:
            settled_by = await self._settlements.settled_by(account_stream(command.account), command.job)
            if settled_by != SETTLING[type(command)]:
                log.critical("settlement parked", stream=end.stream, ended=end.type, settled_by=settled_by)
        except Refusal as refusal:
            log.critical("settlement parked", stream=end.stream, ended=end.type, refusal=type(refusal).__name__)
        else:
            self._remembered.at = end.position
