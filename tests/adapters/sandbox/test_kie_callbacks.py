"""Callbacks as a client gets them: what they say, how they are signed, and how they go wrong."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import pytest

from adapters.sandbox.kie_faults import Fault
from tests.adapters.sandbox.kie_scene import WEBHOOK_KEY, Scene, Told, kie, kling

PHOTO = b"\xff\xd8\xff a photo nobody looks at"


async def good(scene: Scene) -> dict[str, Any]:
    """An input whose task ends well."""
    return kling(image_urls=[await scene.upload(PHOTO)])


def is_signed(told: Told, *, key: str) -> bool:
    """Checks the two headers the way a client would: written from the vendor's page, not from the sandbox."""
    signed = f"{told.body['data']['taskId']}.{told.headers['x-webhook-timestamp']}"
    expected = base64.b64encode(hmac.new(key.encode(), signed.encode(), hashlib.sha256).digest()).decode()
    return hmac.compare_digest(expected, told.headers["x-webhook-signature"])


async def test_a_success_is_told_with_200_and_a_failure_with_501() -> None:
    async with kie(faults=(Fault(nth=2, fail_code="422", fail_msg="CONTENT_POLICY_BLOCKED"),)) as scene:
        tolds = []
        for _ in range(2):
            task = await scene.created(input=await good(scene))
            tolds.append((await scene.listener.told.get()).body)
            assert tolds[-1]["data"] == (await scene.record(task))["data"]
    assert [(told["code"], told["data"]["state"], told["data"]["failMsg"]) for told in tolds] == [
        (200, "success", None),
        (501, "fail", "CONTENT_POLICY_BLOCKED"),
    ]


async def test_a_task_without_a_callback_url_is_told_to_nobody() -> None:
    async with kie() as scene:
        order = await good(scene)
        silent = await scene.created(input=order, callBackUrl=None)
        await scene.created(input=order)
        told = await scene.ended()
    assert told["taskId"] != silent
    assert scene.sandbox.tasks[silent].ended_at is not None
    assert scene.sandbox.tasks[silent].callbacks_sent == 0
    assert scene.listener.told.empty()


async def test_callbacks_are_signed_when_there_is_a_key() -> None:
    async with kie(webhook_key=WEBHOOK_KEY) as scene:
        await scene.created()
        told = await scene.listener.told.get()
    assert is_signed(told, key=WEBHOOK_KEY)
    assert int(told.headers["x-webhook-timestamp"]) == scene.clock.now


async def test_callbacks_are_not_signed_without_a_key() -> None:
    async with kie() as scene:
        await scene.created()
        told = await scene.listener.told.get()
    assert not {"x-webhook-timestamp", "x-webhook-signature"} & told.headers.keys()


async def test_a_forged_callback_is_signed_wrongly_and_a_stale_one_an_hour_ago() -> None:
    faults = (Fault(nth=1, callback="forged"), Fault(nth=2, callback="stale"))
    async with kie(webhook_key=WEBHOOK_KEY, faults=faults) as scene:
        tolds = []
        for _ in faults:
            await scene.created()
            tolds.append(await scene.listener.told.get())
    assert [is_signed(told, key=WEBHOOK_KEY) for told in tolds] == [False, True]
    assert [scene.clock.now - int(told.headers["x-webhook-timestamp"]) for told in tolds] == [0, 3600]


@pytest.mark.parametrize(
    ("statuses", "sent", "taken"), [([503], 2, 1), ([404, 302, 200], 3, 1), ([500] * 3, 3, 0), ([201] * 4, 3, 0)]
)
async def test_a_callback_is_tried_three_times_until_it_is_answered_200(
    statuses: list[int], sent: int, taken: int
) -> None:
    async with kie() as scene:
        scene.listener.statuses += statuses
        task = await scene.created()
        tolds = [await scene.ended() for _ in range(sent)]
        # A callback of another task, asked for later, proves that the first one's attempts are over.
        scene.listener.statuses.clear()
        await scene.created()
        other = await scene.ended()
    shown = scene.sandbox.tasks[task]
    assert {told["taskId"] for told in tolds} == {task}
    assert other["taskId"] != task
    assert (shown.callbacks_sent, shown.callbacks_taken) == (sent, taken)


async def test_a_callback_that_is_not_answered_in_time_is_tried_again() -> None:
    async with kie(callback_timeout_s=0.2) as scene:
        scene.listener.statuses += [0]
        task = await scene.created()
        tolds = [await scene.ended(), await scene.ended()]
    assert [told["taskId"] for told in tolds] == [task, task]
    assert scene.sandbox.tasks[task].callbacks_sent == 2


async def test_a_callback_to_nobody_harms_nothing() -> None:
    async with kie() as scene:
        urls = ["http://127.0.0.1:1/nobody", "no address", "http://["]
        tasks = [await scene.created(callBackUrl=url) for url in urls]
        await scene.created()
        await scene.ended()
        states = [(await scene.record(task))["data"]["state"] for task in tasks]
    assert states == ["fail"] * 3


async def test_a_missing_callback_is_never_sent() -> None:
    async with kie(faults=(Fault(nth=1, callback="missing"),)) as scene:
        silent = await scene.created()
        await scene.created()
        told = await scene.ended()
        record = await scene.record(silent)
    assert told["taskId"] != silent
    assert record["data"]["state"] == "fail"
    assert scene.sandbox.tasks[silent].callbacks_sent == 0


async def test_a_doubled_callback_comes_twice() -> None:
    async with kie(faults=(Fault(callback="twice"),)) as scene:
        task = await scene.created()
        tolds = [await scene.ended(), await scene.ended()]
    assert [told["taskId"] for told in tolds] == [task, task]


@pytest.mark.parametrize("latency_s", [0, 1000])
async def test_an_early_callback_is_taken_once_before_the_creation_is_answered(latency_s: float) -> None:
    faults = (Fault(nth=1, callback="early"), Fault(nth=2, ends_after_s=0))
    async with kie(faults=faults, latency_s=latency_s) as scene:
        answer = await scene.create(input=await good(scene))
        told = scene.listener.told.get_nowait().body["data"]
        other = await scene.created()
        assert (await scene.ended())["taskId"] == other
    assert (told["taskId"], told["state"]) == (answer.json()["data"]["taskId"], "success")


async def test_a_delayed_callback_comes_after_the_record_shows_the_end() -> None:
    async with kie(faults=(Fault(nth=1, callback_delay_s=1000), Fault(nth=2, callback_delay_s=0.1))) as scene:
        tasks = [await scene.created(), await scene.created()]
        told = await scene.ended()
        states = [(await scene.record(task))["data"]["state"] for task in tasks]
    assert told["taskId"] == tasks[1]
    assert states == ["fail", "fail"]
    assert scene.sandbox.tasks[tasks[0]].callbacks_sent == 0
