"""The methods with which a bot changes what it wrote, and takes it away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from adapters.sandbox.telegram_answers import bad_request
from adapters.sandbox.telegram_chats import Chat, KeptMessage, Message
from adapters.sandbox.telegram_markup import markup_of
from adapters.sandbox.telegram_media import Media
from adapters.sandbox.telegram_messages import chat_of, message_of, writable
from adapters.sandbox.telegram_requests import Asked
from adapters.sandbox.telegram_sending import Handler, item_as_call
from adapters.sandbox.telegram_state import TelegramState
from adapters.sandbox.telegram_texts import message_caption, message_text

NOT_MODIFIED: Final = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current content "
    "and reply markup of the message"
)
TEXT: Final = frozenset({"text", "entities"})
CAPTION: Final = frozenset({"caption", "caption_entities", "show_caption_above_media"})
MEDIA: Final = frozenset({"photo", "video", "document"})
DELETABLE_S: Final = 48 * 3600
DELETED_AT_ONCE_MAX: Final = 100


class Editing:
    """Answers for edits and deletions. An edit without a keyboard takes the keyboard away."""

    def __init__(self, state: TelegramState, media: Media) -> None:
        self._state = state
        self._media = media

    def methods(self) -> Mapping[str, Handler]:
        """By lower-case name."""
        return {
            "editmessagetext": self.text,
            "editmessagecaption": self.caption,
            "editmessagemedia": self.media,
            "editmessagereplymarkup": self.markup,
            "deletemessage": self.delete,
            "deletemessages": self.delete_several,
        }

    async def text(self, asked: Asked) -> Message:
        """`editMessageText`."""
        content = message_text(asked)
        chat, kept = self._own(asked)
        if "text" not in kept.message:
            raise bad_request("there is no text in the message to edit")
        return self._edit(asked, chat, kept, without=TEXT, content=content)

    async def caption(self, asked: Asked) -> Message:
        """`editMessageCaption`."""
        content = message_caption(asked)
        chat, kept = self._own(asked)
        if not MEDIA & kept.message.keys():
            raise bad_request("there is no caption in the message to edit")
        return self._edit(asked, chat, kept, without=CAPTION, content=content)

    async def media(self, asked: Asked) -> Message:
        """`editMessageMedia`: a text may become a medium too."""
        item = asked.json("media", said="input media")
        if not isinstance(item, dict):
            raise bad_request("can't parse InputMedia: expected an Object")
        caption = message_caption(item_as_call(item, asked))
        markup_of(asked)
        chat, kept = self._own(asked)
        if "invoice" in kept.message:
            raise bad_request("message can't be edited")
        kind, medium = await self._media.of_input_media(asked, item)
        if kept.deleted:
            raise bad_request("message to edit not found")
        return self._edit(asked, chat, kept, without=TEXT | CAPTION | MEDIA, content={kind: medium} | caption)

    async def markup(self, asked: Asked) -> Message:
        """`editMessageReplyMarkup`."""
        markup_of(asked)
        chat, kept = self._own(asked)
        return self._edit(asked, chat, kept, without=frozenset(), content={})

    async def delete(self, asked: Asked) -> bool:
        """`deleteMessage`."""
        if not asked.integer("message_id"):
            raise bad_request("message identifier is not specified")
        chat = chat_of(self._state, asked)
        kept = message_of(chat, asked, called="message to delete")
        if self._state.now - kept.message["date"] > DELETABLE_S:
            raise bad_request("message can't be deleted")
        chat.delete(kept)
        return True

    async def delete_several(self, asked: Asked) -> bool:
        """`deleteMessages`: those that are there."""
        wanted = asked.json("message_ids", said="message_ids")
        if not isinstance(wanted, list) or not all(isinstance(one, int) for one in wanted):
            raise bad_request("expected an Array of message identifiers")
        if not wanted:
            raise bad_request("message identifiers are not specified")
        if len(wanted) > DELETED_AT_ONCE_MAX:
            raise bad_request("too many message identifiers specified")
        chat = chat_of(self._state, asked)
        for kept in filter(None, map(chat.living, wanted)):
            if self._state.now - kept.message["date"] <= DELETABLE_S:
                chat.delete(kept)
        return True

    def _own(self, asked: Asked) -> tuple[Chat, KeptMessage]:
        """The message to be edited. Raises Refused when it is gone or not the bot's."""
        chat = writable(self._state, asked)
        kept = message_of(chat, asked, called="message to edit")
        if kept.message["from"] != self._state.bot or "forward_origin" in kept.message:
            raise bad_request("message can't be edited")
        return chat, kept

    def _edit(
        self, asked: Asked, chat: Chat, kept: KeptMessage, *, without: frozenset[str], content: dict[str, Any]
    ) -> Message:
        old = kept.message
        replaced = without | {"reply_markup", "edit_date"}
        message = {name: said for name, said in old.items() if name not in replaced} | content
        markup = markup_of(asked, invoice="invoice" in old)
        if markup is not None:
            message["reply_markup"] = markup
        if message == {name: said for name, said in old.items() if name != "edit_date"}:
            raise bad_request(NOT_MODIFIED)
        chat.edit(kept, message | {"edit_date": self._state.now})
        return kept.message
