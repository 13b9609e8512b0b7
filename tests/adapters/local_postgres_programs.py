"""What the tests of the local PostgreSQL server share: fresh folders, programs to share it and be killed, questions.

A program is another Python process inside `local_postgres`. It says what it got, and leaves when its standard input
ends, which also happens when the tests are killed.
"""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import asyncpg
import psutil
import pytest

from adapters.local_postgres_cluster import cluster_name
from adapters.local_postgres_folder import open_data_folder

ROOT: Final = Path(__file__).resolve().parent.parent.parent
DEADLINE_S: Final = 30.0

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become other users")

SOURCE: Final = """
import json, os, pwd, sys
from pathlib import Path
import psutil, structlog
from adapters.local_postgres import local_postgres
from adapters.local_postgres_errors import LocalPostgresError

structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
options = json.loads(sys.argv[2])
if user := options.pop("user", None):
    os.setgroups([])
    os.setgid(pwd.getpwnam(user).pw_gid)
    os.setuid(pwd.getpwnam(user).pw_uid)
try:
    with local_postgres(Path(sys.argv[1]), **options) as server:
        seen = {"pid": server.pid, "port": server.port, "url": server.owner_url}
        print(json.dumps({**seen, "command": psutil.Process(server.pid).cmdline()}), flush=True)
        sys.stdin.read()
except LocalPostgresError as error:
    print(json.dumps({"error": type(error).__name__, "sentence": str(error)}), flush=True)
"""


class Program:
    """Another program that uses the folder's server, until it leaves or is killed."""

    def __init__(self, data_dir: Path, *, environment: Mapping[str, str] | None = None, **options: object) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-B", "-c", SOURCE, str(data_dir), json.dumps(options)],
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def said(self, *, refused: bool = False) -> dict[str, Any]:
        """Waits until it is inside, or is to be refused, and returns what it got."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            assert self.process.stderr is not None
            pytest.fail(f"the program ended early:\n{self.process.stderr.read()}")
        said: dict[str, Any] = json.loads(line)
        assert refused or "error" not in said, said
        return said

    def leave(self) -> None:
        """Lets it leave in good order and waits for its end."""
        _, complaints = self.process.communicate(timeout=DEADLINE_S)
        assert self.process.returncode == 0, complaints

    def interrupt(self) -> None:
        """Ctrl-C, as a terminal sends it: to the whole process group."""
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.communicate(timeout=DEADLINE_S)

    def kill(self) -> None:
        """SIGKILL."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate(timeout=DEADLINE_S)


@contextmanager
def new_data_dir() -> Iterator[Path]:
    """Gives the name of a data folder that does not exist yet, in a fresh folder that everyone can pass through."""
    folder = Path(tempfile.mkdtemp(prefix="neurocards-test-"))
    folder.chmod(0o711)
    try:
        yield folder / "data"
    finally:
        _kill_all_that_names(folder)
        shutil.rmtree(folder)


def copy_folder(source: Path, target: Path) -> None:
    """Copies a data folder whose server is stopped, with the owners of all that is in it."""
    subprocess.run(["/bin/cp", "-a", source, target], check=True)


def query(url: str, sql: str) -> list[tuple[Any, ...]]:
    """Returns the rows of one statement."""

    async def fetch() -> list[tuple[Any, ...]]:
        connection = await asyncpg.connect(url)
        try:
            return [tuple(row) for row in await connection.fetch(sql)]
        finally:
            await connection.close()

    return asyncio.run(fetch())


def is_alive(pid: int) -> bool:
    """Whether a process runs; the dead whom nobody has buried do not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def until(condition: Callable[[], bool]) -> None:
    """Waits for something to become true."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.002)


def kill_server(pid: int) -> None:
    """SIGKILL to the server itself, which leaves its pid file behind."""
    os.kill(pid, signal.SIGKILL)
    until(lambda: not is_alive(pid))


def server_log(data_dir: Path) -> str:
    """Returns all that the server said once it was up."""
    return "".join(path.read_text(encoding="utf-8") for path in sorted((data_dir / "log").glob("server-*.log")))


def _kill_all_that_names(folder: Path) -> None:
    names = [str(folder)]
    names += [cluster_name(open_data_folder(lock.parent)) for lock in folder.glob("*/lock")]
    # A server's children go by the cluster's name, and one that is held still outlives its server.
    while left := [process for process in psutil.process_iter() if _goes_by(process, names)]:
        for process in left:
            with suppress(psutil.NoSuchProcess):
                process.kill()


def _goes_by(process: psutil.Process, names: list[str]) -> bool:
    try:
        command = " ".join(process.cmdline())
    except psutil.Error:
        return False
    return process.pid != os.getpid() and any(name in command for name in names)
