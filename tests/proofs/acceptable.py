"""Whether a messenger would take what a handler says: judged by the rules of the sandbox, without one."""

from __future__ import annotations

from typing import Final

import orjson
from aiogram.methods import AnswerCallbackQuery, EditMessageText, SendInvoice, SendMessage, SetMyCommands

from adapters.sandbox.telegram_answers import Refused
from adapters.sandbox.telegram_markup import markup_of
from adapters.sandbox.telegram_payments import DESCRIPTION_MAX, PAYLOAD_MAX_BYTES, TITLE_MAX
from adapters.sandbox.telegram_requests import Asked
from adapters.sandbox.telegram_texts import message_text
from bot.talk import Reply, Resend, as_json

TOAST_MAX: Final = 200
COMMANDS_MAX: Final = 100
COMMAND_MAX, COMMAND_ABOUT_MAX = 32, 256


def asked_as(reply: Reply) -> Asked:
    """The reply as the call that it would be."""
    fields = as_json(reply)
    method = str(fields.pop("method"))
    texts = {name: said if isinstance(said, str) else orjson.dumps(said).decode() for name, said in fields.items()}
    return Asked(method, texts, {})


def must_be_taken(reply: Reply, *, account: int) -> None:
    """Holds the reply against the messenger's rules, and that it goes to nobody else's chat."""
    asked = asked_as(reply)
    try:
        match reply:
            case SendMessage() | EditMessageText():
                assert asked.integer("chat_id") == account, reply
                message_text(asked)
                markup_of(asked)
            case AnswerCallbackQuery(text=text):
                assert len(text or "") <= TOAST_MAX, reply
            case SendInvoice():
                assert asked.integer("chat_id") == account, reply
                assert 1 <= len(reply.title) <= TITLE_MAX, reply
                assert 1 <= len(reply.description) <= DESCRIPTION_MAX, reply
                assert 1 <= len(reply.payload.encode()) <= PAYLOAD_MAX_BYTES, reply
                markup_of(asked, invoice=True)
            case SetMyCommands(commands=commands):
                assert len(commands) <= COMMANDS_MAX, reply
                assert all(len(some.command) <= COMMAND_MAX for some in commands), reply
                assert all(1 <= len(some.description) <= COMMAND_ABOUT_MAX for some in commands), reply
            case Resend():
                return
            case _:
                raise AssertionError(f"nobody has judged {asked.method} yet")
    except Refused as refused:
        raise AssertionError(f"{refused.description}: {reply}") from refused
