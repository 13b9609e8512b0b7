"""Who runs which shard: processes divide the shards among themselves, and whoever falls silent loses its share.

Each process bids for free shards up to its fair share, ceil(shards / live workers), and gives surplus back when others
join. When the session that holds its locks is lost, everything that ran under it is cancelled at once; what it was
doing outside then counts as outcome unknown. Every write of an owner is conditional: one that is late writes nothing.

A shard that this build cannot run is declined for good, and others may take it beyond their share: else it would lie
idle while a worker that does not want it is counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from typing import Any, Final

import structlog

from processors.lease import Lease, ShardLocks, Standing

LOOK_EVERY_S: Final = 0.5
REOPEN_EVERY_S: Final = 0.5
GRACE_S: Final = 10.0
CANCELLED_WITHIN_S: Final = 5.0
RETRY_AFTER_S: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
HEALTHY_AFTER_S: Final = 60.0
"""A shard that ran so long before it failed is retried as if it had never failed."""

RunShard = Callable[[int, Lease], Coroutine[Any, Any, None]]
"""Runs one shard until its lease is ending, or until it is cancelled."""

log = structlog.get_logger(__name__)


@dataclass
class _Run:
    """A shard that runs here. `cancel_at` is when it is cancelled, once it was asked to end."""

    lease: Lease
    task: asyncio.Task[None]
    started_at: float
    cancel_at: float | None = None
    is_cancelled: bool = False

    def cancel(self) -> None:
        """Ends it at once. Once only: a second cancellation would break off its clearing up."""
        if not self.is_cancelled:
            self.is_cancelled = True
            self.lease.end()
            self.task.cancel()

    def error(self) -> BaseException | None:
        """What a task that has ended failed with."""
        return None if self.task.cancelled() else self.task.exception()


class Ownership:
    """This process's part in running the shards of one role."""

    def __init__(
        self,
        open_locks: Callable[[], AbstractAsyncContextManager[ShardLocks]],
        run_shard: RunShard,
        *,
        shards: int,
        unfit: tuple[type[Exception], ...] = (),
        grace_s: float = GRACE_S,
    ) -> None:
        """`unfit` are the errors which say that this build cannot run a shard, so that trying again is of no use.

        A shard that is given to somebody else has `grace_s` to come to a good end.
        """
        self._open_locks = open_locks
        self._run_shard = run_shard
        self._shards = range(shards)
        self._unfit = unfit
        self._grace_s = grace_s
        self._runs: dict[int, _Run] = {}
        self._declined: set[int] = set()
        self._failures: dict[int, int] = {}
        self._not_before: dict[int, float] = {}
        self._stop_by: float | None = None
        self._wake = asyncio.Event()
        self._ended = asyncio.Event()

    @property
    def owned(self) -> frozenset[int]:
        """The shards that run here, those that are ending included."""
        return frozenset(self._runs)

    async def run(self) -> None:
        """Takes part until `stop`. Raises what opening the locks raises, unless it is a ConnectionError."""
        log.info("ownership starts", shards=len(self._shards))
        try:
            while self._stop_by is None:
                try:
                    async with self._open_locks() as locks:
                        locks.when_lost(self._cancel_all)
                        await self._take_part(locks)
                except ConnectionError as error:
                    log.warning("shard locks lost", error=str(error))
                    if self._stop_by is None:
                        self._wake.clear()  # the loss has set it
                    await self._pause(REOPEN_EVERY_S)
        finally:
            await self._cancel_and_wait()
            self._ended.set()
            log.info("ownership ends")

    async def stop(self, limit_s: float) -> None:
        """Ends all shards gently and gives them back. What still runs after `limit_s` is cancelled."""
        self._stop_by = _now() + limit_s
        for run in self._runs.values():
            run.lease.ending.set()
        self._wake.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(limit_s + CANCELLED_WITHIN_S):
                await self._ended.wait()

    async def _take_part(self, locks: ShardLocks) -> None:
        try:
            for shard in sorted(self._declined):
                await locks.decline(shard)
            while self._stop_by is None:
                self._wake.clear()
                await self._clear_away(locks)
                await self._share(locks)
                await self._pause(LOOK_EVERY_S)
            await locks.leave()
            while self._runs and _now() < self._stop_by:
                await self._pause(self._stop_by - _now())
                self._wake.clear()
                await self._clear_away(locks)
        finally:
            if not locks.lost:
                await self._cancel_and_wait()

    async def _share(self, locks: ShardLocks) -> None:
        """Asks surplus shards to end, or bids for free ones."""
        standing = await locks.standing()
        fair_share = -(-len(self._shards) // max(1, standing.workers))
        kept = sorted(
            shard
            for shard, run in self._runs.items()
            if not run.lease.over and not run.lease.ending.is_set() and shard not in standing.declined
        )
        for shard in kept[fair_share:]:
            log.info("shard ending", shard=shard, workers=standing.workers)
            self._runs[shard].lease.ending.set()
            self._runs[shard].cancel_at = _now() + self._grace_s
        room = fair_share - len(kept)
        for shard in self._free(standing):
            is_extra = shard in standing.declined
            if (is_extra or room > 0) and self._stop_by is None and await locks.try_lock(shard):
                room -= not is_extra
                self._start(shard, locks)

    def _free(self, standing: Standing) -> list[int]:
        now = _now()
        return [
            shard
            for shard in self._shards
            if shard not in standing.taken
            and shard not in self._runs
            and shard not in self._declined
            and self._not_before.get(shard, now) <= now
        ]

    def _start(self, shard: int, locks: ShardLocks) -> None:
        log.info("shard taken", shard=shard)
        lease = Lease(locks)
        if self._stop_by is not None:
            lease.ending.set()
        task = asyncio.create_task(self._run_shard(shard, lease), name=f"shard {shard}")
        task.add_done_callback(lambda _task: self._wake.set())
        self._runs[shard] = _Run(lease, task, _now())

    async def _clear_away(self, locks: ShardLocks) -> None:
        """Cancels what was asked to end and did not, and gives back what has ended."""
        for shard, run in list(self._runs.items()):
            if run.cancel_at is not None and _now() >= run.cancel_at:
                run.cancel()
            if run.task.done():
                del self._runs[shard]
                self._learn_from(shard, run)
                if shard in self._declined:
                    await locks.decline(shard)
                if run.lease.locks is locks:
                    await locks.unlock(shard)
                log.info("shard given back", shard=shard)

    def _learn_from(self, shard: int, run: _Run) -> None:
        """Keeps in mind what the end of a shard means for bidding for it again."""
        error = run.error()
        if error is None and (run.lease.over or run.lease.ending.is_set()):
            return
        if error is not None and self._says_unfit(error):
            log.critical("shard declined", shard=shard, exc_info=error)
            self._declined.add(shard)
            return
        failures = 0 if _now() - run.started_at > HEALTHY_AFTER_S else self._failures.get(shard, 0)
        retry_after_s = RETRY_AFTER_S[min(failures, len(RETRY_AFTER_S) - 1)]
        self._failures[shard] = failures + 1
        self._not_before[shard] = _now() + retry_after_s
        log.error("shard failed", shard=shard, retry_after_s=retry_after_s, exc_info=error)

    def _says_unfit(self, error: BaseException) -> bool:
        if isinstance(error, BaseExceptionGroup):
            return error.subgroup(self._unfit) is not None
        return isinstance(error, self._unfit)

    def _cancel_all(self) -> None:
        for run in self._runs.values():
            run.cancel()
        self._wake.set()

    async def _cancel_and_wait(self) -> None:
        """Cancels everything and waits for it, though not for ever. What failed is told."""
        self._cancel_all()
        if not self._runs:
            return
        await asyncio.wait([run.task for run in self._runs.values()], timeout=CANCELLED_WITHIN_S)
        for shard, run in list(self._runs.items()):
            if not run.task.done():
                log.critical("shard does not end", shard=shard)
                continue
            del self._runs[shard]
            if (error := run.error()) is not None:
                log.error("shard failed", shard=shard, exc_info=error)

    async def _pause(self, seconds: float) -> None:
        """Returns after so long, or earlier when a shard has ended, the locks are lost or all is to stop."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()


def _now() -> float:
    return asyncio.get_running_loop().time()
