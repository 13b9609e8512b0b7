"""A PostgreSQL server of our own in a data folder, for everybody without a `DATABASE_URL`.

The first program to use a folder starts its server, the last one to leave stops it. What makes this survive a SIGKILL
of any of them is that nothing is counted:

    DATA_DIR/lock    held exclusively by whoever starts or stops the server, for just as long
    DATA_DIR/users   held shared by every program that uses the server; who could hold it exclusively is alone

The kernel drops the locks of a killed program, so the next one to leave finds itself alone and stops the server, and a
server that only dead programs used is joined by the next one to come.

Linux and macOS. All calls block: enter before the event loop starts. Errors: see `adapters.local_postgres_errors`.
"""

import fcntl
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

import structlog

from adapters.local_postgres_cluster import (
    APPLICATION,
    DATABASE,
    OWNER,
    SUPERUSER,
    Passwords,
    ensure_cluster,
    write_settings,
)
from adapters.local_postgres_errors import NoFreePort, ServerExited
from adapters.local_postgres_folder import DataFolder, binaries, open_data_folder, replace_file
from adapters.local_postgres_server import (
    Postmaster,
    clear_remains,
    find_postmaster,
    start,
    stop,
    wait_until_gone,
    wait_until_ready,
)

FIRST_PORT: Final = 5432
LAST_PORT: Final = 65535
PORT_ATTEMPTS_MAX: Final = 20
PORT_IS_TAKEN: Final = "could not bind IPv4 address"
HOST: Final = "127.0.0.1"
NO_SETTINGS: Final[Mapping[str, str]] = MappingProxyType({})

log = structlog.get_logger()


@dataclass(frozen=True)
class LocalPostgres:
    """A running server, as its users see it. The addresses hold passwords and stay out of its repr.

    `owner_url`        owns the database `neurocards` and may create roles; no superuser. For migrations.
    `application_url`  may log in, and what migrations grant it.
    `superuser_url`    for tests and repairs; the same database.
    """

    data_dir: Path
    port: int
    pid: int
    owner_url: str = field(repr=False)
    application_url: str = field(repr=False)
    superuser_url: str = field(repr=False)


@contextmanager
def local_postgres(
    data_dir: Path,
    *,
    port: int | None = None,
    settings: Mapping[str, str] = NO_SETTINGS,
    stop_when_unused: bool = True,
    startup_timeout_s: float = 60.0,
) -> Iterator[LocalPostgres]:
    """Gives the folder's server, made, started or joined as needed, and stops it on leaving if nobody else uses it.

    `port` is a wish: the last used one, or 5432, if None; the next free one if taken. `settings` are PostgreSQL's. Both
    count only where the server is started, not where it is joined. `stop_when_unused=False` leaves it running for the
    next program. `startup_timeout_s` limits how long the server may say nothing; recovery after a crash has no limit.

    Raises: any `LocalPostgresError`.
    """
    folder = open_data_folder(data_dir)
    users = folder.open_lock_file("users")
    try:
        try:
            with _starting_or_stopping(folder):
                fcntl.flock(
                    users, fcntl.LOCK_SH
                )  # never waits: exclusively it is only tried for, and under the same lock
                server = _start_or_join(folder, port=port, settings=settings, startup_timeout_s=startup_timeout_s)
            yield server
        finally:
            with _starting_or_stopping(folder):
                if _is_alone(users) and stop_when_unused:
                    stop(folder)
                fcntl.flock(users, fcntl.LOCK_UN)  # a forked child may have a copy that closing ours would not unlock
    finally:
        os.close(users)


def _start_or_join(
    folder: DataFolder, *, port: int | None, settings: Mapping[str, str], startup_timeout_s: float
) -> LocalPostgres:
    programs = binaries(folder)
    passwords = ensure_cluster(folder, programs)
    running = find_postmaster(folder)
    if running is not None and running.status == "stopping":
        wait_until_gone(folder, [running.process])
        running = None
    if running is not None:
        running = wait_until_ready(folder, running.process, startup_timeout_s=startup_timeout_s)
        message = "joined the running database server"
    else:
        clear_remains(folder)
        running = _start_on_free_port(
            folder, programs, first=port or _last_port(folder), settings=settings, startup_timeout_s=startup_timeout_s
        )
        message = "started the database server"
    log.info(message, data_dir=str(folder.path), port=running.port, pid=running.process.pid)
    return _as_seen_by_users(folder, running, passwords)


def _start_on_free_port(
    folder: DataFolder, programs: Path, *, first: int, settings: Mapping[str, str], startup_timeout_s: float
) -> Postmaster:
    candidate = _next_free_port(first)
    for attempts_left in reversed(range(PORT_ATTEMPTS_MAX)):
        write_settings(folder, port=candidate, settings=settings)
        try:
            running = start(folder, programs, startup_timeout_s=startup_timeout_s)
        except ServerExited as error:
            # Somebody may have been quicker, such as the server of another folder, and may be gone again by now.
            if attempts_left == 0 or PORT_IS_TAKEN not in error.log_tail:
                raise
            candidate = _next_free_port(candidate + 1)
        else:
            replace_file(folder.path / "port", f"{candidate}\n", mode=0o600)
            return running
    raise AssertionError("the last attempt returns or raises")


def _as_seen_by_users(folder: DataFolder, running: Postmaster, passwords: Passwords) -> LocalPostgres:
    def address(role: str, password: str) -> str:
        return f"postgresql://{role}:{password}@{HOST}:{running.port}/{DATABASE}"

    return LocalPostgres(
        data_dir=folder.path,
        port=running.port,
        pid=running.process.pid,
        owner_url=address(OWNER, passwords.owner),
        application_url=address(APPLICATION, passwords.application),
        superuser_url=address(SUPERUSER, passwords.superuser),
    )


@contextmanager
def _starting_or_stopping(folder: DataFolder) -> Iterator[None]:
    handle = folder.open_lock_file("lock")
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log.info("waiting for another program to start or stop the database server", data_dir=str(folder.path))
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _is_alone(users: int) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _last_port(folder: DataFolder) -> int:
    try:
        return int((folder.path / "port").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return FIRST_PORT


def _next_free_port(first: int) -> int:
    for candidate in range(first, LAST_PORT + 1):
        if _is_free(candidate):
            return candidate
    raise NoFreePort(first=first)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as PostgreSQL itself binds
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
