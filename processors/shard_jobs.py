"""The jobs of one shard, each carried by a task of its own, from the one that was open at the start to the newest.

Jobs are found in the views, and in the log above the position that those had seen: nothing is missed, and a job that
is met twice is carried once. A job whose task stumbles over something that is not its own fault, the database for
one, is read again and carried on after a pause.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Final

import structlog

from domain.job_words import JobCancelled, JobQueued
from domain.log import Recorded
from domain.streams import account_of, id_of
from processors.carry import carry
from processors.job_at_hand import JobAtHand
from processors.lease import Lease, LeaseOver
from processors.pipeline import Pipeline
from processors.ports import ShardLog
from processors.services import OpenJobs

PAUSE_S: Final = (1.0, 2.0, 5.0, 15.0, 60.0)
"""After a job's first, second, ... stumble in a row."""

FOLLOWED: Final = ("JobQueued", "JobCancelled")
"""What others append to a job's stream. The rest is ours."""

log = structlog.get_logger(__name__)


class ShardJobs:
    """Carries every job of the shard while it runs. The lease says whether the shard is still ours."""

    def __init__(
        self, shard: int, *, pipeline: Pipeline, shard_log: ShardLog, open_jobs: OpenJobs, lease: Lease
    ) -> None:
        self._shard = shard
        self._pipeline = pipeline
        self._log = shard_log
        self._open_jobs = open_jobs
        self._lease = lease
        self._jobs: dict[tuple[int, str], JobAtHand] = {}

    def wake(self, account: int, job_id: str) -> None:
        """Tells the job, if it is carried here, that there is something new for it outside the log."""
        job = self._jobs.get((account, job_id))
        if job is not None:
            job.news.set()

    def at_hand(self) -> list[JobAtHand]:
        """The jobs under way, for whoever wants to see what they wait for."""
        return list(self._jobs.values())

    async def run(self) -> None:
        """Carries until the shard is to be given up: then every job comes to the end of the call that is under way.

        Cancelled, it leaves every job where it is.
        """
        ended_after = self._pipeline.clock.now() - self._pipeline.pace.late
        jobs, position = await self._open_jobs.in_shard(self._shard, ended_after=ended_after)
        log.info("jobs taken up", shard=self._shard, jobs=len(jobs), position=position)
        try:
            async with asyncio.TaskGroup() as carriers:
                for account, job_id in jobs:
                    self._take_up(carriers, account, job_id)
                follower = carriers.create_task(self._follow(carriers, position), name=f"jobs of shard {self._shard}")
                await self._lease.ending.wait()
                follower.cancel()
                for job in self._jobs.values():
                    job.leave()
        except ExceptionGroup as group:  # the follower's alone: a carrier raises nothing
            raise group.exceptions[0] from None

    async def _follow(self, carriers: asyncio.TaskGroup, position: int) -> None:
        async with aclosing(self._log.follow(self._shard, after=position, types=FOLLOWED)) as pages:
            async for page, _ in pages:
                for recorded in page:
                    self._heard(carriers, recorded)

    def _heard(self, carriers: asyncio.TaskGroup, recorded: Recorded) -> None:
        if isinstance(recorded.event, JobQueued):
            self._take_up(carriers, account_of(recorded.stream), id_of(recorded.stream))
        elif isinstance(recorded.event, JobCancelled):
            job = self._jobs.get((account_of(recorded.stream), id_of(recorded.stream)))
            if job is not None:
                job.moved = True
                job.news.set()

    def _take_up(self, carriers: asyncio.TaskGroup, account: int, job_id: str) -> None:
        if (account, job_id) not in self._jobs:
            job = JobAtHand(self._pipeline, self._lease, account, job_id)
            self._jobs[account, job_id] = job
            carriers.create_task(self._carry(job), name=f"job {job_id}")

    async def _carry(self, job: JobAtHand) -> None:
        stumbles = 0
        try:
            while True:
                try:
                    await carry(job)
                except LeaseOver:
                    return
                except Exception:
                    log.exception("job stumbled", job=job.id, stumbles=stumbles + 1)
                    await asyncio.sleep(PAUSE_S[min(stumbles, len(PAUSE_S) - 1)])
                    stumbles += 1
                else:
                    return
        finally:
            del self._jobs[job.account, job.id]
