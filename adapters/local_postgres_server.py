"""The PostgreSQL server's processes in a data folder: found, started, waited for, stopped.

A postmaster counts as ours only if its pid file in the cluster names it AND its command line is a postgres on that very
folder: the number alone may belong to anybody after a crash. What a killed postmaster leaves running is known by the
cluster's name in its title. No other process is ever sent a signal. And every process of the server inherits an open
file with a lock: while it is held, a second server is not started, even if the first cannot be seen.

All of this runs under the folder's lock, see `adapters.local_postgres`.
"""

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil
import structlog

from adapters.local_postgres_cluster import cluster_name
from adapters.local_postgres_errors import DataFolderServedElsewhere, ServerExited, ServerNotStopped, ServerSilent
from adapters.local_postgres_folder import DataFolder

POLL_INTERVAL_S: Final = 0.02
REPORT_INTERVAL_S: Final = 5.0
STOP_TIMEOUT_S: Final = 300.0
QUIT_TIMEOUT_S: Final = 5.0
LOG_TAIL_LINES: Final = 15

# The shell ends at once, so the server is nobody's child: whoever started it may end without a trace.
START_SCRIPT: Final = '"$@" >"$0" 2>&1 </dev/null & echo $!'

log = structlog.get_logger()


@dataclass(frozen=True)
class Postmaster:
    """The running server of a data folder. `status` is PostgreSQL's: starting, ready, stopping, or empty at first."""

    process: psutil.Process
    port: int
    status: str


def find_postmaster(folder: DataFolder) -> Postmaster | None:
    """Returns the folder's server, None if it has none, whatever a stale pid file says."""
    try:
        lines = _pid_file(folder).read_text(encoding="utf-8").splitlines()
        process = psutil.Process(int(lines[0]))
        port = int(lines[3])
    except (FileNotFoundError, IndexError, ValueError, psutil.NoSuchProcess):
        return None
    if not _is_alive(process) or not _is_postgres_on(folder, process):
        return None
    return Postmaster(process, port, status=lines[7].strip() if len(lines) > 7 else "")


def start(folder: DataFolder, programs: Path, *, startup_timeout_s: float) -> Postmaster:
    """Starts a server with the settings written before and returns it when it takes connections.

    Raises: `DataFolderServedElsewhere`, and what `wait_until_ready` raises.
    """
    command: list[str | Path] = [
        "/bin/sh",
        "-c",
        START_SCRIPT,
        _start_log(folder),
        programs / "postgres",
        "-D",
        folder.cluster,
    ]
    lock = folder.open_lock_file("server")
    try:
        if not _lock_when_all_ended(lock):
            raise DataFolderServedElsewhere(folder=folder.path)
        done = folder.account.run(command, folder=folder.path, handles=[lock])
    finally:
        os.close(lock)
    try:
        process = psutil.Process(int(done.stdout))
    except (ValueError, psutil.NoSuchProcess) as error:
        raise _exited(folder) from error
    return wait_until_ready(folder, process, startup_timeout_s=startup_timeout_s)


def wait_until_ready(folder: DataFolder, process: psutil.Process, *, startup_timeout_s: float) -> Postmaster:
    """Returns the server when it takes connections.

    Recovery after a crash takes as long as it takes: while the server lives and says it is starting, it is waited for.
    `startup_timeout_s` limits only how long it may say nothing.

    Raises: `ServerExited` at once when the process ends, `ServerSilent`.
    """
    for waited_s in _ticks("waiting for the database server to start", folder, pid=process.pid):
        postmaster = find_postmaster(folder)
        if postmaster is not None and postmaster.process == process and postmaster.status:
            if postmaster.status == "ready":
                return postmaster
        elif not _is_alive(process):
            break
        elif waited_s > startup_timeout_s:
            sentence = f"The database server in {folder.path} reported nothing for {waited_s:.0f} s: start again."
            raise ServerSilent(sentence, log_tail=_log_tail(folder))
    raise _exited(folder)


def stop(folder: DataFolder) -> None:
    """Stops the folder's server, if it runs: clients are cut off, everything is written, nothing will need recovery.

    Raises: `ServerNotStopped`.
    """
    postmaster = find_postmaster(folder)
    if postmaster is None:
        clear_remains(folder)
        return
    log.info("stopping the database server", data_dir=str(folder.path), pid=postmaster.process.pid)
    _signal(postmaster.process, signal.SIGINT)
    wait_until_gone(folder, [postmaster.process])


def clear_remains(folder: DataFolder) -> None:
    """Makes way for a new server where none is: ends the processes a killed one left, and removes its pid file.

    PostgreSQL refuses to start while such a process lives, or when the pid file is empty or names any living process.
    """
    left = [process for process in psutil.process_iter() if _is_postgres_on(folder, process)]
    if left:
        log.info("ending what a killed database server left", data_dir=str(folder.path), pids=[one.pid for one in left])
        # As a postmaster does it: SIGQUIT leaves without writing anything, SIGKILL follows.
        for process in left:
            _signal(process, signal.SIGQUIT)
        deadline = time.monotonic() + QUIT_TIMEOUT_S
        while any(map(_is_alive, left)) and time.monotonic() < deadline:
            time.sleep(POLL_INTERVAL_S)
        for process in left:
            _signal(process, signal.SIGKILL)
        wait_until_gone(folder, left)
    _pid_file(folder).unlink(missing_ok=True)


def wait_until_gone(folder: DataFolder, processes: list[psutil.Process]) -> None:
    """Returns when none of the processes lives. Raises: `ServerNotStopped`."""
    for waited_s in _ticks("waiting for the database server to stop", folder):
        if not any(map(_is_alive, processes)):
            return
        if waited_s > STOP_TIMEOUT_S:
            break
    sentence = f"The database server in {folder.path} still runs {STOP_TIMEOUT_S:.0f} s after it was asked to stop."
    raise ServerNotStopped(sentence, log_tail=_log_tail(folder))


def _lock_when_all_ended(lock: int) -> bool:
    """Takes the lock of the server's processes as soon as none is left. The log collector ends last, a moment later."""
    deadline = time.monotonic() + QUIT_TIMEOUT_S
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_INTERVAL_S)
        else:
            return True


def _is_postgres_on(folder: DataFolder, process: psutil.Process) -> bool:
    try:
        command = process.cmdline()
        if not command or process.uids().real != folder.account.uid:
            return False
    except psutil.Error:
        return False
    if Path(command[0]).name == "postgres":
        return str(folder.cluster) in command
    return command[0].startswith(f"postgres: {cluster_name(folder)}: ")


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)  # psutil sends nothing when the number now belongs to another process
    except psutil.NoSuchProcess:
        return


def _ticks(message: str, folder: DataFolder, **fields: object) -> Iterator[float]:
    """Yields the seconds waited so far, several times a second, and logs the message now and then."""
    started = time.monotonic()
    report_at_s = REPORT_INTERVAL_S
    while True:
        waited_s = time.monotonic() - started
        if waited_s >= report_at_s:
            log.info(message, data_dir=str(folder.path), waited_s=round(waited_s), **fields)
            report_at_s += REPORT_INTERVAL_S
        yield waited_s
        time.sleep(POLL_INTERVAL_S)


def _pid_file(folder: DataFolder) -> Path:
    return folder.cluster / "postmaster.pid"


def _start_log(folder: DataFolder) -> Path:
    """What the server says before its log collector runs; of the last start only."""
    return folder.log / "start.log"


def _exited(folder: DataFolder) -> ServerExited:
    lock = folder.open_lock_file("server")
    try:
        _lock_when_all_ended(lock)  # its last words are in the log only then
    finally:
        os.close(lock)
    sentence = f"The database server in {folder.path} ended before it was ready; its last words, also in {folder.log}:"
    return ServerExited(sentence, log_tail=_log_tail(folder))


def _log_tail(folder: DataFolder) -> str:
    first = _start_log(folder)
    began = first.stat().st_mtime if first.exists() else 0.0
    collected = [path for path in folder.log.glob("server-*.log") if path.stat().st_mtime >= began]
    collected.sort(key=lambda path: path.stat().st_mtime)
    lines = [
        line
        for path in (first, *collected[-1:])
        if path.exists()
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines()
    ]
    return "\n".join(lines[-LOG_TAIL_LINES:])
