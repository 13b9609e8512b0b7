"""The demo: photos become videos on disk while all goes wrong, on a fresh data folder and again on the same one."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final

import av
import pytest

from tests.app.program import run, start

PHOTOS: Final = Path(__file__).parents[1] / "data" / "photos"
HEARD: Final = re.compile(r" {4}\d\d:\d\d:\d\d  (\S+) +(demo\.\S+) +(.+)")
HERE: Final = "HERE IT IS"
NOT_A_PHOTO: Final = (
    ("empty.jpg", "there is not one byte in it"),
    ("half_of_coffee.jpg", "it cannot be read to its end"),
    ("letter.jpg", "it is no image"),
)


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


def heard_in(told: list[str]) -> dict[str, list[str]]:
    """What was heard of each job, in order."""
    heard: dict[str, list[str]] = defaultdict(list)
    for line in told:
        if found := HEARD.fullmatch(line):
            heard[found[2]].append(found[3])
    return heard


def only_job(heard: dict[str, list[str]], words: str) -> list[str]:
    """What was heard of the one job that this was heard of."""
    (found,) = (notices for notices in heard.values() if any(notice.startswith(words) for notice in notices))
    return found


def assert_is_a_film(path: Path) -> None:
    """A decoder opens it, it lasts, and it moves."""
    with av.open(str(path), "r") as film:
        frames = [frame.to_image().tobytes() for frame in film.decode(video=0)]  # type: ignore[no-untyped-call]  # PyAV's own gap
        assert film.duration is not None
        assert 2.9 < film.duration / av.time_base < 3.1
    assert all(one != following for one, following in pairwise(frames[::12]))


def assert_all_was_told(told: list[str]) -> None:
    """Every kind of trouble, as it happens, and how it ended."""
    heard = heard_in(told)
    assert len(heard) == 12
    *_, refused, back = only_job(heard, "PHOTO REFUSED: the model's rules do not allow this photo")
    assert (refused[:13], back) == ("PHOTO REFUSED", "2 credits back")
    *_, failed, back = only_job(heard, "FAILED: the model is not offered at the moment")
    assert (failed[:6], back) == ("FAILED", "3 credits back")
    assert "  Sora 2 is switched off for everybody until it answers again" in told
    retried = only_job(heard, "the service stumbled; attempt 2 of 3 follows by itself")
    assert retried[-4:] == ["being made, attempt 2 of 3", "the photo passed", "made and stored; being sent", HERE]
    written = only_job(heard, "being made from the template's words, as nobody wrote a script")
    assert written[-1] == HERE
    sent = only_job(heard, "sending failed; the same file is sent again, attempt 2 of 3")
    assert sent[-1] == HERE
    assert sum(notice.startswith("being made") for notice in sent) == 1
    (lost,) = (line for line in told if line.startswith("  The lost answer: 1 task was made and paid for job "))
    unanswered = heard[lost.split(",")[0].rsplit(" ", 1)[1]]
    assert unanswered[-1] == HERE
    assert not any("attempt" in notice for notice in unanswered)
    assert sum(notices[-1] == HERE for notices in heard.values()) == 10


@pytest.mark.timeout(300)
async def test_the_demo_plays_on_a_fresh_folder_and_again_on_the_same(folder: Path) -> None:
    settings = {"DATA_DIR": str(folder / "data")}
    ran = await run("demo", folder=folder, settings=settings)
    assert (ran.code, ran.err) == (0, "")
    told = ran.out.splitlines()
    assert told[-1] == "the books are right"
    first_order = next(number for number, line in enumerate(told) if " orders " in line)
    for file, fault in NOT_A_PHOTO:
        line = f"  Анна sends {file}: REFUSED, {fault}".ljust(76) + "  available 11, reserved 0"
        assert told.index(line) < first_order
    assert_all_was_told(told)
    delivered = sorted((folder / "data" / "delivered").glob("*/*.mp4"))
    received = sorted(job for job, notices in heard_in(told).items() if notices[-1] == HERE)
    assert sorted(path.stem for path in delivered) == received
    shown = told[told.index("Videos on disk") + 1 :][: len(delivered)]
    assert sorted(line.rpartition("  ")[2] for line in shown) == [str(path.resolve()) for path in delivered]
    for path in delivered:
        assert_is_a_film(path)
    statement = told.index("Statement of Анна, account 1001")
    assert told[statement + 15] == "13 events; now: available 6, reserved 0, debt 0"
    assert sum("refunded 2 of job" in line for line in told[statement : statement + 15]) == 1
    assert any("of 3 accounts and 12 jobs" in line for line in told)
    assert is_stopped(folder)

    await assert_it_plays_again(folder, settings)
    await assert_the_key_is_kept(folder, settings)


async def assert_it_plays_again(folder: Path, settings: dict[str, str]) -> None:
    """With a folder of one's own, and without a look at the keys that are set."""
    own = folder / "own"
    own.mkdir()
    shutil.copy(PHOTOS / "coffee.jpg", own / "My_coffee.jpg")
    (own / "notes.txt").write_text("no photo")
    real = {"KIE_API_KEYS": "a-real-key", "KIE_API_BASE": "http://127.0.0.1:9", "OPENAI_API_KEY": "another"}
    ran = await run(
        "demo", "--photos", str(own), "--out", str(folder / "out"), folder=folder, settings={**settings, **real}
    )
    assert (ran.code, ran.err) == (0, "")
    told = ran.out.splitlines()
    assert told[-1] == "the books are right"
    assert "  Анна opens account 1004" in told
    assert any(line.startswith("  Анна sends notes.txt: REFUSED, it is no image") for line in told)
    assert any(line.startswith("  Анна orders a video of «My coffee»") for line in told)
    assert any("of 6 accounts and 21 jobs" in line for line in told)
    assert [path.parent.name for path in sorted((folder / "out").glob("*/*.mp4"))] == [
        "1004",
        *["1005"] * 4,
        *["1006"] * 3,
    ]
    assert is_stopped(folder)


async def assert_the_key_is_kept(folder: Path, settings: dict[str, str]) -> None:
    """The key of the texts is the owner's to read, and nothing goes on without it."""
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
    while not (line := await process.stdout.readline()).endswith(b"being made\n"):
        assert line
    os.kill(process.pid, signal.SIGINT)
    _, complaint, code = await asyncio.gather(process.stdout.read(), process.stderr.read(), process.wait())
    assert (code, complaint) == (130, b"")
    assert is_stopped(folder)


@pytest.mark.timeout(300)
async def test_it_ends_quietly_when_its_reader_has_seen_enough(folder: Path) -> None:
    reading, writing = os.pipe()
    process = await start("demo", folder=folder, settings={"DATA_DIR": str(folder / "data")}, out=writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as told:
        while not (line := await asyncio.to_thread(told.readline)).endswith(b"the photo passed\n"):
            assert line
    assert process.stderr is not None
    complaint, code = await asyncio.gather(process.stderr.read(), process.wait())
    assert (code, complaint) == (0, b"")
    assert is_stopped(folder)


@pytest.mark.timeout(300)
async def test_what_it_cannot_play_with_is_told_in_one_sentence(folder: Path) -> None:
    settings = {"DATA_DIR": str(folder / "data")}
    (folder / "empty").mkdir()
    for arguments, other, sentence in (
        ((), {"DATABASE_URL": "postgresql://somebody@127.0.0.1:9/books"}, "DATABASE_URL is set"),
        (("--photos", "nowhere"), {}, "nowhere cannot be read"),
        (("--photos", "empty"), {}, "there is no photo in the folder"),
        (("--out", "/dev/null/videos"), {}, "/dev/null/videos cannot be made"),
    ):
        ran = await run("demo", *arguments, folder=folder, settings={**settings, **other})
        assert (ran.code, ran.sentence[: len(sentence)]) == (2, sentence)
    assert is_stopped(folder)
