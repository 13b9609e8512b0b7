"""Looking tasks up at the sandbox: only KIE's own word about a task ends it."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from adapters.sandbox.kie_faults import Fault
from domain.catalogue import Model
from domain.failures import FailureClass
from domain.outside import NotFound, StillRunning, TaskDead, Uploaded
from tests.adapters.kie.client_scene import BROWSER, KLING, MODELS, PHOTO, Client, opened
from tests.adapters.sandbox.kie_scene import FOREIGN_KEY, KEY, SECOND_KEY


async def test_a_task_is_followed_from_nowhere_to_its_accepted_photo() -> None:
    async with opened(latency_s=3600, invisible_s=10) as client:
        task = await client.created()
        assert await client.look_up(task) == NotFound()
        client.scene.clock.now += 20
        assert isinstance(await client.look_up(task), StillRunning)
        client.scene.clock.now += 3000
        assert await client.look_up(task) == StillRunning(photo_accepted=True)


@pytest.mark.parametrize("model", [KLING, MODELS["veo-3.1-fast"]], ids=lambda model: model.id)
async def test_a_refused_photo_ends_the_task_of_either_family(client: Client, model: Model) -> None:
    client.scene.sandbox.faults.add(
        Fault(fail_code="400", fail_msg="Your image was rejected: it shows a real person, which is not allowed.")
    )
    task = await client.created(model)
    await client.scene.ended()
    dead = await client.look_up(task, model)
    assert isinstance(dead, TaskDead)
    assert (dead.trouble.failure, dead.trouble.about_photo) == (FailureClass.USER_VIOLATION, True)


async def test_a_success_without_a_video_is_a_death_of_its_own(client: Client) -> None:
    uploaded = await client.service.upload(PHOTO, key="one")
    assert isinstance(uploaded, Uploaded)
    client.scene.sandbox.faults.add(Fault(without_url=True))
    task = await client.created(photo_url=uploaded.url)
    await client.scene.ended()
    dead = await client.look_up(task)
    assert isinstance(dead, TaskDead)
    assert dead.trouble.message == "the task succeeded and left no video"


@pytest.mark.parametrize(
    ("fault", "verdict"),
    [
        (Fault(endpoint="record", code=429, msg="Rate limit exceeded"), StillRunning()),
        (Fault(endpoint="record", code=500, msg="Server Error"), StillRunning()),
        (Fault(endpoint="record", status=502, garbage="html"), StillRunning()),
        (Fault(endpoint="record", garbage="truncated", handled=True), StillRunning()),
        (Fault(endpoint="record", drop="before"), StillRunning()),
        (Fault(endpoint="record", drop="midway"), StillRunning()),
        (Fault(endpoint="record", code=404, msg="Task not found"), NotFound()),
        (Fault(endpoint="record", code=422, msg="recordInfo is null"), NotFound()),
    ],
)
async def test_a_look_up_that_says_nothing_ends_nothing(client: Client, fault: Fault, verdict: object) -> None:
    task = await client.created()
    client.scene.sandbox.faults.add(fault)
    assert await client.look_up(task) == verdict
    assert await client.rests.resting() == {}


@pytest.mark.parametrize("code", [408, 501])
async def test_a_code_that_ends_the_task_is_believed(client: Client, code: int) -> None:
    task = await client.created()
    client.scene.sandbox.faults.add(Fault(endpoint="record", code=code, msg="No result has been returned"))
    assert isinstance(await client.look_up(task), TaskDead)


async def test_a_look_up_that_is_refused_goes_on_and_tells_operators(client: Client) -> None:
    task = await client.created()
    client.scene.sandbox.faults.add(
        Fault(endpoint="record", code=401, msg="Unauthorized", nth=1),
        Fault(endpoint="record", code=403, msg="You do not have access permissions"),
    )
    with capture_logs() as logs:
        assert await client.look_up(task) == StillRunning()
        assert await client.look_up(task) == StillRunning()
    critical = [line["event"] for line in logs if line["log_level"] == "critical"]
    assert critical == ["kie refuses to be asked"] * 2
    assert await client.rests.resting() == {}


async def test_a_state_that_nobody_has_heard_of_is_logged(client: Client) -> None:
    client.scene.sandbox.faults.add(Fault(state="warming_up", never_ends=True))
    task = await client.created()
    with capture_logs() as logs:
        assert await client.look_up(task) == StillRunning()
    assert [line["state"] for line in logs if line["log_level"] == "warning"] == ["warming_up"]


async def test_the_key_that_created_a_task_asks_about_it() -> None:
    async with opened(f"one@ours={KEY},other@others={FOREIGN_KEY}") as client:
        task = await client.created()
        await client.scene.ended()
        assert isinstance(await client.look_up(task), TaskDead)
        assert await client.look_up(task, key="other") == NotFound()


async def test_when_the_key_is_gone_another_asks_and_does_not_take_not_found_for_an_answer() -> None:
    async with opened(f"other@others={FOREIGN_KEY}") as client:
        assert await client.look_up(await client.scene.created(headers=BROWSER), key="gone") == StillRunning()
    async with opened(f"spare@ours={SECOND_KEY}") as client:
        task = await client.scene.created(headers=BROWSER)
        await client.scene.ended()
        assert isinstance(await client.look_up(task, key="gone"), TaskDead)
