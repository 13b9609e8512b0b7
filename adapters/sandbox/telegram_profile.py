"""What the bot says of itself: its commands, by scope and language, its name and descriptions, by language."""

from __future__ import annotations

import re
from typing import Any, Final

import orjson

from adapters.sandbox.telegram_answers import bad_request
from adapters.sandbox.telegram_requests import Asked
from adapters.sandbox.telegram_store import Store

COMMAND: Final = re.compile(r"/?([a-z0-9_]{1,32})")
DESCRIPTION_MAX: Final = 256
COMMANDS_MAX: Final = 100
EVERYWHERE: Final = {"type": "default"}
MOST_FITTING: Final = ({"type": "all_private_chats"}, EVERYWHERE)

Commands = list[dict[str, str]]


class Profile:
    """The bot as people see it before they write to it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        kept = store.load("profile")
        self._commands: dict[str, Commands] = kept[0]["commands"] if kept else {}
        self._texts: dict[str, str] = kept[0]["texts"] if kept else {}

    def commands_for(self, language: str) -> Commands:
        """What a person of that language is offered."""
        for scope in MOST_FITTING:
            for spoken in (language, ""):
                found = self._commands.get(_key(scope, spoken))
                if found:
                    return found
        return []

    def text_for(self, kind: str, language: str) -> str:
        """A name or description in that language, or in none."""
        return self._texts.get(f"{kind} {language}") or self._texts.get(f"{kind} ", "")

    async def set_commands(self, asked: Asked) -> bool:
        """`setMyCommands`."""
        commands = asked.json("commands", said="commands")
        if not isinstance(commands, list):
            raise bad_request("expected an Array of BotCommand")
        if len(commands) > COMMANDS_MAX:
            raise bad_request("BOT_COMMANDS_TOO_MUCH")
        self._commands[_key(_scope(asked), asked.text("language_code"))] = [_command(command) for command in commands]
        return self._keep()

    async def delete_commands(self, asked: Asked) -> bool:
        """`deleteMyCommands`."""
        self._commands.pop(_key(_scope(asked), asked.text("language_code")), None)
        return self._keep()

    async def get_commands(self, asked: Asked) -> Commands:
        """`getMyCommands`: exactly those of the scope and the language."""
        return self._commands.get(_key(_scope(asked), asked.text("language_code")), [])

    def set_text(self, kind: str, asked: Asked, *, length_max: int) -> bool:
        """`setMyName` and its like."""
        text = asked.text(kind)
        if len(text) > length_max:
            raise bad_request(f"{kind.upper()}_TOO_LONG")
        self._texts[f"{kind} {asked.text('language_code')}"] = text
        return self._keep()

    def get_text(self, kind: str, asked: Asked) -> dict[str, str]:
        """`getMyName` and its like."""
        return {kind: self.text_for(kind, asked.text("language_code"))}

    def _keep(self) -> bool:
        self._store.put("profile", "", {"commands": self._commands, "texts": self._texts})
        return True


def _scope(asked: Asked) -> dict[str, Any]:
    scope = asked.json("scope", said="BotCommandScope")
    if scope is None:
        return EVERYWHERE
    if not isinstance(scope, dict) or not isinstance(scope.get("type"), str):
        raise bad_request("can't parse BotCommandScope: BotCommandScope must be an Object")
    return scope


def _key(scope: dict[str, Any], language: str) -> str:
    return f"{orjson.dumps(scope, option=orjson.OPT_SORT_KEYS).decode()} {language}"


def _command(command: object) -> dict[str, str]:
    if not isinstance(command, dict):
        raise bad_request("can't parse BotCommand: expected an Object")
    name, description = command.get("command"), command.get("description")
    found = COMMAND.fullmatch(name) if isinstance(name, str) else None
    if found is None:
        raise bad_request("BOT_COMMAND_INVALID")
    if not isinstance(description, str) or not 1 <= len(description) <= DESCRIPTION_MAX:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": found.group(1), "description": description}
