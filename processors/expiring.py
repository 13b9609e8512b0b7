"""The end of credits whose time is over: it comes whether or not anybody looks at the account.

A lot says when it ends as it comes in. Once in a while the shard's log is read on, the moments are noted, and only then
the position is moved; then the accounts whose moment has come let their credits go, and only then the note is struck
out. So a crash leaves something to be done again, never something undone, and doing it again changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog

from domain.account_words import CreditRefunded, CreditsGranted, ExpireCredits
from domain.log import Recorded
from domain.refusals import Refusal
from domain.streams import account_of
from processors.clock import Clock
from processors.execute import Executor
from processors.ports import ShardLog, Tracking

NAME: Final = "expiring"
FOLLOWED: Final = ("CreditsGranted", "CreditRefunded")
"""The events with which credits come in that will end."""

EVERY: Final = timedelta(minutes=1)
"""So long a balance may show credits whose time is over."""

DUE_PAGE: Final = 100

End = tuple[int, datetime, int]
"""An account, a moment at which credits of it end, and the position of the last event that says so."""

log = structlog.get_logger(__name__)


class Expiries(Protocol):
    """The ends that are still to come, or to be seen to."""

    async def note(self, shard: int, ends: Sequence[End]) -> None:
        """Puts them on the list, no account and moment twice. One that is there keeps the later position."""
        ...

    async def due(self, shard: int, *, at: datetime, limit: int) -> list[End]:
        """The first ones whose moment has come: by this clock, and by the one that the log is recorded with."""
        ...

    async def done(self, shard: int, end: End) -> None:
        """Takes it off the list, unless another event has named the moment since it was read."""
        ...


def ends_of(page: Iterable[Recorded]) -> list[End]:
    """When credits that came in will end, each account and moment once."""
    ends: dict[tuple[int, datetime], int] = {}
    for recorded in page:
        for ends_at in _moments(recorded):
            if ends_at is not None:
                ends[account_of(recorded.stream), ends_at] = recorded.position
    return [(account, ends_at, position) for (account, ends_at), position in ends.items()]


def _moments(recorded: Recorded) -> Iterable[datetime | None]:
    match recorded.event:
        case CreditsGranted(expires_at=expires_at):
            return (expires_at,)
        case CreditRefunded(returned=returned):
            return (part.expires_at for part in returned)
        case _:
            return ()


class Expiring:
    """Lets the credits of one shard's accounts end in time."""

    def __init__(
        self,
        shard: int,
        *,
        shard_log: ShardLog,
        tracking: Tracking,
        expiries: Expiries,
        executor: Executor,
        clock: Clock,
    ) -> None:
        self._shard = shard
        self._log = shard_log
        self._tracking = tracking
        self._expiries = expiries
        self._executor = executor
        self._clock = clock

    async def run(self) -> None:
        """Looks for ever. Raises what the log raises at an event that this program cannot read."""
        log.info("expiring starts", shard=self._shard)
        while True:
            await self.look()
            await asyncio.sleep(self._clock.seconds_until(self._clock.now() + EVERY))

    async def look(self) -> None:
        """Notes what has come in, and lets go what has come to its end by now."""
        await self._note()
        while due := await self._expiries.due(self._shard, at=self._clock.now(), limit=DUE_PAGE):
            for end in due:
                await self._let_go(end)
                await self._expiries.done(self._shard, end)

    async def _note(self) -> None:
        position = await self._tracking.position(self._shard, NAME)
        while True:
            page, upto = await self._log.page_of(FOLLOWED, self._shard, after=position)
            if upto <= position:
                return
            await self._expiries.note(self._shard, ends_of(page))
            await self._tracking.advance(self._shard, NAME, upto)  # further already: another has noted the same
            position = upto

    async def _let_go(self, end: End) -> None:
        """As of the moment of the end, not of now: what ends later has a note of its own."""
        account, ends_at, _ = end
        try:
            await self._executor.execute(ExpireCredits(account=account, at=ends_at), attempts_max=None)
        except Refusal as refusal:
            log.critical("expiry parked", account=account, ends_at=ends_at, refusal=type(refusal).__name__)
