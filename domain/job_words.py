"""The words of a job: what can be wished of one video, and what can happen to it.

The rules that lead from one to the other, and the diagram, are in `domain.job`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from domain.failures import FailureClass
from domain.ordered import Count, Ordered
from domain.reasons import Reason
from domain.shapes import Amount, Command, Event, Forgotten, Id, Moment, Personal, PersonalText, Words

Index = Annotated[int, Field(strict=True, ge=0, le=4)]
Number = Annotated[int, Field(strict=True, ge=1)]
OptionalText = Annotated[str | Forgotten | None, Personal()]


class ScriptSource(StrEnum):
    """Who wrote the video's script."""

    OPENAI = "openai"
    TEMPLATE = "template"


class Outcome(StrEnum):
    """What is known of a send that failed."""

    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"


# Commands


class JobCommand(Command):
    """A wish about one job of the account."""

    job: Id


class QueueJob(Ordered):
    """Put one video of an order into the queue. `index` runs from 0 to `count` - 1.

    Not a wish from outside: a job is queued by its order, which reserves its price in the same append.
    """

    job: Id
    index: Index


class WritePrompt(JobCommand):
    """Keep the script that the video will be made from."""

    script: str
    source: ScriptSource
    failure: FailureClass | None = None


class RequestTask(JobCommand):
    """Say, before calling, that a task is about to be asked for. `key` is the label of the key used."""

    number: Number
    key: Id


class RecordTask(JobCommand):
    """Keep the id under which the service runs request `number`."""

    number: Number
    task: Id


class AcceptPhoto(JobCommand):
    """The photo passed the model's checks, says the task of request `number`."""

    number: Number


class FailGeneration(JobCommand):
    """Request `number` came to nothing. `elsewhere`: another key is ready, so a full one needs no rest."""

    number: Number
    failure: FailureClass
    message: Words
    reason: Reason = Reason.OURS
    elsewhere: bool = False


class RecordVideo(JobCommand):
    """Request `number` made a video that lies at `url`."""

    number: Number
    url: str


class StoreVideo(JobCommand):
    """The video is ours now, under this name in storage."""

    file: str


class StartDelivery(JobCommand):
    """Say, before sending, that attempt `attempt` starts."""

    attempt: Number


class FailDelivery(JobCommand):
    """The attempt's send failed; `outcome` says whether something may have arrived.

    It is not made again for `retry_after_s`, or never, when it failed `for_good`.
    """

    attempt: Number
    outcome: Outcome
    failure: FailureClass
    message: Words
    retry_after_s: Amount | None = None
    for_good: bool = False


class ConfirmDelivery(JobCommand):
    """The messenger took the attempt's video, says that it was sent and names it `file_id`."""

    attempt: Number
    file_id: str | None = None


class FailJob(JobCommand):
    """End the job without a video: a deadline passed, or nothing else can be done."""

    failure: FailureClass
    message: Words
    reason: Reason = Reason.OURS


class CancelJob(JobCommand):
    """The user does not want the video any more; possible until a task was asked for."""


class RecordLateVideo(JobCommand):
    """A video came after the job's end; it is stored under this name and offered free."""

    number: Number
    file: str


JobWish = QueueJob | JobCommand
"""Everything that a job is decided on."""

# Events


class JobQueued(Event):
    """One video of an order waits to be made."""

    order: Id
    index: Index
    count: Count
    model: Id
    price: Amount
    template: Id | None
    photo: PersonalText
    prompt: OptionalText
    product_text: OptionalText
    wishes: OptionalText
    aspect_ratio: Id | None
    duration_s: Amount | None
    at: Moment


class PromptWritten(Event):
    """The script is there. `failure` tells why the template had to step in."""

    script: PersonalText
    source: ScriptSource
    failure: FailureClass | None = None


class KieTaskRequested(Event):
    """A task is about to be asked for; a crash after this leaves its outcome unknown."""

    number: Number
    key: Id
    at: Moment


class KieTaskCreated(Event):
    """Request `number` runs under this task id."""

    number: Number
    task: Id


class PhotoAccepted(Event):
    """The photo passed the model's checks."""


class GenerationFailed(Event):
    """Request `number` came to nothing; what follows from it is the next event."""

    number: Number
    failure: FailureClass
    message: Words
    reason: Reason


class RetryScheduled(Event):
    """The generation is tried again as attempt `attempt`, not before `retry_at`."""

    attempt: Number
    retry_at: Moment


class VideoGenerated(Event):
    """Request `number` made a video."""

    number: Number
    url: str


class VideoStored(Event):
    """The video is ours; from here on nothing is generated any more."""

    file: str


class DeliveryStarted(Event):
    """The video is about to be sent; a crash after this leaves unknown whether it arrived."""

    attempt: Number
    at: Moment


class DeliveryFailed(Event):
    """The attempt's send failed, and nothing or possibly something arrived."""

    attempt: Number
    outcome: Outcome
    failure: FailureClass
    message: Words
    retry_at: Moment | None


class VideoDelivered(Event):
    """The end: the user has the video, or (`confirmed` false) may have it. `file_id` names it in the messenger."""

    confirmed: bool
    file_id: OptionalText = None


class JobFailed(Event):
    """The end: no video, and the reservation goes back."""

    failure: FailureClass
    message: Words
    reason: Reason


class JobCancelled(Event):
    """The end: the user did not want it any more, and the reservation goes back."""


class LateVideoArrived(Event):
    """A video came after the end. It is offered free; no money moves."""

    number: Number
    file: str


JobEvent = (
    JobQueued
    | PromptWritten
    | KieTaskRequested
    | KieTaskCreated
    | PhotoAccepted
    | GenerationFailed
    | RetryScheduled
    | VideoGenerated
    | VideoStored
    | DeliveryStarted
    | DeliveryFailed
    | VideoDelivered
    | JobFailed
    | JobCancelled
    | LateVideoArrived
)
