"""What kind of failure an outside service met, and what that means for the job.

`classify` reads what KIE, OpenAI and Telegram say, and what stands between: the text first, the code second, since one
code means many things. The person is blamed only for what a text says clearly; what nothing is known of is UNKNOWN.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from domain import failure_texts as texts
from domain import failure_texts_foreign as foreign
from domain import failure_texts_service as service
from domain.failure_rules import Rule, says
from domain.failure_words import plain


class FailureClass(StrEnum):
    """The closed list of what can be wrong; each class has its own action."""

    USER_VIOLATION = "USER_VIOLATION"
    """The photo or the text breaks the model's rules: ends at once, another photo helps."""

    BILLING = "BILLING"
    """Our account with the service is empty or closed: ends at once, operators are told."""

    RATE_LIMIT = "RATE_LIMIT"
    """Too many requests: another key, later."""

    TEMPORARY = "TEMPORARY"
    """The service stumbled: the same again, later."""

    UNKNOWN = "UNKNOWN"
    """Nothing we know: ends at once, support is named."""


RETRIED = frozenset({FailureClass.RATE_LIMIT, FailureClass.TEMPORARY})
"""The classes for which trying again can help."""

_V, _B, _R, _T, _U = FailureClass
OFF: Final = service.OFF + foreign.OFF

FAMILIES: Final[tuple[tuple[tuple[Rule, ...], FailureClass], ...]] = (
    (texts.PHOTO_OF_PEOPLE + texts.BAD_PHOTO + texts.POLICY + foreign.POLICY, _V),
    (texts.BILLING + foreign.BILLING, _B),
    (OFF, _U),
    (service.FETCH + foreign.FETCH, _T),
    (service.CONFIG + foreign.CONFIG, _U),
    (service.RATE_LIMIT + foreign.RATE_LIMIT, _R),
    (service.TEMPORARY + foreign.TEMPORARY, _T),
)
"""Asked in this order: policy texts say `please try again` too, and billing texts `too many requests`."""

CODES: Final[Mapping[int, FailureClass]] = MappingProxyType(
    {402: _B, 433: _B, 405: _R, 429: _R, 430: _R, 408: _T, 409: _T, 425: _T, 451: _T, 455: _T, 501: _U, 505: _U}
)
"""What a code means when the text says nothing. 501 is said of every failed task, 505 of a feature switched off."""

SERVER_FAULTS: Final = range(500, 600)
FEATURE_OFF: Final = 505
NUMBER: Final = re.compile(r"(?<!\d)[1-9]\d\d(?!\d)")


def classify(message: str | None, code: str | int | None) -> FailureClass:
    """The class of what a service said: `message` its text, `code` its failCode, error code or status. Never raises.

    A code in words (`insufficient_quota`) counts as text; where both speak, a broken rule or an empty account wins.
    Source: the vendors' texts and codes, in the order of their reference.
    """
    return _heard(message, code)[0]


def model_is_off(message: str | None, code: str | int | None) -> bool:
    """Whether the service says that it does not offer the model now, to anybody. Such a failure is UNKNOWN."""
    failure, by = _heard(message, code)
    return by is OFF or (failure is _U and by is None and _number(code) == FEATURE_OFF)


def about_photo(message: str | None, code: str | int | None) -> bool:
    """Whether another photo would cure it. Such a failure is a USER_VIOLATION, and not one of the words."""
    if classify(message, code) is not _V:
        return False
    text = texts.MADE_BY_THEM.sub(" ", plain(f"{message or ''} ; {_words(code)}"))
    return says(texts.BAD_PHOTO + texts.ABOUT_PHOTO + foreign.ABOUT_PHOTO, text)


@lru_cache(maxsize=1024)
def _heard(message: str | None, code: str | int | None) -> tuple[FailureClass, tuple[Rule, ...] | None]:
    """The class, and the family whose words said so."""
    heard = [found for found in (_family(plain(message or "")), _family(plain(_words(code)))) if found]
    for strong in (_V, _B):
        for failure, family in heard:
            if failure is strong:
                return failure, family
    if heard:
        return heard[0]
    return _by_number(_number(code)), None


def _family(text: str) -> tuple[FailureClass, tuple[Rule, ...]] | None:
    return next(((failure, family) for family, failure in FAMILIES if text and says(family, text)), None)


def _words(code: str | int | None) -> str:
    """The code if it is said in words."""
    return code if isinstance(code, str) and any(letter.isalpha() for letter in code) else ""


def _number(code: str | int | None) -> int | None:
    """The three digits of a code: `429`, `"429"`, `"HTTP 429"`."""
    if not isinstance(code, str):
        return code
    found = NUMBER.search(code)
    return int(found.group()) if found else None


def _by_number(number: int | None) -> FailureClass:
    if number is None:
        return _U
    return CODES.get(number, _T if number in SERVER_FAULTS else _U)
