"""Texts: both languages say the same things with the same values, in HTML that the messenger reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fluent.syntax import FluentParser, ast
from fluent.syntax.visitor import Visitor

from bot.refusals import key_of
from bot.texts import FOLDER, Language, NoSuchText, first_guess, plain, text
from domain import refusals

ASKED = re.compile(r"""(?:\.say|\.text|\.plain|\.toast|\.edit|text|plain)\(\s*(?:[\w.]+,\s*)?"([a-z][a-z-]+)\"""")
"""How code asks for a text by a key that is written there."""

ALLOWED_TAGS = {"b", "i", "u", "s", "code", "pre", "a", "tg-spoiler", "blockquote"}


class Placeables(Visitor):
    """The names of the values that a message takes, and of the messages that it uses."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.used: set[str] = set()

    def visit_VariableReference(self, node: Any) -> None:  # noqa: N802 - the parser's own name for it
        self.names.add(node.id.name)

    def visit_MessageReference(self, node: Any) -> None:  # noqa: N802 - as above
        self.used.add(node.id.name)


class Written(NamedTuple):
    """A message: where it stands, its key, and the values that it and those it uses take."""

    file: str
    key: str
    values: frozenset[str]


def messages(language: Language) -> list[Written]:
    """Every message of the language."""
    found: dict[str, tuple[str, Placeables]] = {}
    for path in sorted((FOLDER / language.value).glob("*.ftl")):
        for entry in FluentParser().parse(path.read_text(encoding="utf-8")).body:
            assert not isinstance(entry, ast.Junk), f"{path}: {entry.content}"
            if isinstance(entry, ast.Message):
                assert entry.id.name not in found, f"{entry.id.name} is written twice"
                placeables = Placeables()
                placeables.visit(entry)
                found[entry.id.name] = path.name, placeables

    def values(key: str) -> frozenset[str]:
        _, placeables = found[key]
        return frozenset(placeables.names).union(*map(values, placeables.used))

    return [Written(file, key, values(key)) for key, (file, _) in found.items()]


def test_both_languages_hold_the_same_keys_with_the_same_values_in_the_same_files() -> None:
    russian, english = (set(messages(language)) for language in Language)
    assert russian - english == set()
    assert english - russian == set()


class Tags(HTMLParser):
    """Checks that tags are Telegram's and close in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED_TAGS
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def samples(values: frozenset[str]) -> Iterator[dict[str, str | int]]:
    """Values for a message: each with one, few and many of whatever it counts."""
    for number in (0, 1, 3, 5, 21):
        yield dict.fromkeys(values, number)


@pytest.mark.parametrize("language", list(Language))
def test_every_text_can_be_said_and_its_html_is_whole(language: Language) -> None:
    for _, key, values in messages(language):
        for sample in samples(values):
            tags = Tags()
            tags.feed(text(language, key, **sample))
            tags.close()
            assert tags.open == [], key


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("refusal", refusals.Refusal.__subclasses__(), ids=lambda refusal: str(refusal.__name__))
def test_every_refusal_has_its_words(refusal: type[refusals.Refusal], language: Language) -> None:
    assert key_of(refusal) in {written.key for written in messages(language)}


def test_values_are_escaped_where_html_is_read_and_only_there() -> None:
    name = "<b>&"
    assert "&lt;b&gt;&amp;" in text(Language.RU, "status-caption", about=name)
    assert name in plain(Language.RU, "status-caption", about=name)


def test_a_text_that_is_not_there_or_lacks_a_value_is_a_bug() -> None:
    with pytest.raises(NoSuchText, match="no text nothing"):
        text(Language.RU, "nothing")
    with pytest.raises(NoSuchText, match="credits"):
        text(Language.RU, "credits")


@pytest.mark.parametrize(
    ("code", "language"),
    [(None, Language.RU), ("ru", Language.RU), ("uk-UA", Language.RU), ("en-GB", Language.EN), ("pt-br", Language.EN)],
)
def test_somebody_new_is_spoken_to_in_the_likely_language(code: str | None, language: Language) -> None:
    assert first_guess(code) is language


def test_every_text_that_code_asks_for_is_written() -> None:
    keys = {written.key for written in messages(Language.RU)}
    folder = Path(__file__).parents[2] / "bot"
    for path in folder.rglob("*.py"):
        for asked in ASKED.findall(path.read_text(encoding="utf-8")):
            assert asked in keys, f"{path.name} says {asked}"
