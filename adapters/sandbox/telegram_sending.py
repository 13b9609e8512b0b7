"""The methods with which a bot writes: texts, photos, videos, documents, albums, copies."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from secrets import randbelow
from typing import Any, Final

import orjson

from adapters.sandbox.telegram_answers import bad_request
from adapters.sandbox.telegram_chats import KeptMessage, Message
from adapters.sandbox.telegram_markup import markup_of
from adapters.sandbox.telegram_media import Media
from adapters.sandbox.telegram_messages import chat_of, message_of, new_message, replied_to, writable
from adapters.sandbox.telegram_requests import Asked
from adapters.sandbox.telegram_state import TelegramState
from adapters.sandbox.telegram_texts import message_caption, message_text

ALBUM_MAX: Final = 10
ACTIONS: Final = frozenset({
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
    "choose_sticker", "find_location", "record_video_note", "upload_video_note", "cancel",
})  # fmt: skip  # a list of names reads better in lines than in a column
NOT_COPIED: Final = frozenset({"message_id", "from", "chat", "date", "edit_date", "reply_to_message", "media_group_id"})
SERVICE: Final = ("successful_payment", "refunded_payment")

Handler = Callable[[Asked], Awaitable[Any]]


class Sending:
    """Answers for everything that makes a new message, and for chat actions."""

    def __init__(self, state: TelegramState, media: Media) -> None:
        self._state = state
        self._media = media

    def methods(self) -> Mapping[str, Handler]:
        """By lower-case name."""
        return {
            "sendmessage": self.text,
            "sendphoto": self.photo,
            "sendvideo": self.video,
            "senddocument": self.document,
            "sendmediagroup": self.album,
            "sendchataction": self.action,
            "forwardmessage": self.forward,
            "copymessage": self.copy,
        }

    async def text(self, asked: Asked) -> Message:
        """`sendMessage`."""
        return self._send(asked, message_text(asked))

    async def photo(self, asked: Asked) -> Message:
        """`sendPhoto`."""
        caption = self._checked(asked)
        sizes = await self._media.photo(asked, asked.text("photo"))
        return self._send(asked, {"photo": sizes} | caption)

    async def video(self, asked: Asked) -> Message:
        """`sendVideo`."""
        caption = self._checked(asked)
        video = await self._media.video(asked, asked.text("video"), asked.parameters)
        return self._send(asked, {"video": video} | caption)

    async def document(self, asked: Asked) -> Message:
        """`sendDocument`."""
        caption = self._checked(asked)
        document = await self._media.document(asked, asked.text("document"), asked.parameters)
        return self._send(asked, {"document": document} | caption)

    async def album(self, asked: Asked) -> list[Message]:
        """`sendMediaGroup`."""
        chat = writable(self._state, asked)
        items = asked.json("media", said="media")
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise bad_request("expected an Array of InputMedia")
        if not items:
            raise bad_request("there are no messages to send")
        if len(items) > ALBUM_MAX:
            raise bad_request("too many messages to send as an album")
        kinds = {item.get("type") for item in items}
        if "document" in kinds and len(kinds) > 1:
            raise bad_request("document can't be mixed with other media types")
        group = _group_id()
        contents = []
        for item in items:
            kind, medium = await self._media.of_input_media(asked, item)
            contents.append({"media_group_id": group, kind: medium} | message_caption(item_as_call(item, asked)))
        reply_to = replied_to(chat, asked)
        messages = [new_message(self._state, chat, content, reply_to=reply_to) for content in contents]
        return [chat.add(message).message for message in messages]

    async def action(self, asked: Asked) -> bool:
        """`sendChatAction`: seen for 5 s, or until the next message."""
        action = asked.text("action")
        if action not in ACTIONS:
            raise bad_request("wrong parameter action in request")
        writable(self._state, asked).show_action(None if action == "cancel" else action)
        return True

    async def forward(self, asked: Asked) -> Message:
        """`forwardMessage`."""
        source = self._source(asked, called="message to forward")
        original = source.message
        content = {name: said for name, said in original.items() if name not in NOT_COPIED | {"reply_markup"}}
        content["forward_origin"] = {"type": "user", "sender_user": original["from"], "date": original["date"]}
        return self._send(asked, content)

    async def copy(self, asked: Asked) -> dict[str, int]:
        """`copyMessage`: the id alone is answered. A caption of its own takes the place of the old one."""
        source = self._source(asked, called="message to copy")
        original = source.message
        if any(kind in original for kind in (*SERVICE, "invoice")):
            raise bad_request("message can't be copied")
        content = {name: said for name, said in original.items() if name not in NOT_COPIED | {"reply_markup"}}
        if "caption" in asked.parameters and "text" not in content:
            content = {name: said for name, said in content.items() if not name.startswith("caption")}
            content |= message_caption(asked)
        return {"message_id": self._send(asked, content)["message_id"]}

    def _source(self, asked: Asked, *, called: str) -> KeptMessage:
        return message_of(chat_of(self._state, asked, "from_chat_id"), asked, called=called)

    def _checked(self, asked: Asked) -> dict[str, Any]:
        """The caption of a medium, after everything that can be refused before the medium is looked at."""
        caption = message_caption(asked)
        markup_of(asked)
        writable(self._state, asked)
        return caption

    def _send(self, asked: Asked, content: Mapping[str, Any]) -> Message:
        markup = markup_of(asked)
        chat = writable(self._state, asked)
        reply_to = replied_to(chat, asked)
        return chat.add(new_message(self._state, chat, content, markup=markup, reply_to=reply_to)).message


def _group_id() -> str:
    return str(10**16 + randbelow(10**16))


def item_as_call(item: Mapping[str, Any], asked: Asked) -> Asked:
    """The caption of one part, read as if it were the parameters of a call of its own."""
    inner = {name: said if isinstance(said, str) else _written(said) for name, said in item.items() if said is not None}
    return asked._replace(parameters=inner)


def _written(said: object) -> str:
    return orjson.dumps(said).decode()
