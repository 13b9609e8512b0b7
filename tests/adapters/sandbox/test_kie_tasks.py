"""Tasks over HTTP: created, refused, under way, ended, paid for, forgotten."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.sandbox.kie_models import MODELS, PAUSED, Field
from tests.adapters.sandbox.kie_scene import FOREIGN_KEY, KLING, SECOND_KEY, kie, kling

DAY_S = 86_400
PHOTO = b"\xff\xd8\xff a photo nobody looks at"


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def test_a_task_waits_queues_and_generates_before_it_ends() -> None:
    async with kie(latency_s=100) as scene:
        task = await scene.created()
        states = []
        for passed_s in (0, 9, 11, 29, 31, 99):
            scene.clock.now = scene.sandbox.tasks[task].created_at + passed_s
            states.append((await scene.record(task))["data"]["state"])
    assert states == ["waiting", "waiting", "queuing", "queuing", "generating", "generating"]


async def test_a_success_tells_its_result_in_a_json_string_and_its_order_in_another() -> None:
    async with kie() as scene:
        order = kling(image_urls=[await scene.upload(PHOTO)])
        task = await scene.created(input=order)
        data = await scene.ended()
        assert data == (await scene.record(task))["data"]
        [url] = json.loads(data["resultJson"])["resultUrls"]
        video = await scene.client.get(url)
    assert (data["state"], data["failCode"], data["failMsg"]) == ("success", None, None)
    assert data["creditsConsumed"] == MODELS[KLING].price
    assert data["completeTime"] == data["createTime"] == round(scene.clock.now * 1000)
    param = json.loads(data["param"])
    assert param == {"model": KLING, "callBackUrl": scene.callback_url, "input": param["input"]}
    assert json.loads(param["input"]) == order
    assert (video.status_code, video.headers["content-type"], video.content[4:8]) == (200, "video/mp4", b"ftyp")


async def test_a_photo_that_is_gone_fails_the_task_and_gives_the_credits_back() -> None:
    async with kie(credits=100) as scene:
        url = await scene.upload(PHOTO)
        task = await scene.created(input=kling(image_urls=[f"{url}.gone"]))
        data = await scene.ended()
        answer = await scene.record(task)
    assert (answer["code"], answer["msg"]) == (200, "success")
    assert answer["data"] == data
    assert (data["state"], data["failCode"], data["resultJson"]) == ("fail", "400", None)
    assert data["failMsg"].startswith("Failed to fetch the image.")
    assert data["creditsConsumed"] == 0
    assert scene.sandbox.credits_left("ours") == 100


async def test_a_task_is_paid_when_it_is_created_and_refused_when_the_credits_are_used_up() -> None:
    async with kie(latency_s=100, credits=60.5) as scene:
        before = (await scene.client.get("/api/v1/chat/credit")).json()
        await scene.created()
        after = (await scene.client.get("/api/v1/chat/credit")).json()
        refused = await scene.create()
        others = (await scene.client.get("/api/v1/chat/credit", headers=bearer(FOREIGN_KEY))).json()
    assert [answer["data"] for answer in (before, after, others)] == [60.5, 60.5 - MODELS[KLING].price, 60.5]
    assert (refused.status_code, refused.json()["code"]) == (200, 402)
    assert refused.json()["msg"].startswith("Credits insufficient : Your current balance isn’t enough")
    assert scene.sandbox.paid_creations == 1


async def test_the_keys_of_an_account_see_its_tasks_and_others_do_not() -> None:
    async with kie(latency_s=100) as scene:
        task = await scene.created()
        seen = [await scene.record(task, headers=bearer(key)) for key in (SECOND_KEY, FOREIGN_KEY, "no key")]
        unknown = await scene.record("0" * 32)
        nothing = (await scene.client.get("/api/v1/jobs/recordInfo")).json()
    assert [(answer["code"], answer["msg"]) for answer in seen] == [
        (200, "success"),
        (404, "Task not found"),
        (401, "Unauthorized"),
    ]
    assert (unknown["code"], unknown["msg"]) == (404, "Task not found")
    assert (nothing["code"], nothing["msg"]) == (400, "taskId parameter is required")


async def test_an_unknown_key_creates_nothing_and_hears_so_under_http_200() -> None:
    async with kie() as scene:
        answer = await scene.create(headers=bearer("no key"))
        credit = await scene.client.get("/api/v1/chat/credit", headers=bearer("no key"))
    assert (answer.status_code, answer.json()["code"], credit.json()["code"]) == (200, 401, 401)
    assert scene.sandbox.paid_creations == 0


async def test_a_record_shows_only_after_a_while_when_asked_to() -> None:
    async with kie(invisible_s=5) as scene:
        task = await scene.created()
        early = await scene.record(task)
        scene.clock.now += 5
        late = await scene.record(task)
    assert (early["code"], early["msg"], early["data"]) == (422, "recordInfo is null", None)
    assert late["code"] == 200


async def test_records_and_results_are_gone_after_14_days() -> None:
    async with kie() as scene:
        task = await scene.created(input=kling(image_urls=[await scene.upload(PHOTO)]))
        await scene.ended()
        seen = []
        for age_s in (14 * DAY_S, 14 * DAY_S + 1):
            scene.clock.now = scene.sandbox.tasks[task].created_at + age_s
            record = await scene.record(task)
            seen.append((record["code"], record["msg"], (await scene.client.get(f"/results/{task}.mp4")).status_code))
    assert seen == [(200, "success", 200), (422, "Temporarily supports records within 14 days.", 404)]


async def test_an_account_creates_20_tasks_in_10_s_and_the_others_are_lost() -> None:
    async with kie(latency_s=100) as scene:
        codes = [(await scene.create()).json()["code"] for _ in range(22)]
        second_key = (await scene.create(headers=bearer(SECOND_KEY))).json()["code"]
        others = (await scene.create(headers=bearer(FOREIGN_KEY))).json()["code"]
        scene.clock.now += 10
        later = (await scene.create()).json()["code"]
    assert codes == [200] * 20 + [429] * 2
    assert (second_key, others, later) == (429, 200, 200)
    assert scene.sandbox.paid_creations == 22


async def test_without_a_rate_any_number_is_taken() -> None:
    async with kie(latency_s=100, rate=None) as scene:
        codes = {(await scene.create()).json()["code"] for _ in range(25)}
    assert codes == {200}


@pytest.mark.parametrize(
    ("change", "code", "msg"),
    [
        ({"model": "sora-2-image-to-video"}, 500, PAUSED),
        ({"model": "sora-2-image-to-video", "input": {}}, 500, PAUSED),
        ({"model": "wan/2-7", "input": {}}, 422, "The model name you specified is not supported."),
        ({"model": ["kling"]}, 422, "The model name you specified is not supported."),
        ({"input": {}}, 500, "This field is required"),
        ({"model": "wan/2-7-image-to-video", "input": {}}, 422, "prompt is required"),
        ({"input": None}, 422, "input is required"),
        ({"input": "{"}, 422, "input is required"),
        ({"input": kling(duration=5)}, 500, "duration is not within the range of allowed options"),
        ({"input": kling(sound=None)}, 500, "This field is required"),
        ({"input": kling(sound="no")}, 422, "sound must be a boolean"),
        ({"input": kling(prompt="я" * 1001)}, 422, "prompt must have between 1 and 1000 characters"),
        ({"input": kling(prompt=7)}, 422, "prompt must be a string"),
        ({"input": kling(image_urls="http://one")}, 422, "image_urls must be an array of valid URLs"),
        ({"input": kling(image_urls=["ftp://one"])}, 422, "image_urls must be an array of valid URLs"),
        ({"input": kling(image_urls=["http://one", "http://two"])}, 422, "image_urls must have at most 1 items"),
    ],
)
async def test_a_bad_order_is_refused_before_anything_is_paid(change: dict[str, Any], code: int, msg: str) -> None:
    async with kie() as scene:
        answer = await scene.create(**change)
    assert (answer.status_code, answer.json()["code"]) == (200, code)
    assert answer.json()["msg"].startswith(msg)
    assert answer.json()["data"] is None
    assert scene.sandbox.paid_creations == 0


@pytest.mark.parametrize(
    ("model", "fields", "msg"),
    [
        ("wan/2-7-image-to-video", {"duration": "5"}, "duration must be an integer"),
        ("wan/2-7-image-to-video", {"duration": 16}, "duration is not within the range of allowed options"),
        ("kling/v2-1-standard", {"image_url": ["http://one"]}, "image_url must be a valid URL"),
        (
            "bytedance/seedance-2-mini",
            {"reference_image_urls": ["http://one"]},
            "first_frame_url and reference_image_urls cannot be used together",
        ),
    ],
)
async def test_a_field_of_the_wrong_kind_is_named(model: str, fields: dict[str, Any], msg: str) -> None:
    async with kie(latency_s=100) as scene:
        order = sample(model)
        taken = await scene.create(model=model, input=order)
        answer = await scene.create(model=model, input=order | fields)
    assert (taken.json()["code"], answer.json()["msg"]) == (200, msg)


async def test_a_body_that_is_no_json_object_is_a_bad_request() -> None:
    async with kie() as scene:
        headers = {"Content-Type": "application/json"}
        bodies = (b"{", b"[]", b"\xff", b"")
        answers = [await scene.client.post("/api/v1/jobs/createTask", content=b, headers=headers) for b in bodies]
    assert [answer.json()["code"] for answer in answers] == [400] * 4


def sample(model: str) -> dict[str, Any]:
    """An order with every field that the model knows, but of two that exclude each other only the first."""
    chosen = MODELS[model]
    excluded = chosen.exclusive[1] if chosen.exclusive else None
    return {field.name: value_for(field) for field in chosen.fields if field.name != excluded}


def value_for(field: Field) -> Any:
    values = {
        "text": "a film about coffee",
        "choice": field.choices[0] if field.choices else None,
        "whole": field.least,
        "flag": True,
        "url": "http://127.0.0.1:1/photo.jpg",
        "urls": ["http://127.0.0.1:1/photo.jpg"] * min(field.most, 2),
    }
    return values[field.kind]


async def test_every_model_takes_an_order_with_all_its_fields() -> None:
    async with kie(latency_s=100, paused=()) as scene:
        tasks = {model: await scene.created(model=model, input=sample(model)) for model in MODELS}
        told = {model: (await scene.record(task))["data"] for model, task in tasks.items()}
    assert {model: (data["model"], data["state"]) for model, data in told.items()} == {
        model: (model, "waiting") for model in MODELS
    }


async def test_sora_tells_a_second_list_of_results() -> None:
    async with kie(paused=()) as scene:
        order = sample("sora-2-image-to-video") | {"image_urls": [await scene.upload(PHOTO)]}
        await scene.created(model="sora-2-image-to-video", input=order)
        result = json.loads((await scene.ended())["resultJson"])
    assert result["resultWaterMarkUrls"] == result["resultUrls"] != []


async def test_a_download_link_is_good_for_20_minutes_and_only_for_own_results() -> None:
    async with kie() as scene:
        task = await scene.created(input=kling(image_urls=[await scene.upload(PHOTO)]))
        [url] = json.loads((await scene.ended())["resultJson"])["resultUrls"]
        link = (await scene.client.post("/api/v1/common/download-url", json={"url": url})).json()
        wrong = [
            (await scene.client.post("/api/v1/common/download-url", json=content, headers=bearer(key))).json()["code"]
            for content, key in (
                ({"url": "https://example.org/x.mp4"}, SECOND_KEY),
                ({"url": url}, FOREIGN_KEY),
                ({}, SECOND_KEY),
                ({"url": url}, "no key"),
            )
        ]
        statuses = []
        for passed_s in (1200, 1):
            scene.clock.now += passed_s
            statuses.append((await scene.client.get(link["data"])).status_code)
    assert link["code"] == 200
    assert task in link["data"]
    assert wrong == [422, 422, 422, 401]
    assert statuses == [200, 403]


async def test_what_is_not_offered_is_no_page() -> None:
    async with kie() as scene:
        answers = [
            await scene.client.get("/api/v1/jobs/list"),
            await scene.client.get("/api/v1/jobs/createTask"),
            await scene.client.post("/results/x.mp4"),
        ]
        gone = [await scene.client.get(path) for path in ("/results/x.mp4", "/results/", "/files/x/y.jpg")]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(200, 404)] * 3
    assert [answer.status_code for answer in gone] == [404] * 3
