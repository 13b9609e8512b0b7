"""Carry a job: ask for its next step, take it, again, until nothing more can come of it.

The interpreter of `domain.next_step`. It remembers nothing that matters: after a crash the job is read from the log
and carried on from there, by whoever owns its shard.
"""

from __future__ import annotations

from typing import assert_never

import structlog

from domain.next_step import (
    AskAboutTasks,
    AskForTask,
    AwaitTask,
    Deliver,
    FindOutDelivery,
    GiveUp,
    LookForLate,
    Nothing,
    Step,
    Store,
    WaitUntil,
    WriteScript,
)
from domain.refusals import OutOfTurn
from processors import delivering, generating
from processors.job_at_hand import JobAtHand

log = structlog.get_logger(__name__)


async def carry(job: JobAtHand) -> None:
    """Returns when the job has ended and no late video can come any more, or when its shard is to be given up.

    Raises what the log raises, and LeaseOver.
    """
    job.moved = True
    while not job.lease.ending.is_set():
        if job.moved:
            await job.read()
        try:
            if not await _take(job, job.next_step()):
                return
        except OutOfTurn as refusal:
            log.info("job moved on elsewhere", job=job.id, command=refusal.command, state=refusal.state)
            job.moved = True


async def _take(job: JobAtHand, step: Step) -> bool:
    """Takes the step. Whether there is another one."""
    match step:
        case WriteScript():
            await generating.write_script(job, step)
        case AskForTask():
            await generating.ask_for_task(job, step)
        case AwaitTask():
            await generating.await_task(job, step)
        case AskAboutTasks():
            await generating.ask_about_tasks(job, step)
        case Store():
            await generating.store(job, step)
        case Deliver():
            await delivering.deliver(job, step)
        case FindOutDelivery():
            await delivering.find_out_delivery(job, step)
        case GiveUp():
            await generating.give_up(job, step)
        case WaitUntil(moment):
            await job.wait(moment, "another attempt")
            await generating.look_at_tasks(job)
        case LookForLate():
            return await generating.look_for_late(job, step)
        case Nothing():
            return False
        case _:
            assert_never(step)
    return True
