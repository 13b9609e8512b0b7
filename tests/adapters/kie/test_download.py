"""Fetching videos: from known hosts only, whole or not at all, and only what its bytes show to be a video."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from obstore.store import LocalStore
from structlog.testing import capture_logs

from adapters.kie.download import VideoFetcher
from adapters.sandbox.kie_faults import Fault
from adapters.storage.files import Storage
from domain.failures import FailureClass
from domain.outside import Kept, NotKept
from tests.adapters.kie.lines import Answer, listening, ok, says, says_and_hangs_up
from tests.adapters.sandbox.kie_scene import kie, kling

NAME = "outputs/42/j.mp4"
MP4 = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + bytes(range(256)) * 16_000
WEBM = b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm" + bytes(1000)
HERE = ("127.0.0.1",)


class Shelf:
    """Storage in a folder, and a fetcher that puts videos there."""

    def __init__(self, folder: Path, **changed: Any) -> None:
        self.folder = folder / "kept"
        self.folder.mkdir()
        self.on_the_way = folder / "on the way"
        self.on_the_way.mkdir()
        storage = Storage(LocalStore(self.folder))
        chosen: dict[str, Any] = {"folder": self.on_the_way, "hosts": HERE} | changed
        self.fetcher = VideoFetcher(storage, **chosen)

    async def fetch(self, url: str) -> Kept | NotKept:
        """Fetches the video."""
        return await self.fetcher.fetch(url, name=NAME)

    async def refused(self, url: str) -> tuple[FailureClass, str]:
        """Why nothing was stored. Nothing is left anywhere either."""
        fate = await self.fetch(url)
        assert isinstance(fate, NotKept), fate
        assert self.files() == []
        return fate.trouble.failure, fate.trouble.message

    def files(self) -> list[Path]:
        """Everything that lies about."""
        return [path for path in (*self.folder.rglob("*"), *self.on_the_way.rglob("*")) if path.is_file()]


@asynccontextmanager
async def opened(folder: Path, **changed: Any) -> AsyncIterator[Shelf]:
    """A shelf that is closed on leaving."""
    shelf = Shelf(folder, **changed)
    yield shelf
    await shelf.fetcher.close()


@pytest.fixture
async def shelf(tmp_path: Path) -> AsyncIterator[Shelf]:
    """Takes videos from this machine."""
    async with opened(tmp_path) as shelf:
        yield shelf


@pytest.mark.parametrize("video", [MP4, WEBM], ids=["mp4", "webm"])
async def test_a_video_is_kept_whole_under_its_name_whatever_its_header_says(shelf: Shelf, video: bytes) -> None:
    async with listening(says(ok(video, headers="Content-Type: text/html\r\n"))) as line:
        assert await shelf.fetch(f"{line.url}/x.mp4") == Kept(NAME, len(video))
    (kept,) = shelf.files()
    assert kept == shelf.folder / NAME
    assert kept.read_bytes() == video


async def test_the_sandboxs_video_is_kept(shelf: Shelf) -> None:
    photo = (Path(__file__).parents[2] / "data" / "photos" / "coffee.jpg").read_bytes()
    async with kie() as scene:
        url = await scene.upload(photo)
        task = await scene.created(input=kling(image_urls=[url]))
        await scene.ended()
        result = scene.sandbox.tasks[task].result_url
        assert isinstance(await shelf.fetch(result), Kept)
        scene.sandbox.faults.add(Fault(endpoint="result", drop="midway"))
        failure = await shelf.fetch(result)
    assert isinstance(failure, NotKept)
    assert failure.trouble.failure is FailureClass.TEMPORARY


@pytest.mark.parametrize(
    ("answer", "failure", "words"),
    [
        (says(ok(b"<html>" * 100)), FailureClass.UNKNOWN, "what came is no video"),
        (says(ok(b"\x00\x00\x00\x18ftypheic" + bytes(100))), FailureClass.UNKNOWN, "what came is no video"),
        (says(ok(b"\x89PNG\r\n\x1a\n" + bytes(100))), FailureClass.UNKNOWN, "what came is no video"),
        (says(ok(b"")), FailureClass.TEMPORARY, "what came is empty"),
        (says(ok(b"", status="404 Not Found")), FailureClass.TEMPORARY, "the video's address answers 404"),
        (says(ok(b"", status="410 Gone")), FailureClass.TEMPORARY, "the video's address answers 410"),
        (says(ok(b"", status="503 Busy")), FailureClass.TEMPORARY, "the video's address answers 503"),
        (says(ok(b"", status="400 What")), FailureClass.TEMPORARY, "the video's address answers 400"),
        (says(ok(b"", status="401 Who")), FailureClass.TEMPORARY, "the video's address answers 401"),
        (says(ok(MP4[:50], status="206 Part")), FailureClass.TEMPORARY, "the video's address answers 206"),
        (says_and_hangs_up(ok(MP4)[:-10]), FailureClass.TEMPORARY, "the download broke off: RemoteProtocolError"),
        (says_and_hangs_up(), FailureClass.TEMPORARY, "the download broke off: RemoteProtocolError"),
        (says_and_hangs_up(b"what?\r\n\r\n"), FailureClass.TEMPORARY, "the download broke off: RemoteProtocolError"),
    ],
)
async def test_what_cannot_be_kept_is_told_and_leaves_nothing(
    shelf: Shelf, answer: Answer, failure: FailureClass, words: str
) -> None:
    async with listening(answer) as line:
        assert await shelf.refused(f"{line.url}/x.mp4") == (failure, words)


async def test_where_nobody_listens_the_trouble_is_temporary(shelf: Shelf) -> None:
    async with listening(says(b"")) as line:
        url = line.url
    assert await shelf.refused(url) == (FailureClass.TEMPORARY, "the download broke off: ConnectError")


@pytest.mark.parametrize("announced", [True, False])
async def test_a_video_that_is_too_large_is_given_up(tmp_path: Path, announced: bool) -> None:
    whole = ok(MP4) if announced else b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + MP4
    async with opened(tmp_path, size_max_bytes=len(MP4) - 1) as shelf, listening(says_and_hangs_up(whole)) as line:
        assert await shelf.refused(line.url) == (
            FailureClass.UNKNOWN, f"the video is larger than {len(MP4) - 1} bytes"
        )  # fmt: skip  # one tuple


async def test_a_video_of_just_the_size_is_kept(tmp_path: Path) -> None:
    async with opened(tmp_path, size_max_bytes=len(MP4)) as shelf, listening(says(ok(MP4))) as line:
        assert await shelf.fetch(line.url) == Kept(NAME, len(MP4))


async def test_a_download_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    async with opened(tmp_path, timeout_s=0.2) as shelf, listening(says(ok(MP4)[:100_000])) as line:
        assert await shelf.refused(line.url) == (FailureClass.TEMPORARY, "the download broke off: TimeoutError")


async def test_a_cancelled_download_leaves_nothing(shelf: Shelf) -> None:
    begun = asyncio.Event()

    async def begin(writer: asyncio.StreamWriter) -> None:
        writer.write(ok(MP4)[:100_000])
        begun.set()

    async with listening(begin) as line:
        fetching = asyncio.create_task(shelf.fetch(line.url))
        await begun.wait()
        fetching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await fetching
    assert shelf.files() == []


async def test_an_address_elsewhere_is_not_asked(tmp_path: Path) -> None:
    async with opened(tmp_path, hosts=("aiquickdraw.com",)) as shelf, listening(says(ok(MP4))) as line:
        assert (await shelf.refused(line.url))[0] is FailureClass.UNKNOWN
        assert line.connections == 0


def to(place: str, *, status: str = "302 Found") -> bytes:
    """A redirect."""
    return ok(b"", status=status, headers=f"Location: {place}\r\n")


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See", "307 Temporary", "308 Permanent"])
async def test_a_redirect_to_a_known_host_is_followed(shelf: Shelf, status: str) -> None:
    async with listening(says(ok(MP4))) as there, listening(says(to(f"{there.url}/x.mp4", status=status))) as here:
        assert isinstance(await shelf.fetch(here.url), Kept)
        assert (len(here.requests), len(there.requests)) == (1, 1)


async def test_a_redirect_may_be_relative(shelf: Shelf) -> None:
    answers = [to("/next/x.mp4"), ok(MP4)]

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(answers.pop(0))

    async with listening(answer) as line:
        assert isinstance(await shelf.fetch(f"{line.url}/first"), Kept)
        assert line.requests[1].startswith(b"GET /next/x.mp4 ")


@pytest.mark.parametrize("place", ["https://evil.example/x.mp4", "//evil.example", "file:///etc/passwd", "ftp://[::1]"])
async def test_a_redirect_elsewhere_is_not_followed(shelf: Shelf, place: str) -> None:
    async with listening(says(to(place))) as line:
        assert (await shelf.refused(line.url))[0] is FailureClass.UNKNOWN
        assert len(line.requests) == 1


async def test_a_redirect_to_an_unknown_name_of_this_machine_is_not_followed(shelf: Shelf) -> None:
    async with listening(says(ok(MP4))) as there:
        unknown = there.url.replace("127.0.0.1", "localhost")
        async with listening(says(to(unknown))) as here:
            assert (await shelf.refused(here.url))[0] is FailureClass.UNKNOWN
        assert there.connections == 0


async def test_a_redirect_that_is_no_address_is_not_followed(shelf: Shelf) -> None:
    async with listening(says(to("http://["))) as line:
        assert isinstance(await shelf.fetch(line.url), NotKept)


async def test_redirects_without_end_are_left(shelf: Shelf) -> None:
    async with listening(says(to("/again"))) as line:
        failure, _ = await shelf.refused(line.url)
        assert failure is FailureClass.UNKNOWN
        assert len(line.requests) == 6


async def test_a_storage_that_does_not_take_it_is_temporary_trouble(shelf: Shelf) -> None:
    (shelf.folder / "outputs").write_bytes(b"a file where a folder should be")
    async with listening(says(ok(MP4))) as line:
        fate = await shelf.fetch(line.url)
    assert isinstance(fate, NotKept)
    assert fate.trouble.failure is FailureClass.TEMPORARY
    assert not list(shelf.on_the_way.iterdir())


async def test_the_log_has_a_line_without_the_address(shelf: Shelf) -> None:
    async with listening(says(ok(MP4))) as line:
        with capture_logs() as logs:
            await shelf.fetch(f"{line.url}/x.mp4?secret=1")
            await shelf.fetch("https://evil.example/x.mp4?secret=1")
    ours = [entry for entry in logs if entry["event"] == "video fetched"]
    assert [entry["file"] for entry in ours] == [NAME, NAME]
    assert "secret" not in str(logs)


async def test_what_killed_programs_left_is_swept(shelf: Shelf) -> None:
    now = datetime.now(UTC)
    old, young, other = (shelf.on_the_way / name for name in ("old.part", "young.part", "old.mp4"))
    for file in (old, young, other):
        file.write_bytes(b"half")
    for file in (old, other):
        os.utime(file, ((now - timedelta(hours=2)).timestamp(),) * 2)
    assert shelf.fetcher.sweep(older_than=now - timedelta(hours=1)) == 1
    assert sorted(shelf.on_the_way.iterdir()) == sorted([young, other])
