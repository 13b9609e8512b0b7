"""The events of a chat as a browser hears them: all of them, in their order, whenever it comes back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import orjson

from tests.adapters.sandbox.telegram_scene import Scene, keyboard, telegram


class Stream:
    """The events of a chat as a browser reads them."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.aiter_lines()

    async def next(self) -> tuple[int, str, dict[str, Any]]:
        """The next event: its id, its name, its data."""
        fields: dict[str, str] = {}
        async for line in self._lines:
            if not line and "data" in fields:
                break
            name, _, value = line.partition(": ")
            fields[name] = value
        return int(fields["id"]), fields["event"], orjson.loads(fields["data"])


@asynccontextmanager
async def events(scene: Scene, user: int, **asked: Any) -> AsyncIterator[Stream]:
    """Listens to a chat."""
    async with scene.client.stream("GET", f"/api/users/{user}/events", timeout=60, **asked) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        yield Stream(response)


async def history(scene: Scene, user: int, **asked: int) -> dict[str, Any]:
    """What a messenger shows when it is opened."""
    content: dict[str, Any] = (await scene.client.get(f"/api/users/{user}/messages", params=asked)).json()
    return content


async def test_a_tap_is_answered_by_a_toast() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        message = await scene.bot.send_message(user, "x", reply_markup=keyboard("a"))
        async with events(scene, user) as stream:
            query = (await scene.do(user, "tap", message_id=message.message_id, data="a"))["callback_query_id"]
            (update,) = await scene.updates()
            assert update.callback_query is not None
            assert (update.callback_query.id, update.callback_query.data) == (query, "a")
            await scene.bot.answer_callback_query(query, text="done", show_alert=True)
            _, kind, data = await stream.next()
            assert kind == "toast"
            assert data == {"callback_query_id": query, "text": "done", "alert": True, "url": None}


async def test_every_event_is_heard_in_its_order() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        async with events(scene, user) as stream:
            message = await scene.bot.send_message(user, "one")
            await scene.bot.edit_message_text("two", chat_id=user, message_id=message.message_id)
            await scene.bot.send_chat_action(user, "typing")
            await scene.bot.delete_message(user, message.message_id)
            await scene.do(user, "block", blocked=True)
            heard = [await stream.next() for _ in range(5)]
        assert [kind for _, kind, _ in heard] == ["message", "edit", "action", "delete", "blocked"]
        assert heard[1][2]["text"] == "two"
        numbers = [number for number, _, _ in heard]
        assert numbers == list(range(numbers[0], numbers[0] + 5))


async def test_whoever_comes_back_misses_nothing() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        cursor = (await history(scene, user))["cursor"]
        for text in ("one", "two", "three"):
            await scene.bot.send_message(user, text)
        async with events(scene, user, params={"cursor": cursor}) as stream:
            first, _, data = await stream.next()
            assert (data["text"], (await stream.next())[2]["text"]) == ("one", "two")
        async with events(scene, user, params={"cursor": 0}, headers={"Last-Event-ID": str(first)}) as stream:
            assert [(await stream.next())[2]["text"] for _ in range(2)] == ["two", "three"]
            await scene.bot.send_message(user, "four")
            assert (await stream.next())[2]["text"] == "four"


async def test_whoever_was_away_for_long_is_told_what_became_of_the_chat() -> None:
    async with telegram(events_kept=2) as scene:
        user = await scene.guest()
        old, gone, edited = [await scene.bot.send_message(user, text) for text in ("old", "gone", "edited")]
        cursor = (await history(scene, user))["cursor"]
        await scene.bot.delete_message(user, gone.message_id)
        await scene.bot.edit_message_text("new", chat_id=user, message_id=edited.message_id)
        brief = await scene.bot.send_message(user, "brief")
        await scene.bot.delete_message(user, brief.message_id)
        last = await scene.bot.send_message(user, "last")
        async with events(scene, user, params={"cursor": cursor}) as stream:
            heard = [await stream.next() for _ in range(5)]
        assert [(kind, data.get("message_id")) for _, kind, data in heard] == [
            ("delete", gone.message_id),
            ("edit", edited.message_id),
            ("message", last.message_id),
            ("stars", None),
            ("blocked", None),
        ]
        assert old.message_id not in {data.get("message_id") for _, _, data in heard}


async def test_listeners_go_home_when_the_sandbox_closes() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        async with scene.client.stream("GET", f"/api/users/{user}/events", timeout=60) as response:
            lines = response.aiter_lines()
            assert await anext(lines) == "retry: 500"
            await scene.sandbox.close()
            assert [line async for line in lines if line] == []


async def test_a_chat_is_shown_as_it_is() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        invoice = await scene.invoice(user, stars=30)
        charge = await scene.paid(user, invoice.message_id)
        await scene.bot.send_chat_action(user, "upload_video")
        shown = await history(scene, user)
        assert [message.get("text") for message in shown["messages"]] == ["/start", None, None]
        assert (shown["stars"], shown["blocked"], shown["action"]) == (970, False, "upload_video")
        assert shown["receipts"] == {str(invoice.message_id): charge}
        assert len((await history(scene, user, after=invoice.message_id))["messages"]) == 1


async def test_a_number_of_an_earlier_sandbox_hides_nothing() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        async with events(scene, user, params={"cursor": 500}) as stream:
            assert (await stream.next())[2]["text"] == "/start"
            await scene.bot.send_message(user, "hello")
            assert (await stream.next())[2]["text"] == "hello"
