"""What is in the data folder: a PostgreSQL cluster with our database and roles, its passwords and its settings.

Three roles can log in, each with a password of its own, over TCP from this machine only: the superuser (for tests
and repairs), the owner of the database (for migrations; may create roles), and the application's login, which may do
nothing until migrations grant it.
"""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

import psutil
import structlog

from adapters.local_postgres_errors import ClusterNotCreated, DataFolderIncomplete, DataFolderOtherVersion
from adapters.local_postgres_folder import DataFolder, make_durable, replace_file

DATABASE: Final = "neurocards"
SUPERUSER: Final = "postgres"
OWNER: Final = "neurocards_owner"
APPLICATION: Final = "neurocards_application_login"

ACCESS_RULES: Final = "host all all 127.0.0.1/32 scram-sha-256\n"

MEBIBYTE: Final = 1024 * 1024

log = structlog.get_logger()


@dataclass(frozen=True)
class Passwords:
    """Drawn from letters, digits, `-` and `_`: they need no quoting in SQL or in an address."""

    superuser: str = field(repr=False)
    owner: str = field(repr=False)
    application: str = field(repr=False)


def ensure_cluster(folder: DataFolder, programs: Path) -> Passwords:
    """Returns the passwords of the folder's cluster, which is made first if there is none.

    It is made beside its place and renamed when it is whole, so a cluster that is there is a cluster that once worked,
    and is never made anew.

    Raises: `ClusterNotCreated`, `DataFolderIncomplete`, `DataFolderOtherVersion`.
    """
    folder.clear_unfinished()
    folder.make_log()
    if not folder.cluster.exists():
        _create_cluster(folder, programs)
    version = folder.cluster / "PG_VERSION"
    passwords = _passwords_file(folder)
    for needed in (version, passwords):
        if not needed.exists():
            raise DataFolderIncomplete(folder=folder.path, missing=needed)
    _require_same_version(folder, programs, made_by=version.read_text(encoding="utf-8").strip())
    return Passwords(**json.loads(passwords.read_text(encoding="utf-8")))


def write_settings(folder: DataFolder, *, port: int, settings: Mapping[str, str]) -> None:
    """Writes the settings of the server's next start. `settings` override ours, but for those we find the server by."""
    address = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "port": str(port)}
    values = {**_default_settings(folder), **settings, **address, "cluster_name": cluster_name(folder)}
    lines = [f"{name} = {_quoted(value)}\n" for name, value in values.items()]
    text = "# Written at every start: change the settings where the server is started, not here.\n" + "".join(lines)
    replace_file(folder.path / "server.conf", text, mode=0o644)


def cluster_name(folder: DataFolder) -> str:
    """Returns the name by which the system's list of processes tells this folder's server from others."""
    return f"neurocards-{sha256(os.fsencode(folder.path)).hexdigest()[:12]}"


def _passwords_file(folder: DataFolder) -> Path:
    return folder.path / "passwords.json"


def _require_same_version(folder: DataFolder, programs: Path, *, made_by: str) -> None:
    said = folder.account.run([programs / "postgres", "--version"]).stdout  # postgres (PostgreSQL) 18.6
    installed = said.strip().rpartition(" ")[2].partition(".")[0]
    if installed != made_by:
        raise DataFolderOtherVersion(folder=folder.path, made_by=made_by, installed=installed)


def _create_cluster(folder: DataFolder, programs: Path) -> None:
    log.info("creating a database cluster", data_dir=str(folder.path), account=folder.account.name)
    passwords = Passwords(*(secrets.token_urlsafe(24) for _ in range(3)))
    unfinished = folder.new_unfinished()
    folder.account.take(unfinished)
    # The builtin locale sorts by code point and never changes with the system's libraries, which would corrupt indexes.
    locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    checked = ["--data-checksums", "--auth=reject", f"--username={SUPERUSER}", "--no-instructions"]
    _run(folder, [programs / "initdb", "-D", unfinished, *locale, *checked])
    # A single-user server takes the statements from its standard input and listens to nobody.
    single_user: list[str | Path] = [programs / "postgres", "--single", "-D", unfinished]
    careful = ["-c", "exit_on_error=on", "-c", "log_min_error_statement=panic"]  # a password is never logged
    _run(folder, [*single_user, *careful, "postgres"], stdin=_roles_and_database(passwords))
    replace_file(unfinished / "pg_hba.conf", ACCESS_RULES, mode=0o600)
    original = (unfinished / "postgresql.conf").read_text(encoding="utf-8")
    replace_file(unfinished / "postgresql.conf", original + "\ninclude = '../server.conf'\n", mode=0o600)
    replace_file(_passwords_file(folder), json.dumps(asdict(passwords)), mode=0o600)
    unfinished.rename(folder.cluster)
    make_durable(folder.path)


def _roles_and_database(passwords: Passwords) -> str:
    """One statement a line, as the single-user server reads them."""
    return (
        f"ALTER ROLE {SUPERUSER} PASSWORD '{passwords.superuser}'\n"
        f"CREATE ROLE {OWNER} LOGIN CREATEROLE PASSWORD '{passwords.owner}'\n"
        f"CREATE ROLE {APPLICATION} LOGIN PASSWORD '{passwords.application}'\n"
        f"CREATE DATABASE {DATABASE} OWNER {OWNER}\n"
    )


def _run(folder: DataFolder, command: list[str | Path], *, stdin: str = "") -> None:
    done = folder.account.run(command, folder=folder.path, stdin=stdin)
    if done.returncode != 0:
        sentence = f"No database could be made in {folder.path}: remove the cause named below and start again."
        raise ClusterNotCreated(sentence, log_tail=done.stdout[-2000:])


def _default_settings(folder: DataFolder) -> dict[str, str]:
    """Memory and housekeeping for a small machine that appends all day. What durability hangs on keeps its default."""
    memory = psutil.virtual_memory().total // MEBIBYTE
    return {
        "max_connections": "200",
        "shared_buffers": f"{min(1024, max(256, memory // 8))}MB",
        "effective_cache_size": f"{max(512, memory // 2)}MB",
        "maintenance_work_mem": "128MB",
        "random_page_cost": "1.1",
        # Few checkpoints: each makes the pages that every append touches travel whole into the log once more.
        "max_wal_size": "4GB",
        "min_wal_size": "256MB",
        "checkpoint_timeout": "15min",
        "timezone": "UTC",
        # A ring of seven files. Neither statements nor rows are logged: they may hold personal text.
        "logging_collector": "on",
        "log_directory": str(folder.log),
        "log_filename": "server-%a.log",
        "log_rotation_age": "1d",
        "log_rotation_size": "0",
        "log_truncate_on_rotation": "on",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] %q%u@%d ",
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
    }


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
