"""With a folder, everything that was answered is there again after a restart, and after a kill."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiogram.types import BotCommand

from adapters.sandbox.telegram_sandbox import TelegramSandbox, TelegramSandboxSettings
from tests.adapters.sandbox.telegram_scene import Scene, attached, keyboard, picture, refused, telegram

ROOT = Path(__file__).parents[3]
TOKEN = TelegramSandboxSettings().token


async def shown(scene: Scene, user: int) -> dict[str, Any]:
    """The person's chat as it is."""
    content: dict[str, Any] = (await scene.client.get(f"/api/users/{user}/messages")).json()
    return content


async def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    async with telegram(folder=tmp_path) as scene:
        user = await scene.guest()
        photo = await scene.bot.send_photo(user, attached(picture()), caption="cup", reply_markup=keyboard("a"))
        gone = await scene.bot.send_message(user, "gone")
        await scene.bot.delete_message(user, gone.message_id)
        charge = await scene.paid(user, (await scene.invoice(user, stars=30)).message_id)
        unpaid = await scene.invoice(user, stars=40)
        await scene.bot.set_my_commands([BotCommand(command="new", description="A video")])
        await scene.bot.get_updates(allowed_updates=["message", "callback_query", "pre_checkout_query"])
        query = (await scene.do(user, "tap", message_id=photo.message_id, data="a"))["callback_query_id"]
        said = await scene.do(user, "text", text="not yet fetched")
        before = await shown(scene, user)
        pending = await scene.bot.get_updates()
    async with telegram(folder=tmp_path) as scene:
        assert await shown(scene, user) == before
        assert await scene.bot.get_updates() == pending
        assert [update.event_type for update in pending] == ["callback_query", "message"]
        assert photo.photo is not None
        file = await scene.bot.get_file(photo.photo[-1].file_id)
        assert file.file_path is not None
        assert await scene.bot.download_file(file.file_path) is not None
        assert await scene.bot.answer_callback_query(query)
        assert [one.id for one in (await scene.bot.get_star_transactions()).transactions] == [charge]
        assert [one.command for one in await scene.bot.get_my_commands()] == ["new"]
        await scene.updates()
        await scene.paid(user, unpaid.message_id)
        assert (await scene.bot.get_my_star_balance()).amount == 70
        assert await scene.bot.refund_star_payment(user, charge)
        edit = scene.bot.edit_message_text("x", chat_id=user, message_id=gone.message_id)
        assert await refused(edit) == "Bad Request: message to edit not found"
        assert (await scene.bot.send_message(user, "next")).message_id > said["message_id"]
        assert scene.sandbox.people.add("Борис").id == user + 1


async def test_numbers_go_on_where_they_were(tmp_path: Path) -> None:
    async with telegram(folder=tmp_path) as scene:
        user = await scene.guest()
        scene.sandbox.text(user, "last")
        last = (await scene.updates())[-1].update_id
        cursor = (await shown(scene, user))["cursor"]
    async with telegram(folder=tmp_path) as scene:
        assert await scene.bot.get_updates() == []
        await scene.do(user, "text", text="first")
        assert (await scene.updates())[0].update_id == last + 1
        events = scene.sandbox.people.chat(user).since(cursor)
        assert [(event.kind, event.cursor) for event in events] == [("message", cursor + 1)]


async def test_a_browser_that_comes_back_after_a_restart_misses_nothing(tmp_path: Path) -> None:
    async with telegram(folder=tmp_path) as scene:
        user = await scene.guest()
        edited = await scene.bot.send_message(user, "old")
        cursor = (await shown(scene, user))["cursor"]
        await scene.bot.edit_message_text("new", chat_id=user, message_id=edited.message_id)
        await scene.bot.send_message(user, "another")
    async with telegram(folder=tmp_path) as scene:
        events = scene.sandbox.people.chat(user).since(cursor)
        assert [event.data.get("text") for event in events[:2]] == ["new", "another"]
        assert [event.kind for event in events] == ["edit", "message", "stars", "blocked"]


async def test_a_webhook_goes_on_after_a_restart(tmp_path: Path) -> None:
    async with telegram(folder=tmp_path) as scene:
        user = await scene.guest()
        await scene.bot.set_webhook("http://127.0.0.1:1/nobody", secret_token="between-us")
        await scene.do(user, "text", text="nobody takes it")
        set_to = (await scene.bot.get_webhook_info()).url
    async with telegram(folder=tmp_path) as scene:
        info = await scene.bot.get_webhook_info()
        assert (info.url, info.pending_update_count) == (set_to, 1)
        await scene.bot.set_webhook(scene.webhook_url)
        told = await scene.listener.told.get()
        assert told.update["message"]["text"] == "nobody takes it"


async def test_a_folder_belongs_to_one_sandbox_at_a_time(tmp_path: Path) -> None:
    first = TelegramSandbox(TelegramSandboxSettings(folder=tmp_path))
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        TelegramSandbox(TelegramSandboxSettings(folder=tmp_path))
    await first.close()
    second = TelegramSandbox(TelegramSandboxSettings(folder=tmp_path))
    await second.close()


@asynccontextmanager
async def process(folder: Path) -> AsyncIterator[tuple[httpx.AsyncClient, asyncio.subprocess.Process]]:
    """A sandbox of its own on that folder. It is killed at the end, if not before."""
    program = [sys.executable, "-m", "tests.adapters.sandbox.telegram_process", str(folder)]
    running = await asyncio.create_subprocess_exec(*program, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    assert running.stdout is not None
    address = (await running.stdout.readline()).decode().strip()
    async with httpx.AsyncClient(base_url=address, trust_env=False, timeout=60) as client:
        try:
            yield client, running
        finally:
            if running.returncode is None:
                running.kill()
            await running.wait()


async def test_what_was_answered_survives_a_kill(tmp_path: Path) -> None:
    said: list[int] = []
    sent: list[int] = []
    async with process(tmp_path) as (client, running):
        user = (await client.post("/api/users", json={"first_name": "Анна"})).json()["id"]
        await client.post(f"/api/users/{user}/text", json={"text": "/start"})

        async def write(number: int) -> None:
            answer = await client.post(f"/api/users/{user}/text", json={"text": f"said {number}"})
            said.append(answer.json()["message_id"])

        async def send(number: int) -> None:
            wish = {"chat_id": user, "text": f"sent {number}"}
            answer = await client.post(f"/bot{TOKEN}/sendMessage", json=wish)
            sent.append(answer.json()["result"]["message_id"])
            if len(sent) == 30:
                running.kill()

        calls = [call for number in range(60) for call in (write(number), send(number))]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert any(isinstance(outcome, httpx.HTTPError) for outcome in outcomes), "the kill came after the last answer"
    async with process(tmp_path) as (client, _):
        content = (await client.get(f"/api/users/{user}/messages")).json()
        kept = {message["message_id"] for message in content["messages"]}
        assert set(said) | set(sent) <= kept
        updates = (await client.post(f"/bot{TOKEN}/getUpdates", json={"limit": 100})).json()["result"]
        assert set(said) <= {update["message"]["message_id"] for update in updates}
        assert len({update["update_id"] for update in updates}) == len(updates)
