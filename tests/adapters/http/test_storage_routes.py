"""Stored files as a real HTTP client gets them."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from adapters.http.storage_routes import storage_router
from adapters.storage.files import BLOCK_BYTES, Storage, open_storage
from adapters.storage.links import Links
from adapters.storage.names import is_name
from app.serving import serving
from tests.adapters.storage.pictures import real

KEY = bytes(range(32))
LINKS = Links(KEY)
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
NESTED = "inputs/42/folder/5f1c.jpg"
VIDEO = "outputs/42/b7.42.1001.0.mp4"
MP4 = b"\x00\x00\x00\x18ftypisom" + bytes(range(256)) * 40


@pytest.fixture(params=["folder", "service"])
async def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """A storage of each kind that holds a photo in nested folders and a video."""
    storage = open_storage(str(tmp_path / "storage") if request.param == "folder" else "memory:///")
    await storage.write(NESTED, real("coffee.jpg"))
    await storage.write(VIDEO, MP4)
    return storage


@asynccontextmanager
async def served(storage: Storage, *, at: datetime = NOW) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server that serves the storage at that moment."""
    app = FastAPI()
    app.include_router(storage_router(storage, LINKS, lambda: at))
    async with serving(app) as base_url, httpx.AsyncClient(base_url=base_url) as client:
        yield client


def link(name: str) -> str:
    return LINKS.sign(name, NOW, for_s=60)


async def test_a_nested_photo_is_served_with_its_type(storage: Storage) -> None:
    async with served(storage) as client:
        answer = await client.get(link(NESTED))
    assert answer.status_code == 200
    assert answer.content == real("coffee.jpg")
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["content-length"] == str(len(real("coffee.jpg")))
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"] == 'inline; filename="5f1c.jpg"'


async def test_the_type_is_that_of_the_content(storage: Storage) -> None:
    contents = {
        "inputs/1/a.jpg": (real("coffee_alpha.png"), "image/png"),
        "inputs/1/b.jpg": (real("coffee_portrait.webp"), "image/webp"),
        "inputs/1/c.jpg": (MP4, "video/mp4"),
        "inputs/1/d.jpg": (b"<html><script>alert(1)</script>", "application/octet-stream"),
        "inputs/1/e.jpg": (b"", "application/octet-stream"),
    }
    async with served(storage) as client:
        for name, (data, media_type) in contents.items():
            await storage.write(name, data)
            answer = await client.get(link(name))
            assert (answer.status_code, answer.content) == (200, data)
            assert answer.headers["content-type"] == media_type
            shown = "attachment" if media_type == "application/octet-stream" else "inline"
            assert answer.headers["content-disposition"].startswith(f"{shown};")


async def test_head_tells_what_get_would_send(storage: Storage) -> None:
    async with served(storage) as client:
        got, told = await client.get(link(VIDEO)), await client.head(link(VIDEO))
        ranged = await client.head(link(VIDEO), headers={"Range": "bytes=0-3"})
    assert (told.status_code, told.content) == (ranged.status_code, ranged.content) == (200, b"")
    assert {**told.headers, "date": ""} == {**got.headers, "date": ""}


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=5-9", 5, 10),
        ("bytes=100-", 100, len(MP4)),
        ("bytes=-7", len(MP4) - 7, len(MP4)),
        ("bytes=0-999999999", 0, len(MP4)),
        ("bytes=-999999999", 0, len(MP4)),
        ("Bytes= 3-4", 3, 5),
    ],
)
async def test_one_range_is_served(storage: Storage, asked: str, start: int, end: int) -> None:
    async with served(storage) as client:
        answer = await client.get(link(VIDEO), headers={"Range": asked})
    assert answer.status_code == 206
    assert answer.content == MP4[start:end]
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{len(MP4)}"
    assert answer.headers["content-length"] == str(end - start)
    assert answer.headers["content-type"] == "video/mp4"


@pytest.mark.parametrize("asked", [f"bytes={len(MP4)}-", "bytes=999999999-", "bytes=-0"])
async def test_a_range_beyond_the_end_is_refused(storage: Storage, asked: str) -> None:
    async with served(storage) as client:
        answer = await client.get(link(VIDEO), headers={"Range": asked})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{len(MP4)}"


@pytest.mark.parametrize(
    "asked",
    ["bytes=", "bytes=-", "bytes=9-5", "bytes=a-b", "bytes=0-1,3-4", "lines=0-1", f"bytes={'9' * 5000}-", "0-1"],
)
async def test_a_range_that_is_not_understood_is_answered_with_everything(storage: Storage, asked: str) -> None:
    async with served(storage) as client:
        answer = await client.get(link(VIDEO), headers={"Range": asked})
    assert (answer.status_code, answer.content) == (200, MP4)
    assert "content-range" not in answer.headers


async def test_a_file_that_has_not_changed_is_not_sent_again(storage: Storage) -> None:
    async with served(storage) as client:
        first = await client.get(link(VIDEO))
        tag = first.headers["etag"]
        again = await client.get(link(VIDEO), headers={"If-None-Match": f'"other", {tag}'})
        assert (again.status_code, again.content) == (304, b"")
        same = await client.get(link(VIDEO), headers={"Range": "bytes=0-3", "If-Range": tag})
        assert same.status_code == 206
        await storage.write(VIDEO, MP4[::-1])
        changed = await client.get(link(VIDEO), headers={"If-None-Match": tag})
        assert (changed.status_code, changed.content) == (200, MP4[::-1])
        whole = await client.get(link(VIDEO), headers={"Range": "bytes=0-3", "If-Range": tag})
        assert (whole.status_code, whole.content) == (200, MP4[::-1])


async def test_a_large_file_arrives_whole(storage: Storage) -> None:
    video = MP4[:24] + os.urandom(5 * BLOCK_BYTES)
    await storage.write(VIDEO, video)
    async with served(storage) as client:
        assert (await client.get(link(VIDEO))).content == video
        part = await client.get(link(VIDEO), headers={"Range": f"bytes=10-{4 * BLOCK_BYTES}"})
    assert part.content == video[10 : 4 * BLOCK_BYTES + 1]


async def test_a_file_that_is_not_there_is_not_found(storage: Storage) -> None:
    async with served(storage) as client:
        for name in ("inputs/42/folder/another.jpg", "inputs/42/folder"):
            for ask in (client.get, client.head):
                assert (await ask(link(name))).status_code == 404


@pytest.mark.parametrize(("age_s", "status_code"), [(0, 200), (59, 200), (60, 403), (10**9, 403)])
async def test_a_link_works_until_it_expires(storage: Storage, age_s: int, status_code: int) -> None:
    async with served(storage, at=NOW + timedelta(seconds=age_s)) as client:
        answer = await client.get(link(VIDEO))
    assert answer.status_code == status_code
    assert (answer.text == "This link has expired.") == (status_code == 403)


async def test_what_we_did_not_sign_is_refused_whether_it_is_there_or_not(storage: Storage) -> None:
    path, _, query = link(VIDEO).partition("?")
    expires, _, signature = query.partition("&")
    wrong = [
        path,
        f"{path}?{expires}",
        f"{path}?{signature}",
        f"{path}?{expires}0&{signature}",
        f"{path}?expires=9999999999&{signature}",
        f"{path}?expires=&{signature}",
        f"{path}?{expires}&signature=",
        f"{path}?{expires}&{signature}A",
        f"{path}?{expires}&{signature[:-1]}",
        f"{path}?{expires}&signature=%C3%A9%00",
        f"/storage/{NESTED}?{query}",
        f"/storage/outputs/42/not-there.mp4?{query}",
        f"/storage/{VIDEO}{Links(bytes(32)).sign(VIDEO, NOW, for_s=60).removeprefix(path)}",
    ]
    async with served(storage) as client:
        for target in wrong:
            for ask in (client.get, client.head):
                answer = await ask(target)
                assert answer.status_code == 403, target
                assert "etag" not in answer.headers


TRAVERSALS = [
    "/storage/inputs/../outputs/42/b7.42.1001.0.mp4",
    "/storage/inputs/../../secret.txt",
    "/storage/inputs/%2e%2e/%2e%2e/secret.txt",
    "/storage/inputs/..%2f..%2fsecret.txt",
    "/storage/inputs/%252e%252e/%252e%252e/secret.txt",
    "/storage/..%2fsecret.txt/x",
    "/storage/inputs/..\\..\\secret.txt",
    "/storage/inputs/..%5c..%5csecret.txt",
    "/storage/inputs/42/folder/5f1c.jpg%00.png",
    "/storage/inputs/42/folder/5f1c.jpg%0a",
    "/storage/inputs//42/folder/5f1c.jpg",
    "/storage//etc/passwd",
    "/storage/inputs/%2fetc/passwd",
    "/storage/inputs/./42/folder/5f1c.jpg",
    "/storage/inputs/42/.unfinished-abc",
    "/storage/inputs/42/%D1%84.jpg",
    "/storage/inputs/42/%ff%fe.jpg",
    "/storage/inputs/",
    "/storage/",
]


@pytest.mark.parametrize("target", TRAVERSALS)
async def test_no_path_leads_out_of_storage(tmp_path: Path, target: str) -> None:
    """Sent byte for byte, because clients tidy paths up, and signed by who knows our key but not our names."""
    (tmp_path / "secret.txt").write_bytes(b"secret")
    storage = open_storage(str(tmp_path / "storage"))
    await storage.write(NESTED, b"photo")
    signature = link(NESTED).partition("?")[2]
    async with served(storage) as client:
        request = client.build_request("GET", "/", extensions={"target": f"{target}?{signature}".encode()})
        answer = await client.send(request)
    assert answer.status_code == 404
    assert b"secret" not in answer.content
    assert b"photo" not in answer.content
    assert not is_name(target.removeprefix("/storage/"))


async def test_only_reading_is_offered(storage: Storage) -> None:
    async with served(storage) as client:
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            assert (await client.request(method, link(VIDEO))).status_code == 405
    assert await storage.read(VIDEO) == MP4


async def test_a_disk_that_fails_is_told_as_such(tmp_path: Path) -> None:
    storage = open_storage(str(tmp_path))
    (tmp_path / "inputs").write_bytes(b"a file where a folder should be")
    async with served(storage) as client:
        answer = await client.get(link(NESTED))
    assert (answer.status_code, answer.text) == (503, "Storage does not answer. Try again later.")


async def test_a_file_that_changes_while_it_is_sent_ends_the_answer(storage: Storage) -> None:
    await storage.write(VIDEO, bytes(64 * BLOCK_BYTES))
    received = bytearray()

    async def receive(client: httpx.AsyncClient) -> None:
        async with client.stream("GET", link(VIDEO)) as answer:
            async for block in answer.aiter_raw():
                if not received:
                    await storage.write(VIDEO, b"\xff" * 64 * BLOCK_BYTES)
                received.extend(block)

    async with served(storage) as client:
        with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
            await receive(client)
    assert set(received) == {0}
