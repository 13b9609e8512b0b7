"""The demo: plays on a fresh data folder, plays again on the same one, ends cleanly when interrupted."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.program import run, start


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that a database server started by root can reach too."""
    made = Path(tempfile.mkdtemp(prefix="neurocards-demo-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def is_stopped(folder: Path) -> bool:
    """Whether the data folder's server is down."""
    return not (folder / "data" / "cluster" / "postmaster.pid").exists()


@pytest.mark.timeout(300)
async def test_the_demo_plays_on_a_fresh_folder_and_again_on_the_same(folder: Path) -> None:
    settings = {"DATA_DIR": str(folder / "data")}
    for accounts, first in ((3, 1001), (6, 1004)):
        ran = await run("demo", folder=folder, settings=settings)
        assert (ran.code, ran.err) == (0, "")
        told = ran.out.splitlines()
        assert told[-1] == "the books are right"
        assert f"Анна opens account {first}" in told
        assert any(f"of {accounts} accounts" in line for line in told)
        statement = told.index(f"Statement of Анна, account {first}")
        assert told[statement + 29].endswith(f"captured 2: job demo.{first}.10.0 was delivered")
        assert told[statement + 30] == "28 events; now: available 5, reserved 0, debt 0"
        assert is_stopped(folder)
    key = folder / "data" / "data_key"
    assert key.stat().st_mode & 0o777 == 0o600

    ran = await run("history", "1001", "--at", "1", folder=folder, settings=settings)
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "1 event; at position 1: available 0, reserved 0, debt 0")
    ran = await run("account", "1001", folder=folder, settings={**settings, "DATA_KEY": bytes(32).hex()})
    assert (ran.code, ran.sentence[:22]) == (2, "DATA_KEY does not open")
    key.unlink()
    ran = await run("account", "1001", folder=folder, settings=settings)
    assert ran.code == 2
    assert "restore it" in ran.sentence
    assert is_stopped(folder)


@pytest.mark.timeout(300)
async def test_ctrl_c_ends_it_without_a_word_and_stops_the_server(folder: Path) -> None:
    process = await start("demo", folder=folder, settings={"DATA_DIR": str(folder / "data")})
    assert process.stdout is not None
    assert process.stderr is not None
    while not (line := await process.stdout.readline()).startswith(b"Noon"):
        assert line
    os.kill(process.pid, signal.SIGINT)
    _, complaint, code = await asyncio.gather(process.stdout.read(), process.stderr.read(), process.wait())
    assert (code, complaint) == (130, b"")
    assert is_stopped(folder)
