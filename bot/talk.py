"""What a handler says. Nothing is sent while it runs: its replies are kept with the mark that the update was handled,
and are sent after that, in order. So a handler may run again, and says the same again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from aiogram import methods
from aiogram.methods import AnswerCallbackQuery, EditMessageText, SendMessage, TelegramMethod
from aiogram.types import InlineKeyboardMarkup

from bot.conversation import Conversation
from bot.texts import Language, plain, text
from domain.log import Cause


class Resend(NamedTuple):
    """Send the stored video of the person's job again; from the messenger's own copy when it has one."""

    job: str
    as_document: bool = False


Reply = TelegramMethod[Any] | Resend


@dataclass(slots=True)
class Talk:
    """One update of one person, and the replies to it so far. The private chat's id is the account's.

    `query` is the id of the tap that is to be answered, if it is one; `received_at` when the update reached us.
    """

    account: int
    bot: int
    update: int
    received_at: datetime
    conversation: Conversation
    query: str | None = None
    replies: list[Reply] = field(default_factory=list)

    @property
    def language(self) -> Language:
        """What to speak."""
        return self.conversation.language or Language.RU

    @property
    def cause(self) -> Cause:
        """What the events of this update are caused by."""
        return Cause(update_id=self.update)

    def text(self, key: str, **values: str | int) -> str:
        """The text in the person's language, as HTML."""
        return text(self.language, key, **values)

    def plain(self, key: str, **values: str | int) -> str:
        """The text in the person's language, for where there is no HTML: buttons, toasts, invoices."""
        return plain(self.language, key, **values)

    def say(self, key: str, keyboard: InlineKeyboardMarkup | None = None, **values: str | int) -> None:
        """A new message."""
        self.say_text(self.text(key, **values), keyboard)

    def say_text(self, html: str, keyboard: InlineKeyboardMarkup | None = None) -> None:
        """A new message with a text that is put together already."""
        self.replies.append(SendMessage(chat_id=self.account, text=html, parse_mode="HTML", reply_markup=keyboard))

    def edit(self, message: int, key: str, keyboard: InlineKeyboardMarkup | None = None, **values: str | int) -> None:
        """Another text, and these buttons or none, for a message of ours."""
        self.edit_text(message, self.text(key, **values), keyboard)

    def edit_text(self, message: int, html: str, keyboard: InlineKeyboardMarkup | None = None) -> None:
        """As `edit`, with a text that is put together already."""
        edit = EditMessageText(
            chat_id=self.account, message_id=message, text=html, parse_mode="HTML", reply_markup=keyboard
        )
        self.replies.append(edit)

    def toast(self, key: str | None = None, *, alert: bool = False, **values: str | int) -> None:
        """Answers the tap, with a short text or silently. Once: a later one replaces it. Nothing without a tap."""
        if self.query is None:
            return
        said = None if key is None else self.plain(key, **values)
        answer = AnswerCallbackQuery(callback_query_id=self.query, text=said, show_alert=alert or None)
        self.replies = [reply for reply in self.replies if not isinstance(reply, AnswerCallbackQuery)]
        self.replies.insert(0, answer)

    def send(self, reply: Reply) -> None:
        """Anything else: an invoice, a video, a photo by its file id."""
        self.replies.append(reply)


METHODS: Final[Mapping[str, type[TelegramMethod[Any]]]] = {
    method.__api_method__: method
    for name in methods.__all__
    if isinstance(method := getattr(methods, name), type)
    and issubclass(method, TelegramMethod)
    and isinstance(getattr(method, "__api_method__", None), str)
}
"""By the messenger's own name for it."""


def as_json(reply: Reply) -> dict[str, Any]:
    """The reply as it is kept until it is sent. It may upload nothing: files are named by ids."""
    if isinstance(reply, Resend):
        return {"method": "resend", **reply._asdict()}
    return {"method": reply.__api_method__, **reply.model_dump(mode="json", exclude_unset=True, exclude_none=True)}


def reply_of(kept: Mapping[str, Any]) -> Reply:
    """The reply that was kept as this."""
    fields = {name: value for name, value in kept.items() if name != "method"}
    if kept["method"] == "resend":
        return Resend(**fields)
    return METHODS[kept["method"]].model_validate(fields)
