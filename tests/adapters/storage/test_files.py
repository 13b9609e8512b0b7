"""Stored files. One suite for a folder and for a service (obstore's own in memory, opened by its address)."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from adapters.storage.files import BLOCK_BYTES, Storage, StorageUnavailable, StorageUrlRefused, Stored, open_storage
from adapters.storage.names import NameRefused
from tests.adapters.storage.pictures import real

PHOTO = "inputs/42/5f1c.jpg"
VIDEO = "outputs/42/b7.42.1001.0.mp4"
SOON = timedelta(minutes=1)


@pytest.fixture(params=["folder", "service"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """An empty storage of each kind."""
    return open_storage(str(tmp_path / "storage") if request.param == "folder" else "memory:///")


@pytest.fixture
def made(tmp_path: Path) -> Callable[[bytes], Path]:
    """Makes a finished temporary file."""

    def make(data: bytes) -> Path:
        source = tmp_path / "download"
        source.write_bytes(data)
        return source

    return make


async def stored(storage: Storage, name: str) -> Stored:
    found = await storage.look(name)
    assert found is not None
    return found


async def test_what_was_written_is_read(storage: Storage) -> None:
    for data in (b"first", b"", os.urandom(3 * BLOCK_BYTES)):
        await storage.write(PHOTO, data)
        assert await storage.read(PHOTO) == data
        assert await storage.size(PHOTO) == len(data)
        assert await storage.exists(PHOTO)


async def test_what_is_not_there_is_nothing(storage: Storage) -> None:
    await storage.write(PHOTO, b"photo")
    for name in ("inputs/42/another.jpg", "inputs/43/5f1c.jpg", "outputs/42/5f1c.jpg", "inputs/42"):
        assert await storage.read(name) is None
        assert await storage.look(name) is None
        assert await storage.size(name) is None
        assert not await storage.exists(name)
        if name != "inputs/42":
            await storage.delete(name)
    assert await storage.read(PHOTO) == b"photo"


async def test_what_was_deleted_is_gone(storage: Storage) -> None:
    await storage.write(PHOTO, b"photo")
    await storage.delete(PHOTO)
    assert await storage.read(PHOTO) is None
    await storage.delete(PHOTO)


async def test_a_kept_file_is_moved(storage: Storage, made: Callable[[bytes], Path]) -> None:
    video = os.urandom(12 * BLOCK_BYTES + 7)  # more than one part of an upload
    source = made(video)
    await storage.write(VIDEO, b"an older one")
    assert await storage.keep(VIDEO, source) == len(video)
    assert await storage.read(VIDEO) == video
    assert not source.exists()


async def test_a_file_that_cannot_be_kept_changes_nothing(storage: Storage, tmp_path: Path) -> None:
    await storage.write(VIDEO, b"video")
    with pytest.raises(StorageUnavailable, match="did not keep: FileNotFoundError"):
        await storage.keep(VIDEO, tmp_path / "nothing")
    assert await storage.read(VIDEO) == b"video"


NO_NAMES = ["", "inputs", "../secret.txt", "/inputs/42/a.jpg", "inputs/42/../../../secret.txt", "a/\x00", "inputs/.x"]


@pytest.mark.parametrize("name", NO_NAMES)
async def test_under_what_is_no_name_there_is_nothing(storage: Storage, tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.txt").write_bytes(b"secret")
    assert await storage.read(name) is None
    assert await storage.look(name) is None


@pytest.mark.parametrize("name", NO_NAMES)
async def test_under_what_is_no_name_nothing_is_done(
    storage: Storage, made: Callable[[bytes], Path], name: str
) -> None:
    source = made(b"video")
    calls = (
        lambda: storage.write(name, b"x"),
        lambda: storage.keep(name, source),
        lambda: storage.delete(name),
        lambda: storage.sweep(datetime.now(UTC), f"{name}/.."),
    )
    for call in calls:
        with pytest.raises(NameRefused):
            await call()
    assert source.read_bytes() == b"video"


@pytest.mark.parametrize(
    ("start", "end"), [(0, 0), (0, 1), (0, BLOCK_BYTES), (5, BLOCK_BYTES + 5), (1, 3 * BLOCK_BYTES + 9), (7, 7)]
)
async def test_any_part_is_streamed_in_small_blocks(storage: Storage, start: int, end: int) -> None:
    data = os.urandom(3 * BLOCK_BYTES + 9)
    await storage.write(VIDEO, data)
    blocks = [block async for block in storage.stream(await stored(storage, VIDEO), start=start, end=end)]
    assert b"".join(blocks) == data[start:end]
    assert all(0 < len(block) <= BLOCK_BYTES for block in blocks)


async def test_a_file_that_is_replaced_while_it_is_read_is_never_mixed(storage: Storage) -> None:
    await storage.write(VIDEO, bytes(2 * BLOCK_BYTES))
    blocks = storage.stream(await stored(storage, VIDEO), start=0, end=2 * BLOCK_BYTES)
    assert await anext(blocks) == bytes(BLOCK_BYTES)
    await storage.write(VIDEO, b"\xff" * 2 * BLOCK_BYTES)
    with pytest.raises(StorageUnavailable):
        await anext(blocks)


async def test_the_content_type_is_told_by_the_content(storage: Storage) -> None:
    await storage.write(VIDEO, real("coffee_alpha.png"))
    assert await storage.content_type(await stored(storage, VIDEO)) == "image/png"
    await storage.write(PHOTO, b"")
    assert await storage.content_type(await stored(storage, PHOTO)) == "application/octet-stream"


async def test_a_sweep_deletes_what_is_old_below_its_folder_only(storage: Storage) -> None:
    names = [PHOTO, "inputs/42/deeper/a.jpg", "inputs/4/a.jpg", "inputsandmore/42/a.jpg", VIDEO]
    for name in names:
        await storage.write(name, b"x")
    now = datetime.now(UTC)
    assert await storage.sweep(now - SOON, "inputs") == 0
    assert await storage.sweep(now + SOON, "inputs/42") == 2
    assert [await storage.exists(name) for name in names] == [False, False, True, True, True]
    assert await storage.sweep(now + SOON, "inputs") == 1
    assert await storage.sweep(now + SOON, "inputs") == 0
    assert [await storage.exists(name) for name in names[2:]] == [False, True, True]


async def test_every_bucket_is_kept_for_its_own_days(storage: Storage) -> None:
    for name in (PHOTO, VIDEO, "other/a"):
        await storage.write(name, b"x")
    days = {"inputs": 180, "outputs": 30}
    in_31_days = datetime.now(UTC) + timedelta(days=31)
    assert await storage.keep_for(days, now=datetime.now(UTC) + timedelta(days=29)) == 0
    assert await storage.keep_for(days, now=in_31_days) == 1
    assert [await storage.exists(name) for name in (PHOTO, VIDEO, "other/a")] == [True, False, True]
    assert await storage.keep_for(days, now=in_31_days + timedelta(days=150)) == 1
    assert await storage.exists("other/a")


async def test_a_file_written_again_is_young_again(tmp_path: Path) -> None:
    storage = open_storage(str(tmp_path))
    await storage.write(PHOTO, b"x")
    os.utime(tmp_path / PHOTO, (0, 0))
    await storage.write(PHOTO, b"x")
    assert await storage.sweep(datetime.now(UTC) - SOON, "inputs") == 0


async def test_a_service_is_logged_and_a_folder_only_when_it_fails(tmp_path: Path) -> None:
    with capture_logs() as logs:
        await open_storage(str(tmp_path)).write(PHOTO, b"photo")
        await open_storage("memory:///").write(PHOTO, b"photo")
    assert [(entry["event"], entry["what"], entry["name"]) for entry in logs] == [("storage asked", "write", PHOTO)]


async def test_a_disk_that_fails_is_storage_that_is_unavailable(tmp_path: Path) -> None:
    storage = open_storage(str(tmp_path))
    (tmp_path / "inputs").write_bytes(b"a file where a folder should be")
    with capture_logs() as logs, pytest.raises(StorageUnavailable, match="did not write: "):
        await storage.write(PHOTO, b"photo")
    assert [entry["event"] for entry in logs] == ["storage failed"]


async def test_a_service_that_does_not_answer_is_unavailable(silent_service: Storage) -> None:
    with capture_logs() as logs, pytest.raises(StorageUnavailable) as raised:
        await silent_service.write(PHOTO, b"photo")
    assert "127.0.0.1:1/bucket/prefix/inputs/42/5f1c.jpg" in str(raised.value.__cause__)
    assert "very-secret" not in f"{logs} {raised.value} {raised.value.__cause__}"


@pytest.mark.parametrize("address", ["s3://bucket", "s3://bucket/a/prefix", "gs://bucket", "memory:///"])
def test_services_are_opened_by_their_address(address: str) -> None:
    assert isinstance(open_storage(address), Storage)


def test_a_folder_is_a_path_or_a_file_address(tmp_path: Path) -> None:
    for address in (str(tmp_path / "a" / "b"), (tmp_path / "c d" / "e").as_uri()):
        open_storage(address)
    assert (tmp_path / "a" / "b").is_dir()
    assert (tmp_path / "c d" / "e").is_dir()


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("ftp://host/folder", "begins with ftp:"),
        ("https://host/folder", "begins with https:"),
        ("file://host/folder", "three slashes"),
        ("", "three slashes"),
        ("s3://", "no storage that can be opened"),
        (__file__, "is no folder"),
    ],
)
def test_an_address_of_no_storage_is_named(address: str, sentence: str) -> None:
    with pytest.raises(StorageUrlRefused, match=f"^STORAGE_URL .*{sentence}"):
        open_storage(address)
