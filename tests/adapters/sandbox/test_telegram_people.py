"""The person's side over HTTP: what a messenger sends and shows, and what it would not let anybody do."""

from __future__ import annotations

import asyncio
import io
from typing import Any

from aiogram.types import BotCommand, BotCommandScopeAllPrivateChats, InaccessibleMessage
from PIL import Image

from tests.adapters.sandbox.telegram_scene import Scene, attached, keyboard, picture, refused, telegram

TOO_OLD = "Bad Request: query is too old and response timeout expired or query ID is invalid"


async def test_people_are_added_and_listed() -> None:
    async with telegram() as scene:
        anna = await scene.client.post("/api/users", json={"first_name": "Анна"})
        boris = await scene.client.post("/api/users", json={"first_name": "Boris", "language_code": "en", "stars": 5})
        assert anna.json()["id"] == 1_000_001
        assert (boris.json()["id"], boris.json()["stars"]) == (1_000_002, 5)
        listed = (await scene.client.get("/api/users")).json()
        assert [(one["first_name"], one["language_code"], one["blocked"]) for one in listed] == [
            ("Анна", "ru", False),
            ("Boris", "en", False),
        ]
        again = await scene.client.post("/api/users", json={"first_name": "Анна", "id": 1_000_001})
        assert (again.status_code, again.json()) == (400, {"error": "this id is taken"})


async def test_a_text_reaches_the_bot_with_its_commands() -> None:
    async with telegram() as scene:
        user = scene.sandbox.people.add("Анна", language_code="ru").id
        said = await scene.do(user, "text", text=" /start hello ")
        (update,) = await scene.updates()
        assert update.message is not None
        assert update.message.from_user is not None
        assert (update.message.message_id, update.message.text) == (said["message_id"], "/start hello")
        assert update.message.from_user.language_code == "ru"
        assert said["entities"] == [{"offset": 0, "length": 6, "type": "bot_command"}]


async def test_an_answer_says_what_it_answers() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        message = await scene.bot.send_message(user, "which?")
        said = await scene.do(user, "text", text="this", reply_to_message_id=message.message_id)
        assert said["reply_to_message"]["text"] == "which?"


async def send_files(scene: Scene, user: int, *files: tuple[str, bytes], **fields: str) -> list[dict[str, Any]]:
    """Sends them as a browser does."""
    answer = await scene.client.post(
        f"/api/users/{user}/files", files=[("file", (name, data)) for name, data in files], data=fields
    )
    assert answer.status_code == 200, answer.text
    messages: list[dict[str, Any]] = answer.json()
    return messages


async def test_a_photo_is_recompressed_and_can_be_fetched_by_both_sides() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        (said,) = await send_files(scene, user, ("cup.png", picture(2600, 1300)), caption="/new cup")
        assert (said["photo"][-1]["width"], said["photo"][-1]["height"]) == (1280, 640)
        assert (said["caption"], said["caption_entities"][0]["type"]) == ("/new cup", "bot_command")
        (update,) = await scene.updates()
        assert update.message is not None
        assert update.message.photo is not None
        file = await scene.bot.get_file(update.message.photo[-1].file_id)
        assert file.file_path is not None
        data = await scene.bot.download_file(file.file_path)
        answer = await scene.client.get(f"/api/files/{file.file_id}", headers={"Range": "bytes=0-1"})
        assert data is not None
        assert (answer.status_code, answer.headers["content-type"], answer.content) == (206, "image/jpeg", data.read(2))


async def test_a_file_keeps_its_bytes() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        out = io.BytesIO()
        Image.new("RGB", (50, 50)).save(out, "WEBP")
        (said,) = await send_files(scene, user, ("cup.webp", out.getvalue()), as_file="1")
        assert (said["document"]["file_name"], said["document"]["mime_type"]) == ("cup.webp", "image/webp")
        answer = await scene.client.get(f"/api/files/{said['document']['file_id']}")
        assert (answer.content, answer.headers["content-type"]) == (out.getvalue(), "image/webp")


async def test_several_photos_are_an_album_of_separate_updates() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        said = await send_files(scene, user, ("a.png", picture()), ("b.png", picture()), caption="both")
        assert len({message["media_group_id"] for message in said}) == 1
        updates = await scene.updates()
        assert [update.message.caption for update in updates if update.message] == ["both", None]


async def test_what_a_messenger_would_not_do_is_refused() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        text = await scene.bot.send_message(user, "x", reply_markup=keyboard("a"))
        for what, wish in (
            ("text", {"text": " "}),
            ("text", {"words": "hello"}),
            ("text", {"text": "x" * 4097}),
            ("tap", {"message_id": text.message_id, "data": "b"}),
            ("tap", {"message_id": 9999, "data": "a"}),
            ("pay", {"message_id": text.message_id}),
            ("forward", {"message_id": 9999, "to": user}),
            ("refund", {"telegram_payment_charge_id": "nothing"}),
        ):
            answer = await scene.client.post(f"/api/users/{user}/{what}", json=wish)
            assert (answer.status_code, list(answer.json())) == (400, ["error"]), what
        answer = await scene.client.post("/api/users/5/text", json={"text": "hello"})
        assert (answer.status_code, answer.json()) == (404, {"error": "no user 5"})
        answer = await scene.client.post(f"/api/users/{user}/files", files={"file": ("a.png", b"no picture")})
        assert (answer.status_code, answer.json()) == (400, {"error": "Bad Request: IMAGE_PROCESS_FAILED"})
        assert await scene.updates() == []


async def test_a_tap_is_answered_within_150_seconds() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        message = await scene.bot.send_message(user, "x", reply_markup=keyboard("a"))
        first, second = (scene.sandbox.tap(user, message.message_id, "a") for _ in range(2))
        scene.clock.now += 149
        assert await scene.bot.answer_callback_query(first)
        assert await scene.bot.answer_callback_query(first)
        scene.clock.now += 2
        assert await refused(scene.bot.answer_callback_query(second)) == TOO_OLD
        assert await refused(scene.bot.answer_callback_query("12345")) == TOO_OLD
        toasts = [event for event in scene.sandbox.people.chat(user).since(0) if event.kind == "toast"]
        assert len(toasts) == 1


async def test_a_modified_client_taps_what_is_not_there() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        message = await scene.bot.send_message(user, "x")
        await scene.bot.delete_message(user, message.message_id)
        await scene.do(user, "tap", message_id=message.message_id, data="anything", forced=True)
        (update,) = await scene.updates()
        assert update.callback_query is not None
        assert update.callback_query.data == "anything"
        assert isinstance(update.callback_query.message, InaccessibleMessage)


async def test_blocking_is_told_to_the_bot() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        await scene.do(user, "block", blocked=True)
        await scene.do(user, "block", blocked=True)
        (update,) = await scene.updates()
        assert update.my_chat_member is not None
        members = update.my_chat_member
        assert (members.old_chat_member.status, members.new_chat_member.status) == ("member", "kicked")
        assert (await scene.client.get("/api/users")).json()[0]["blocked"] is True
        answer = await scene.client.post(f"/api/users/{user}/text", json={"text": "hello"})
        assert (answer.status_code, answer.json()) == (400, {"error": "the bot is blocked"})
        await scene.do(user, "block", blocked=False)
        (update,) = await scene.updates()
        assert update.my_chat_member is not None
        assert update.my_chat_member.new_chat_member.status == "member"


async def test_the_bot_is_shown_with_its_commands_in_ones_language() -> None:
    async with telegram() as scene:
        new, neu = BotCommand(command="new", description="A video"), BotCommand(command="new", description="Видео")
        await scene.bot.set_my_commands([new])
        await scene.bot.set_my_commands([neu], language_code="ru", scope=BotCommandScopeAllPrivateChats())
        await scene.bot.set_my_description("Makes videos")
        await scene.bot.set_my_description("Делает видео", language_code="ru")
        for language, description, command in (("ru", "Делает видео", "Видео"), ("en", "Makes videos", "A video")):
            shown = (await scene.client.get("/api/bot", params={"language": language})).json()
            assert (shown["description"], shown["commands"][0]["description"]) == (description, command)
            assert shown["id"] == scene.bot.id
        assert [one.description for one in await scene.bot.get_my_commands()] == ["A video"]
        assert (await scene.bot.get_my_description(language_code="ru")).description == "Делает видео"
        await scene.bot.delete_my_commands()
        assert await scene.bot.get_my_commands() == []
        wrong = BotCommand(command="New!", description="x")
        assert await refused(scene.bot.set_my_commands([wrong])) == "Bad Request: BOT_COMMAND_INVALID"


async def test_the_page_and_its_parts_are_served_fresh() -> None:
    async with telegram() as scene:
        index = await scene.client.get("/")
        assert (index.status_code, index.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert index.headers["cache-control"] == "no-store"
        style = await scene.client.get("/page/chat.css")
        assert (style.status_code, style.headers["content-type"]) == (200, "text/css; charset=utf-8")
        script = await scene.client.get("/page/chat.js")
        assert (script.status_code, script.headers["content-type"].partition(";")[0]) == (200, "text/javascript")
        for outside in ("/page/nothing.js", "/page/..%2Ftelegram_gate.py", "/page/%2E%2E"):
            assert (await scene.client.get(outside)).status_code == 404


async def test_many_people_are_served_at_once() -> None:
    async with telegram() as scene:
        users = [scene.sandbox.people.add(f"Person {number}").id for number in range(50)]
        await asyncio.gather(*(scene.do(user, "text", text="/start") for user in users))
        assert len(await scene.updates()) == 50
        await asyncio.gather(*(scene.bot.send_photo(user, attached(picture())) for user in users[:5]))
        await asyncio.gather(*(scene.bot.send_message(user, f"to {user}") for user in users))
        assert [scene.sandbox.messages(user)[-1]["text"] for user in users] == [f"to {user}" for user in users]
