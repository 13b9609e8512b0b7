"""What an answer of KIE means for us. Pure, and total: whatever comes, a value.

A creation costs money and cannot be looked up, so its verdict is careful. An envelope with HTTP 200 is KIE's considered
word, and so is every 4xx. A 5xx may come from in front of KIE or from its middle, after the task was made: only an
envelope that names a reason to refuse makes a no of it.
"""

from __future__ import annotations

import re
from typing import Final

from adapters.kie.answers import NO_REASON, SUCCESS, Envelope, TaskState, created_task, record, told, uploaded_url
from domain.failures import FailureClass, about_photo, classify, model_is_off
from domain.outside import (
    NotFound,
    NotTaken,
    StillRunning,
    TaskCreated,
    TaskDead,
    Trouble,
    Unanswered,
    Uploaded,
    VideoMade,
)

REQUEST_TIMEOUT: Final = 408
REFUSING_5XX: Final = frozenset({505, 550})
"""Feature disabled, queue full: KIE says that it took nothing."""
A_REASON: Final = frozenset({FailureClass.USER_VIOLATION, FailureClass.BILLING, FailureClass.RATE_LIMIT})
TASK_IS_OVER: Final = frozenset({408, 501})
NO_SUCH_TASK: Final = frozenset({404, 422})
NOT_YET: Final = re.compile(r"not success|result data", re.IGNORECASE)
"""Veo's 422 for a record that is there and not through."""
OUR_FAULT: Final = frozenset({401, 402, 403, 404, 429, 455})
ASKS_FOR_FIELDS: Final = re.compile(r"\brequired\b|\bmissing\b|\bempty\b|\bblank\b|\bmust\b|\binvalid\b", re.IGNORECASE)

Creation = TaskCreated | NotTaken | Unanswered
LookUp = StillRunning | VideoMade | TaskDead | NotFound


def trouble(message: str | None, code: str | int | None, *, hide: tuple[str, ...] = ()) -> Trouble:
    """The failure by its text and code, its words made fit to keep."""
    words = told(message, hide=hide)
    return Trouble(
        failure=classify(message, code),
        message=f"{words} (code {code})" if words == NO_REASON and code is not None else words,
        about_photo=about_photo(message, code),
        model_off=model_is_off(message, code),
    )


def of_creation(status: int, answer: Envelope | None, *, hide: tuple[str, ...] = ()) -> Creation:
    """Whether there is a task now."""
    task = None if answer is None else created_task(answer)
    if task is not None and status < 300:
        return TaskCreated(task)
    if answer is None or answer.code is None:
        if 300 <= status < 500 and status != REQUEST_TIMEOUT:
            said = None if answer is None else answer.message
            return NotTaken(trouble(said, status, hide=hide))
        return Unanswered(f"HTTP {status} without an answer of KIE's")
    if answer.code == SUCCESS:
        return Unanswered("accepted, and named no task that can be asked about")
    refused = trouble(answer.message, answer.code, hide=hide)
    if status >= 500 and not _refuses(answer.code, refused):
        return Unanswered(f"HTTP {status}, code {answer.code}: {refused.message}"[:500])
    return NotTaken(refused)


def of_record(status: int, answer: Envelope | None, *, hide: tuple[str, ...] = ()) -> LookUp:
    """How the task is doing. What is not KIE's word about the task, says nothing about it: ask again."""
    if answer is None or answer.code is None:
        return StillRunning()
    if answer.code in TASK_IS_OVER:
        return TaskDead(_reason(answer, hide))
    if answer.code in NO_SUCH_TASK:
        return StillRunning() if NOT_YET.search(answer.message) else NotFound()
    if answer.code != SUCCESS or status >= 300:
        return StillRunning()
    found = record(answer)
    if found is None:
        return NotFound()
    match found.state:
        case TaskState.SUCCESS if found.url is not None:
            return VideoMade(found.url)
        case TaskState.SUCCESS:
            return TaskDead(Trouble(FailureClass.UNKNOWN, "the task succeeded and left no video"))
        case TaskState.FAIL:
            return TaskDead(_reason(answer, hide))
        case TaskState.GENERATING:
            return StillRunning(photo_accepted=True)
        case TaskState.WAITING | TaskState.UNHEARD_OF:
            return StillRunning()


def of_upload(status: int, answer: Envelope | None, *, hide: tuple[str, ...] = ()) -> Uploaded | NotTaken:
    """Where the photo lies. An upload costs nothing, so what is unknown is tried again."""
    url = None if answer is None or status >= 300 else uploaded_url(answer)
    if url is not None:
        return Uploaded(url)
    if answer is None:
        return NotTaken(_unreadable(status))
    code = status if answer.code in {None, SUCCESS} else answer.code
    if code == SUCCESS:
        return NotTaken(Trouble(FailureClass.TEMPORARY, "the upload was taken, and no address came back"))
    return NotTaken(trouble(answer.message, code, hide=hide))


def is_alive(status: int, answer: Envelope | None) -> bool:
    """Whether a request without fields was refused for want of them: then the model is offered."""
    if answer is None or answer.code is None or answer.code in OUR_FAULT or status in OUR_FAULT:
        return False
    if model_is_off(answer.message, answer.code):
        return False
    return answer.code == SUCCESS or ASKS_FOR_FIELDS.search(answer.message) is not None


def _refuses(code: int, refused: Trouble) -> bool:
    return code < 500 or code in REFUSING_5XX or refused.model_off or refused.failure in A_REASON


def _reason(answer: Envelope, hide: tuple[str, ...]) -> Trouble:
    found = record(answer)
    if found is None:
        return trouble(answer.message, answer.code, hide=hide)
    outer = None if answer.code == SUCCESS else answer.code
    return trouble(found.message, found.code or outer, hide=hide)


def _unreadable(status: int) -> Trouble:
    """Of an answer that is not KIE's: a proxy's, or a broken one."""
    if 300 <= status < 500:
        return trouble(None, status)
    return Trouble(FailureClass.TEMPORARY, f"HTTP {status} without an answer of KIE's")
