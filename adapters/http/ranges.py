"""The `Range` header of a request for one part of a file (RFC 9110, section 14)."""

from __future__ import annotations

import re
from enum import Enum
from typing import Final, NamedTuple

ONE_RANGE: Final = re.compile(r"bytes=[ \t]*([0-9]{0,18})-([0-9]{0,18})[ \t]*", re.IGNORECASE)


class Part(NamedTuple):
    """The bytes from `start` up to and without `end`; at least one."""

    start: int
    end: int


class Wanted(Enum):
    """What else can be asked for."""

    WHOLE = "whole"
    """No range, one that we do not understand or several: RFC 9110 lets us send everything."""

    NOTHING = "nothing"
    """A range that the file does not reach."""


def wanted_part(header: str | None, *, size_bytes: int) -> Part | Wanted:
    """What a `Range` header asks of a file of that size."""
    match = ONE_RANGE.fullmatch(header) if header else None
    if match is None:
        return Wanted.WHOLE
    first, last = match.groups()
    if not first and not last:
        return Wanted.WHOLE
    if not first:
        part = Part(max(0, size_bytes - int(last)), size_bytes)
    elif last and int(last) < int(first):
        return Wanted.WHOLE
    else:
        part = Part(int(first), min(int(last) + 1, size_bytes) if last else size_bytes)
    return part if part.start < part.end else Wanted.NOTHING
