"""Commands: those that the messenger offers when a slash is typed, and how they are recognised."""

from __future__ import annotations

from typing import Final

from aiogram.filters import Command
from aiogram.types import BotCommand

from bot.texts import Language, plain

COMMANDS: Final = (
    *("new", "again", "videos", "cancel", "menu", "balance", "buy", "history", "promo", "invite", "language", "help"),
    *("support", "paysupport", "terms"),
)
"""In the order of use. The first four belong to the ordering dialogue."""


def commands_in(language: Language) -> list[BotCommand]:
    """The list in this language, for setMyCommands."""
    return [BotCommand(command=name, description=plain(language, f"command-{name}")) for name in COMMANDS]


def typed(*names: str) -> Command:
    """Lets the commands of these names through. In a private chat they are for us, whomever they mention."""
    return Command(*names, ignore_case=True, ignore_mention=True)
