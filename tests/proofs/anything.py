"""What somebody may do in a chat: everything that a messenger lets people do, sensible or not, to be drawn from."""

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st

from bot.purse.commands import COMMANDS

LONG: Final = "Очень длинно, и <b>с</b> & знаками. " * 140
STRANGE: Final = (
    "1", "3", "5", "99", "0", "Кофе в зёрнах", "Тёплый свет", "😀" * 2000, "👩‍👩‍👧‍👦🏳️‍🌈", "a" * 4096, LONG[:4096],
    "שלום לך\u202e abc",
    "مرحبا", "\u0000", "a\u0000b", "\u0001\u0002", "\ufeff", " ", "\n\n", "<b>", "</b>&amp;&", "<script>", "{0} {x}",
    "%s %(a)s", "\u2068\u2069", "z" + "\u0301" * 500, "\\u0000", "\U0010ffff", "keep", "own", "i:own:1", "SPRING",
)  # fmt: skip  # a list reads better in lines
"""Lone surrogates cannot come: an update is JSON in UTF-8."""

TEXTS: Final = st.one_of(
    st.sampled_from(STRANGE), st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=120)
)

STARTS: Final = ("/start", "/start buy", "/start promo_{code}", "/start promo_<b>", "/start ref1", "/start {ref}")
ODD: Final = (
    "/",
    "/nonsense",
    "/balance@another_bot",
    "/PROMO {code}",
    "/promo нет такого",
    "/promo {used_up}",
    "//new",
)
LINES: Final = st.sampled_from((*STARTS, *ODD, "/promo {code}", *(f"/{name}" for name in COMMANDS)))

FILE: Final[dict[str, Any]] = {"file_id": "nowhere", "file_unique_id": "u"}
THINGS: Final[dict[str, dict[str, Any]]] = {
    "sticker": {
        "sticker": {**FILE, "type": "regular", "width": 9, "height": 9, "is_animated": False, "is_video": False}
    },
    "voice": {"voice": {**FILE, "duration": 3}},
    "video": {"video": {**FILE, "duration": 3, "width": 9, "height": 9}},
    "animation": {
        "animation": {**FILE, "duration": 3, "width": 9, "height": 9},
        "document": {**FILE, "mime_type": "image/gif"},
    },
    "location": {"location": {"latitude": 1.5, "longitude": 2.5}},
    "contact": {"contact": {"phone_number": "1", "first_name": "<b>"}},
    "dice": {"dice": {"emoji": "🎲", "value": 3}},
    "no kind that we know": {},
    "pinned": {"pinned_message": {"message_id": 1, "date": 0, "chat": {"id": 1, "type": "private"}}},
}
UNANSWERED: Final = frozenset({"pinned"})
"""What the messenger itself notes in the chat."""

PHOTOS: Final = ("coffee.jpg", "coffee_alpha.png", "coffee_portrait.webp", "nowhere.jpg", "broken", "empty", "a list")
BYTES: Final = {"broken": b"\xff\xd8\xff\xe0 and then nothing", "empty": b"", "a list": b"a shopping list"}
CAPTIONS: Final = st.one_of(st.none(), st.sampled_from(("Кружка", "/new", "я" * 1024, "<i>", " ")))
ALBUMS: Final = st.sampled_from((None, None, None, "album 1", "album 2"))
NAMES: Final = st.sampled_from(("a.png", "a.heic", "контракт.pdf", "", "a" * 200))
KINDS: Final = st.sampled_from(("image/jpeg", "image/heic", "application/pdf", None))

PREFIXES: Final = ("g", "i", "s", "e", "c", "ok", "x", "xo", "a", "w", "f", "r", "v", "h", "b", "l", "zz", "")
FIELDS: Final = st.sampled_from(
    ("menu", "photo", "count", "model", "own", "keep", "1", "-1", "0", "99999999999999999999", "b7.1.1", "b7.1.1.0",
     "slow-zoom", "'; --", "ru", "xx", "", "𝟙", "\u0000", "me")
)  # fmt: skip  # a list reads better in lines
FORGED: Final = st.one_of(
    st.builds(
        lambda prefix, fields: ":".join([prefix, *fields]), st.sampled_from(PREFIXES), st.lists(FIELDS, max_size=3)
    ),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=64),
).filter(lambda data: 1 <= len(data.encode()) <= 64)  # fmt: skip  # one strategy
