"""Events of every class for hypothesis, drawn from what their fields declare."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from hypothesis import strategies as st
from pydantic import AwareDatetime
from pydantic.fields import FieldInfo

from domain.shapes import Forgotten, Value

ID_LETTERS = "abcXYZ0189._:+=-"
ZONES = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29), timezones=ZONES)  # noqa: DTZ001 - the zone is drawn


def events_of(cls: type[Value]) -> st.SearchStrategy[Any]:
    """Values of the class. Texts are drawn, never `Forgotten`: that is what reading makes of them."""
    fields = {name: _of(field.annotation, tuple(field.metadata)) for name, field in cls.model_fields.items()}
    return st.builds(cls, **fields)


def _of(annotation: Any, marks: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        base, *more = get_args(annotation)
        flat = [mark for one in more for mark in (one.metadata if isinstance(one, FieldInfo) else [one])]
        return _of(base, (*marks, *flat))
    if origin in {Union, UnionType}:
        return st.one_of(*(_of(choice, marks) for choice in get_args(annotation) if choice is not Forgotten))
    if origin is Literal:
        return st.sampled_from(get_args(annotation))
    if origin is tuple:
        return st.lists(_of(get_args(annotation)[0], ()), max_size=3).map(tuple)
    return _plain(annotation, marks)


def _plain(annotation: Any, marks: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    if annotation is type(None):
        return st.none()
    if annotation is bool:
        return st.booleans()
    if annotation is int:
        return st.integers(min_value=_lowest(marks), max_value=_highest(marks))
    if annotation is str:
        return _texts(marks)
    if annotation is AwareDatetime:
        return MOMENTS
    if issubclass(annotation, Enum):
        return st.sampled_from(annotation)
    assert issubclass(annotation, Value), f"no way is known to draw a {annotation}"
    return events_of(annotation)


def _texts(marks: tuple[Any, ...]) -> st.SearchStrategy[str]:
    longest = min((mark.max_length for mark in marks if isinstance(mark, MaxLen)), default=255)
    if any(getattr(mark, "pattern", None) for mark in marks):
        return st.text(ID_LETTERS, min_size=1, max_size=longest)
    shortest = max((mark.min_length for mark in marks if isinstance(mark, MinLen)), default=0)
    return st.text(min_size=shortest, max_size=longest)


def _lowest(marks: tuple[Any, ...]) -> int:
    bounds = [int(str(mark.ge)) for mark in marks if isinstance(mark, Ge)]
    return max(bounds + [int(str(mark.gt)) + 1 for mark in marks if isinstance(mark, Gt)], default=-(2**63))


def _highest(marks: tuple[Any, ...]) -> int:
    bounds = [int(str(mark.le)) for mark in marks if isinstance(mark, Le)]
    return min(bounds + [int(str(mark.lt)) - 1 for mark in marks if isinstance(mark, Lt)], default=2**63 - 1)
