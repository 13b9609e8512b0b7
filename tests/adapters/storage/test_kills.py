"""Writers into a folder that are killed: under the name lies the older file or the newer one, whole."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from adapters.storage.files import open_storage
from adapters.storage.folder import UNFINISHED

ROOT: Final = Path(__file__).resolve().parents[3]
NAME: Final = "outputs/42/job.mp4"
OLDER: Final = b"older"
NEWER: Final = b"newer" * 100_000
LARGE_BYTES: Final = 16 * 1024 * 1024
ROUNDS: Final = 12
ANOTHER_DEVICE: Final = Path("/dev/shm")  # noqa: S108 - only asked which device it is

STEP_BY_STEP: Final = """
import asyncio, os, signal, sys
from pathlib import Path
from adapters.storage.files import open_storage

storage, how, source, last = open_storage(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])
steps = 0

def at_a_step(event, arguments):
    global steps
    if event == "open" or event.startswith("os."):
        steps += 1
        if steps == last:
            signal.raise_signal(signal.SIGKILL)

async def work():
    if how == "keep":
        await storage.keep("outputs/42/job.mp4", source)
    else:
        data = source.read_bytes()
        await storage.write("outputs/42/job.mp4", data)

async def begin():
    await asyncio.to_thread(int)  # a thread is there, and its modules
    sys.addaudithook(at_a_step)
    await work()

asyncio.run(begin())
"""

WITHOUT_END: Final = """
import asyncio, itertools, os, sys
from adapters.storage.files import open_storage

def say_that_a_write_begins(event, arguments):
    if event == "tempfile.mkstemp":
        os.write(1, b"\\n")

async def work():
    storage = open_storage(sys.argv[1])
    contents = [letter * int(sys.argv[2]) for letter in (b"a", b"b")]
    await storage.write("outputs/42/job.mp4", contents[0])
    sys.addaudithook(say_that_a_write_begins)
    for content in itertools.cycle(contents):
        await storage.write("outputs/42/job.mp4", content)

asyncio.run(work())
"""


def unfinished(folder: Path) -> list[Path]:
    return sorted(folder.rglob(f"{UNFINISHED}*"))


def killed_at_each_step(
    how: str, folder: Path, source: Path, *, older: bytes | None
) -> Iterator[tuple[int, bytes | None]]:
    """Yields the number of each step at which a writer was killed just before it, and what lies under the name then."""
    for last in range(1, 100):
        place = folder / str(last)
        if older is not None:
            (place / NAME).parent.mkdir(parents=True)
            (place / NAME).write_bytes(older)
        source.write_bytes(NEWER)
        command = [sys.executable, "-c", STEP_BY_STEP, str(place), how, str(source), str(last)]
        ended = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
        if ended.returncode == 0:
            return
        assert ended.returncode == -signal.SIGKILL, ended.stderr
        yield last, (place / NAME).read_bytes() if (place / NAME).exists() else None


@pytest.mark.parametrize("older", [None, OLDER], ids=["a new file", "a file replaced"])
@pytest.mark.parametrize("how", ["write", "keep", "keep from another device"])
def test_a_writer_killed_at_any_step_leaves_a_whole_file_or_the_older(
    how: str, older: bytes | None, tmp_path: Path
) -> None:
    source = tmp_path / "download"
    if how == "keep from another device":
        if not ANOTHER_DEVICE.is_dir() or ANOTHER_DEVICE.stat().st_dev == tmp_path.stat().st_dev:
            pytest.skip("this machine has no second device to write to")
        source = ANOTHER_DEVICE / f"neurocards-{tmp_path.name}-{random.getrandbits(64)}"
    try:
        seen = list(killed_at_each_step(how.partition(" ")[0], tmp_path / "storage", source, older=older))
    finally:
        source.unlink(missing_ok=True)
    assert {content for _, content in seen} == {older, NEWER}
    contents = [content for _, content in seen]
    assert contents == sorted(contents, key=lambda content: content == NEWER), "once it is there it stays"


def kill_in_a_write(folder: Path, *, number: int) -> None:
    """Starts a writer of large files and kills it in the middle of one of its writes."""
    command = [sys.executable, "-c", WITHOUT_END, str(folder), str(LARGE_BYTES)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        for _ in range(number):
            assert writer.stdout.readline()
        writer.kill()


def test_a_writer_killed_in_a_write_leaves_a_whole_file(tmp_path: Path) -> None:
    whole = {b"a" * LARGE_BYTES, b"b" * LARGE_BYTES}
    for round_ in range(ROUNDS):
        kill_in_a_write(tmp_path, number=1 + round_ % 3)
        assert (tmp_path / NAME).read_bytes() in whole
    left = [path.stat().st_size for path in unfinished(tmp_path)]
    assert [size for size in left if size < LARGE_BYTES], "no kill was in the middle"


async def test_what_killed_writers_left_is_swept(tmp_path: Path) -> None:
    storage = open_storage(str(tmp_path))
    await storage.write(NAME, NEWER)
    (tmp_path / NAME).with_name(f"{UNFINISHED}x1").write_bytes(NEWER[:7])
    assert await storage.sweep(datetime.now(UTC) - timedelta(days=1), "outputs") == 0
    assert await storage.sweep(datetime.now(UTC) + timedelta(days=1), "outputs") == 2
    assert unfinished(tmp_path) == []


async def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    storage = open_storage(str(tmp_path))
    (tmp_path / NAME).mkdir(parents=True)
    (tmp_path / NAME / "a folder with something in it").touch()
    with pytest.raises(Exception, match="storage did not write"):
        await storage.write(NAME, NEWER)
    assert unfinished(tmp_path) == []
