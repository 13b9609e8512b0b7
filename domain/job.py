"""A job: one video, from queued to its end.

    Queued ─▶ Scripted ─▶ Requested ─▶ Generating ─▶ Generated ─▶ Stored ─▶ Delivering ─▶ Delivered
      │           │         ▲ │  │         │                                  ▲    │
      ▼           ▼         │ │  └────┬────┘                                  │    ▼
    Cancelled   Cancelled   │ │       ▼                                      Undelivered
                            │ │    (faltered: tried again later, or failed)        │
                            └─┼─── Resting                                         ▼
                              │                                             Failed, or Delivered
        every state up to Stored ─▶ Failed                                  unconfirmed

The surprises: no state from Stored on has a way back to generation, so a failed send can never make a
second video; and a send whose outcome is unknown may have arrived, so if any attempt was unknown the job
ends Delivered, unconfirmed. States are in `domain.job_states`, words in `domain.job_words`.
"""

from __future__ import annotations

from dataclasses import replace

from domain import job_words as w
from domain.job_states import (
    Cancelled,
    Delivered,
    Delivering,
    Failed,
    Faltered,
    Generated,
    Generating,
    JobState,
    NoJob,
    Queued,
    Request,
    Requested,
    Resting,
    Scripted,
    Stored,
    Undelivered,
    Work,
    brief_of,
    others_of,
)
from domain.ordered import Ordered
from domain.reasons import Reason
from domain.refusals import OutOfTurn, SameIdOtherContent
from domain.retry import ATTEMPTS_MAX, delivery_retry_at, retry_at
from domain.shapes import Forgotten, of_checked

# Rules


def decide(command: w.JobWish, state: JobState) -> list[w.JobEvent]:
    """The events that follow from the command. Raises a Refusal when a rule says no."""
    match command, state:
        case w.QueueJob(), _:
            return _queue(command, state)
        case w.CancelJob(), Cancelled():
            return []
        case w.CancelJob(), Queued() | Scripted():
            return [w.JobCancelled()]
        case w.FailJob(failure=failure, message=message, reason=reason), (
            Queued() | Scripted() | Requested() | Generating() | Resting() | Generated() | Stored()
        ):
            return [w.JobFailed(failure=failure, message=message, reason=reason)]
        case w.RecordLateVideo(number=number, file=file), Delivered() | Failed() | Cancelled():
            return [] if number in state.late else [w.LateVideoArrived(number=number, file=file)]
        case _, Stored() | Delivering() | Undelivered():
            return _deliver(command, state)
        case _:
            return _generate(command, state)


def _generate(command: w.JobCommand, state: JobState) -> list[w.JobEvent]:
    match command, state:
        case w.WritePrompt(script=script, source=source, failure=failure), Queued():
            return [w.PromptWritten(script=script, source=source, failure=failure)]
        case w.RequestTask(number=number, key=key, at=at), _ if number == _next_number(command, state):
            return [w.KieTaskRequested(number=number, key=key, at=at)]
        case w.RecordTask(number=number, task=task), Requested(work) if number == work.number:
            return [w.KieTaskCreated(number=number, task=task)]
        case w.AcceptPhoto(number=number), Generating(work, photo_accepted=False) if number == work.number:
            return [w.PhotoAccepted()]
        case w.FailGeneration(number=number), Requested(work) | Generating(work) if number == work.number:
            return _falter(command, work)
        case w.RecordVideo(number=number, url=url), Requested(work) | Generating(work) | Resting(work) if (
            number <= work.number
        ):
            return [w.VideoGenerated(number=number, url=url)]
        case w.StoreVideo(file=file), Generated():
            return [w.VideoStored(file=file)]
        case _:
            raise _out_of_turn(command, state)


def _deliver(command: w.JobCommand, state: Stored | Delivering | Undelivered) -> list[w.JobEvent]:
    match command, state:
        case w.StartDelivery(attempt=1, at=at), Stored():
            return [w.DeliveryStarted(attempt=1, at=at)]
        case w.StartDelivery(attempt=attempt, at=at), Delivering() if attempt == state.attempt + 1 <= ATTEMPTS_MAX:
            return [w.DeliveryStarted(attempt=attempt, at=at)]
        case w.StartDelivery(attempt=attempt, at=at), Undelivered(until=until) if (
            until is not None and until <= at and attempt == state.attempt + 1
        ):
            return [w.DeliveryStarted(attempt=attempt, at=at)]
        case w.FailDelivery(attempt=attempt), Delivering() if attempt == state.attempt:
            return _fail_delivery(command, state)
        case w.ConfirmDelivery(attempt=attempt, file_id=file_id), Delivering() if attempt == state.attempt:
            return [w.VideoDelivered(confirmed=True, file_id=file_id)]
        case _:
            raise _out_of_turn(command, state)


def _out_of_turn(command: w.JobCommand, state: JobState) -> OutOfTurn:
    return OutOfTurn(command=type(command).__name__, state=type(state).__name__)


def queued(ordered: Ordered, index: int) -> w.JobQueued:
    """The event that video `index` of an order begins with."""
    asked = vars(ordered).copy()
    for whose in ("account", "job"):
        asked.pop(whose, None)
    asked["index"] = index
    return of_checked(w.JobQueued, asked)


def _queue(command: w.QueueJob, state: JobState) -> list[w.JobEvent]:
    before = brief_of(state)
    if before is None:
        return [queued(command, command.index)]
    for field in w.JobQueued.model_fields.keys() - {"at"}:
        was = getattr(before, field)
        if was != getattr(command, field) and not isinstance(was, Forgotten):
            raise SameIdOtherContent(what=f"job {command.job}", field=field)
    return []


def _next_number(command: w.RequestTask, state: JobState) -> int | None:
    match state:
        case Scripted():
            return 1
        case Requested(work):
            return work.number + 1
        case Resting(work, until) if until <= command.at:
            return work.number + 1
        case _:
            return None


def _falter(command: w.FailGeneration, work: Work) -> list[w.JobEvent]:
    failure, message, reason = command.failure, command.message, command.reason
    failed = w.GenerationFailed(number=command.number, failure=failure, message=message, reason=reason)
    again = retry_at(failure, attempt=work.attempt, at=command.at, elsewhere=command.elsewhere)
    if again is None:
        return [failed, w.JobFailed(failure=failure, message=message, reason=reason)]
    return [failed, w.RetryScheduled(attempt=work.attempt + 1, retry_at=again)]


def _fail_delivery(command: w.FailDelivery, state: Delivering) -> list[w.JobEvent]:
    again = delivery_retry_at(attempt=command.attempt, at=command.at, not_before_s=command.retry_after_s)
    if command.for_good:
        again = None
    failed = w.DeliveryFailed(
        attempt=command.attempt,
        outcome=command.outcome,
        failure=command.failure,
        message=command.message,
        retry_at=again,
    )
    if again is not None:
        return [failed]
    if state.unknown or command.outcome is w.Outcome.UNKNOWN:
        return [failed, w.VideoDelivered(confirmed=False, file_id=None)]
    return [failed, w.JobFailed(failure=command.failure, message=command.message, reason=Reason.DELIVERY)]


# Fold


def evolve(state: JobState, event: w.JobEvent) -> JobState:
    """The state after the event. Never refuses: it happened."""
    match event, state:
        case w.JobQueued(), NoJob():
            return Queued(event)
        case w.PromptWritten(script=script), Queued(brief):
            return Scripted(brief, script)
        case w.KieTaskRequested(), Scripted(brief, script):
            return Requested(Work(brief, script, attempt=1, requests=(_request(event),)))
        case w.KieTaskRequested(), Requested(work) | Resting(work):
            return Requested(replace(work, requests=(*work.requests, _request(event))))
        case w.KieTaskCreated(number=number, task=task), Requested(work):
            return Generating(_learnt(work, number, task=task))
        case w.PhotoAccepted(), Generating():
            return replace(state, photo_accepted=True)
        case w.GenerationFailed(number=number), Requested(work) | Generating(work):
            return Faltered(_learnt(work, number, dead=True))
        case w.RetryScheduled(attempt=attempt, retry_at=until), Faltered(work):
            return Resting(replace(work, attempt=attempt), until)
        case w.VideoGenerated(number=number, url=url), Requested(work) | Generating(work) | Resting(work):
            return Generated(work, number, url)
        case w.VideoStored(file=file), Generated(work, number):
            return Stored(work.brief, file, work.alive(but=number))
        case w.VideoDelivered() | w.JobFailed() | w.JobCancelled() | w.LateVideoArrived(), _:
            return _end(state, event, _brief(state))
        case _:
            return _send(state, event, _brief(state))


def _request(event: w.KieTaskRequested) -> Request:
    return Request(number=event.number, key=event.key, at=event.at)


def _learnt(work: Work, number: int, *, task: str | None = None, dead: bool = False) -> Work:
    """What is known after news of request `number`."""
    return replace(
        work,
        requests=tuple(
            replace(request, task=task or request.task, dead=dead) if request.number == number else request
            for request in work.requests
        ),
    )


def _brief(state: JobState) -> w.JobQueued:
    brief = brief_of(state)
    assert brief is not None, "a job's first event is JobQueued"
    return brief


def _send(state: JobState, event: w.JobEvent, brief: w.JobQueued) -> JobState:
    match event, state:
        case w.DeliveryStarted(attempt=attempt), Stored(file=file, others=others):
            return Delivering(brief, file, attempt, unknown=False, others=others)
        case w.DeliveryStarted(attempt=attempt), Delivering():
            return replace(state, attempt=attempt, unknown=True)
        case w.DeliveryStarted(attempt=attempt), Undelivered(file=file, unknown=unknown, others=others):
            return Delivering(brief, file, attempt, unknown=unknown, others=others)
        case w.DeliveryFailed(outcome=outcome, retry_at=until), Delivering(file=file, attempt=attempt, others=others):
            unknown = state.unknown or outcome is w.Outcome.UNKNOWN
            return Undelivered(brief, file, attempt, unknown=unknown, until=until, others=others)
        case _:
            raise _impossible(state, event)


def _end(
    state: JobState,
    event: w.VideoDelivered | w.JobFailed | w.JobCancelled | w.LateVideoArrived,
    brief: w.JobQueued,
) -> JobState:
    match event, state:
        case w.VideoDelivered(confirmed=confirmed), Delivering(file=file) | Undelivered(file=file):
            return Delivered(brief, file, confirmed, state.others)
        case w.JobFailed(failure=failure, reason=reason), _:
            return Failed(brief, failure, reason, others_of(state))
        case w.JobCancelled(), _:
            return Cancelled(brief)
        case w.LateVideoArrived(number=number), Delivered() | Failed() | Cancelled():
            return replace(state, late=state.late | {number})
        case _:
            raise _impossible(state, event)


def _impossible(state: JobState, event: w.JobEvent) -> AssertionError:
    return AssertionError(f"{type(event).__name__} cannot follow {type(state).__name__}")
