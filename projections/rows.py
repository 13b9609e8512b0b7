"""Rows of the views as they are stored, and back. A row is a mapping from column to value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from projections.books import Books, Kind
from projections.jobs import JobRow
from projections.views import JobKey, StatementLine

Row = dict[str, Any]

JOB_COLUMNS: Final = tuple(JobRow.__slots__)
LINE_COLUMNS: Final = tuple(StatementLine.__slots__)


def of_books(account: int, books: Books) -> Row:
    """The stored row of an account's books."""
    paid, bonus = books.paid, books.bonus
    return {
        "account": account,
        "paid_in": paid.incoming,
        "paid_available": paid.available,
        "paid_reserved": paid.reserved,
        "paid_spent": paid.spent,
        "paid_taken": paid.taken,
        "paid_expired": paid.expired,
        "bonus_in": bonus.incoming,
        "bonus_available": bonus.available,
        "bonus_reserved": bonus.reserved,
        "bonus_spent": bonus.spent,
        "bonus_taken": bonus.taken,
        "bonus_expired": bonus.expired,
        "revoked": books.revoked,
        "debt": books.debt,
        "opened_at": books.opened_at,
        "updated_at": books.updated_at,
    }


def to_books(row: Mapping[str, Any]) -> Books:
    """The books of a stored row."""
    return Books(
        paid=_kind(row, "paid"),
        bonus=_kind(row, "bonus"),
        revoked=row["revoked"],
        debt=row["debt"],
        opened_at=row["opened_at"],
        updated_at=row["updated_at"],
    )


def _kind(row: Mapping[str, Any], name: str) -> Kind:
    return Kind(
        incoming=row[f"{name}_in"],
        available=row[f"{name}_available"],
        reserved=row[f"{name}_reserved"],
        spent=row[f"{name}_spent"],
        taken=row[f"{name}_taken"],
        expired=row[f"{name}_expired"],
    )


def of_job(key: JobKey, row: JobRow) -> Row:
    """The stored row of a job."""
    return {"account": key[0], "job": key[1], **{column: getattr(row, column) for column in JOB_COLUMNS}}


def to_job(row: Mapping[str, Any]) -> JobRow:
    """The job of a stored row."""
    return JobRow(**{column: row[column] for column in JOB_COLUMNS})


def of_line(line: StatementLine) -> Row:
    """The stored row of a statement's line."""
    return {column: getattr(line, column) for column in LINE_COLUMNS}
