"""What the user should hear of a job, derived from its events and the settlement's, and from nothing else.

`Progress` is where a job stands in the user's eyes; `hear` folds one more event in. A screen shows the progress, and
`notices` names what is worth saying between two of them. That credits are back is said when CreditRefunded says so,
never earlier: a failed job's money is on its way until then.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from domain import job_words as w
from domain.account_words import CreditCaptured, CreditRefunded
from domain.reasons import Reason
from domain.retry import ATTEMPTS_MAX
from domain.shapes import Event


class Stage(StrEnum):
    """How far the job is."""

    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    WRITTEN = "written"
    GENERATING = "generating"
    RESTING = "resting"
    SENDING = "sending"
    READY = "ready"
    MAYBE_SENT = "maybe_sent"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Notice(StrEnum):
    """What is worth saying."""

    ACCEPTED = "accepted"
    GENERATING = "generating"
    PHOTO_PASSED = "photo_passed"
    PHOTO_REFUSED = "photo_refused"
    RETRYING = "retrying"
    SENDING = "sending"
    SENDING_AGAIN = "sending_again"
    READY = "ready"
    MAYBE_SENT = "maybe_sent"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"
    LATE_VIDEO = "late_video"


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the job stands. `attempt` of `attempts_max` is that of the generation, and once sending, of the send.

    `refunded` counts the credits that came back, None until they have. `late` is the file of a video that came after
    the end. `by_template` tells that the script was not written by the service.
    """

    stage: Stage = Stage.UNKNOWN
    attempt: int = 1
    attempts_max: int = ATTEMPTS_MAX
    photo_passed: bool = False
    by_template: bool = False
    reason: Reason | None = None
    captured: bool = False
    refunded: int | None = None
    late: str | None = None


UNHEARD: Final = Progress()


def hear(progress: Progress, event: Event) -> Progress:
    """The progress after an event of the job's stream, or after the credit event that settles the job.

    Other events change nothing.
    """
    match event:
        case w.JobQueued():
            return replace(progress, stage=Stage.ACCEPTED)
        case w.PromptWritten(source=source):
            return replace(progress, stage=Stage.WRITTEN, by_template=source is w.ScriptSource.TEMPLATE)
        case w.KieTaskRequested() | w.KieTaskCreated():
            return replace(progress, stage=Stage.GENERATING)
        case w.PhotoAccepted():
            return replace(progress, photo_passed=True)
        case w.RetryScheduled(attempt=attempt):
            return replace(progress, stage=Stage.RESTING, attempt=attempt, photo_passed=False)
        case w.VideoGenerated():
            return replace(progress, photo_passed=True)
        case w.VideoStored():
            return replace(progress, stage=Stage.SENDING, attempt=1)
        case w.DeliveryStarted(attempt=attempt):
            return replace(progress, stage=Stage.SENDING, attempt=attempt)
        case w.LateVideoArrived(file=file):
            return replace(progress, late=file)
        case _:
            return _end(progress, event)


def _end(progress: Progress, event: Event) -> Progress:
    match event:
        case w.VideoDelivered(confirmed=confirmed):
            return replace(progress, stage=Stage.READY if confirmed else Stage.MAYBE_SENT)
        case w.JobFailed(reason=reason):
            return replace(progress, stage=Stage.FAILED, reason=reason)
        case w.JobCancelled():
            return replace(progress, stage=Stage.CANCELLED)
        case CreditRefunded(amount=amount):
            return replace(progress, refunded=amount)
        case CreditCaptured():
            return replace(progress, captured=True)
        case _:
            return progress


def progress_of(events: Iterable[Event]) -> Progress:
    """The progress after these events, the job's and its settlement's, in the order in which they happened."""
    progress = UNHEARD
    for event in events:
        progress = hear(progress, event)
    return progress


STAGE_NOTICES: Final = {
    Stage.ACCEPTED: Notice.ACCEPTED,
    Stage.GENERATING: Notice.GENERATING,
    Stage.RESTING: Notice.RETRYING,
    Stage.SENDING: Notice.SENDING,
    Stage.READY: Notice.READY,
    Stage.MAYBE_SENT: Notice.MAYBE_SENT,
    Stage.CANCELLED: Notice.CANCELLED,
}


def notices(before: Progress, after: Progress) -> tuple[Notice, ...]:
    """What is worth saying now, in order; nothing when nothing changed."""
    said: list[Notice] = []
    if after.photo_passed and not before.photo_passed:
        said.append(Notice.PHOTO_PASSED)
    if after.stage is not before.stage:
        if after.stage is Stage.FAILED:
            said.append(Notice.PHOTO_REFUSED if after.reason is Reason.PHOTO else Notice.FAILED)
        elif after.stage in STAGE_NOTICES:
            said.append(STAGE_NOTICES[after.stage])
    elif after.stage is Stage.SENDING and after.attempt > before.attempt:
        said.append(Notice.SENDING_AGAIN)
    if after.refunded is not None and before.refunded is None:
        said.append(Notice.REFUNDED)
    if after.late is not None and before.late is None:
        said.append(Notice.LATE_VIDEO)
    return tuple(said)
