"""`verify`: reads the whole log once by position and once by stream, and says whether the books are right.

It reads up to heads fixed at the start, a page at a time, while appends, settlement and projections go on; what cannot
be judged yet because it moves is counted, not found. Memory holds one page, what is open of one account or code, and
some thousand gifts, however long the log. It rests in proportion to its work, so that appends keep their speed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from datetime import datetime
from time import perf_counter
from typing import Final

from domain.snapshots import ACCOUNT_FOLD
from processors.findings import Kind, Progress, Report
from processors.gifts import Gifts
from processors.ports import Standing, VerificationSource
from processors.rewards import NAME as REWARDS
from processors.settler import NAME as SETTLEMENT
from processors.shown import ShownRows
from processors.walk import Bounds, Due, Walk

PACE: Final = 3.0
EVENTS_PAGE: Final = 1_000
POSITIONS_PAGE: Final = 5_000
VIEWS: Final = "views"


async def verify(
    source: VerificationSource, *, pace: float = PACE, on_progress: Callable[[Progress], None] | None = None
) -> Report:
    """The report on everything that is stored, up to the heads of this moment. `report.sound` is the answer.

    `pace` is seconds of rest for each second of work, 0 for none. `on_progress` is called after each page. The process
    may make itself nice; the rests are for the database. Raises what the source raises.
    """
    return await _Verification(source, pace, on_progress).run()


class _Verification:
    """One run."""

    def __init__(self, source: VerificationSource, pace: float, on_progress: Callable[[Progress], None] | None) -> None:
        self._source = source
        self._pace = pace
        self._on_progress = on_progress
        self._report = Report()
        self._events_total = 0
        self._shard = 0
        self._worked_since = perf_counter()

    async def run(self) -> Report:
        started = perf_counter()
        # Positions of processors first, then heads: so whatever a processor has seen lies below its shard's head.
        tracking = await self._source.tracking()
        standings = await self._source.standings()
        tracked = {(shard, name): position for shard, name, position in tracking}
        self._ends(standings, tracking)
        shards = 1 + max((standing.shard for standing in standings if standing.head is not None), default=0)
        for shard in set(range(shards)) - {standing.shard for standing in standings}:
            self._report.add(Kind.HEAD, f"shard {shard} has no head row", shard=shard)
        self._report.shards = shards
        gifts = Gifts(self._source, shards=shards, report=self._report, rest=self._rest)
        self._events_total = sum(_upto(standing) for standing in standings)
        for standing in standings:
            self._shard = standing.shard
            bounds = Bounds(
                shard=standing.shard,
                shards=shards,
                views_at=tracked.get((standing.shard, VIEWS), 0),
                settler_at=tracked.get((standing.shard, SETTLEMENT), 0),
                rewards_at=tracked.get((standing.shard, REWARDS), 0),
            )
            by_stream = await self._by_stream(bounds, gifts, upto=_upto(standing))
            by_position = await self._by_position(standing.shard, upto=standing.last)
            if by_position != by_stream:
                words = f"by position there are {by_position} events, by stream {by_stream}"
                self._report.add(Kind.INDEX, words, shard=standing.shard)
        await gifts.end()
        if not self._report.totals.balanced:
            self._report.add(Kind.EQUATION, "the books of all accounts together do not balance")
        self._report.seconds = perf_counter() - started
        return self._report

    def _ends(self, standings: Sequence[Standing], tracking: Sequence[tuple[int, str, int]]) -> None:
        """Whether each shard's head row is where its events end, and no processor is further."""
        report = self._report
        for standing in standings:
            head, above = standing.head, standing.above
            if head is None:
                words = f"shard {standing.shard} has no head row"
                report.add(Kind.HEAD, words, shard=standing.shard, position=above[1] if above else None)
            elif above is not None:
                stream, position = above
                words = f"the head row says {head}, there are events up to {standing.last}"
                report.add(Kind.HEAD, words, shard=standing.shard, stream=stream, position=position)
            elif standing.last < head:
                words = f"the head row says {head}, the last event is at {standing.last}"
                report.add(Kind.HEAD, words, shard=standing.shard, position=standing.last + 1)
        ends = {standing.shard: max(standing.head or 0, standing.last) for standing in standings}
        for shard, name, position in tracking:
            if position > ends.get(shard, 0):
                words = f"{name} is at position {position}, the log ends at {ends.get(shard, 0)}"
                report.add(Kind.TRACKING, words, shard=shard, position=position)

    async def _by_position(self, shard: int, *, upto: int) -> int:
        """Looks for gaps and for a clock that went back. Returns the number of events."""
        report = self._report
        count, after = 0, 0
        since: datetime | None = None
        while after < upto:
            stretch = await self._source.stretch(shard, after=after, since=since, upto=upto, limit=POSITIONS_PAGE)
            if stretch.last is None:
                break
            for before, position, stream in stretch.gaps:
                words = f"after position {before} comes {position}, of {stream}"
                report.add(Kind.POSITION, words, shard=shard, position=before + 1)
            for position, stream, earlier, recorded_at in stretch.steps_back:
                words = f"recorded at {recorded_at}, the event before it at {earlier}"
                report.add(Kind.CLOCK, words, shard=shard, stream=stream, position=position)
            count += stretch.count
            after, since = stretch.last
            await self._rest()
        return count

    async def _by_stream(self, bounds: Bounds, gifts: Gifts, *, upto: int) -> int:
        """Audits every stream of the shard. Returns the number of events."""
        source, shard = self._source, bounds.shard
        walk = Walk(bounds, self._report)
        shown = ShownRows(source, shard, views_at=bounds.views_at, report=self._report)
        count, after, is_last = 0, ("", 0), False
        while not is_last:
            page = await source.events(shard, after=after, upto=upto, limit=EVENTS_PAGE)
            is_last = len(page) < EVENTS_PAGE
            upto_stream = None if is_last else page[-1].stream
            snapshots = await source.snapshots(shard, fold=ACCOUNT_FOLD, after=after[0], upto=upto_stream)
            walk.take(page, snapshots)
            if is_last:
                walk.end()
            else:
                after = (page[-1].stream, page[-1].version)
            due, walk.due = walk.due, Due()
            await shown.compare(due)
            await gifts.of_claims(due.claims)
            await gifts.behind(due.gifts)
            count += len(page)
            self._report.events += len(page)
            await self._rest()
        async with aclosing(source.strays(shard)) as pages:
            async for rows in pages:
                for view, stream, position in rows:
                    shown.stray(view, stream, position)
                await self._rest()
        return count

    async def _rest(self) -> None:
        if self._on_progress is not None:
            self._on_progress(
                Progress(
                    shard=self._shard,
                    shards=self._report.shards,
                    events=self._report.events,
                    events_total=self._events_total,
                )
            )
        await asyncio.sleep((perf_counter() - self._worked_since) * self._pace)
        self._worked_since = perf_counter()


def _upto(standing: Standing) -> int:
    return max(standing.head or 0, standing.last)
