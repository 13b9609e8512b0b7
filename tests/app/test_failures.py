"""Every failure a person can meet has a sentence and an exit code; a bug has none and shows itself."""

from __future__ import annotations

import errno

import pytest

from adapters import local_postgres_errors
from adapters.postgres import migrate
from app.failures import told
from domain import log, refusals


def all_of(base: type[Exception]) -> list[type[Exception]]:
    """The class and those under it, of the same author: what is imported meanwhile adds others' to OSError's."""
    family = [base, *(cls for child in base.__subclasses__() for cls in all_of(child))]
    return [cls for cls in family if cls.__module__.partition(".")[0] == base.__module__.partition(".")[0]]


@pytest.mark.parametrize(
    ("base", "codes"),
    [
        (refusals.Refusal, {1}),
        (log.LogError, {3}),
        (migrate.MigrationError, {2, 3}),
        (local_postgres_errors.LocalPostgresError, {2, 3}),
        (OSError, {3}),
    ],
)
def test_every_class_of_failure_has_an_exit_code(base: type[Exception], codes: set[int]) -> None:
    for cls in all_of(base):
        answer = told(cls.__new__(cls))
        assert answer is not None, cls
        assert answer[0] in codes, cls


def test_a_sentence_is_one_line() -> None:
    answer = told(local_postgres_errors.ServerError("it ended", log_tail="FATAL: no\nLOG: bye"))
    assert answer == (3, "it ended FATAL: no LOG: bye")


def test_what_is_wrong_with_this_machine_is_not_blamed_on_the_database() -> None:
    assert told(OSError(errno.ENOSPC, "No space left on device")) == (3, "[Errno 28] No space left on device")
    assert told(PermissionError(errno.EACCES, "Permission denied", "scratch")) == (
        3,
        "[Errno 13] Permission denied: 'scratch'",
    )
    assert told(ConnectionRefusedError(111, "Connect call failed")) == (
        3,
        "the database cannot be reached: [Errno 111] Connect call failed",
    )


@pytest.mark.parametrize("bug", [KeyError("x"), AssertionError(), ZeroDivisionError()])
def test_a_bug_has_none(bug: Exception) -> None:
    assert told(bug) is None
