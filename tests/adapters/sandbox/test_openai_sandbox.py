"""The OpenAI sandbox answers as OpenAI does, and fails when told to."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import openai
import pytest

from adapters.sandbox.openai_answers import script_about
from adapters.sandbox.openai_faults import Fault, error
from adapters.sandbox.openai_sandbox import OpenAISandbox
from app.serving import serving
from domain.script import ENGLISH, is_written_in

MESSAGES: Any = [{"role": "user", "content": '{"product": "blue mug"}'}]
GARBLED = "data:image/jpeg;base64,aGVsbG8="


@pytest.fixture
def sandbox() -> OpenAISandbox:
    """A sandbox with one key."""
    return OpenAISandbox(keys={"right"})


@pytest.fixture
async def url(sandbox: OpenAISandbox) -> AsyncIterator[str]:
    """Where it is served."""
    async with serving(sandbox.app) as address:
        yield address


@pytest.fixture
async def client(url: str) -> AsyncIterator[openai.AsyncOpenAI]:
    """OpenAI's own client."""
    async with openai.AsyncOpenAI(api_key="right", base_url=f"{url}/v1", max_retries=0) as opened:
        yield opened


async def ask(client: openai.AsyncOpenAI, messages: Any = MESSAGES) -> Any:
    """One chat completion."""
    return await client.chat.completions.create(model="gpt-5.5", messages=messages)


async def test_the_same_request_gets_the_same_script(client: openai.AsyncOpenAI, sandbox: OpenAISandbox) -> None:
    first, second = await ask(client), await ask(client)
    other = await ask(client, [{"role": "user", "content": '{"product": "red shoe"}'}])
    assert first.choices[0].message.content == second.choices[0].message.content
    assert first.choices[0].message.content.startswith("Blue mug ")
    assert other.choices[0].message.content.startswith("Red shoe ")
    assert first.choices[0].finish_reason == "stop"
    assert first.id != second.id
    assert first.usage.total_tokens > 0
    assert len(sandbox.requests) == 3


@pytest.mark.parametrize(
    ("product", "named"),
    [
        ("Кофе в зёрнах, тёмная обжарка", "“Кофе в зёрнах”"),
        ("Наушники беспроводные с шумоподавлением", "“Наушники беспроводные с”"),
        ("Щ" * 60, "The product"),
        ("12 шт.", "The product"),
    ],
)
def test_a_name_of_another_alphabet_is_quoted_and_the_script_is_english_still(product: str, named: str) -> None:
    for wishes in range(50):
        script = script_about(json.dumps({"product": product, "wishes": str(wishes)}, ensure_ascii=False))
        assert script.startswith(f"{named} ")
        assert is_written_in(script, ENGLISH)


async def test_models_are_listed(client: openai.AsyncOpenAI) -> None:
    assert "gpt-5.5" in [model.id async for model in client.models.list()]


async def test_a_wrong_key_is_refused_as_openai_refuses_it(url: str) -> None:
    async with openai.AsyncOpenAI(api_key="wrong", base_url=f"{url}/v1", max_retries=0) as stranger:
        with pytest.raises(openai.AuthenticationError) as refused:
            await ask(stranger)
    assert refused.value.code == "invalid_api_key"
    assert refused.value.type == "invalid_request_error"


async def test_what_is_no_image_is_refused(client: openai.AsyncOpenAI) -> None:
    image = [{"type": "image_url", "image_url": {"url": GARBLED}}]
    with pytest.raises(openai.BadRequestError, match="does not represent a valid image"):
        await ask(client, [{"role": "user", "content": image}])


async def test_a_request_that_is_not_in_order_is_told_so(url: str) -> None:
    async with httpx.AsyncClient(base_url=url, headers={"authorization": "Bearer right"}) as plain:
        for body in ("no json", "[]", "{}", '{"model": "m"}', '{"model": "m", "messages": []}'):
            answer = await plain.post("/v1/chat/completions", content=body)
            assert answer.status_code == 400
            assert answer.json()["error"]["message"]
        assert (await plain.get("/v1/chat/completions")).status_code == 405


async def test_faults_are_met_in_their_order_and_so_often_as_they_say(
    client: openai.AsyncOpenAI, sandbox: OpenAISandbox
) -> None:
    sandbox.faults.add(error(429, "slow", code="slow_down").model_copy(update={"times": 2}), Fault(choices=[]))
    for _ in range(2):
        with pytest.raises(openai.RateLimitError) as limited:
            await ask(client)
        assert limited.value.code == "slow_down"
    assert (await ask(client)).choices == []
    assert len((await ask(client)).choices) == 1


@pytest.mark.parametrize("drop", ["before", "after"])
async def test_a_caller_can_be_dropped(client: openai.AsyncOpenAI, sandbox: OpenAISandbox, drop: Any) -> None:
    sandbox.faults.add(Fault(drop=drop))
    with pytest.raises(openai.APIConnectionError):
        await ask(client)
    assert len(sandbox.requests) == 1


async def test_it_is_told_over_http_what_to_do(client: openai.AsyncOpenAI, url: str) -> None:
    async with httpx.AsyncClient(base_url=url) as plain:
        told = await plain.post("/_sandbox/faults", json=[{"times": None, "status": 503, "body": {"error": {}}}])
        assert told.json() == {"added": 1}
        assert (await plain.post("/_sandbox/faults", json=[{"colour": "red"}])).status_code == 422
        for _ in range(2):
            with pytest.raises(openai.InternalServerError):
                await ask(client)
        assert (await plain.get("/_sandbox/requests")).json()["count"] == 2
        await plain.delete("/_sandbox/faults")
        assert (await ask(client)).choices
        await plain.post("/_sandbox/reset")
        assert (await plain.get("/_sandbox/requests")).json() == {"count": 0, "requests": []}
