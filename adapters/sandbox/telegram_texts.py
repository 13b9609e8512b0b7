"""Texts of messages: read with their marks, cut to what Telegram keeps of them, and held to their limits."""

from __future__ import annotations

import re
from typing import Any, Final

from adapters.sandbox.telegram_answers import bad_request
from adapters.sandbox.telegram_html import Entity, Marked, read_html, units
from adapters.sandbox.telegram_requests import Asked

TEXT_MAX: Final = 4096
CAPTION_MAX: Final = 1024
SOURCE_MAX_BYTES: Final = 1 << 15
UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b-\x1f]")
FOUND: Final = re.compile(
    r"(?P<url>https?://[^\s<>\"]+)"
    r"|(?<![\w/])(?P<bot_command>/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?)(?![\w/])"
    r"|(?<![\w/@])(?P<mention>@[A-Za-z]\w{3,31})\b"
)
AFTER_A_LINK: Final = ".,:;!?)"


def message_text(asked: Asked) -> dict[str, Any]:
    """`text` and `entities` of a message that is to be sent. Raises Refused."""
    source = asked.text("text")
    if not source:
        raise bad_request("message text is empty")
    marked = _read(source, asked, entities="entities")
    if not marked.text:
        raise bad_request("text must be non-empty")
    if units(marked.text) > TEXT_MAX:
        raise bad_request("message is too long")
    return {"text": marked.text} | ({"entities": marked.entities} if marked.entities else {})


def message_caption(asked: Asked) -> dict[str, Any]:
    """`caption` and `caption_entities` of a message, nothing when there is none. Raises Refused."""
    source = asked.text("caption")
    marked = _read(source, asked, entities="caption_entities") if source else Marked("", [])
    if units(marked.text) > CAPTION_MAX:
        raise bad_request("message caption is too long")
    if not marked.text:
        return {}
    caption: dict[str, Any] = {"caption": marked.text}
    if marked.entities:
        caption["caption_entities"] = marked.entities
    if asked.flag("show_caption_above_media"):
        caption["show_caption_above_media"] = True
    return caption


def persons_text(text: str) -> Marked:
    """What somebody typed, with the commands and links in it."""
    return tidy(Marked(text, []))


def tidy(marked: Marked) -> Marked:
    """Without unprintable signs and the blanks around it; commands, links and names in it become entities."""
    text, entities = UNPRINTABLE.sub(" ", marked.text.replace("\r", "")), marked.entities
    if text != marked.text and len(text) != len(marked.text):
        entities = [entity for entity in entities if entity["offset"] + entity["length"] <= units(text)]
    begin, stripped = units(text) - units(text.lstrip()), text.strip()
    end = begin + units(stripped)
    kept = [_cut(entity, begin=begin, end=end) for entity in entities]
    kept = [entity for entity in kept if entity["length"] > 0]
    kept += [found for found in _found(stripped) if not any(_meet(found, entity) for entity in kept)]
    kept.sort(key=lambda entity: (entity["offset"], -entity["length"]))
    return Marked(stripped, kept)


def _read(source: str, asked: Asked, *, entities: str) -> Marked:
    if len(source.encode()) > SOURCE_MAX_BYTES:
        raise bad_request("text is too long")
    match asked.text("parse_mode").lower():
        case "html":
            return tidy(read_html(source))
        case "" | "none":
            return tidy(Marked(source, _given(asked.json(entities, said="entities"))))
        case _:
            raise bad_request("unsupported parse_mode")


def _given(entities: object) -> list[Entity]:
    if entities is None:
        return []
    if not isinstance(entities, list) or not all(isinstance(entity, dict) for entity in entities):
        raise bad_request("can't parse MessageEntity: expected an Object")
    for entity in entities:
        if not isinstance(entity.get("offset"), int) or not isinstance(entity.get("length"), int):
            raise bad_request("can't parse MessageEntity: Can't find field \"offset\"")
    return [dict(entity) for entity in entities]


def _cut(entity: Entity, *, begin: int, end: int) -> Entity:
    first, last = max(entity["offset"], begin), min(entity["offset"] + entity["length"], end)
    return {**entity, "offset": first - begin, "length": last - first}


def _found(text: str) -> list[Entity]:
    if "/" not in text and "@" not in text:
        return []
    found = []
    for match in FOUND.finditer(text):
        said = match.group()
        said = said.rstrip(AFTER_A_LINK) if match.lastgroup == "url" else said
        found.append({"offset": units(text[: match.start()]), "length": units(said), "type": match.lastgroup})
    return found


def _meet(one: Entity, other: Entity) -> bool:
    return bool(one["offset"] < other["offset"] + other["length"] and other["offset"] < one["offset"] + one["length"])
