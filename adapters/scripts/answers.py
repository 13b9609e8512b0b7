"""Reads what a chat model's service answers. No body makes anything but words or a trouble.

Some gateways answer faults with HTTP 200 and a body of their own: then there are no choices, and the body says why.
"""

from __future__ import annotations

import json
import re
from typing import Final, NamedTuple

from domain.failures import FailureClass, classify
from domain.outside import Trouble

CODE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{1,60}|[1-9][0-9]{2,3}")
"""What may be told of a code: a word or a number, so that no text of a person gets through."""


class Words(NamedTuple):
    """What the model said. `whole`: it came to an end by itself."""

    text: str
    whole: bool


def words_in(body: bytes | str) -> Words | Trouble:
    """What the body of an HTTP 200 says."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return Trouble(FailureClass.TEMPORARY, "answered with no JSON")
    if not isinstance(answer, dict):
        return Trouble(FailureClass.TEMPORARY, "answered with no JSON object")
    choices = answer.get("choices")
    if not isinstance(choices, list) or not choices:
        return trouble_in(answer, status=None)
    return _choice(choices[0])


def trouble_in(body: object, *, status: int | None) -> Trouble:
    """What went wrong, from a decoded error body. Its text decides the class and is not told: it may quote a person."""
    body = body if isinstance(body, dict) else {"message": body}
    error = body.get("error")
    error = error if isinstance(error, dict) else {**body, "message": error or body.get("msg") or body.get("message")}
    codes = [code for code in (error.get("code"), error.get("type")) if isinstance(code, str | int) and code]
    message = error.get("message")
    failure = classify(message if isinstance(message, str) else None, " ".join(map(str, codes)))
    if failure is FailureClass.UNKNOWN and status is not None:
        failure = classify(None, status)
    told = [str(code) for code in (status, *codes) if code and CODE.fullmatch(str(code))]
    return Trouble(failure, f"answered without a script: {', '.join(told) or 'no reason given'}")


def _choice(choice: object) -> Words | Trouble:
    choice = choice if isinstance(choice, dict) else {}
    message = choice.get("message")
    message = message if isinstance(message, dict) else {}
    if message.get("refusal"):
        return Trouble(FailureClass.USER_VIOLATION, "refused to write the script")
    if choice.get("finish_reason") == "content_filter":
        return Trouble(FailureClass.USER_VIOLATION, "stopped by the content filter")
    text = _text(message.get("content"))
    if not text.strip():
        return Trouble(FailureClass.UNKNOWN, "answered with an empty script")
    return Words(text, whole=choice.get("finish_reason") != "length")


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    parts = [part.get("text") for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    return "".join(part for part in parts if isinstance(part, str))
