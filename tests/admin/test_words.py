"""Words for events: none is forgotten."""

from __future__ import annotations

import pytest

from admin.words import said, subject_of
from domain.events import EVENT_TYPES
from domain.shapes import Event
from tests.domain.every import EVENTS


def test_every_event_is_among_the_samples() -> None:
    assert {type(event) for event in EVENTS} == set(EVENT_TYPES.values())


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_every_event_has_words(event: Event) -> None:
    assert said(event) != type(event).__name__


@pytest.mark.parametrize("event", [event for event in EVENTS if type(event).__name__.startswith("Credit")])
def test_every_credit_event_has_a_subject(event: Event) -> None:
    assert subject_of(event)
