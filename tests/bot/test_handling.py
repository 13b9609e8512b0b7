"""Handling: filters are checked where they are asked, and an update is read for the bot that handles it."""

from __future__ import annotations

import threading
from pathlib import Path

from aiogram import F, Router
from aiogram.types import Message

from adapters.postgres.event_store import PostgresEventStore
from bot.talk import Talk
from tests.bot.scene import scene_of, words


async def test_no_filter_is_taken_into_a_thread(store: PostgresEventStore, tmp_path: Path) -> None:
    router, threads = Router(), set[threading.Thread]()

    def noted(message: Message) -> bool:
        threads.add(threading.current_thread())
        return message.text == "yes"

    def also(_text: str) -> bool:
        threads.add(threading.current_thread())
        return True

    @router.message(noted, F.text.func(also))
    async def answer(_: Message, talk: Talk) -> None:
        talk.say_text("heard")

    async with scene_of(store, tmp_path, router) as scene:
        assert words(await scene.says(42, "yes")) == "heard"
        assert words(await scene.says(42, "no")) != "heard"
    assert threads == {threading.current_thread()}


async def test_an_update_is_read_for_the_bot_that_handles_it(store: PostgresEventStore, tmp_path: Path) -> None:
    async with scene_of(store, tmp_path, Router()) as scene:
        update = scene.update(42, "x")
        read = scene.handling.read(update.model_dump_json(exclude_unset=True))
        assert read.message is not None
        assert (read.message.text, read.bot) == ("x", read.message.bot)
        assert read.bot is not None
