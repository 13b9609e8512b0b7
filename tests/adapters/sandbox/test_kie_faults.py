"""The script of faults, over real HTTP: what the caller sees, and what became of the task nevertheless."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from adapters.sandbox.kie_faults import Fault
from tests.adapters.sandbox.kie_scene import Scene, kie, kling

PHOTO = b"\xff\xd8\xff a photo nobody looks at"


async def good(scene: Scene) -> dict[str, Any]:
    """An input whose task ends well."""
    return kling(image_urls=[await scene.upload(PHOTO)])


async def test_a_connection_dropped_before_creates_nothing() -> None:
    async with kie(faults=(Fault(drop="before", times=1),)) as scene:
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            await scene.create()
        assert scene.sandbox.paid_creations == 0
        await scene.created()
    dropped, whole = (call for call in scene.sandbox.calls if call.endpoint == "create")
    assert (dropped.paid, dropped.answered, dropped.status, dropped.faulted) == (False, False, None, True)
    assert (whole.paid, whole.answered, whole.status, whole.code, whole.faulted) == (True, True, 200, 200, False)


@pytest.mark.parametrize("drop", ["after", "midway"])
async def test_a_connection_dropped_after_leaves_a_paid_task_that_calls_back(drop: str) -> None:
    async with kie(faults=(Fault.model_validate({"drop": drop}),)) as scene:
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            await scene.create(headers={"X-Sandbox-Marker": "job-7"})
        told = await scene.ended()
    [call] = scene.sandbox.calls
    assert scene.sandbox.paid_creations == 1
    assert (call.paid, call.answered, call.task, call.callback_url) == (True, False, told["taskId"], scene.callback_url)
    assert (call.marker, scene.sandbox.tasks[told["taskId"]].order.marker) == ("job-7", "job-7")


async def test_a_video_can_break_off_midway() -> None:
    async with kie(faults=(Fault(endpoint="result", drop="midway", times=1),)) as scene:
        task = await scene.created(input=await good(scene))
        await scene.ended()
        received = bytearray()
        async with scene.client.stream("GET", f"/results/{task}.mp4") as broken:
            pieces = broken.aiter_bytes()
            received += await anext(pieces)
            with pytest.raises(httpx.RemoteProtocolError):
                received += await anext(pieces)
        whole = await scene.client.get(f"/results/{task}.mp4")
    assert broken.status_code == 200
    assert int(broken.headers["content-length"]) == len(whole.content)
    assert whole.content.startswith(received)
    assert 0 < len(received) < len(whole.content)


async def test_half_of_a_big_file_arrives_before_it_breaks_off() -> None:
    big, received = bytes(12_000_000), 0
    async with kie(faults=(Fault(endpoint="file", drop="midway"),)) as scene:
        url = await scene.upload(big)
        async with scene.client.stream("GET", url) as broken:
            with pytest.raises(httpx.RemoteProtocolError):  # noqa: PT012 - the loop is what is broken off
                async for piece in broken.aiter_bytes():
                    received += len(piece)
    assert received == len(big) / 2


@pytest.mark.parametrize(
    ("fault", "status", "begins"),
    [
        (Fault(garbage="not_json"), 200, b"upstream"),
        (Fault(garbage="html"), 502, b"<html>"),
        (Fault(garbage="html", status=525), 525, b"<html>"),
        (Fault(garbage="empty"), 200, b""),
        (Fault(garbage="cloudflare"), 403, b"error code: 1010"),
        (Fault(status=503), 503, b'{"code":503'),
        (Fault(status=200, msg="odd"), 200, b'{"code":200,"msg":"odd"'),
        (Fault(code=455, msg="maintenance"), 200, b'{"code":455,"msg":"maintenance","data":null}'),
        (Fault(status=429, code=433), 429, b'{"code":433'),
    ],
)
@pytest.mark.parametrize("handled", [False, True])
async def test_another_answer_hides_what_was_done(fault: Fault, status: int, begins: bytes, handled: bool) -> None:
    async with kie(faults=(fault.model_copy(update={"handled": handled}),)) as scene:
        answer = await scene.create()
    assert (answer.status_code, scene.sandbox.paid_creations) == (status, int(handled))
    assert answer.content.startswith(begins)
    assert bool(answer.content) == bool(begins)
    assert scene.sandbox.calls[0].answered


async def test_truncated_json_is_a_whole_answer_that_cannot_be_read() -> None:
    async with kie(faults=(Fault(garbage="truncated", handled=True),)) as scene:
        answer = await scene.create()
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.content.startswith(b'{"code":200,')
    with pytest.raises(json.JSONDecodeError):
        answer.json()
    assert scene.sandbox.paid_creations == 1


async def test_a_held_back_answer_comes_after_the_task_has_run() -> None:
    async with kie(faults=(Fault(nth=1, latency_s=0.1), Fault(nth=2, latency_s=1000))) as scene:
        answer = (await scene.create()).json()
        assert answer["data"]["taskId"] == (await scene.ended())["taskId"]
        asking = asyncio.create_task(scene.create())
        told = await scene.ended()
        assert not asking.done()
        asking.cancel()
    assert scene.sandbox.tasks.keys() == {answer["data"]["taskId"], told["taskId"]}


async def test_the_caller_may_leave_before_a_held_back_answer() -> None:
    async with kie(faults=(Fault(latency_s=1000),)) as scene:
        asking = asyncio.create_task(scene.create())
        while not scene.sandbox.calls:  # noqa: ASYNC110 - the sandbox counts
            await asyncio.sleep(0.01)
        asking.cancel()
        told = await scene.ended()
    [call] = scene.sandbox.calls
    assert (call.task, call.paid, call.answered) == (told["taskId"], True, False)


async def test_a_task_can_fail_as_told() -> None:
    text = "We currently do not support uploads of images containing photorealistic people."
    async with kie(faults=(Fault(fail_msg=text),)) as scene:
        await scene.created(input=await good(scene))
        data = await scene.ended()
    assert (data["state"], data["failCode"], data["failMsg"], data["creditsConsumed"]) == ("fail", "", text, 0)


async def test_a_marked_photo_fails_every_task_that_uses_it() -> None:
    mark = Fault(endpoint="upload", contains="person", fail_code="400", fail_msg="Image contains faces.")
    async with kie(faults=(mark,)) as scene:
        marked = await scene.upload(PHOTO, name="person.jpg")
        other = await scene.upload(PHOTO, name="coffee.jpg")
        ends = []
        for url in (marked, other, marked):
            await scene.created(input=kling(image_urls=[url]))
            data = await scene.ended()
            ends.append((data["state"], data["failMsg"]))
    faces = ("fail", "Image contains faces.")
    assert ends == [faces, ("success", None), faces]


async def test_a_marked_prompt_fails_its_task_only() -> None:
    async with kie(
        faults=(Fault(contains="запретное", fail_code="400", fail_msg="Content policy violation"),)
    ) as scene:
        states = []
        for prompt in ("Кофе", "Нечто запретное"):
            await scene.created(input=await good(scene) | {"prompt": prompt})
            states.append((await scene.ended())["state"])
    assert states == ["success", "fail"]


async def test_a_task_may_never_end_and_show_an_unknown_state() -> None:
    faults = (
        Fault(nth=1, never_ends=True, state="archiving"),
        Fault(nth=2, never_ends=True),
        Fault(nth=3, state="thinking", ends_after_s=1000),
        Fault(nth=4, state="thinking"),
    )
    async with kie(faults=faults) as scene:
        tasks = [await scene.created() for _ in faults]
        assert (await scene.ended())["taskId"] == tasks[3]
        states = [(await scene.record(task))["data"]["state"] for task in tasks]
    assert states == ["archiving", "generating", "thinking", "fail"]


async def test_a_success_may_come_late_or_without_a_url() -> None:
    async with kie(latency_s=1000, faults=(Fault(ends_after_s=0.05, without_url=True),)) as scene:
        task = await scene.created(input=await good(scene))
        data = await scene.ended()
        video = await scene.client.get(f"/results/{task}.mp4")
    assert (data["state"], json.loads(data["resultJson"])) == ("success", {"resultUrls": []})
    assert video.status_code == 404


async def test_a_result_told_early_is_not_there_yet() -> None:
    async with kie(latency_s=1000, faults=(Fault(result_early=True),)) as scene:
        task = await scene.created(input=await good(scene))
        data = (await scene.record(task))["data"]
        video = await scene.client.get(json.loads(data["resultJson"])["resultUrls"][0])
    assert (data["state"], video.status_code) == ("waiting", 404)


async def test_a_fault_can_hide_one_record_for_a_while() -> None:
    async with kie(latency_s=1000, faults=(Fault(nth=2, invisible_s=90),)) as scene:
        tasks = [await scene.created(), await scene.created()]
        codes = [(await scene.record(task))["code"] for task in tasks]
        scene.clock.now += 90
        codes.append((await scene.record(tasks[1]))["code"])
    assert codes == [200, 422, 200]


@pytest.mark.parametrize("endpoint", ["record", "upload", "credit", "link", "result", "file"])
async def test_every_endpoint_can_fail(endpoint: str) -> None:
    paths = {
        "record": ("GET", "/api/v1/jobs/recordInfo"),
        "upload": ("POST", "/api/file-base64-upload"),
        "credit": ("GET", "/api/v1/chat/credit"),
        "link": ("POST", "/api/v1/common/download-url"),
        "result": ("GET", "/results/x.mp4"),
        "file": ("GET", "/files/x.jpg"),
    }
    fault = Fault.model_validate({"endpoint": endpoint, "status": 500, "code": 500, "msg": "planted", "times": 1})
    async with kie(faults=(fault,)) as scene:
        answers = {name: await scene.client.request(*path) for name, path in paths.items()}
    planted = {name for name, answer in answers.items() if b"planted" in answer.content}
    assert planted == {endpoint}
    assert answers[endpoint].status_code == 500
