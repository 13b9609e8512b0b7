"""The shapes that commands and events are made of: amounts, ids, moments, personal text.

Shape is checked here, where a command is built, and nowhere else; rules are checked in `decide`.
Amounts are whole credits: `0`, `1.5`, `"1"` and `True` are no amounts.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

AMOUNT_MAX: Final = 1_000_000_000
"""One event moves at most this many credits, so that a sum over any real log fits a bigint."""

Amount = Annotated[int, Field(strict=True, gt=0, le=AMOUNT_MAX)]
"""Whole credits, at least one."""

Whole = Annotated[int, Field(strict=True, ge=0, le=AMOUNT_MAX)]
"""Whole credits, possibly none."""

AccountId = Annotated[int, Field(strict=True, gt=0, lt=2**63)]
"""An account is a Telegram user; this is the user's id."""

Id = Annotated[str, Field(strict=True, pattern=r"^[A-Za-z0-9._:+=-]{1,255}$")]
"""A name that is part of a stream's name: letters, digits and `. _ : + = -`, never `/`.

Long, because Telegram's charge ids for Stars were seen well past 128 characters."""

Words = Annotated[str, Field(strict=True, min_length=1, max_length=500)]
"""A short text that finance may read: a reason, an operator's name."""

Moment = AwareDatetime
"""A point in time with its zone. The domain never asks a clock; moments arrive in commands."""


class Value(BaseModel):
    """A frozen value that refuses unknown fields and never converts one type into another."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


SomeValue = TypeVar("SomeValue", bound=Value)

_new = object.__new__
_set_fields = BaseModel.__dict__["__dict__"].__set__
_set_names = BaseModel.__dict__["__pydantic_fields_set__"].__set__
_set_extra = BaseModel.__dict__["__pydantic_extra__"].__set__
_set_private = BaseModel.__dict__["__pydantic_private__"].__set__


@cache
def _names_of(cls: type[Value]) -> set[str]:
    """The names of all its fields. Values are frozen, so all of a class that have every field share them."""
    return set(cls.model_fields)


def of_checked(cls: type[SomeValue], fields: dict[str, Any]) -> SomeValue:
    """The value of all these fields, each of which was checked before: a command's, a state's, or counted from such.

    Equals what building it would give, and saves checking the same again, which is most of what building costs. The
    value keeps `fields`.
    """
    value = _new(cls)
    _set_fields(value, fields)
    _set_names(value, _names_of(cls))
    _set_extra(value, None)
    _set_private(value, None)
    return value


class Command(Value):
    """A wish about one account. `at` is when it was made; rules that depend on time use it."""

    account: AccountId
    at: Moment


class Event(Value):
    """A fact. Says everything a reader needs without other events, and carries no running totals."""


class Forgotten(Value):
    """Stands where a personal text stood whose key has been deleted."""

    forgotten: Literal[True] = True

    def __str__(self) -> str:
        return "(forgotten)"


class Personal:
    """Marks a field of an event as a person's own words: stored encrypted, never logged."""


PersonalText = Annotated[str | Forgotten, Personal()]
"""Text that belongs to a person. Reads as `Forgotten` once the account's key is gone."""


def later(first: datetime | None, second: datetime | None) -> bool:
    """Whether `first` is later than `second`; None means never, which is later than any moment."""
    if first is None:
        return second is not None
    return second is not None and first > second
