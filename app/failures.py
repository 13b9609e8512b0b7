"""What a person at a terminal is told when something cannot be done: one sentence and an exit code, no traceback.

Whatever is not in the table is a bug and shows where it happened.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import asyncpg

from adapters.codec import EventSchemaError
from adapters.local_postgres_errors import DataFolderError, LocalPostgresError, ServerAccountMissing
from adapters.postgres.connections import LOST
from adapters.postgres.keys import WrongDataKey
from adapters.postgres.locks import NotDirect
from adapters.postgres.migrate import MigrationError, WrongShards
from adapters.storage.files import StorageUnavailable
from admin.office import FINDING, UNREACHABLE, WRONG_USE, NotThere, WrongUse
from app.database import NotMigrated
from app.settings import SettingsError
from domain.log import LogError, OutcomeUnknown
from domain.refusals import AccountNotOpen, Refusal
from processors.execute import TooManyConflicts
from processors.rebuild import RebuildOvertaken
from projections.views import UnknownToViews

THIS_MACHINES: Final = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE}
)
"""What an OSError says of this machine, not of the way to another: a full disk, too many open files."""

Errors = type[BaseException] | tuple[type[BaseException], ...]


def _itself(error: BaseException) -> str:
    return str(error)


def _lost(error: BaseException) -> str:
    said = str(error) or type(error).__name__
    return f"the database cannot be reached: {said}"


class NobodyAnswers(Exception):
    """A service outside cannot be reached, and without it there is nothing to do. Trying again can help."""


TABLE: Final[tuple[tuple[Errors, int, Callable[[BaseException], str]], ...]] = (
    ((SettingsError, WrongUse, WrongDataKey, WrongShards, NotDirect), WRONG_USE, _itself),
    ((DataFolderError, ServerAccountMissing), WRONG_USE, _itself),
    ((LocalPostgresError, NotMigrated, MigrationError, TooManyConflicts, NobodyAnswers), UNREACHABLE, _itself),
    (AccountNotOpen, FINDING, lambda error: f"refused: {error}; its user has to start the bot first"),
    (Refusal, FINDING, lambda error: f"refused: {error}"),
    ((NotThere, EventSchemaError, UnknownToViews, RebuildOvertaken), FINDING, _itself),
    (
        OutcomeUnknown,
        UNREACHABLE,
        lambda error: f"{error}; it may have happened: look, or repeat it with the id that was printed",
    ),
    (LogError, UNREACHABLE, _itself),
    (StorageUnavailable, UNREACHABLE, lambda error: f"{error}; everything else is done, repeat it for the rest"),
    (
        asyncpg.InsufficientPrivilegeError,
        UNREACHABLE,
        lambda error: f"the role of DATABASE_URL lacks a right ({error}): run `neurocards migrate`",
    ),
    (
        asyncpg.exceptions.ClientConfigurationError,
        WRONG_USE,
        lambda error: f"DATABASE_URL or DATABASE_OWNER_URL is wrong: {error}",
    ),
    (
        (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError, *LOST),
        UNREACHABLE,
        _lost,
    ),
)


class ReaderGone(Exception):
    """Whoever read the answers has seen enough, as `head` has. No failure."""


@contextmanager
def heard() -> Iterator[None]:
    """Turns a broken pipe into ReaderGone, before typer makes an exit code of its own of it."""
    try:
        yield
    except BrokenPipeError as gone:
        raise ReaderGone from gone


def told(error: BaseException) -> tuple[int, str] | None:
    """The exit code and the sentence for the error; None when it is a bug."""
    if isinstance(error, OSError) and (error.filename is not None or error.errno in THIS_MACHINES):
        return UNREACHABLE, str(error)
    for errors, code, sentence in TABLE:
        if isinstance(error, errors):
            return code, " ".join(sentence(error).split())
    return None
