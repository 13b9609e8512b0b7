"""The script of faults: what the caller gets, and whether the call had its effect."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramAPIError,
    TelegramBadRequest,
    TelegramEntityTooLarge,
    TelegramForbiddenError,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
)

from adapters.sandbox.telegram_faults import Fault
from tests.adapters.sandbox.telegram_scene import Scene, attached, picture, telegram


def texts(scene: Scene, user: int) -> list[str]:
    """What the bot wrote."""
    return [message["text"] for message in scene.sandbox.messages(user) if message["from"]["is_bot"]]


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        ({"status": 429, "retry_after": 7}, TelegramRetryAfter, "Too Many Requests: retry after 7"),
        ({"status": 429}, TelegramAPIError, "Too Many Requests"),
        ({"status": 403}, TelegramForbiddenError, "Forbidden: bot was blocked by the user"),
        ({"description": "message is too long"}, TelegramBadRequest, "Bad Request: message is too long"),
        ({"status": 413}, TelegramEntityTooLarge, "Request Entity Too Large"),
        ({"status": 413, "garbage": "html"}, ClientDecodeError, "413 Request Entity Too Large"),
        ({"status": 500}, TelegramServerError, "Internal Server Error"),
        ({"status": 502}, TelegramServerError, "Bad Gateway"),
        ({"garbage": "html"}, ClientDecodeError, "502 Bad Gateway"),
        ({"garbage": "empty"}, ClientDecodeError, "Failed to decode object"),
        ({"garbage": "not_json"}, ClientDecodeError, "upstream connect error"),
        ({"garbage": "truncated"}, ClientDecodeError, "Failed to decode object"),
        ({"drop": "before"}, TelegramNetworkError, "ServerDisconnectedError|ClientOSError"),
    ],
)
async def test_a_fault_replaces_the_call_and_its_answer(
    fault: dict[str, Any], error: type[Exception], words: str
) -> None:
    async with telegram() as scene:
        user = await scene.guest()
        scene.sandbox.faults.add(Fault(method="sendMessage", times=1, **fault))
        with pytest.raises(error, match=words):
            await scene.bot.send_message(user, "hello")
        assert texts(scene, user) == []
        await scene.bot.send_message(user, "hello")
        assert texts(scene, user) == ["hello"]


@pytest.mark.parametrize(
    "fault",
    [{"drop": "after"}, {"drop": "midway"}, {"status": 500, "handled": True}, {"garbage": "html", "handled": True}],
)
async def test_an_answer_may_be_lost_after_the_call_was_carried_out(fault: dict[str, Any]) -> None:
    async with telegram() as scene:
        user = await scene.guest()
        scene.sandbox.faults.add(Fault(method="sendMessage", **fault))
        with pytest.raises((TelegramAPIError, ClientDecodeError, aiohttp.ClientError)):
            await scene.bot.send_message(user, "hello")
        assert texts(scene, user) == ["hello"]


async def test_an_answer_may_be_late() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        scene.sandbox.faults.add(Fault(method="sendMessage", latency_s=60, times=1))
        with pytest.raises(TelegramNetworkError, match="Request timeout error"):
            await scene.bot.send_message(user, "hello", request_timeout=1)
        assert texts(scene, user) == ["hello"]


async def test_a_fault_meets_only_the_calls_it_is_about() -> None:
    async with telegram() as scene:
        anna, boris = await scene.guest(), await scene.guest("Борис")
        scene.sandbox.faults.add(
            Fault(method="SENDMESSAGE", chat=anna, contains="secret", status=400),
            Fault(chat=boris, nth=2, status=500),
        )
        await scene.bot.send_message(anna, "plain")
        with pytest.raises(TelegramBadRequest):
            await scene.bot.send_message(anna, "a secret")
        await scene.bot.send_photo(anna, attached(picture(), "secret.png"))
        await scene.bot.send_message(boris, "one")
        with pytest.raises(TelegramServerError):
            await scene.bot.send_chat_action(boris, "typing")
        await scene.bot.send_message(boris, "three")
        assert texts(scene, boris) == ["one", "three"]


async def test_chance_comes_from_the_seed() -> None:
    async def outcomes(seed: int) -> list[bool]:
        async with telegram(seed=seed, faults=(Fault(method="getMe", chance=0.5, status=500),)) as scene:
            return [(await scene.call("getMe"))[1]["ok"] for _ in range(20)]

    first = await outcomes(1)
    assert await outcomes(1) == first
    assert {True, False} == set(first)


async def test_a_download_may_fail_too() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        document = (await scene.bot.send_document(user, attached(b"x" * 100))).document
        assert document is not None
        file = await scene.bot.get_file(document.file_id)
        assert file.file_path is not None
        scene.sandbox.faults.add(
            Fault(method="file", drop="midway", times=1), Fault(method="file", status=502, times=1)
        )
        with pytest.raises(aiohttp.ClientPayloadError):
            await scene.bot.download_file(file.file_path)
        scene.sandbox.faults.clear([Fault(method="file", status=502, times=1)])
        with pytest.raises(aiohttp.ClientResponseError):
            await scene.bot.download_file(file.file_path)
        data = await scene.bot.download_file(file.file_path)
        assert data is not None
        assert data.read() == b"x" * 100


async def test_faults_are_written_and_calls_are_read_over_http() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        written = await scene.client.post("/sandbox/faults", json=[{"method": "sendMessage", "retry_after": 3}])
        assert written.json() == {"faults": 1}
        with pytest.raises(TelegramRetryAfter):
            await scene.bot.send_message(user, "my secret")
        await scene.client.post("/sandbox/faults", json=[])
        await scene.bot.send_message(user, "my secret")
        answer = await scene.client.get("/sandbox/calls")
        refused, sent = answer.json()[-2:]
        assert (refused["method"], refused["chat"], refused["status"], refused["faulted"]) == (
            "sendMessage",
            user,
            429,
            True,
        )
        assert (sent["ok"], sent["status"], sent["answered"], sent["at"]) == (True, 200, True, scene.clock.now)
        assert "secret" not in answer.text
        assert scene.sandbox.token not in answer.text
        wrong = await scene.client.post("/sandbox/faults", json=[{"method": "sendMessage", "mood": "bad"}])
        assert wrong.status_code == 400
