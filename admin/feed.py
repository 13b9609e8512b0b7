"""The feed of the demo: what each person hears of each job at the moment it happens, told from the log alone."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import aclosing, asynccontextmanager
from datetime import tzinfo
from typing import Final, TextIO

from admin.notices import heard
from admin.office import Office
from domain.account_words import CreditCaptured, CreditRefunded
from domain.feedback import UNHEARD, Notice, Progress, hear, notices
from domain.log import Recorded
from domain.streams import account_of, category_of, id_of

PATIENCE_S: Final = 60.0
"""A story in which nothing is heard for so long has stopped."""


class NothingHeard(Exception):
    """A job does not come to its end, and nothing else is heard either: a bug, or a machine that stands still."""


class Feed:
    """Tells the notices of the people it knows. `turn` is held by whoever has several lines to tell."""

    def __init__(self, out: TextIO, zone: tzinfo | None = None) -> None:
        self.turn = asyncio.Lock()
        self.followers: list[asyncio.Task[None]] = []
        self._out = out
        self._zone = zone
        self._names: dict[int, str] = {}
        self._progress: dict[tuple[int, str], Progress] = defaultdict(lambda: UNHEARD)
        self._news = asyncio.Event()

    def say(self, line: str = "") -> None:
        """Tells a line."""
        self._out.write(f"{line}\n")
        self._out.flush()

    def know(self, account: int, name: str) -> None:
        """From now on the account's notices are told."""
        self._names[account] = name

    async def until(self, account: int, job: str, holds: Callable[[Progress], bool]) -> Progress:
        """Returns the job's progress once it is so. Raises NothingHeard, and what a follower failed with."""
        while not holds(progress := self._progress[account, job]):
            self._news.clear()
            for follower in self.followers:
                if follower.done():
                    follower.result()
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await self._news.wait()
            except TimeoutError as error:
                msg = f"job {job} stands at {progress.stage}, and nothing is heard for {PATIENCE_S:.0f} s"
                raise NothingHeard(msg) from error
        return progress

    async def follow(self, office: Office, shard: int, *, after: int) -> None:
        """Tells what is heard of the shard's jobs, for ever."""
        try:
            async with aclosing(office.shard_log.follow(shard, after=after)) as pages:
                async for page, _ in pages:
                    async with self.turn:
                        self._tell(page)
        finally:
            self._news.set()

    def _tell(self, page: Iterable[Recorded]) -> None:
        for recorded in page:
            job = _job_of(recorded)
            account = 0 if job is None else account_of(recorded.stream)
            if job is None or account not in self._names:
                continue
            before = self._progress[account, job]
            after = hear(before, recorded.event)
            self._progress[account, job] = after
            for notice in notices(before, after):
                self.say(self._line(recorded, account, job, notice, after))
        self._news.set()

    def _line(self, recorded: Recorded, account: int, job: str, notice: Notice, progress: Progress) -> str:
        at = recorded.recorded_at.astimezone(self._zone)
        return f"    {at:%H:%M:%S}  {self._names[account]:<6}  {job:<15}  {heard(notice, progress)}"


def _job_of(recorded: Recorded) -> str | None:
    """The job that the event is about, as far as its user hears of it."""
    if isinstance(recorded.event, CreditCaptured | CreditRefunded):
        return recorded.event.job
    return id_of(recorded.stream) if category_of(recorded.stream) == "job" else None


@asynccontextmanager
async def feed_of(office: Office, out: TextIO) -> AsyncIterator[Feed]:
    """Tells what happens from now on, until it is left."""
    feed = Feed(out)
    for shard in range(office.shards):
        _, position = await office.views.standing(shard)
        feed.followers.append(asyncio.create_task(feed.follow(office, shard, after=position)))
    try:
        yield feed
    finally:
        for follower in feed.followers:
            follower.cancel()
        await asyncio.gather(*feed.followers, return_exceptions=True)
