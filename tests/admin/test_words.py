"""Words for events: none is forgotten."""

from __future__ import annotations

from typing import get_args

import pytest

from admin.words import said, subject_of
from domain.account_words import AccountEvent
from domain.job_words import JobEvent
from domain.shapes import Event
from tests.domain.every import EVENTS

SHOWN = get_args(AccountEvent) + get_args(JobEvent)


def test_every_event_of_an_account_or_a_job_is_among_the_samples() -> None:
    assert {type(event) for event in EVENTS} >= set(SHOWN)


@pytest.mark.parametrize(
    "event", [event for event in EVENTS if isinstance(event, SHOWN)], ids=lambda e: type(e).__name__
)
def test_every_event_of_an_account_or_a_job_has_words(event: Event) -> None:
    assert said(event) != type(event).__name__


@pytest.mark.parametrize("event", [event for event in EVENTS if type(event).__name__.startswith("Credit")])
def test_every_credit_event_has_a_subject(event: Event) -> None:
    assert subject_of(event)
