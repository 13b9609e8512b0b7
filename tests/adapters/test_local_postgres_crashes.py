"""A local PostgreSQL server whose users, whose maker or who itself is killed at the worst moment."""

import asyncio
import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import asyncpg
import psutil
import pytest

from adapters.local_postgres import local_postgres
from adapters.local_postgres_cluster import cluster_name
from adapters.local_postgres_folder import open_data_folder
from tests.adapters.local_postgres_programs import (
    Program,
    copy_folder,
    is_alive,
    kill_server,
    new_data_dir,
    query,
    server_log,
    until,
)


@pytest.fixture(scope="module")
def made_once() -> Iterator[Path]:
    with new_data_dir() as path:
        with local_postgres(path):
            pass
        yield path


@pytest.fixture
def data_dir(made_once: Path) -> Iterator[Path]:
    """A folder with a stopped server, copied because making one takes a second or two."""
    with new_data_dir() as path:
        copy_folder(made_once, path)
        yield path


@pytest.fixture
def new_dir() -> Iterator[Path]:
    """A folder that does not exist yet."""
    with new_data_dir() as path:
        yield path


def test_programs_that_come_at_once_share_one_server_and_the_last_one_stops_it(new_dir: Path) -> None:
    with Program(new_dir) as first, Program(new_dir) as second, Program(new_dir) as third:
        pids = {program.said()["pid"] for program in (first, second, third)}
        assert len(pids) == 1
        first.leave()
        second.leave()
        assert is_alive(*pids)
        third.leave()
        assert not is_alive(*pids)


def test_the_last_one_stops_the_server_although_another_was_killed(data_dir: Path) -> None:
    with Program(data_dir) as starter, Program(data_dir) as other:
        pid = starter.said()["pid"]
        other.said()
        starter.kill()
        assert is_alive(pid)
        other.leave()
        assert not is_alive(pid)


def test_a_server_that_only_the_dead_used_is_joined_and_stopped(data_dir: Path) -> None:
    with Program(data_dir) as first, Program(data_dir) as second:
        pid = first.said()["pid"]
        second.said()
        first.kill()
        second.kill()
    assert is_alive(pid)
    with local_postgres(data_dir) as server:
        assert server.pid == pid
        assert query(server.owner_url, "SELECT 1") == [(1,)]
    assert not is_alive(pid)


def test_a_server_may_be_left_running_for_the_next_program(data_dir: Path) -> None:
    with local_postgres(data_dir, stop_when_unused=False) as first:
        pass
    assert is_alive(first.pid)
    with local_postgres(data_dir) as second:
        assert second.pid == first.pid
    assert not is_alive(first.pid)


def test_ctrl_c_ends_the_program_that_started_the_server_and_not_the_server(data_dir: Path) -> None:
    with Program(data_dir) as starter:
        pid = starter.said()["pid"]
        with Program(data_dir) as other:
            url = other.said()["url"]
            starter.interrupt()
            assert query(url, "SELECT 1") == [(1,)]
            other.interrupt()
    assert not is_alive(pid)
    assert "database system is shut down" in server_log(data_dir)


def test_a_killed_server_leaves_a_pid_file_and_the_next_start_has_the_data(data_dir: Path) -> None:
    with local_postgres(data_dir) as first:
        query(first.owner_url, "CREATE TABLE kept AS SELECT 42 AS number")
        kill_server(first.pid)
        assert pid_file(data_dir).exists()
        with local_postgres(data_dir) as second:
            assert second.pid != first.pid
            assert query(second.owner_url, "SELECT number FROM kept") == [(42,)]
        assert is_alive(second.pid), "the first user is still there"
    assert not is_alive(second.pid)


async def test_what_a_killed_server_left_running_is_ended(data_dir: Path) -> None:
    with local_postgres(data_dir) as first:
        connection = await asyncpg.connect(first.owner_url)
        backend = await connection.fetchval("SELECT pg_backend_pid()")
        busy = asyncio.create_task(connection.execute("DO $$ BEGIN LOOP END LOOP; END $$"))
        await asyncio.to_thread(until, lambda: psutil.Process(backend).cpu_times().user > 0.05)
        kill_server(first.pid)
        assert is_alive(backend)
        with local_postgres(data_dir):
            assert not is_alive(backend)
        with pytest.raises((asyncpg.PostgresConnectionError, ConnectionError)):
            await busy


@pytest.mark.parametrize("names_a_stranger", [True, False], ids=["names a stranger", "empty"])
def test_a_stale_pid_file_neither_hinders_nor_harms(data_dir: Path, *, names_a_stranger: bool) -> None:
    with local_postgres(data_dir) as first:
        stale, account = pid_file(data_dir).read_text(encoding="utf-8"), psutil.Process(first.pid).uids().real
    user = account if os.geteuid() == 0 else None
    # PostgreSQL itself refuses to start when the pid belongs to any living process of its own user.
    with subprocess.Popen(["postgres", "600"], executable="/bin/sleep", user=user) as stranger:  # noqa: S607 - the name is a disguise
        text = re.sub(r"^\d+", str(stranger.pid), stale) if names_a_stranger else ""
        pid_file(data_dir).write_text(text, encoding="utf-8")
        try:
            with local_postgres(data_dir) as second:
                assert second.pid != stranger.pid
                assert query(second.owner_url, "SELECT 1") == [(1,)]
            assert stranger.poll() is None
        finally:
            stranger.kill()


def test_recovery_is_waited_for_however_long_it_takes(data_dir: Path) -> None:
    with local_postgres(data_dir) as first:
        query(first.owner_url, "CREATE TABLE kept AS SELECT n, repeat('x', 500) FROM generate_series(1, 200000) AS n")
        kill_server(first.pid)
        timeout_s = 3.0
        with Program(data_dir, startup_timeout_s=timeout_s) as program:
            with paused_recovery(data_dir):
                past_the_timeout = time.monotonic() + timeout_s
                until(lambda: time.monotonic() > past_the_timeout)
                assert pid_file(data_dir).read_text(encoding="utf-8").split()[-1] == "starting"
                assert program.process.poll() is None
            assert query(program.said()["url"], "SELECT count(*) FROM kept") == [(200000,)]


def test_a_server_that_ends_during_recovery_is_not_waited_for(data_dir: Path) -> None:
    with local_postgres(data_dir) as first:
        query(first.owner_url, "CREATE TABLE kept AS SELECT n, repeat('x', 500) FROM generate_series(1, 200000) AS n")
        kill_server(first.pid)
        with Program(data_dir) as program:
            with paused_recovery(data_dir):
                kill_server(int(pid_file(data_dir).read_text(encoding="utf-8").split()[0]))
            assert program.said(refused=True)["error"] == "ServerExited"
        with local_postgres(data_dir) as second:
            assert query(second.owner_url, "SELECT count(*) FROM kept") == [(200000,)]


@pytest.mark.parametrize("sign", ["unfinished-*/postgresql.conf", "unfinished-*/base/5", "passwords.json"])
def test_a_database_half_made_by_a_killed_program_is_made_afresh(new_dir: Path, sign: str) -> None:
    with Program(new_dir) as program:
        until(lambda: any(new_dir.glob(sign)))
        program.kill()
    with local_postgres(new_dir) as server:
        query(server.owner_url, "CREATE TABLE kept AS SELECT 42 AS number")
    with local_postgres(new_dir) as server:
        assert query(server.owner_url, "SELECT number FROM kept") == [(42,)]
    assert list(new_dir.glob("unfinished-*")) == []


@contextmanager
def paused_recovery(data_dir: Path) -> Iterator[None]:
    """Waits for the process that recovers the data and holds it still, as if it had much to do."""
    title = f"postgres: {cluster_name(open_data_folder(data_dir))}: startup"
    found: list[psutil.Process] = []

    def seen() -> bool:
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if " ".join(process.cmdline()).startswith(title):
                    process.suspend()
                    found.append(process)
        return bool(found)

    until(seen)
    try:
        yield
    finally:
        for process in found:
            with suppress(psutil.NoSuchProcess):
                process.resume()


def pid_file(data_dir: Path) -> Path:
    return data_dir / "cluster" / "postmaster.pid"
