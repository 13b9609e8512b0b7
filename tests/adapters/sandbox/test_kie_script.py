"""Which requests a fault meets, how chance is drawn, and how all this is reached over HTTP."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from adapters.sandbox.kie_faults import Fault, random_faults
from tests.adapters.sandbox.kie_scene import KEYS, KLING, kie

PHOTO = b"\xff\xd8\xff a photo nobody looks at"


async def test_faults_are_chosen_by_model_marker_count_and_predicate() -> None:
    async with kie(latency_s=100, rate=None) as scene:
        script = scene.sandbox.faults
        script.add(Fault(model="kling/v2-1-standard", code=1))
        script.add(Fault(marker="b", code=2, times=1))
        script.add(Fault(code=3), when=lambda call: call.account == "others")
        script.add(Fault(nth=3, code=4))
        codes = [
            (await scene.create(**change)).json()["code"]
            for change in (
                {"model": "kling/v2-1-standard"},
                {"headers": {"X-Sandbox-Marker": "b"}},
                {"headers": {"X-Sandbox-Marker": "b"}},
                {"headers": {"X-Sandbox-Marker": "b"}},
                {"headers": {"Authorization": "Bearer key-of-others"}},
            )
        ]
    assert codes == [1, 2, 4, 200, 3]


async def test_polls_of_a_model_or_marker_can_fail() -> None:
    async with kie(latency_s=100) as scene:
        task = await scene.created(headers={"X-Sandbox-Marker": "job-7"})
        other = await scene.created()
        scene.sandbox.faults.add(Fault(endpoint="record", marker="job-7", model=KLING, code=500))
        codes = [(await scene.record(some))["code"] for some in (task, other)]
    assert codes == [500, 200]


async def test_random_faults_repeat_with_their_seed() -> None:
    async def codes(seed: int) -> list[object]:
        async with kie(latency_s=100, rate=None, seed=seed, faults=random_faults(percent=60)) as scene:
            seen: list[object] = []
            for _ in range(60):
                try:
                    answer = await scene.create()
                except httpx.TransportError as error:
                    seen.append(type(error).__name__)
                else:
                    seen.append((answer.status_code, answer.content[:20]))
            seen += [task.plan for task in scene.sandbox.tasks.values()]
            return seen

    first, again, other = await codes(1), await codes(1), await codes(2)
    assert first == again
    assert first != other
    assert len({repr(some) for some in first}) > 5


async def test_no_random_faults_at_0_percent() -> None:
    async with kie(latency_s=100, rate=None, faults=random_faults(percent=0)) as scene:
        codes = [(await scene.create()).json()["code"] for _ in range(30)]
    assert codes == [200] * 30


async def test_the_script_the_log_and_the_tasks_are_reached_over_http() -> None:
    async with kie(credits=1000) as scene:
        added = await scene.client.post("/_sandbox/faults", json=[{"drop": "after", "nth": 1}, {"code": 455, "nth": 2}])
        with pytest.raises(httpx.TransportError):
            await scene.create(headers={"X-Sandbox-Marker": "job-7"})
        refused = (await scene.create()).json()["code"]
        await scene.ended()
        log = (await scene.client.get("/_sandbox/requests", params={"endpoint": "create"})).json()
        later = (await scene.client.get("/_sandbox/requests", params={"after": 1})).json()
        [task] = (await scene.client.get("/_sandbox/tasks")).json()
    assert (added.json(), refused) == ({"added": 2}, 455)
    assert log["paid_creations"] == 1
    assert [(call["paid"], call["answered"], call["marker"], call["code"]) for call in log["requests"]] == [
        (True, False, "job-7", 200),
        (False, True, None, 455),
    ]
    assert log["requests"][0]["callback_url"] == task["callback_url"] == scene.callback_url
    assert [call["number"] for call in later["requests"]] == [2]
    assert (task["task"], task["state"], task["marker"]) == (log["requests"][0]["task"], "fail", "job-7")


async def test_faults_can_be_cleared_and_everything_reset_over_http() -> None:
    async with kie(latency_s=100, credits=1000, faults=(Fault(nth=2, code=455),)) as scene:
        await scene.client.post("/_sandbox/faults", json=[{"code": 500}])
        assert (await scene.create()).json()["code"] == 500
        cleared = await scene.client.delete("/_sandbox/faults")
        url, task = await scene.upload(PHOTO), await scene.created()
        reset = await scene.client.post("/_sandbox/reset")
        left = (await scene.record(task))["code"], (await scene.client.get(url)).status_code
        codes = [(await scene.create()).json()["code"] for _ in range(2)]
        log = (await scene.client.get("/_sandbox/requests")).json()
    assert (cleared.status_code, reset.status_code, left) == (204, 204, (404, 404))
    assert codes == [200, 455]
    assert (log["paid_creations"], log["requests"][0]["number"]) == (1, 1)
    assert scene.sandbox.credits_left("ours") == 1000 - 55


@pytest.mark.parametrize(
    "wrong", [[{"endpoint": "nowhere"}], [{"drop": "sideways"}], [{"odd": 1}], [{"chance": 2}], {}]
)
async def test_a_fault_nobody_knows_is_refused(wrong: Any) -> None:
    async with kie() as scene:
        answer = await scene.client.post("/_sandbox/faults", json=wrong)
    assert answer.status_code == 422


async def test_a_client_that_does_not_say_who_it_is_can_be_turned_away() -> None:
    async with kie(refuse_bare_agents=True, latency_s=100) as scene:
        bare = await scene.create()
        named = await scene.create(headers={"User-Agent": "Neurocards/1.0"})
    assert (bare.status_code, bare.text) == (403, "error code: 1010")
    assert named.json()["code"] == 200


async def test_keys_are_shown_nowhere() -> None:
    async with kie(webhook_key="secret-of-webhooks") as scene:
        await scene.created()
        shown = [(await scene.client.get(f"/_sandbox/{name}")).text for name in ("requests", "tasks")]
        shown.append(repr(scene.sandbox._state.settings))
    for secret in (*KEYS, "secret-of-webhooks"):
        assert secret not in "".join(shown)
