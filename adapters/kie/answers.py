"""What KIE says, read without trust: any bytes make a value, and none an exception.

Every answer is an envelope `{"code", "msg", "data"}`, and HTTP 200 says nothing about its code. Results are JSON
strings inside JSON. The two families of models differ: jobs tell a `state`, Veo a `successFlag`, as some jobs do too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

MESSAGE_MAX: Final = 500
URL_MAX: Final = 2048
CODE: Final = re.compile(r"-?[0-9]{1,9}")
TASK: Final = re.compile(r"[A-Za-z0-9._:+=-]{1,255}")
ADDRESS: Final = re.compile(r"(?:https?|data):\S+", re.IGNORECASE)
NO_REASON: Final = "no reason given"
SUCCESS: Final = 200


class Envelope(NamedTuple):
    """A JSON object from KIE. `code` is None when it has none, so that it may be somebody else's."""

    code: int | None
    message: str
    data: object


class TaskState(StrEnum):
    """How a task is doing. A word that we do not know means that it still runs."""

    WAITING = "waiting"
    GENERATING = "generating"
    SUCCESS = "success"
    FAIL = "fail"
    UNHEARD_OF = "unheard of"


class Record(NamedTuple):
    """What KIE keeps of a task. `url` is the video's, if it can be read; `code` and `message` tell of a failure.

    `word` is KIE's own for the state.
    """

    state: TaskState
    word: str
    url: str | None
    code: str | None
    message: str | None


STATES: Final[Mapping[str, TaskState]] = {
    "waiting": TaskState.WAITING,
    "queuing": TaskState.WAITING,
    "generating": TaskState.GENERATING,
    "success": TaskState.SUCCESS,
    "fail": TaskState.FAIL,
}
FLAGS: Final[Mapping[int, TaskState]] = {
    0: TaskState.WAITING,  # Veo's first flag covers the queue as well
    1: TaskState.SUCCESS,
    2: TaskState.FAIL,
    3: TaskState.FAIL,
}
RESULTS: Final = ("resultJson", "response", "info", "resultObject")


def envelope(body: bytes) -> Envelope | None:
    """The envelope; None when the body is no JSON object."""
    value = _parsed(body)
    if not isinstance(value, dict):
        return None
    message = _text(value.get("msg")) or _text(value.get("message"))
    return Envelope(_whole(value.get("code")), message, value.get("data"))


def created_task(answer: Envelope) -> str | None:
    """The id of the task that was made, if it can be part of our names."""
    return _task(_object(answer.data).get("taskId"))


def record(answer: Envelope) -> Record | None:
    """What a look-up tells of a task, of either family; None when there is no record."""
    if answer.data is None:
        return None
    data = _object(answer.data)
    code = data.get("failCode") or data.get("errorCode")
    said = (_text(data.get("failMsg")), _text(data.get("errorMessage")), answer.message)
    return Record(
        state=_state(data),
        word=told(str(data.get("state", data.get("successFlag"))))[:50],
        url=_video(data),
        code=str(code)[:50] if isinstance(code, str | int) and not isinstance(code, bool) else None,
        # "success" may stand above a failed task.
        message=next((text for text in said if text and text.lower() != "success"), None),
    )


def uploaded_url(answer: Envelope) -> str | None:
    """Where the uploaded file lies."""
    return _url(_object(answer.data).get("downloadUrl"))


def credit_balance(answer: Envelope) -> float | None:
    """The account's balance in KIE's credits, possibly with a fraction."""
    data = answer.data
    if isinstance(data, bool) or not isinstance(data, int | float):
        return None
    return float(data) if abs(data) < 1e15 else None  # also leaves out NaN and infinity


def callback_task(body: bytes) -> str | None:
    """The task that a callback speaks of. Its documentation and its examples differ in where the id stands."""
    outer = _object(_parsed(body))
    inner = _object(outer.get("data"))
    said = (inner.get("taskId"), inner.get("task_id"), outer.get("taskId"), outer.get("task_id"))
    return next((task for task in map(_task, said) if task is not None), None)


def told(message: str | None, *, hide: tuple[str, ...] = ()) -> str:
    """What may be kept and logged of a foreign text: one line of 500 characters, without addresses and what to hide."""
    text = message or ""
    for secret in hide:
        if len(secret) >= 8:
            text = text.replace(secret, "[hidden]")
    text = ADDRESS.sub("[address]", text)
    text = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(text.split())[:MESSAGE_MAX].strip() or NO_REASON


def _parsed(text: bytes | str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _object(value: object) -> Mapping[str, Any]:
    """The JSON object that the value is, or that it is the text of; an empty one for anything else."""
    if isinstance(value, str):
        value = _parsed(value)
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    if isinstance(value, str) and value.lstrip().startswith("["):
        value = _parsed(value)
    return value if isinstance(value, list) else [value]


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _whole(value: object) -> int | None:
    digits = str(value).strip() if isinstance(value, str | int) else ""
    return int(digits) if CODE.fullmatch(digits) else None


def _task(value: object) -> str | None:
    return value if isinstance(value, str) and TASK.fullmatch(value) else None


def _state(data: Mapping[str, Any]) -> TaskState:
    word = _text(data.get("state")).lower()
    if word:
        return STATES.get(word, TaskState.UNHEARD_OF)
    flag = _whole(data.get("successFlag"))
    return TaskState.UNHEARD_OF if flag is None else FLAGS.get(flag, TaskState.UNHEARD_OF)


def _video(data: Mapping[str, Any]) -> str | None:
    places = [data, *(_object(data.get(name)) for name in RESULTS)]
    places += [_object(place.get("resultObject")) for place in places]
    for place in places:
        for value in _list(place.get("resultUrls")):
            if (url := _url(value)) is not None:
                return url
    return None


def _url(value: object) -> str | None:
    if not isinstance(value, str) or len(value) > URL_MAX or not value.isprintable() or " " in value:
        return None
    try:
        address = urlsplit(value)
        host = address.hostname
    except ValueError:
        return None
    return value if address.scheme in {"http", "https"} and host else None
