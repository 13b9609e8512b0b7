"""Damage to the books, in a log that is whole: what is done, and everything that should be said of it."""

from __future__ import annotations

from typing import Any, Final

from processors.findings import Kind
from tests.processors.damage import (
    CANCELLED,
    DELIVERED,
    FAILED,
    LOTS,
    OPEN,
    STREAM,
    Damage,
    Expected,
    Planted,
    job_stream,
)

REVOKED: Final = {"revocation": "r", "amount": 1, "draws": [], "debt": 1, "of": None, "reason": "planted", "by": "me"}
QUEUED: Final = {
    "order": "b.42.9", "index": 0, "count": 1, "model": "model", "price": 1, "template": None,
    "photo": "p", "prompt": None, "product_text": None, "wishes": None,
    "aspect_ratio": None, "duration_s": None, "at": "2026-01-01T00:00:00Z",
}  # fmt: skip  # a job's brief is a list of fields
LONG_AGO, FAR, FURTHER = "2001-01-01T00:00:00Z", "2999-01-01T00:00:00Z", "2999-01-02T00:00:00Z"
AS_REFUND: Final = """
    UPDATE events SET type = 'CreditRefunded', data = jsonb_build_object(
        'job', data -> 'job', 'amount', data -> 'amount', 'returned', data -> 'draws', 'to_debt', '[]'::jsonb,
        'reason', 'planted'
    ) WHERE stream = 'account/42' AND version = 7
"""
AS_CAPTURE: Final = """
    UPDATE events SET type = 'CreditCaptured', data = jsonb_build_object(
        'job', data -> 'job', 'amount', data -> 'amount', 'draws', data -> 'returned'
    ) WHERE stream = 'account/42' AND version = 8
"""


def lines_from(version: int) -> tuple[Expected, ...]:
    return tuple((Kind.STATEMENT, STREAM, later) for later in range(version, 11))


def refunded(job: str) -> dict[str, Any]:
    return {"job": job, "amount": 1, "returned": [LOTS["bonus"]], "to_debt": [], "reason": "planted"}


def of_a_lot(ends: str | None) -> tuple[Planted, ...]:
    """A gift of one credit, and the same credit again as it is drawn."""
    gift = {"source": "x", "amount": 1, "expires_at": ends, "reason": "planted", "by": "me"}
    return (
        (f"{STREAM}/bonus/x", "BonusGiven", gift),
        (STREAM, "CreditsGranted", {**gift, "debt_settled": 0}),
    )


def expired(ends: str | None) -> Damage:
    """The credit is gone, whatever its time."""
    return Damage(
        f"credits that end {ends or 'never'} have expired",
        ((Kind.EXPIRY, STREAM, "planted"),),
        also=of_a_lot(ends),
        event=(STREAM, "CreditsExpired", {"expired": {**LOTS["bonus"], "lot": "x", "expires_at": ends}}),
    )


def returned(drawn: str | None, ends: str | None) -> Damage:
    """A job drew a credit that ends then, failed, and gave it back to end at that time or another."""
    lot = {**LOTS["bonus"], "lot": "x"}
    reserved = {"job": "x", "amount": 1, "draws": [{**lot, "expires_at": drawn}]}
    return Damage(
        f"credits that end {drawn or 'never'} come back and end {ends or 'never'}",
        () if drawn == ends != LONG_AGO else ((Kind.EXPIRY, STREAM, "planted"),),
        also=(
            *of_a_lot(drawn),
            (STREAM, "CreditReserved", reserved),
            (job_stream("x"), "JobQueued", QUEUED),
            (job_stream("x"), "JobFailed", {"failure": "UNKNOWN", "message": "planted", "reason": "ours"}),
        ),
        event=(STREAM, "CreditRefunded", {**refunded("x"), "returned": [{**lot, "expires_at": ends}]}),
    )


def captured(job: str) -> dict[str, Any]:
    return {"job": job, "amount": 1, "draws": [LOTS["bonus"]]}


THE_BOOKS: Final = (
    Damage(
        "a reservation is about more than it draws",
        (
            (Kind.SUM, STREAM, 3),
            (Kind.SETTLED_OTHERWISE, STREAM, 7),
            (Kind.PRICE, STREAM, 3),
            (Kind.STATEMENT, STREAM, 3),
        ),
        sql="UPDATE events SET data = jsonb_set(data, '{amount}', '2') WHERE stream = 'account/42' AND version = 3",
    ),
    Damage(
        "a reservation draws paid credits that are bonus",
        (
            (Kind.FOLD, STREAM, 3),
            (Kind.OVERDRAFT, STREAM, 3),
            (Kind.SETTLED_OTHERWISE, STREAM, 7),
            (Kind.BALANCE, STREAM, 10),
        ),
        sql="UPDATE events SET data = jsonb_set(data, '{draws,0,kind}', '\"paid\"') "
        "WHERE stream = 'account/42' AND version = 3",
    ),
    Damage(
        "more is reserved than there is",
        ((Kind.FOLD, STREAM, "planted"), (Kind.OVERDRAFT, STREAM, "planted"), (Kind.NO_JOB, STREAM, "planted")),
        event=(STREAM, "CreditReserved", {"job": "x", "amount": 11, "draws": [{**LOTS["paid"], "amount": 11}]}),
    ),
    Damage(
        "a second refund",
        ((Kind.SETTLED_TWICE, STREAM, "planted"),),
        event=(STREAM, "CreditRefunded", refunded(FAILED)),
    ),
    Damage(
        "a capture after a refund",
        ((Kind.SETTLED_TWICE, STREAM, "planted"),),
        event=(STREAM, "CreditCaptured", captured(FAILED)),
    ),
    Damage(
        "a settlement without a reservation",
        ((Kind.NOT_RESERVED, STREAM, "planted"),),
        event=(STREAM, "CreditCaptured", captured("nobody")),
    ),
    Damage(
        "a settlement of a job that has not ended",
        ((Kind.SETTLED_EARLY, STREAM, "planted"),),
        event=(STREAM, "CreditCaptured", captured(OPEN)),
    ),
    Damage(
        "a refund to another lot than was drawn",
        ((Kind.SETTLED_OTHERWISE, STREAM, 8), (Kind.SNAPSHOT, STREAM, 9)),
        sql="UPDATE events SET data = jsonb_set(data, '{returned,0,lot}', '\"other\"') "
        "WHERE stream = 'account/42' AND version = 8",
    ),
    Damage(
        "a delivered job is refunded",
        ((Kind.SETTLED_WRONGLY, STREAM, 7), (Kind.SNAPSHOT, STREAM, 9), (Kind.BALANCE, STREAM, 10), *lines_from(7)),
        sql=AS_REFUND,
    ),
    Damage(
        "a failed job is captured",
        ((Kind.SETTLED_WRONGLY, STREAM, 8), (Kind.SNAPSHOT, STREAM, 9), (Kind.BALANCE, STREAM, 10), *lines_from(8)),
        sql=AS_CAPTURE,
    ),
    Damage(
        "a job ended, and settlement has passed it by",
        ((Kind.UNSETTLED, job_stream(OPEN), "planted"),),
        event=(job_stream(OPEN), "JobFailed", {"failure": "UNKNOWN", "message": "planted", "reason": "ours"}),
        sql="UPDATE tracking AS t SET position = head FROM heads AS h WHERE h.shard = t.shard AND name = 'settlement'",
    ),
    Damage(
        "a job ended twice",
        ((Kind.ENDED_TWICE, job_stream(CANCELLED), "planted"),),
        event=(job_stream(CANCELLED), "JobFailed", {"failure": "UNKNOWN", "message": "planted", "reason": "ours"}),
    ),
    Damage(
        "a job took a step that is none",
        ((Kind.FOLD, job_stream(OPEN), "planted"),),
        event=(job_stream(OPEN), "VideoStored", {"file": ""}),
    ),
    Damage(
        "a reservation without a job",
        ((Kind.NO_JOB, STREAM, "planted"),),
        event=(STREAM, "CreditReserved", {"job": "nobody", "amount": 1, "draws": [LOTS["paid"]]}),
    ),
    Damage(
        "a job that reserved twice",
        ((Kind.RESERVED_TWICE, STREAM, "planted"),),
        event=(STREAM, "CreditReserved", {"job": DELIVERED, "amount": 1, "draws": [LOTS["paid"]]}),
    ),
    Damage(
        "a job without a reservation",
        ((Kind.NO_RESERVATION, job_stream("nobody"), "planted"),),
        event=(job_stream("nobody"), "JobQueued", QUEUED),
    ),
    Damage(
        "a job at another price than was reserved",
        ((Kind.PRICE, STREAM, 6), (Kind.JOB, job_stream(OPEN), 1)),
        sql="UPDATE events SET data = jsonb_set(data, '{price}', '2') WHERE stream = 'account/42/job/b.42.1.3'",
    ),
    expired(None),
    expired(FAR),
    returned(None, None),
    returned(FAR, FAR),
    returned(None, FAR),
    returned(FAR, None),
    returned(FAR, LONG_AGO),
    returned(FAR, FURTHER),
    returned(LONG_AGO, LONG_AGO),
    returned(LONG_AGO, FAR),
    Damage(
        "a debt beside available credits",
        ((Kind.DEBT, STREAM, "planted"), (Kind.REVOCATION, STREAM, "planted")),
        event=(STREAM, "CreditsRevoked", REVOKED),
    ),
    Damage(
        "a revocation that neither takes nor owes",
        (
            (Kind.SUM, STREAM, "planted"),
            (Kind.REVOCATION, STREAM, "planted"),
            (Kind.EQUATION, STREAM, "planted"),
            (Kind.EQUATION, None, None),
        ),
        event=(STREAM, "CreditsRevoked", {**REVOKED, "debt": 0}),
    ),
)
