"""Telegram's HTML: a text with marks becomes a bare text and its entities, counted in UTF-16 units.

The rules and the words of the refusals are those of the official library; offsets in them are bytes of UTF-8.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from adapters.sandbox.telegram_answers import Refused, bad_request

Entity = dict[str, Any]

TYPES: Final = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "code": "code",
    "pre": "pre",
    "a": "text_link",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
    "tg-time": "date_time",
}
NAMED: Final = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
CHARACTER: Final = re.compile(r"&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|(lt|gt|amp|quot)(?![a-zA-Z]));?")
SPECIAL: Final = re.compile(r"[<&]")
NAME: Final = re.compile(r"[^\s>]*")
END_TAG: Final = re.compile(r"/([^\s>]*)\s*")
ATTRIBUTE_NAME: Final = re.compile(r"[^\s=>/\"']*")
BARE_VALUE: Final = re.compile(r"[A-Za-z0-9.-]*")
SPACE: Final = re.compile(r"\s*")
OF_THE_USER: Final = re.compile(r"tg://user\?id=(\d+)")
PLAIN: Final = re.compile(r"[^<&]*")


class Marked(NamedTuple):
    """A bare text and its entities, in their order."""

    text: str
    entities: list[Entity]


def units(text: str) -> int:
    """How long a text is for Telegram: UTF-16 units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


@dataclass(slots=True)
class _Open:
    tag: str
    argument: str
    unix: int
    offset: int
    piece: int


class _Reader:
    """Reads one marked text from its beginning to its end."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._pieces: list[str] = []
        self._units = 0
        self._open: list[_Open] = []
        self._entities: list[Entity] = []

    def read(self) -> Marked:
        source = self._source
        while self._at < len(source):
            plain = PLAIN.match(source, self._at)
            assert plain is not None
            self._add(plain.group())
            self._at = plain.end()
            if self._at == len(source):
                break
            if source[self._at] == "&":
                self._character()
            elif source.startswith("</", self._at):
                self._end_tag()
            else:
                self._start_tag()
        if self._open:
            raise self._fault(f'Can\'t find end tag corresponding to start tag "{self._open[-1].tag}"')
        self._entities.sort(key=lambda entity: (entity["offset"], -entity["length"]))
        return Marked("".join(self._pieces), self._entities)

    def _add(self, text: str) -> None:
        self._pieces.append(text)
        self._units += units(text)

    def _character(self) -> None:
        character, self._at = _decoded(self._source, self._at)
        self._add(character)

    def _start_tag(self) -> None:
        begin = self._at
        name = NAME.match(self._source, begin + 1)
        assert name is not None
        if name.end() == len(self._source):
            raise self._fault("Unclosed start tag", at=begin)
        tag = name.group().lower()
        if tag not in TYPES:
            raise self._fault(f'Unsupported start tag "{tag}"', at=begin)
        opened = _Open(tag=tag, argument="", unix=0, offset=self._units, piece=len(self._pieces))
        self._at = name.end()
        while self._attribute(opened, begin=begin):
            pass
        if tag == "span" and opened.argument != "spoiler":
            raise self._fault('Tag "span" must have class "tg-spoiler"', at=begin)
        self._open.append(opened)

    def _attribute(self, opened: _Open, *, begin: int) -> bool:
        """Reads the next attribute; False when the tag ends."""
        source = self._source
        self._skip_space()
        if source.startswith(">", self._at):
            self._at += 1
            return False
        name = ATTRIBUTE_NAME.match(source, self._at)
        assert name is not None
        if not name.group():
            raise self._fault(f'Empty attribute name in the tag "{opened.tag}"', at=begin)
        self._at = name.end()
        self._skip_space()
        if not source.startswith("=", self._at):
            if self._at == len(source):
                raise self._fault(f'Unclosed start tag "{opened.tag}"', at=begin)
            _set(opened, name.group(), None)
            return True
        self._at += 1
        self._skip_space()
        if self._at == len(source):
            raise self._fault(f'Unclosed start tag "{opened.tag}"', at=begin)
        value = self._value()
        if self._at == len(source):
            raise self._fault("Unclosed start tag", at=begin)
        _set(opened, name.group(), value)
        return True

    def _value(self) -> str:
        source = self._source
        quote = source[self._at]
        if quote not in {'"', "'"}:
            bare = BARE_VALUE.match(source, self._at)
            assert bare is not None
            end = source[bare.end() : bare.end() + 1]
            if end and not end.isspace() and end != ">":
                raise self._fault("Unexpected end of name token", at=self._at)
            self._at = bare.end()
            return bare.group().lower()
        self._at += 1
        pieces = []
        while self._at < len(source) and source[self._at] != quote:
            character, self._at = _decoded(source, self._at)
            pieces.append(character)
        self._at = min(self._at + 1, len(source))
        return "".join(pieces)

    def _end_tag(self) -> None:
        begin = self._at
        if not self._open:
            raise self._fault("Unexpected end tag", at=begin)
        found = END_TAG.match(self._source, begin + 1)
        assert found is not None
        if not self._source.startswith(">", found.end()):
            raise self._fault("Unclosed end tag", at=begin)
        opened, name = self._open[-1], found.group(1).lower()
        if name and name != opened.tag:
            where = f"at byte offset {self._bytes(begin)}"
            raise self._fault(f'Unmatched end tag {where}, expected "</{opened.tag}>", found "</{name}>"')
        self._open.pop()
        self._at = found.end() + 1
        if self._units > opened.offset:
            self._close(opened)

    def _close(self, opened: _Open) -> None:
        entity: Entity = {
            "offset": opened.offset,
            "length": self._units - opened.offset,
            "type": TYPES[opened.tag],
        }
        match opened.tag:
            case "a":
                url = opened.argument or "".join(self._pieces[opened.piece :])
                user = OF_THE_USER.match(url)
                if user is not None:
                    entity |= {
                        "type": "text_mention",
                        "user": {"id": int(user.group(1)), "is_bot": False, "first_name": ""},
                    }
                elif "." in url or "://" in url:
                    entity["url"] = url if "://" in url else f"http://{url}/"
                else:
                    return
            case "tg-emoji":
                if not opened.argument.isdigit():
                    raise self._fault("Invalid custom emoji identifier specified")
                entity["custom_emoji_id"] = opened.argument
            case "tg-time":
                if opened.unix <= 0:
                    return
                entity |= {"unix_time": opened.unix, "date_time_format": opened.argument}
            case "blockquote" if opened.argument:
                entity["type"] = "expandable_blockquote"
            case "pre" | "code":
                self._code(entity, language=opened.argument)
                return
            case _:
                pass
        self._entities.append(entity)

    def _code(self, entity: Entity, *, language: str) -> None:
        """`<pre><code class="language-x">` is one entity with a language."""
        last = self._entities[-1] if self._entities else {}
        same = (last.get("offset"), last.get("length")) == (entity["offset"], entity["length"])
        if entity["type"] == "pre" and same and last.get("type") == "code" and last.get("_language"):
            self._entities[-1] = {**entity, "language": last["_language"]}
        elif entity["type"] == "code" and language:
            self._entities.append({**entity, "_language": language})
        else:
            self._entities.append(entity)

    def _skip_space(self) -> None:
        space = SPACE.match(self._source, self._at)
        assert space is not None
        self._at = space.end()

    def _bytes(self, at: int) -> int:
        return len(self._source[:at].encode())

    def _fault(self, said: str, *, at: int | None = None) -> Refused:
        where = "" if at is None else f" at byte offset {self._bytes(at)}"
        return bad_request(f"can't parse entities: {said}{where}")


def _decoded(source: str, at: int) -> tuple[str, int]:
    """The character at that place and the place after it."""
    found = CHARACTER.match(source, at) if source[at] == "&" else None
    if found is None:
        return source[at], at + 1
    if found.group(3):
        return NAMED[found.group(3)], found.end()
    code = int(found.group(1), 16) if found.group(1) else int(found.group(2))
    if code == 0 or code >= 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        return source[at], at + 1
    return chr(code), found.end()


def _set(opened: _Open, name: str, value: str | None) -> None:
    match opened.tag, name:
        case "blockquote", "expandable":
            opened.argument = "1"
        case _, _ if value is None:
            pass
        case ("a", "href") | ("tg-emoji", "emoji-id") | ("tg-time", "format"):
            opened.argument = value
        case "code", "class" if value.startswith("language-"):
            opened.argument = value.removeprefix("language-")
        case "span", "class" if value.startswith("tg-"):
            opened.argument = value.removeprefix("tg-")
        case "tg-time", "unix" if value.isdigit():
            opened.unix = int(value)
        case _, _:
            pass


def read_html(source: str) -> Marked:
    """The bare text and its entities. Raises Refused when the marks are wrong."""
    if SPECIAL.search(source) is None:
        return Marked(source, [])
    marked = _Reader(source).read()
    for entity in marked.entities:
        entity.pop("_language", None)
    return marked
