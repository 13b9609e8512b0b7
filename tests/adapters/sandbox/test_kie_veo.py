"""Veo has endpoints and shapes of its own."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.sandbox.kie_faults import Fault
from tests.adapters.sandbox.kie_scene import FOREIGN_KEY, Scene, kie

PHOTO = b"\xff\xd8\xff a photo nobody looks at"


async def generate(scene: Scene, **more: Any) -> dict[str, Any]:
    content = {"prompt": "coffee", "imageUrls": [await scene.upload(PHOTO)], "callBackUrl": scene.callback_url} | more
    answer: dict[str, Any] = (await scene.client.post("/api/v1/veo/generate", json=content)).json()
    return answer


async def info(scene: Scene, task: str, **more: Any) -> dict[str, Any]:
    answer = await scene.client.get("/api/v1/veo/record-info", params={"taskId": task}, **more)
    content: dict[str, Any] = answer.json()
    return content


async def test_a_veo_task_ends_with_urls_in_its_own_shape() -> None:
    async with kie() as scene:
        task = (await generate(scene, duration=8, aspect_ratio="9:16"))["data"]["taskId"]
        told = (await scene.listener.told.get()).body
        data = (await info(scene, task))["data"]
        video = await scene.client.get(data["response"]["resultUrls"][0])
    assert (data["successFlag"], data["errorCode"], data["errorMessage"]) == (1, None, None)
    assert told["code"] == 200
    assert told["data"]["info"]["resultUrls"] == data["response"]["resultUrls"]
    assert {"state", "resultJson"} & told["data"].keys() == set()
    assert video.content[4:8] == b"ftyp"
    assert scene.sandbox.tasks[task].order.model == "veo3_fast"


async def test_a_failed_veo_task_has_a_flag_and_a_number() -> None:
    async with kie(faults=(Fault(model="veo3", fail_code="400", fail_msg="Content policy violation"),)) as scene:
        task = (await generate(scene, model="veo3"))["data"]["taskId"]
        told = (await scene.listener.told.get()).body
        data = (await info(scene, task))["data"]
    assert (data["successFlag"], data["errorCode"], data["errorMessage"]) == (3, 400, "Content policy violation")
    assert (data["response"], told["code"], told["msg"]) == (None, 501, "Content policy violation")


async def test_a_veo_task_under_way_has_flag_0() -> None:
    async with kie(latency_s=100) as scene:
        task = (await generate(scene))["data"]["taskId"]
        data = (await info(scene, task))["data"]
    assert (data["successFlag"], data["response"], data["completeTime"]) == (0, None, None)


@pytest.mark.parametrize(
    ("change", "code", "msg"),
    [
        ({"prompt": ""}, 422, "prompt is required"),
        ({"model": "veo2"}, 422, "The model name you specified is not supported."),
        ({"duration": "8"}, 500, "duration is not within the range of allowed options"),
        ({"imageUrls": ["http://one"] * 4}, 422, "imageUrls must have at most 3 items"),
    ],
)
async def test_a_bad_veo_order_is_refused(change: dict[str, Any], code: int, msg: str) -> None:
    async with kie() as scene:
        answer = await generate(scene, **change)
    assert answer["code"] == code
    assert answer["msg"].startswith(msg)


async def test_the_two_families_do_not_know_each_others_tasks() -> None:
    async with kie(latency_s=100) as scene:
        veo, job = (await generate(scene))["data"]["taskId"], await scene.created()
        answers = [
            await scene.record(veo),
            await info(scene, job),
            await info(scene, veo, headers={"Authorization": f"Bearer {FOREIGN_KEY}"}),
        ]
        scene.clock.now += 15 * 86_400
        answers.append(await info(scene, veo))
    assert [(answer["code"], answer["msg"]) for answer in answers] == [
        (404, "Task not found"),
        (422, "record is null."),
        (422, "record is null."),
        (422, "Temporarily supports records within 14 days."),
    ]
