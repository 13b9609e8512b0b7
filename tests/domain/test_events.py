"""The names under which events are stored: all of them, each once, for good."""

from __future__ import annotations

from typing import get_args

import pytest

from domain.account_words import AccountEvent
from domain.bonus import BonusGiven
from domain.events import EVENT_NAMES, EVENT_TYPES
from domain.invoice import InvoiceEvent
from domain.job_words import JobEvent
from domain.payment import PaymentEvent
from domain.promo import PromoEvent
from domain.revocation import RevocationMade
from domain.shapes import Event
from tests.domain.every import EVENTS, descendants


def test_every_event_has_a_name_and_every_name_an_event() -> None:
    ours = {event for event in descendants(Event) if event.__module__.startswith("domain.")}
    assert set(EVENT_TYPES.values()) == ours
    assert len(EVENT_TYPES) == len(ours)


def test_an_event_is_stored_under_one_name() -> None:
    assert {EVENT_TYPES[name]: name for name in EVENT_TYPES} == EVENT_NAMES


def test_every_event_belongs_to_one_kind_of_stream() -> None:
    kinds = [
        *get_args(AccountEvent),
        *get_args(JobEvent),
        *get_args(PaymentEvent),
        *get_args(InvoiceEvent),
        *get_args(PromoEvent),
        BonusGiven,
        RevocationMade,
    ]
    assert len(kinds) == len(set(kinds))
    assert set(kinds) == set(EVENT_TYPES.values())


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_reads_as_it_was_written(event: Event) -> None:
    assert type(event).model_validate_json(event.model_dump_json()) == event


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_carries_no_running_total(event: Event) -> None:
    assert not {"balance", "available", "reserved", "spent", "total"} & type(event).model_fields.keys()


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_says_what_it_means(event: Event) -> None:
    assert type(event).__dict__["__doc__"]
