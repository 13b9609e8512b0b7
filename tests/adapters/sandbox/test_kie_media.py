"""Photos handed in and given out again, over HTTP."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from tests.adapters.sandbox.kie_scene import Scene, kie

PHOTO = b"\xff\xd8\xff" + bytes(range(256))


async def stream(scene: Scene, *, key: str | None = None, data: dict[str, str] | None = None) -> httpx.Response:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    form = {"uploadPath": "a/b"} if data is None else data
    return await scene.client.post(
        "/api/file-stream-upload", files={"file": ("чай.jpg", PHOTO)}, data=form, headers=headers
    )


async def test_a_streamed_file_lies_at_its_download_url() -> None:
    async with kie() as scene:
        answer = (await stream(scene)).json()
        file = await scene.client.get(answer["data"]["downloadUrl"])
    assert (answer["success"], answer["code"]) == (True, 200)
    data = answer["data"]
    assert (data["fileName"], data["filePath"], data["fileSize"], data["mimeType"]) == (
        "чай.jpg",
        "a/b/чай.jpg",
        len(PHOTO),
        "image/jpeg",
    )
    assert (file.content, file.headers["content-type"]) == (PHOTO, "image/jpeg")


@pytest.mark.parametrize("prefix", ["", "data:image/jpeg;base64,"])
async def test_base64_is_taken_raw_and_as_a_data_url(prefix: str) -> None:
    async with kie() as scene:
        content = {"base64Data": prefix + base64.b64encode(PHOTO).decode(), "uploadPath": "a"}
        answer = (await scene.client.post("/api/file-base64-upload", json=content)).json()
        file = await scene.client.get(answer["data"]["downloadUrl"])
    assert (file.content, file.headers["content-type"]) == (PHOTO, "image/jpeg")


async def test_a_file_is_fetched_from_elsewhere() -> None:
    async with kie() as elsewhere, kie() as scene:
        url = await elsewhere.upload(PHOTO)
        uploads = [
            await scene.client.post("/api/file-url-upload", json={"fileUrl": address, "uploadPath": "a"})
            for address in (url, f"{url}.gone")
        ]
        file = await scene.client.get(uploads[0].json()["data"]["downloadUrl"])
    assert file.content == PHOTO
    assert (uploads[1].json()["code"], uploads[1].json()["success"]) == (400, False)


@pytest.mark.parametrize(
    ("content", "msg"),
    [
        ({"base64Data": "AAAA"}, "Missing required parameter: uploadPath"),
        ({"uploadPath": "a"}, "Missing required parameter: base64Data"),
        ({"uploadPath": "a", "base64Data": "я"}, "Base64 decoding failed: Invalid Base64 format"),
        ({"uploadPath": "a", "base64Data": "AAA"}, "Base64 decoding failed: Invalid Base64 format"),
    ],
)
async def test_a_bad_upload_is_refused_in_an_envelope(content: dict[str, Any], msg: str) -> None:
    async with kie() as scene:
        answer = await scene.client.post("/api/file-base64-upload", json=content)
    assert answer.status_code == 200
    assert answer.json() == {"success": False, "code": 400, "msg": msg, "data": None}


async def test_a_streamed_upload_wants_a_key_a_folder_and_a_file() -> None:
    async with kie() as scene:
        answers = [
            await stream(scene, key="no key"),
            await stream(scene, data={}),
            await scene.client.post("/api/file-stream-upload", data={"uploadPath": "a"}),
            await scene.client.post(
                "/api/file-stream-upload",
                content=b"no form at all",
                headers={"Content-Type": "multipart/form-data; boundary=x"},
            ),
        ]
    assert [(answer.json()["code"], answer.json()["msg"]) for answer in answers] == [
        (401, "Authentication failed: Invalid API Key"),
        (400, "Missing required parameter: uploadPath"),
        (400, "Missing required parameter: file"),
        (400, "Invalid multipart form"),
    ]


async def test_the_same_name_replaces_and_a_day_forgets() -> None:
    async with kie() as scene:
        await scene.upload(b"first")
        url = await scene.upload(b"second")
        now = await scene.client.get(url)
        scene.clock.now += 86_400
        tomorrow = await scene.client.get(url)
        await scene.upload(b"another", name="another.jpg")
        scene.clock.now -= 86_400
        forgotten = await scene.client.get(url)
    assert (now.content, tomorrow.status_code, forgotten.status_code) == (b"second", 404, 404)


async def test_a_path_cannot_leave_its_folder() -> None:
    async with kie() as scene:
        content = {"base64Data": "AAAA", "uploadPath": "../../etc", "fileName": "../x/./y.png"}
        answer = (await scene.client.post("/api/file-base64-upload", json=content)).json()
    assert answer["data"]["filePath"] == "etc/x/y.png"


async def test_ranges_are_served_and_impossible_ones_refused() -> None:
    async with kie() as scene:
        url = await scene.upload(PHOTO)
        wanted = ("bytes=0-9", "bytes=250-", "bytes=-5", "bytes=999-", "bytes=5-1", "pages=1-2", "bytes=0-1,3-4")
        answers = [await scene.client.get(url, headers={"Range": some}) for some in wanted]
        head = await scene.client.head(url)
    assert [(answer.status_code, answer.headers.get("content-range")) for answer in answers] == [
        (206, "bytes 0-9/259"),
        (206, "bytes 250-258/259"),
        (206, "bytes 254-258/259"),
        (416, "bytes */259"),
        (416, "bytes */259"),
        (200, None),
        (200, None),
    ]
    assert [answer.content for answer in answers[:3]] == [PHOTO[:10], PHOTO[250:], PHOTO[-5:]]
    assert (head.status_code, head.headers["content-length"], head.content) == (200, "259", b"")
