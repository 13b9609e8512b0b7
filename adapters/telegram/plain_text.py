"""A message without its mark-up, for when Telegram cannot read that: words without style are better than none."""

from __future__ import annotations

import re
from html import unescape
from typing import Any, Final

from aiogram.methods import TelegramMethod
from aiogram.types import InputMedia

TAG: Final = re.compile(
    r"</?(?:b|strong|i|em|u|ins|s|strike|del|span|tg-[a-z]+|a|code|pre|blockquote)(?:\s[^<>]*)?>", re.IGNORECASE
)
"""The tags of Telegram's HTML, as in its formatting options."""


def plain(html: str) -> str:
    """The words of a text in Telegram's HTML. What is no tag of it stays."""
    return unescape(TAG.sub("", html))


def without_mark_up(method: TelegramMethod[Any]) -> TelegramMethod[Any] | None:
    """The same with plain words; None when it has none that are marked up."""
    media = getattr(method, "media", None)
    if isinstance(media, InputMedia):
        stripped = _stripped(media)
        return None if stripped is None else method.model_copy(update={"media": media.model_copy(update=stripped)})
    stripped = _stripped(method)
    return None if stripped is None else method.model_copy(update=stripped)


def _stripped(of: object) -> dict[str, str | None] | None:
    if getattr(of, "parse_mode", None) is None:
        return None
    words = {name: plain(text) for name in ("text", "caption") if isinstance(text := getattr(of, name, None), str)}
    return {**words, "parse_mode": None} if words else None
