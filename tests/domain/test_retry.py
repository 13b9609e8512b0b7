"""When what failed is tried again."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest

from domain.failures import RETRIED, FailureClass
from domain.retry import ATTEMPTS_MAX, BACKOFF_S, delivery_retry_at, retry_at, spread
from tests.domain.samples import NOON

ENDS_A_GENERATION = {FailureClass.USER_VIOLATION, FailureClass.BILLING, FailureClass.UNKNOWN}
RESTS = {1: 10, 2: 20}
"""Seconds of rest after an attempt; after the third there is none."""


@pytest.mark.parametrize(("failure", "attempt"), list(product(FailureClass, [1, 2, 3, 4])))
def test_rests_follow_from_class_and_attempt(failure: FailureClass, attempt: int) -> None:
    again = NOON + timedelta(seconds=RESTS[attempt]) if attempt in RESTS else None
    assert retry_at(failure, attempt=attempt, at=NOON) == (None if failure in ENDS_A_GENERATION else again)
    assert delivery_retry_at(attempt=attempt, at=NOON) == again


def test_every_failure_is_either_retried_or_final() -> None:
    assert set(FailureClass) == RETRIED | ENDS_A_GENERATION
    assert not RETRIED & ENDS_A_GENERATION


def test_a_failure_is_stored_under_its_own_name() -> None:
    assert [failure.value for failure in FailureClass] == [failure.name for failure in FailureClass]


def test_there_is_a_rest_for_every_attempt_that_may_fail() -> None:
    assert len(BACKOFF_S) >= ATTEMPTS_MAX - 1


@pytest.mark.parametrize("failure", FailureClass)
def test_a_limit_needs_no_rest_when_another_key_is_ready(failure: FailureClass) -> None:
    again = retry_at(failure, attempt=1, at=NOON, elsewhere=True)
    assert again == (NOON if failure is FailureClass.RATE_LIMIT else retry_at(failure, attempt=1, at=NOON))
    assert retry_at(failure, attempt=ATTEMPTS_MAX, at=NOON, elsewhere=True) is None


def test_a_send_rests_as_long_as_the_messenger_asks() -> None:
    def again(not_before_s: int) -> object:
        return delivery_retry_at(attempt=1, at=NOON, not_before_s=not_before_s)

    assert again(3) == NOON + timedelta(seconds=10)
    assert again(37) == NOON + timedelta(seconds=37)


def test_a_rest_is_spread_by_name_and_within_its_bound() -> None:
    spans = [spread(f"job {number}", timedelta(seconds=2)) for number in range(200)]
    assert spans == [spread(f"job {number}", timedelta(seconds=2)) for number in range(200)]
    assert all(timedelta(0) <= span < timedelta(seconds=2) for span in spans)
    assert len(set(spans)) > 150
    assert spread("job 1", timedelta(0)) == timedelta(0)
