"""Creating tasks at the sandbox: what costs money is sent once, and every answer of the service becomes a value."""

from __future__ import annotations

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from adapters.kie.keys import RETIRED_FOR_S
from adapters.sandbox.kie_faults import Fault
from domain.catalogue import Model
from domain.failures import FailureClass
from domain.outside import KeyReady, KeysResting, NoKey, NotTaken, TaskDead, Unanswered, Uploaded, VideoMade
from processors.services import VideoService
from tests.adapters.kie.client_scene import KLING, MODELS, OPEN, PHOTO, PROMPT, Client, opened
from tests.adapters.sandbox.kie_scene import KEY


def test_it_fits_the_port(client: Client) -> None:
    service: VideoService = client.service
    assert service is not None


@pytest.mark.parametrize("model", OPEN, ids=lambda model: model.id)
async def test_every_open_model_takes_its_order_and_makes_a_video(client: Client, model: Model) -> None:
    uploaded = await client.service.upload(PHOTO, key="one")
    assert isinstance(uploaded, Uploaded)
    task = await client.created(model, photo_url=uploaded.url)
    assert (client.scene.sandbox.paid_creations, client.asked("create")) == (1, 1)
    await client.scene.ended()
    assert isinstance(await client.look_up(task, model), VideoMade)


async def test_two_uploads_never_share_a_name(client: Client) -> None:
    first, second = [await client.service.upload(PHOTO, key="one") for _ in range(2)]
    assert isinstance(first, Uploaded)
    assert isinstance(second, Uploaded)
    assert first.url != second.url


@pytest.mark.parametrize(
    ("fault", "failure"),
    [
        (Fault(code=429, msg="Rate Limited"), FailureClass.RATE_LIMIT),
        (Fault(code=455, msg="under maintenance"), FailureClass.TEMPORARY),
        (Fault(code=500, msg="Server Error"), FailureClass.TEMPORARY),
        (Fault(code=422, msg="This content may violate our content policies."), FailureClass.USER_VIOLATION),
        (Fault(code=422, msg="prompt must be a string"), FailureClass.UNKNOWN),
        (Fault(status=429, code=429, msg="Too many requests"), FailureClass.RATE_LIMIT),
        (Fault(garbage="cloudflare"), FailureClass.UNKNOWN),
    ],
)
async def test_a_refusal_is_a_definite_no_of_its_class(client: Client, fault: Fault, failure: FailureClass) -> None:
    client.scene.sandbox.faults.add(fault)
    refused = await client.service.create(client.order(), key="one")
    assert isinstance(refused, NotTaken)
    assert refused.trouble.failure is failure
    assert (client.scene.sandbox.paid_creations, client.asked("create")) == (0, 1)


@pytest.mark.parametrize(
    ("fault", "paid"),
    [
        (Fault(drop="before"), 0),
        (Fault(drop="after"), 1),
        (Fault(drop="midway"), 1),
        (Fault(garbage="html"), 0),
        (Fault(garbage="html", handled=True), 1),
        (Fault(garbage="not_json", handled=True), 1),
        (Fault(garbage="truncated", handled=True), 1),
        (Fault(garbage="empty", handled=True), 1),
        (Fault(status=500, handled=True), 1),
        (Fault(status=503, code=503, msg="Service unavailable", handled=True), 1),
        (Fault(status=525, garbage="not_json"), 0),
        (Fault(code=200, msg="success", handled=True), 1),
    ],
)
async def test_a_lost_answer_leaves_the_outcome_open_and_is_not_asked_for_again(
    client: Client, fault: Fault, paid: int
) -> None:
    client.scene.sandbox.faults.add(fault)
    assert isinstance(await client.service.create(client.order(), key="one"), Unanswered)
    assert (client.scene.sandbox.paid_creations, client.asked("create")) == (paid, 1)
    assert await client.rests.resting() == {}


async def test_a_paused_model_is_off(client: Client) -> None:
    refused = await client.service.create(client.order(MODELS["sora-2"]), key="one")
    assert isinstance(refused, NotTaken)
    assert (refused.trouble.failure, refused.trouble.model_off) == (FailureClass.UNKNOWN, True)


async def test_a_choice_that_is_not_offered_is_refused_without_asking(client: Client) -> None:
    refused = await client.service.create(client.order(duration_s=7), key="one")
    assert isinstance(refused, NotTaken)
    assert refused.trouble.message == "kling-2.6 makes no video of 7 s"
    assert client.asked("create") == 0


async def test_a_limited_key_rests_and_the_next_one_is_ready(client: Client) -> None:
    client.scene.sandbox.faults.add(Fault(code=429, msg="Rate Limited", nth=1))
    refused = await client.service.create(client.order(), key="one")
    assert isinstance(refused, NotTaken)
    assert [await client.service.key() for _ in range(2)] == [KeyReady("two")] * 2
    client.scene.sandbox.faults.add(Fault(code=430, msg="call frequency too high"))
    await client.service.create(client.order(), key="two")
    assert isinstance(await client.service.key(), KeysResting)


async def test_an_empty_account_retires_its_keys_and_then_nothing_can_be_created() -> None:
    async with opened(credits=0) as client:
        troubles = []
        for label in ("one", "two"):
            refused = await client.service.create(client.order(), key=label)
            assert isinstance(refused, NotTaken)
            troubles.append(refused.trouble.failure)
        assert troubles == [FailureClass.RATE_LIMIT, FailureClass.BILLING]
        assert set(await client.rests.resting()) == {"retired/one", "retired/two"}
        assert isinstance(await client.service.key(), NoKey)
        client.clock.move(RETIRED_FOR_S[0])
        assert isinstance(await client.service.key(), KeyReady)


async def test_a_wrong_key_is_retired_by_an_upload_too() -> None:
    async with opened("wrong@ours=not-a-key-at-all") as client:
        refused = await client.service.upload(PHOTO, key="wrong")
        assert isinstance(refused, NotTaken)
        assert set(await client.rests.resting()) == {"retired/wrong"}


@pytest.mark.parametrize(("code", "message"), [(401, "Unauthorized"), (402, "Insufficient credits")])
async def test_a_key_that_only_the_host_of_uploads_refuses_goes_on(client: Client, code: int, message: str) -> None:
    client.scene.sandbox.faults.add(Fault(endpoint="upload", code=code, msg=message, nth=1))
    refused = await client.service.upload(PHOTO, key="one")
    assert isinstance(refused, NotTaken)
    assert refused.trouble.failure is FailureClass.TEMPORARY
    assert await client.rests.resting() == {}
    assert isinstance(await client.service.upload(PHOTO, key="one"), Uploaded)


@pytest.mark.parametrize(
    "fault", [Fault(endpoint="upload", status=503), Fault(endpoint="upload", drop="before"),
              Fault(endpoint="upload", garbage="html"), Fault(endpoint="upload", garbage="truncated", handled=True)]
)  # fmt: skip  # four faults read better in two lines
async def test_an_upload_that_came_to_nothing_may_be_tried_again(client: Client, fault: Fault) -> None:
    client.scene.sandbox.faults.add(fault)
    refused = await client.service.upload(PHOTO, key="one")
    assert isinstance(refused, NotTaken)
    assert refused.trouble.failure is FailureClass.TEMPORARY


async def test_a_key_that_is_gone_creates_and_uploads_nothing(client: Client) -> None:
    assert isinstance(await client.service.create(client.order(), key="gone"), NotTaken)
    assert isinstance(await client.service.upload(PHOTO, key="gone"), NotTaken)
    assert len(client.scene.sandbox.calls) == 0


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.id)
async def test_a_probe_tells_living_models_from_paused_ones_and_costs_nothing(client: Client, model: Model) -> None:
    assert await client.service.alive(model.id) is (model.id != "sora-2")
    assert client.scene.sandbox.paid_creations == 0


async def test_a_probe_that_cannot_tell_says_no(client: Client) -> None:
    assert not await client.service.alive("never-heard-of")
    client.scene.sandbox.faults.add(Fault(garbage="html", times=1), Fault(drop="before", times=1))
    assert [await client.service.alive(KLING.id) for _ in range(3)] == [False, False, True]
    for label in ("one", "two"):
        await client.rests.rest(f"retired/{label}", until=client.clock.now() + timedelta(hours=1), reason="refused")
    client.clock.move(2)
    assert not await client.service.alive(KLING.id)


async def test_the_balance_is_told_as_a_number(client: Client) -> None:
    assert await client.service.credits(key="one") == 100_000
    assert await client.service.credits(key="gone") is None
    client.scene.sandbox.faults.add(Fault(endpoint="credit", garbage="html"))
    assert await client.service.credits(key="one") is None


async def test_neither_keys_nor_prompts_nor_addresses_come_back_or_reach_the_log(client: Client) -> None:
    echo = f"bad request: key {KEY}, prompt '{PROMPT}', photo http://127.0.0.1:1/photo.jpg"
    client.scene.sandbox.faults.add(
        Fault(code=400, msg=echo, nth=1), Fault(status=500, msg=echo), Fault(endpoint="record", code=501, msg=echo)
    )
    with capture_logs() as logs:
        refused = await client.service.create(client.order(), key="one")
        unanswered = await client.service.create(client.order(), key="one")
        dead = await client.look_up("some-task")
    assert isinstance(refused, NotTaken)
    assert isinstance(unanswered, Unanswered)
    assert isinstance(dead, TaskDead)
    assert refused.trouble.message == "bad request: key [hidden], prompt '[hidden]', photo [address]"
    shown = f"{refused} {unanswered} {dead} {logs} {client.service!r}"
    assert KEY not in shown
    assert "photo.jpg" not in shown
    assert PROMPT not in f"{refused} {unanswered} {logs}"


async def test_every_call_is_one_line_of_the_log(client: Client) -> None:
    with capture_logs() as logs:
        await client.service.upload(PHOTO, key="one")
        task = await client.created()
        await client.look_up(task)
        await client.service.credits(key="one")
    ours = [line for line in logs if line["event"] == "kie asked"]
    assert [(line["call"], line["key"], line["status"], line["code"]) for line in ours] == [
        (call, "one", 200, 200) for call in ("upload", "create", "look up", "credits")
    ]
