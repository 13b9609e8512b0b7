"""How a message of the bot comes into a chat: whether it may be written there, and what every message has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.sandbox.telegram_answers import bad_request, forbidden
from adapters.sandbox.telegram_chats import Chat, KeptMessage, Message, Person
from adapters.sandbox.telegram_markup import Markup
from adapters.sandbox.telegram_requests import INTEGER, Asked
from adapters.sandbox.telegram_state import TelegramState


def chat_of(state: TelegramState, asked: Asked, parameter: str = "chat_id") -> Chat:
    """The chat the call is about. Raises Refused when there is none."""
    value = asked.text(parameter).strip()
    if not value:
        raise bad_request("chat_id is empty" if parameter == "chat_id" else f"{parameter} is empty")
    chat = state.chats.find(int(value)) if INTEGER.fullmatch(value) else None
    if chat is None:
        raise bad_request("chat not found")
    return chat


def writable(state: TelegramState, asked: Asked) -> Chat:
    """The chat the bot wants to write to. Raises Refused when it may not."""
    chat = chat_of(state, asked)
    may_be_written_to(chat.person)
    return chat


def may_be_written_to(person: Person) -> None:
    """Raises Refused when the bot may not write to that person."""
    if person.deactivated:
        raise forbidden("user is deactivated")
    if person.blocked:
        raise forbidden("bot was blocked by the user")
    if not person.started:
        raise forbidden("bot can't initiate conversation with a user")


def message_of(chat: Chat, asked: Asked, *, called: str, parameter: str = "message_id") -> KeptMessage:
    """The message the call is about. Raises Refused when it is not there: `message to edit not found`."""
    kept = chat.living(asked.integer(parameter))
    if kept is None:
        raise bad_request(f"{called} not found")
    return kept


def new_message(
    state: TelegramState,
    chat: Chat,
    content: Mapping[str, Any],
    *,
    markup: Markup | None = None,
    reply_to: Message | None = None,
    sender: Person | None = None,
) -> Message:
    """A message that is not in the chat yet, of the bot or of that person."""
    message: Message = {
        "message_id": state.chats.next_message_id(),
        "from": state.bot if sender is None else sender.as_user(),
        "chat": chat.person.as_chat(),
        "date": state.now,
    }
    if reply_to is not None:
        message["reply_to_message"] = {name: said for name, said in reply_to.items() if name != "reply_to_message"}
    message |= content
    if markup is not None:
        message["reply_markup"] = markup
    return message


def replied_to(chat: Chat, asked: Asked) -> Message | None:
    """The message that is replied to; None when there is none. Raises Refused when it is gone."""
    wanted = asked.json("reply_parameters", said="reply parameters")
    if wanted is not None and not isinstance(wanted, dict):
        raise bad_request("object expected as reply parameters")
    wanted = wanted or {
        "message_id": asked.integer("reply_to_message_id"),
        "allow_sending_without_reply": asked.flag("allow_sending_without_reply"),
    }
    if not wanted.get("message_id"):
        return None
    kept = chat.living(int(wanted["message_id"]))
    if kept is None and not wanted.get("allow_sending_without_reply"):
        raise bad_request("message to be replied not found")
    return None if kept is None else kept.message
