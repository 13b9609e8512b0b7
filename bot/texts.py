"""Every word that a Telegram user reads: Fluent messages by key, Russian first, English second, in `locales`.

A text is HTML as the messenger reads it: markup is the translators', and values that are put in are escaped.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache, lru_cache
from html import escape
from pathlib import Path
from typing import Final

from fluent.runtime import FluentBundle, FluentResource

FOLDER: Final = Path(__file__).parent / "locales"
REMEMBERED: Final = 4096
"""Texts with nothing but numbers in them: those with words hold what people have written."""


class Language(StrEnum):
    """The languages that every text is written in."""

    RU = "ru"
    EN = "en"


RUSSIAN_READERS: Final = frozenset({"ru", "uk", "be", "kk", "uz", "ky", "tg", "hy", "az"})
"""Where people rather read Russian than English; until somebody says otherwise."""


def first_guess(language_code: str | None) -> Language:
    """The language for somebody who has not chosen one; Telegram may not know either."""
    if language_code is None:
        return Language.RU
    return Language.RU if language_code.partition("-")[0].lower() in RUSSIAN_READERS else Language.EN


class NoSuchText(KeyError):
    """A text that is asked for is not written, or a value that it needs is missing. A bug."""


@cache
def bundle_of(language: Language) -> FluentBundle:
    """Every message of the language. Read once."""
    bundle = FluentBundle([language.value], use_isolating=False)
    for path in sorted((FOLDER / language.value).glob("*.ftl")):
        bundle.add_resource(FluentResource(path.read_text(encoding="utf-8")))
    return bundle


@lru_cache(REMEMBERED)
def _with_numbers(language: Language, key: str, *values: tuple[str, int]) -> str:
    return _formatted(language, key, dict(values))


def _formatted(language: Language, key: str, values: Mapping[str, str | int]) -> str:
    bundle = bundle_of(language)
    if not bundle.has_message(key) or (pattern := bundle.get_message(key).value) is None:
        msg = f"no text {key} in {language}"
        raise NoSuchText(msg)
    text, errors = bundle.format_pattern(pattern, dict(values))
    if errors:
        msg = f"text {key} in {language}: {errors[0]}"
        raise NoSuchText(msg)
    return str(text)


def text(language: Language, key: str, **values: str | int) -> str:
    """The message in the language, as HTML. Raises NoSuchText."""
    return _found(language, key, values, escaped=True)


def plain(language: Language, key: str, **values: str | int) -> str:
    """As `text`, for where the messenger reads no HTML: buttons, short answers, invoices. Raises NoSuchText."""
    return _found(language, key, values, escaped=False)


def _found(language: Language, key: str, values: Mapping[str, str | int], *, escaped: bool) -> str:
    words = {name: value for name, value in values.items() if isinstance(value, str)}
    numbers = [(name, value) for name, value in values.items() if not isinstance(value, str)]
    if not words:
        return _with_numbers(language, key, *numbers)
    said = {name: escape(word, quote=False) for name, word in words.items()} if escaped else words
    return _formatted(language, key, {**said, **dict(numbers)})
