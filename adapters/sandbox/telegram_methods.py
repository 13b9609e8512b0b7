"""Every method of the Bot API that the sandbox knows, and the small ones: who the bot is, updates, taps, files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from adapters.sandbox.telegram_answers import Described, bad_request
from adapters.sandbox.telegram_editing import Editing
from adapters.sandbox.telegram_files import NO_FILE
from adapters.sandbox.telegram_media import Media
from adapters.sandbox.telegram_messages import chat_of, message_of
from adapters.sandbox.telegram_payments import Payments
from adapters.sandbox.telegram_requests import Asked
from adapters.sandbox.telegram_sending import Handler, Sending
from adapters.sandbox.telegram_state import TelegramState

TOAST_MAX: Final = 200
POLL_MAX_S: Final = 50
CONNECTIONS: Final = 40
CONNECTIONS_MAX: Final = 100
SECRET: Final = re.compile(r"[A-Za-z0-9_-]*")
SECRET_MAX: Final = 256
TEXT_MAXIMA: Final = {"name": 64, "description": 512, "short_description": 120}


def methods_of(state: TelegramState) -> Mapping[str, Handler]:
    """By lower-case name."""
    media = Media(state)
    own = Methods(state).methods()
    return {**own, **Sending(state, media).methods(), **Editing(state, media).methods(), **Payments(state).methods()}


class Methods:
    """Answers for everything that is neither a message nor money."""

    def __init__(self, state: TelegramState) -> None:
        self._state = state

    def methods(self) -> Mapping[str, Handler]:
        """By lower-case name."""
        profile = self._state.profile
        return {
            "getme": self.me,
            "getupdates": self.updates,
            "setwebhook": self.set_webhook,
            "deletewebhook": self.delete_webhook,
            "getwebhookinfo": self.webhook_info,
            "answercallbackquery": self.answer_tap,
            "getfile": self.file,
            "getchat": self.chat,
            "setmessagereaction": self.react,
            "setmycommands": profile.set_commands,
            "deletemycommands": profile.delete_commands,
            "getmycommands": profile.get_commands,
            **{f"setmy{kind.replace('_', '')}": self._text_setter(kind) for kind in TEXT_MAXIMA},
            **{f"getmy{kind.replace('_', '')}": self._text_getter(kind) for kind in TEXT_MAXIMA},
        }

    async def me(self, asked: Asked) -> dict[str, Any]:  # noqa: ARG002 - every handler takes the call
        """`getMe`."""
        return self._state.bot | {
            "can_join_groups": False,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
            "can_connect_to_business": False,
            "has_main_web_app": False,
        }

    async def updates(self, asked: Asked) -> list[orjson.Fragment]:
        """`getUpdates`."""
        self._state.updates.allow(_kinds(asked))
        return await self._state.updates.poll(
            offset=asked.integer("offset"),
            limit=asked.integer("limit", 100, low=1, high=100),
            timeout_s=asked.integer("timeout", low=0, high=POLL_MAX_S),
        )

    async def set_webhook(self, asked: Asked) -> Described:
        """`setWebhook`. Unlike the official server it takes http and any port."""
        url, secret = asked.text("url"), asked.text("secret_token")
        if not url:
            return await self.delete_webhook(asked)
        if "://" not in url:
            url = f"https://{url}"
        if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
            raise bad_request("invalid webhook URL specified")
        if len(secret) > SECRET_MAX:
            raise bad_request("secret token is too long")
        if not SECRET.fullmatch(secret):
            raise bad_request("secret token contains unallowed characters")
        self._state.updates.allow(_kinds(asked))
        if asked.flag("drop_pending_updates"):
            self._state.updates.clear()
        connections = asked.integer("max_connections", CONNECTIONS, low=1, high=CONNECTIONS_MAX)
        self._state.webhook.set(url, secret=secret, connections_max=connections)
        return Described(result=True, description="Webhook was set")

    async def delete_webhook(self, asked: Asked) -> Described:
        """`deleteWebhook`."""
        was_set = self._state.webhook.unset()
        if asked.flag("drop_pending_updates"):
            self._state.updates.clear()
        return Described(result=True, description=f"Webhook {'was' if was_set else 'is already'} deleted")

    async def webhook_info(self, asked: Asked) -> dict[str, Any]:  # noqa: ARG002 - every handler takes the call
        """`getWebhookInfo`."""
        return self._state.webhook.info()

    async def answer_tap(self, asked: Asked) -> bool:
        """`answerCallbackQuery`. A second answer is heard by nobody."""
        text, query = asked.text("text"), asked.text("callback_query_id")
        if len(text) > TOAST_MAX:
            raise bad_request("MESSAGE_TOO_LONG")
        user = self._state.queries.answer_tap(query)
        chat = None if user is None else self._state.chats.find(user)
        if chat is not None:
            toast = {"text": text or None, "alert": asked.flag("show_alert"), "url": asked.text("url") or None}
            chat.tell("toast", {"callback_query_id": query, **toast})
        return True

    async def file(self, asked: Asked) -> dict[str, Any]:
        """`getFile`."""
        file_id = asked.text("file_id")
        if not file_id:
            raise bad_request("file_id not specified")
        file = self._state.files.find(file_id)
        if file is None:
            raise bad_request(NO_FILE)
        if file.size_bytes > self._state.settings.download_max_bytes:
            raise bad_request("file is too big")
        return {
            "file_id": file.file_id,
            "file_unique_id": file.file_unique_id,
            "file_size": file.size_bytes,
            "file_path": file.path,
        }

    async def chat(self, asked: Asked) -> dict[str, Any]:
        """`getChat`."""
        gifts = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
        return chat_of(self._state, asked).person.as_chat() | {
            "accent_color_id": 0,
            "max_reaction_count": 11,
            "accepted_gift_types": dict.fromkeys(gifts, True),
        }

    async def react(self, asked: Asked) -> bool:
        """`setMessageReaction`: taken, and seen by nobody."""
        message_of(chat_of(self._state, asked), asked, called="message to react")
        return True

    def _text_setter(self, kind: str) -> Handler:
        async def answer(asked: Asked) -> bool:
            return self._state.profile.set_text(kind, asked, length_max=TEXT_MAXIMA[kind])

        return answer

    def _text_getter(self, kind: str) -> Handler:
        async def answer(asked: Asked) -> dict[str, str]:
            return self._state.profile.get_text(kind, asked)

        return answer


def _kinds(asked: Asked) -> list[str] | None:
    kinds = asked.json("allowed_updates", said="allowed_updates") if asked.text("allowed_updates") else None
    return [str(kind) for kind in kinds] if isinstance(kinds, list) else None
