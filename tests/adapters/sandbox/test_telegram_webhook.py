"""Updates by webhook: brought until they are taken, in order within a chat, with the secret that was agreed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from adapters.sandbox.telegram_faults import Fault
from tests.adapters.sandbox.telegram_scene import Scene, Told, keyboard, refused, telegram

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"


async def told(scene: Scene) -> dict[str, object]:
    """The next update that was brought."""
    one: Told = await scene.listener.told.get()
    return one.update


async def text_told(scene: Scene) -> str:
    """The text of the next update that was brought."""
    one: Told = await scene.listener.told.get()
    return str(one.update["message"]["text"])


async def test_updates_are_brought_with_the_secret() -> None:
    async with telegram() as scene:
        user = scene.sandbox.people.add("Анна").id
        await scene.bot.set_webhook(scene.webhook_url, secret_token="between-us")
        scene.sandbox.text(user, "hello")
        brought = await scene.listener.told.get()
        assert brought.update["message"]["text"] == "hello"
        assert brought.headers[SECRET_HEADER] == "between-us"
        assert brought.headers["content-type"] == "application/json"


async def test_what_waited_is_brought_when_a_webhook_is_set() -> None:
    async with telegram() as scene:
        user = scene.sandbox.people.add("Анна").id
        scene.sandbox.text(user, "one")
        scene.sandbox.text(user, "two")
        await scene.bot.set_webhook(scene.webhook_url)
        assert [await text_told(scene), await text_told(scene)] == ["one", "two"]


async def test_what_waited_may_be_dropped() -> None:
    async with telegram() as scene:
        user = scene.sandbox.people.add("Анна").id
        scene.sandbox.text(user, "old")
        await scene.bot.set_webhook(scene.webhook_url, drop_pending_updates=True)
        scene.sandbox.text(user, "new")
        assert await text_told(scene) == "new"


@pytest.mark.parametrize("status", [500, 502, 404, 401])
async def test_an_update_is_brought_until_it_is_taken(status: int) -> None:
    async with telegram() as scene:
        user = scene.sandbox.people.add("Анна").id
        scene.listener.statuses = [status, status]
        await scene.bot.set_webhook(scene.webhook_url)
        scene.sandbox.text(user, "one")
        scene.sandbox.text(user, "two")
        assert [await text_told(scene) for _ in range(4)] == ["one", "one", "one", "two"]
        info = await scene.bot.get_webhook_info()
        assert info.last_error_message is not None
        assert info.last_error_message.startswith(f"Wrong response from the webhook: {status}")


async def test_the_server_may_say_when_to_come_again() -> None:
    async with telegram(webhook_retry_s=3600) as scene:
        user = scene.sandbox.people.add("Анна").id
        scene.listener.statuses, scene.listener.headers = [503], {"Retry-After": "0"}
        await scene.bot.set_webhook(scene.webhook_url)
        scene.sandbox.text(user, "hello")
        assert [await text_told(scene) for _ in range(2)] == ["hello", "hello"]


async def test_one_chat_does_not_wait_for_another() -> None:
    async with telegram() as scene:
        anna, boris = (scene.sandbox.people.add(name).id for name in ("Анна", "Борис"))
        scene.listener.gate = asyncio.Event()
        await scene.bot.set_webhook(scene.webhook_url)
        for text in ("Anna's first", "Anna's second"):
            scene.sandbox.text(anna, text)
        scene.sandbox.text(boris, "Boris's")
        assert {await text_told(scene), await text_told(scene)} == {"Anna's first", "Boris's"}
        assert scene.listener.told.empty()
        scene.listener.gate.set()
        assert await text_told(scene) == "Anna's second"


async def test_a_tap_does_not_wait_for_a_message_of_the_same_person() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        message = await scene.bot.send_message(user, "tap", reply_markup=keyboard("a"))
        scene.listener.gate = asyncio.Event()
        await scene.bot.set_webhook(scene.webhook_url)
        scene.sandbox.text(user, "text")
        scene.sandbox.tap(user, message.message_id, "a")
        kinds = {kind for _ in range(2) for kind in await told(scene)} - {"update_id"}
        scene.listener.gate.set()
        assert kinds == {"message", "callback_query"}


async def test_a_tap_that_is_not_taken_in_time_is_given_up() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        message = await scene.bot.send_message(user, "tap", reply_markup=keyboard("a"))
        scene.listener.gate, scene.listener.statuses = asyncio.Event(), [500]
        await scene.bot.set_webhook(scene.webhook_url)
        scene.sandbox.tap(user, message.message_id, "a")
        await told(scene)
        scene.clock.now += 151
        scene.listener.gate.set()
        scene.sandbox.text(user, "text")
        assert await text_told(scene) == "text"
        await scene.sandbox.until(lambda: not scene.sandbox.updates_pending)
        assert scene.listener.told.empty()


async def test_what_was_taken_is_not_brought_again_by_polling() -> None:
    async with telegram() as scene:
        user = scene.sandbox.people.add("Анна").id
        await scene.bot.set_webhook(scene.webhook_url)
        scene.sandbox.text(user, "taken")
        await text_told(scene)
        await scene.sandbox.until(lambda: not scene.sandbox.updates_pending)
        assert (await scene.call("deleteWebhook"))[1]["description"] == "Webhook was deleted"
        scene.sandbox.text(user, "polled")
        assert [update.message.text for update in await scene.updates() if update.message] == ["polled"]


async def test_an_update_may_be_brought_twice() -> None:
    async with telegram() as scene:
        user = scene.sandbox.people.add("Анна").id
        scene.sandbox.faults.add(Fault(method="update", arrival="twice", times=1))
        await scene.bot.set_webhook(scene.webhook_url)
        scene.sandbox.text(user, "again")
        scene.sandbox.text(user, "once")
        assert [await text_told(scene) for _ in range(3)] == ["again", "again", "once"]


async def test_the_webhook_is_described() -> None:
    async with telegram() as scene:
        assert (await scene.bot.get_webhook_info()).url == ""
        await scene.bot.set_webhook(scene.webhook_url, max_connections=5, allowed_updates=["message"])
        info = await scene.bot.get_webhook_info()
        assert (info.url, info.max_connections, info.allowed_updates) == (scene.webhook_url, 5, ["message"])
        assert (info.pending_update_count, info.last_error_date) == (0, None)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"url": "ftp://example.com"}, "invalid webhook URL specified"),
        ({"secret_token": "no spaces"}, "secret token contains unallowed characters"),
        ({"secret_token": "x" * 257}, "secret token is too long"),
    ],
)
async def test_a_wrong_webhook_is_refused(wrong: dict[str, str], why: str) -> None:
    async with telegram() as scene:
        said: dict[str, Any] = {"url": scene.webhook_url} | wrong
        assert await refused(scene.bot.set_webhook(**said)) == f"Bad Request: {why}"
