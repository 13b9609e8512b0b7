"""What became of a call to the Bot API, read from the error that it met. Pure, and total: any error makes a value.

    AsAsked     it is as it was asked to be
    Refused     no, for good
    Later       no, and nothing was done: the same again can help
    Unclear     nobody knows whether it was done

The line between Later and Unclear decides whether a message may be repeated, for the Bot API knows no ids by which it
would tell a repeat. Texts: Client.cpp of the official server, and what that passes on. Classes: aiogram 3.31.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from aiogram import exceptions as a
from aiohttp import ClientConnectorError, ClientHttpProxyError, ConnectionTimeoutError, InvalidURL

from domain.failures import FailureClass, classify
from domain.outside import WhyNot

TOO_MANY: Final = 429
TOO_LARGE: Final = 413
REQUEST_TIMEOUT: Final = 408
ABOUT_MAX: Final = 300

NEVER_LEFT: Final = (ClientConnectorError, ClientHttpProxyError, ConnectionTimeoutError, InvalidURL)
"""No connection was made: nobody has seen the request."""

CODES: Final[Mapping[type[a.TelegramAPIError], int]] = {
    a.TelegramBadRequest: 400,
    a.TelegramUnauthorizedError: 401,
    a.TelegramForbiddenError: 403,
    a.TelegramNotFound: 404,
    a.TelegramConflictError: 409,
    a.TelegramEntityTooLarge: TOO_LARGE,
    a.TelegramMigrateToChat: 400,
}
"""The classes that are a no for good, whatever they say, and their HTTP statuses."""

IS_SO: Final = ("message is not modified", "charge_already_refunded")
SAYINGS: Final[tuple[tuple[WhyNot, tuple[str, ...]], ...]] = (
    (
        WhyNot.NOT_THERE,
        (
            *("message to edit not found", "message to delete not found", "message can't be edited"),
            *("message can't be deleted", "message_id_invalid", "message to copy not found"),
            *("message to forward not found", "no text in the message to edit", "no caption in the message to edit"),
        ),
    ),
    (WhyNot.TOO_LATE, ("query is too old", "query id is invalid", "query_id_invalid")),
    (
        WhyNot.GONE,
        (
            *("chat not found", "user not found", "user is deactivated", "bot was blocked", "bot was kicked"),
            *("can't initiate conversation", "peer_id_invalid", "input_user_deactivated", "user_is_blocked"),
            *("upgraded to a supergroup", "migrated to a supergroup"),
        ),
    ),
    (WhyNot.TOO_LARGE, ("file is too big", "entity too large", "photo_too_big")),
    (
        WhyNot.NO_FILE,
        (
            *("wrong file_id", "wrong file identifier", "wrong remote file", "file_reference", "type of file mismatch"),
            *("can't use file of type", "failed to get http url content", "wrong type of the web page content"),
            *("file is temporarily unavailable", "invalid file_id"),
        ),
    ),
)
"""What the words of a refusal mean for who wanted to say something."""

MARK_UP: Final = "can't parse entities"
SECRET: Final = re.compile(r"(?:bot)?\d+:[\w-]{6,}")
ADDRESS: Final = re.compile(r"https?://\S+", re.IGNORECASE)
QUOTED: Final = re.compile(r"\"[^\"]*\"")


class UnreadableAnswer(a.AiogramError):
    """An answer with this HTTP status that is not the Bot API's: a proxy's page, or nothing. Shows nothing of it.

    `done`: so much can be read that it was done; `message` is the id of the message then, if there is one.
    """

    def __init__(self, status: int, *, done: bool = False, message: int | None = None) -> None:
        super().__init__(f"HTTP {status} without an answer of the Bot API's")
        self.status = status
        self.done = done
        self.message = message


class AsAsked(NamedTuple):
    """It is as it was asked to be, already or at last. `message` is the id of the message, if it is known."""

    message: int | None = None


class Refused(NamedTuple):
    """No, for good. `code` is the HTTP status, `about` what was said: no secrets, no personal text."""

    why: WhyNot
    code: int
    about: str


class Later(NamedTuple):
    """Definitely not done, and trying again can help: after `wait_s`, if that was said."""

    failure: FailureClass
    about: str
    wait_s: int | None = None
    code: int | None = None


class Unclear(NamedTuple):
    """It may have been done, or not."""

    about: str


Fate = AsAsked | Refused | Later | Unclear


def what_became(error: BaseException) -> Fate:
    """What the error says about the call: one of aiogram's, or of aiohttp's where aiogram lets those through."""
    match error:
        case UnreadableAnswer(done=True):
            return AsAsked(error.message)
        case UnreadableAnswer():
            return _of_status(error.status, str(error))
        case a.TelegramRetryAfter():
            return Later(FailureClass.RATE_LIMIT, "too many requests", max(1, error.retry_after), TOO_MANY)
        case a.TelegramServerError():
            return Unclear(told(error.message))
        case a.TelegramAPIError() if type(error) in CODES:
            return _of_refusal(error.message, CODES[type(error)])
        case a.TelegramNetworkError():
            return _of_line(error.__cause__ or error)
        case a.TelegramAPIError():
            return _of_other_status(error.message)
        case _:
            return _of_line(error)


def told(text: str | None) -> str:
    """What may be kept and logged of a foreign text: one line without addresses, secrets and what it quotes."""
    words = QUOTED.sub('"…"', SECRET.sub("[hidden]", ADDRESS.sub("[address]", text or "")))
    words = "".join(sign if sign.isprintable() else " " for sign in words)
    return " ".join(words.split())[:ABOUT_MAX].strip() or "no reason given"


def _of_refusal(message: str | None, code: int) -> Fate:
    words = (message or "").lower()
    if any(saying in words for saying in IS_SO):
        return AsAsked()
    for why, sayings in SAYINGS:
        if any(saying in words for saying in sayings):
            return Refused(why, code, told(message))
    if code == TOO_LARGE:
        return Refused(WhyNot.TOO_LARGE, code, told(message))
    return Refused(WhyNot.GONE if code == 403 else WhyNot.REFUSED, code, told(message))


def _of_other_status(message: str | None) -> Fate:
    """aiogram has no class for it and keeps no status; the words of a 429 or a 408 tell them from the rest."""
    match classify(message, None):
        case FailureClass.RATE_LIMIT:
            return Later(FailureClass.RATE_LIMIT, told(message), code=TOO_MANY)
        case FailureClass.TEMPORARY:
            return Unclear(told(message))
        case _:
            return _of_refusal(message, 400)


def _of_status(status: int, about: str) -> Fate:
    """Somebody in between answered. What has the status of a no never reached Telegram."""
    if status == TOO_LARGE:
        return Refused(WhyNot.TOO_LARGE, status, about)
    if 300 <= status < 500 and status != REQUEST_TIMEOUT:
        failure = FailureClass.RATE_LIMIT if status == TOO_MANY else FailureClass.TEMPORARY
        return Later(failure, about, code=status)
    return Unclear(about)


def _of_line(error: BaseException) -> Fate:
    """The connection broke. Only the kind of error is told: the words of many hold the address, and that the token."""
    if isinstance(error, NEVER_LEFT):
        return Later(FailureClass.TEMPORARY, f"no connection: {type(error).__name__}")
    return Unclear(f"no answer: {type(error).__name__}")
