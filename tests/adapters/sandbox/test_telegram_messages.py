"""Writing, editing, deleting, forwarding and copying: what a bot may do in a chat, and how it is refused."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramBadRequest, TelegramForbiddenError, TelegramNotFound, TelegramUnauthorizedError
from aiogram.types import InputMediaPhoto, InputMediaVideo, ReplyParameters

from tests.adapters.sandbox.telegram_scene import Scene, attached, keyboard, picture, refused, telegram

NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a "
    "current content and reply markup of the message"
)


async def last_event(scene: Scene, user: int) -> tuple[str, dict[str, Any]]:
    """What the person's messenger heard last."""
    event = scene.sandbox.people.chat(user).since(0)[-1]
    return event.kind, event.data


async def test_nobody_writes_to_a_stranger() -> None:
    async with telegram() as scene:
        user = scene.sandbox.people.add("Анна").id
        with pytest.raises(TelegramForbiddenError, match="bot can't initiate conversation with a user"):
            await scene.bot.send_message(user, "hello")
        with pytest.raises(TelegramBadRequest, match="chat not found"):
            await scene.bot.send_message(5, "hello")
        with pytest.raises(TelegramBadRequest, match="chat not found"):
            await scene.bot.send_message("@somebody", "hello")


async def test_nobody_writes_to_who_blocked_the_bot_or_is_gone() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        scene.sandbox.block(user)
        for writing in (scene.bot.send_message(user, "hello"), scene.bot.send_chat_action(user, "typing")):
            assert await refused(writing) == "Forbidden: bot was blocked by the user"
        scene.sandbox.block(user, blocked=False)
        assert (await scene.bot.send_message(user, "hello")).text == "hello"
        scene.sandbox.people.deactivate(user)
        assert await refused(scene.bot.send_message(user, "hello")) == "Forbidden: user is deactivated"


async def test_a_message_says_whose_it_is_and_where() -> None:
    async with telegram() as scene:
        user = await scene.guest("Анна", username="anna")
        message = await scene.bot.send_message(user, "hello")
        assert message.from_user is not None
        assert (message.from_user.id, message.from_user.is_bot) == (scene.bot.id, True)
        assert (message.chat.id, message.chat.type, message.chat.username) == (user, "private", "anna")
        assert int(message.date.timestamp()) == int(scene.clock.now)


async def test_messages_are_counted_over_all_chats() -> None:
    async with telegram() as scene:
        anna, boris = await scene.guest(), await scene.guest("Борис")
        numbers = [(await scene.bot.send_message(user, "x")).message_id for user in (anna, boris, anna)]
        assert numbers == sorted(set(numbers))


async def test_a_message_is_edited_in_place() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        message = await scene.bot.send_message(user, "one", reply_markup=keyboard("a"))
        scene.clock.now += 5
        edited = await scene.bot.edit_message_text(
            "<b>two</b>", chat_id=user, message_id=message.message_id, parse_mode="HTML"
        )
        assert isinstance(edited, type(message))
        assert (edited.text, edited.reply_markup, edited.edit_date) == ("two", None, int(scene.clock.now))
        assert await last_event(scene, user) == ("edit", scene.sandbox.messages(user)[-1])
        assert scene.sandbox.messages(user)[-1]["entities"][0]["type"] == "bold"


async def test_an_edit_that_changes_nothing_is_refused() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        message = await scene.bot.send_message(user, "one", reply_markup=keyboard("a"))
        place: dict[str, Any] = {"chat_id": user, "message_id": message.message_id}
        assert await refused(scene.bot.edit_message_text("one", reply_markup=keyboard("a"), **place)) == NOT_MODIFIED
        assert await refused(scene.bot.edit_message_reply_markup(reply_markup=keyboard("a"), **place)) == NOT_MODIFIED
        await scene.bot.edit_message_text("one", **place)
        assert await refused(scene.bot.edit_message_text("one", **place)) == NOT_MODIFIED
        await scene.bot.edit_message_reply_markup(reply_markup=keyboard("b"), **place)
        assert "reply_markup" in scene.sandbox.messages(user)[-1]


async def test_what_is_not_there_or_not_the_bots_is_not_edited() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        own = scene.sandbox.text(user, "mine")["message_id"]
        photo = await scene.bot.send_photo(user, attached(picture()))
        text = await scene.bot.send_message(user, "text")
        edit = scene.bot.edit_message_text
        assert await refused(edit("x", chat_id=user, message_id=9999)) == "Bad Request: message to edit not found"
        assert await refused(edit("x", chat_id=user, message_id=own)) == "Bad Request: message can't be edited"
        why = "Bad Request: there is no text in the message to edit"
        assert await refused(edit("x", chat_id=user, message_id=photo.message_id)) == why
        why = "Bad Request: there is no caption in the message to edit"
        caption = scene.bot.edit_message_caption(chat_id=user, message_id=text.message_id, caption="x")
        assert await refused(caption) == why


async def test_a_text_becomes_a_video() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        message = await scene.bot.send_message(user, "wait")
        media = InputMediaVideo(media=attached(b"mp4", "v.mp4"), caption="<i>done</i>", parse_mode="HTML", width=9)
        edited = await scene.bot.edit_message_media(media, chat_id=user, message_id=message.message_id)
        assert isinstance(edited, type(message))
        assert edited.video is not None
        assert (edited.text, edited.caption, edited.video.width) == (None, "done", 9)
        same = InputMediaVideo(media=edited.video.file_id, caption="<i>done</i>", parse_mode="HTML")
        assert await refused(same_again(scene, user, message.message_id, same)) == NOT_MODIFIED


async def same_again(scene: Scene, user: int, message_id: int, media: InputMediaVideo) -> object:
    """The edit once more."""
    return await scene.bot.edit_message_media(media, chat_id=user, message_id=message_id)


async def test_a_caption_is_edited() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        photo = await scene.bot.send_photo(user, attached(picture()), caption="one")
        await scene.bot.edit_message_caption(chat_id=user, message_id=photo.message_id, caption="two")
        assert scene.sandbox.messages(user)[-1]["caption"] == "two"
        too_long = scene.bot.edit_message_caption(chat_id=user, message_id=photo.message_id, caption="x" * 1025)
        assert await refused(too_long) == "Bad Request: message caption is too long"


async def test_a_deleted_message_is_gone_on_both_sides() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        message = await scene.bot.send_message(user, "one")
        await scene.bot.delete_message(user, message.message_id)
        assert await last_event(scene, user) == ("delete", {"message_id": message.message_id})
        assert [kept["text"] for kept in scene.sandbox.messages(user)] == ["/start"]
        again = scene.bot.delete_message(user, message.message_id)
        assert await refused(again) == "Bad Request: message to delete not found"
        edit = scene.bot.edit_message_text("x", chat_id=user, message_id=message.message_id)
        assert await refused(edit) == "Bad Request: message to edit not found"


async def test_an_old_message_is_not_deleted() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        message = await scene.bot.send_message(user, "one")
        scene.clock.now += 48 * 3600 + 1
        deleting = scene.bot.delete_message(user, message.message_id)
        assert await refused(deleting) == "Bad Request: message can't be deleted"


async def test_several_messages_are_deleted_at_once() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        numbers = [(await scene.bot.send_message(user, "x")).message_id for _ in range(3)]
        assert await scene.bot.delete_messages(user, [*numbers[:2], 9999])
        assert [kept["message_id"] for kept in scene.sandbox.messages(user)[1:]] == numbers[2:]


async def test_a_reply_carries_what_it_answers() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        first = await scene.bot.send_message(user, "one")
        second = await scene.bot.send_message(
            user, "two", reply_parameters=ReplyParameters(message_id=first.message_id)
        )
        third = await scene.bot.send_message(user, "three", reply_to_message_id=second.message_id)
        assert third.reply_to_message is not None
        assert (third.reply_to_message.text, third.reply_to_message.reply_to_message) == ("two", None)
        gone = ReplyParameters(message_id=9999)
        why = "Bad Request: message to be replied not found"
        assert await refused(scene.bot.send_message(user, "x", reply_parameters=gone)) == why
        gone = ReplyParameters(message_id=9999, allow_sending_without_reply=True)
        assert (await scene.bot.send_message(user, "x", reply_parameters=gone)).reply_to_message is None


async def test_a_forward_says_where_it_comes_from_and_a_copy_does_not() -> None:
    async with telegram() as scene:
        anna, boris = await scene.guest(), await scene.guest("Борис")
        photo = await scene.bot.send_photo(anna, attached(picture()), caption="one")
        forwarded = await scene.bot.forward_message(boris, anna, photo.message_id)
        assert forwarded.forward_origin is not None
        assert (forwarded.chat.id, forwarded.caption) == (boris, "one")
        copied = await scene.bot.copy_message(boris, anna, photo.message_id, caption="two")
        kept = scene.sandbox.messages(boris)[-1]
        assert (kept["message_id"], kept["caption"], "forward_origin" in kept) == (copied.message_id, "two", False)
        gone = scene.bot.copy_message(boris, anna, 9999)
        assert await refused(gone) == "Bad Request: message to copy not found"


async def test_an_action_is_seen_until_the_next_message() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        await scene.bot.send_chat_action(user, "upload_video")
        assert scene.sandbox.people.chat(user).action == "upload_video"
        assert await last_event(scene, user) == ("action", {"action": "upload_video"})
        await scene.bot.send_message(user, "done")
        assert scene.sandbox.people.chat(user).action is None
        wrong = scene.call("sendChatAction", chat_id=user, action="dancing")
        assert (await wrong)[1]["description"] == "Bad Request: wrong parameter action in request"


async def test_small_methods_answer() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        message = await scene.bot.send_message(user, "x")
        assert await scene.bot.set_message_reaction(user, message.message_id)
        assert (await scene.bot.get_chat(user)).first_name == "Анна"
        me = await scene.bot.get_me()
        assert (me.id, me.is_bot, me.username) == (7_000_000_001, True, "neurocards_sandbox_bot")


async def test_unknown_methods_and_bots_are_not_found() -> None:
    async with telegram() as scene:
        assert await scene.call("sendDance") == (
            404,
            {"ok": False, "error_code": 404, "description": "Not Found: method not found"},
        )
        with pytest.raises(TelegramNotFound):
            await scene.bot.log_out()
        session = AiohttpSession(api=TelegramAPIServer.from_base(scene.base_url))
        async with Bot("1:another", session=session) as stranger:
            with pytest.raises(TelegramUnauthorizedError):
                await stranger.get_me()


@pytest.mark.parametrize("way", ["json", "form", "query", "multipart"])
async def test_parameters_come_in_four_ways(way: str) -> None:
    async with telegram() as scene:
        user = await scene.guest()
        said = {"chat_id": str(user), "text": "привет"}
        url = f"/bot{scene.sandbox.token}/SendMessage"
        match way:
            case "json":
                answer = await scene.client.post(url, json={"chat_id": user, "text": "привет"})
            case "form":
                answer = await scene.client.post(url, data=said)
            case "query":
                answer = await scene.client.get(url, params=said)
            case _:
                answer = await scene.client.post(url, files={name: (None, value) for name, value in said.items()})
        assert answer.json()["result"]["text"] == "привет"


async def test_edits_of_a_message_that_race_leave_the_last_one() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        message = await scene.bot.send_photo(user, attached(picture()))
        edits = (
            scene.bot.edit_message_media(
                InputMediaPhoto(media=attached(picture(colour=colour))), chat_id=user, message_id=message.message_id
            )
            for colour in ("red", "green", "blue")
        )
        await asyncio.gather(*edits)
        events = [event for event in scene.sandbox.people.chat(user).since(0) if event.kind == "edit"]
        assert len(events) == 3
        assert scene.sandbox.messages(user)[-1] == events[-1].data
