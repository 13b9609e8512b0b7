"""The steps from a stored video to its user. Nothing here can make a video.

A send is announced before it is made. One that was announced and never answered counts as an attempt of unknown
outcome, and a second copy is better than none.
"""

from __future__ import annotations

from domain import job_words as w
from domain import outside as o
from domain.failures import FailureClass
from domain.next_step import Deliver, FindOutDelivery
from processors.job_at_hand import JobAtHand, words


async def deliver(job: JobAtHand, step: Deliver) -> None:
    """Announces the attempt, sends the file, records what became of it."""
    attempt, pipeline = step.attempt, job.pipeline
    job.waits_for = "its turn to be sent"
    async with job.slot(pipeline.slots.sends):
        await job.may_begin()
        await job.say(w.StartDelivery, attempt=attempt)
        await job.may_call()
        job.waits_for = "the messenger"
        outcome = await pipeline.sender.send(job.account, job=job.id, file=step.file, attempt=attempt)
    match outcome:
        case o.Sent(file_id):
            await job.say(w.ConfirmDelivery, attempt=attempt, file_id=file_id)
        case o.NotSent(trouble, retry_after_s, for_good):
            await _fail(job, attempt, w.Outcome.NOT_SENT, trouble, retry_after_s=retry_after_s, for_good=for_good)
        case o.MaybeSent(message):
            await _fail(job, attempt, w.Outcome.UNKNOWN, o.Trouble(FailureClass.TEMPORARY, message))


async def find_out_delivery(job: JobAtHand, step: FindOutDelivery) -> None:
    """Records that nobody knows what became of the last attempt."""
    trouble = o.Trouble(FailureClass.TEMPORARY, "the send was cut off, and nobody knows whether it arrived")
    await _fail(job, step.attempt, w.Outcome.UNKNOWN, trouble)


async def _fail(
    job: JobAtHand,
    attempt: int,
    outcome: w.Outcome,
    trouble: o.Trouble,
    *,
    retry_after_s: int | None = None,
    for_good: bool = False,
) -> None:
    await job.say(
        w.FailDelivery,
        attempt=attempt,
        outcome=outcome,
        failure=trouble.failure,
        message=words(trouble.message),
        retry_after_s=retry_after_s,
        for_good=for_good,
    )
