"""The projector: follows a shard and keeps its views, rows and position in one transaction.

It stops on an event it does not know and says which. It writes only where the views stand: whoever else has moved
them, another worker or a finished rebuild, is noticed by the write that is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from typing import Final

import structlog

from domain.log import Recorded
from processors.ports import ShardLog, ViewStore
from projections import rows as stored
from projections.views import UnknownToViews, Views, rows_needed

ROWS_AT_HAND_MAX: Final = 50_000

log = structlog.get_logger(__name__)


class ViewWriter:
    """Folds pages into one build of a shard's views. Rows once read stay at hand, up to a bound."""

    def __init__(self, store: ViewStore, shard: int, *, build: int, position: int, to_next: bool = False) -> None:
        self._store = store
        self._shard = shard
        self._build = build
        self._to_next = to_next
        self._views = Views()
        self.position = position

    async def fold(self, page: Sequence[Recorded], upto: int) -> bool:
        """Writes the page's changes, and that `upto` is reached. False when somebody else has moved the views.

        Raises UnknownToViews after what came before the unknown event was written.
        """
        await self._fetch(page)
        unknown: UnknownToViews | None = None
        try:
            self._views.fold(page)
        except UnknownToViews as error:
            unknown = error
            upto = error.position - 1
        if upto > self.position:
            if not await self._store.write(
                self._shard, self._build, after=self.position, upto=upto, rows=self._changed(), to_next=self._to_next
            ):
                return False
            self.position = upto
            self._views.written()
        if unknown is not None:
            raise unknown
        return True

    async def _fetch(self, page: Sequence[Recorded]) -> None:
        views = self._views
        if len(views.balances) + len(views.jobs) > ROWS_AT_HAND_MAX:
            views.balances.clear()
            views.jobs.clear()
        accounts, jobs = rows_needed(page)
        missing_accounts = {account for account in accounts if account not in views.balances}
        missing_jobs = {job for job in jobs if job not in views.jobs}  # `-` would walk all that is at hand
        if not missing_accounts and not missing_jobs:
            return
        balances, queue = await self._store.rows(self._shard, self._build, accounts=missing_accounts, jobs=missing_jobs)
        for row in balances:
            views.balances[row["account"]] = stored.to_books(row)
        for row in queue:
            views.jobs[row["account"], row["job"]] = stored.to_job(row)

    def _changed(self) -> tuple[list[stored.Row], list[stored.Row], list[stored.Row]]:
        views = self._views
        return (
            [stored.of_books(account, views.balances[account]) for account in views.changed_balances],
            [stored.of_line(line) for line in views.lines],
            [stored.of_job(key, views.jobs[key]) for key in views.changed_jobs],
        )


async def project(shard_log: ShardLog, store: ViewStore, shard: int) -> None:
    """Keeps the shard's views, for ever. Raises UnknownToViews, or what the log raises at an unreadable event."""
    while True:
        build, position = await store.standing(shard)
        log.info("projector starts", shard=shard, build=build, position=position)
        writer = ViewWriter(store, shard, build=build, position=position)
        async with aclosing(shard_log.follow(shard, after=position)) as pages:
            async for page, upto in pages:
                if not await writer.fold(page, upto):
                    break
        log.info("projector finds the views moved", shard=shard)
