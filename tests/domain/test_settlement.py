"""What each event of a job asks of its account."""

from __future__ import annotations

import pytest

from domain import streams
from domain.account_words import CaptureCredit, RefundCredit
from domain.failures import FailureClass
from domain.job_words import JobCancelled, JobFailed, VideoDelivered
from domain.reasons import Reason
from domain.settlement import SETTLED_BY, settlement
from domain.shapes import Event
from tests.domain import samples as s
from tests.domain.every import EVENTS, JOB_EVENTS

STREAM = streams.job(s.ME, "j1")
SPENT = CaptureCredit(account=s.ME, at=s.NOON, job="j1")


def back(reason: str) -> RefundCredit:
    """The job's credits go back."""
    return RefundCredit(account=s.ME, at=s.NOON, job="j1", reason=reason)


TABLE: list[tuple[Event, CaptureCredit | RefundCredit]] = [
    (VideoDelivered(confirmed=True), SPENT),
    (VideoDelivered(confirmed=False), SPENT),
    (JobCancelled(), back("cancelled")),
    *(
        (JobFailed(failure=failure, message="m", reason=Reason.SERVICE), back(f"failed: {failure.value}"))
        for failure in FailureClass
    ),
]


@pytest.mark.parametrize(("end", "command"), TABLE, ids=lambda case: type(case).__name__)
def test_an_end_settles_the_jobs_reservation(end: Event, command: CaptureCredit | RefundCredit) -> None:
    assert settlement(STREAM, end, s.NOON) == command


@pytest.mark.parametrize(
    "event", [event for event in EVENTS if not isinstance(event, SETTLED_BY)], ids=lambda event: type(event).__name__
)
def test_nothing_else_moves_credits(event: Event) -> None:
    assert settlement(STREAM, event, s.NOON) is None


def test_the_table_and_the_rule_know_the_same_ends() -> None:
    assert {type(end) for end, _ in TABLE} == set(SETTLED_BY)
    assert set(SETTLED_BY) <= {type(event) for event in JOB_EVENTS}


def test_a_settlement_is_of_the_account_and_job_that_the_stream_names() -> None:
    command = settlement(streams.job(7, "bot.7.1.4"), JobCancelled(), s.NOON)
    assert command == RefundCredit(account=7, at=s.NOON, job="bot.7.1.4", reason="cancelled")
