"""Updates by long polling: handed out until they are confirmed, to one poller at a time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from adapters.sandbox.telegram_faults import Fault
from tests.adapters.sandbox.telegram_scene import Scene, keyboard, refused, telegram

OTHER_POLLER = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
HAS_WEBHOOK = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)


async def texts(scene: Scene, **asked: Any) -> list[str | None]:
    """The texts that getUpdates gives."""
    return [update.message.text for update in await scene.bot.get_updates(**asked) if update.message]


async def test_updates_are_counted_from_the_first_id_on() -> None:
    async with telegram(first_update_id=77) as scene:
        user = scene.sandbox.people.add("Анна").id
        for text in ("one", "two", "three"):
            scene.sandbox.text(user, text)
        assert [update.update_id for update in await scene.bot.get_updates()] == [77, 78, 79]


async def test_updates_come_again_until_an_offset_confirms_them() -> None:
    async with telegram(first_update_id=77) as scene:
        user = scene.sandbox.people.add("Анна").id
        for text in ("one", "two", "three"):
            scene.sandbox.text(user, text)
        assert await texts(scene) == ["one", "two", "three"]
        assert await texts(scene, offset=77) == ["one", "two", "three"]
        assert await texts(scene, offset=78) == ["two", "three"]
        assert await texts(scene) == ["two", "three"]
        assert await texts(scene, offset=80) == []
        assert scene.sandbox.updates_pending == 0


async def test_a_negative_offset_keeps_that_many_of_the_last() -> None:
    async with telegram() as scene:
        user = scene.sandbox.people.add("Анна").id
        for text in ("one", "two", "three"):
            scene.sandbox.text(user, text)
        assert await texts(scene, offset=-2) == ["two", "three"]
        assert await texts(scene) == ["two", "three"]


async def test_no_more_than_the_limit_come_at_once() -> None:
    async with telegram() as scene:
        user = scene.sandbox.people.add("Анна").id
        for number in range(120):
            scene.sandbox.text(user, f"text {number}")
        assert len(await texts(scene, limit=7)) == 7
        assert len(await texts(scene, limit=500)) == 100


async def test_a_poll_waits_for_an_update() -> None:
    async with telegram() as scene:
        user = scene.sandbox.people.add("Анна").id
        polling = asyncio.create_task(texts(scene, timeout=50))
        await scene.called("getUpdates")
        scene.sandbox.text(user, "at last")
        assert await polling == ["at last"]


async def test_a_poll_ends_empty_when_nothing_comes() -> None:
    async with telegram() as scene:
        assert await texts(scene, timeout=1) == []


async def test_the_older_of_two_pollers_is_sent_away() -> None:
    async with telegram() as scene:
        user = scene.sandbox.people.add("Анна").id
        older = asyncio.create_task(refused(scene.bot.get_updates(timeout=50)))
        await scene.called("getUpdates")
        younger = asyncio.create_task(texts(scene, timeout=50))
        assert (await older).endswith(OTHER_POLLER)
        scene.sandbox.text(user, "for the younger")
        assert await younger == ["for the younger"]


async def test_a_poller_that_left_takes_no_update_with_it() -> None:
    async with telegram() as scene:
        user = scene.sandbox.people.add("Анна").id
        leaving = asyncio.create_task(scene.bot.get_updates(timeout=50))
        await scene.called("getUpdates")
        leaving.cancel()
        polling = asyncio.create_task(texts(scene, timeout=50))
        await scene.sandbox.until(lambda: len(scene.sandbox.calls) == 2)
        scene.sandbox.text(user, "still here")
        assert await polling == ["still here"]
        assert scene.sandbox.calls[0].description is None, "nobody is sent away who has left"


async def test_nobody_polls_while_there_is_a_webhook() -> None:
    async with telegram() as scene:
        waiting = asyncio.create_task(refused(scene.bot.get_updates(timeout=50)))
        await scene.called("getUpdates")
        await scene.bot.set_webhook(scene.webhook_url)
        assert (await waiting).endswith("Conflict: terminated by setWebhook request")
        assert (await refused(scene.bot.get_updates())).endswith(HAS_WEBHOOK)
        await scene.bot.delete_webhook()
        assert await scene.bot.get_updates() == []


async def test_the_allowed_kinds_are_remembered_until_they_are_said_anew() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        await scene.bot.get_updates(allowed_updates=["callback_query"])
        message = await scene.bot.send_message(user, "tap", reply_markup=keyboard("a"))
        scene.sandbox.text(user, "not wanted")
        scene.sandbox.tap(user, message.message_id, "a")
        assert [update.event_type for update in await scene.updates()] == ["callback_query"]
        await scene.call("getUpdates", allowed_updates=[])
        scene.sandbox.text(user, "wanted again")
        assert [update.event_type for update in await scene.updates()] == ["message"]


@pytest.mark.parametrize(("age_s", "expected"), [(149, ["message", "callback_query"]), (151, ["message"])])
async def test_a_tap_waits_150_seconds_and_a_message_a_day(age_s: int, expected: list[str]) -> None:
    async with telegram() as scene:
        user = await scene.guest()
        message = await scene.bot.send_message(user, "tap", reply_markup=keyboard("a"))
        scene.sandbox.text(user, "text")
        scene.sandbox.tap(user, message.message_id, "a")
        scene.clock.now += age_s
        assert [update.event_type for update in await scene.bot.get_updates()] == expected
        scene.clock.now += 86_400
        assert await scene.bot.get_updates() == []


async def test_an_update_may_come_twice() -> None:
    async with telegram() as scene:
        user = scene.sandbox.people.add("Анна").id
        scene.sandbox.faults.add(Fault(method="update", contains="again", arrival="twice"))
        for text in ("once", "again"):
            scene.sandbox.text(user, text)
        first = await scene.bot.get_updates()
        second = await scene.bot.get_updates(offset=first[-1].update_id + 1)
        third = await scene.bot.get_updates(offset=first[-1].update_id + 1)
        assert second == first[1:]
        assert third == []


async def test_an_update_may_be_lost() -> None:
    async with telegram() as scene:
        user = scene.sandbox.people.add("Анна").id
        scene.sandbox.faults.add(Fault(method="update", chat=user, nth=2, arrival="lost"))
        for text in ("one", "two", "three"):
            scene.sandbox.text(user, text)
        assert await texts(scene) == ["one", "three"]


async def test_an_update_may_come_after_the_one_that_follows_it() -> None:
    async with telegram() as scene:
        user = scene.sandbox.people.add("Анна").id
        scene.sandbox.faults.add(Fault(method="update", nth=1, arrival="late"))
        for text in ("one", "two", "three"):
            scene.sandbox.text(user, text)
        assert await texts(scene) == ["two", "one", "three"]
