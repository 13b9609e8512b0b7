"""Texts and keyboards: marks become entities counted in UTF-16 units, and the limits are Telegram's."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup, MessageEntity
from aiogram.utils.text_decorations import html_decoration
from hypothesis import given
from hypothesis import strategies as st

from adapters.sandbox.telegram_answers import Refused
from adapters.sandbox.telegram_html import Marked, read_html, units
from adapters.sandbox.telegram_texts import tidy
from tests.adapters.sandbox.telegram_scene import keyboard, refused, telegram

PARSE = "Bad Request: can't parse entities: "


def kinds(marked: Marked) -> list[tuple[str, int, int]]:
    """Every entity by type, offset and length."""
    return [(entity["type"], entity["offset"], entity["length"]) for entity in marked.entities]


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        ("plain", "plain", []),
        ("<b>bold</b> and <i>italic</i>", "bold and italic", [("bold", 0, 4), ("italic", 9, 6)]),
        ("<strong>a</strong><em>b</em><ins>c</ins>", "abc", [("bold", 0, 1), ("italic", 1, 1), ("underline", 2, 1)]),
        ("<B>loud</B>", "loud", [("bold", 0, 4)]),
        ("😀<s>crossed</s>", "😀crossed", [("strikethrough", 2, 7)]),
        ("<b>outer <u>inner</u></b>", "outer inner", [("bold", 0, 11), ("underline", 6, 5)]),
        ("<tg-spoiler>x</tg-spoiler><span class='tg-spoiler'>y</span>", "xy", [("spoiler", 0, 1), ("spoiler", 1, 1)]),
        ("1 &lt; 2 &amp;&amp; 3 &gt; 2 &quot;so&quot; &#1078;&#x416;", '1 < 2 && 3 > 2 "so" жЖ', []),
        ("&nbsp; &unknown; & &lt", "&nbsp; &unknown; & <", []),
        ("&#xD800; &#0; &#x110000;", "&#xD800; &#0; &#x110000;", []),
        ("<b></b>nothing", "nothing", []),
        ("<blockquote expandable>q</blockquote>", "q", [("expandable_blockquote", 0, 1)]),
        ("<pre>p</pre><code>c</code>", "pc", [("pre", 0, 1), ("code", 1, 1)]),
        ("<b>x</>", "x", [("bold", 0, 1)]),
    ],
)  # fmt: skip  # a table reads better in rows
def test_marks_become_entities(source: str, text: str, expected: list[tuple[str, int, int]]) -> None:
    marked = read_html(source)
    assert (marked.text, kinds(marked)) == (text, expected)


def test_links_emoji_and_languages_are_kept() -> None:
    marked = read_html(
        '<a href="https://example.com/?a=1&amp;b=2">link</a><tg-emoji emoji-id="5368324170671202286">👍</tg-emoji>'
        '<pre><code class="language-python">x</code></pre><a href="tg://user?id=42">Anna</a>'
    )
    link, emoji, code, person = marked.entities
    assert link["url"] == "https://example.com/?a=1&b=2"
    assert emoji["custom_emoji_id"] == "5368324170671202286"
    assert (code["type"], code["language"]) == ("pre", "python")
    assert (person["type"], person["user"]["id"]) == ("text_mention", 42)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("<b>open", 'Can\'t find end tag corresponding to start tag "b"'),
        ("text</b>", "Unexpected end tag at byte offset 4"),
        ("ж<b>x</i>", 'Unmatched end tag at byte offset 6, expected "</b>", found "</i>"'),
        ("<h1>x</h1>", 'Unsupported start tag "h1" at byte offset 0'),
        ("3 < 5", 'Unsupported start tag "" at byte offset 2'),
        ("2 <3> 1", 'Unsupported start tag "3" at byte offset 2'),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ('<a href="x', "Unclosed start tag at byte offset 0"),
        ("<a =1>x</a>", 'Empty attribute name in the tag "a" at byte offset 0'),
        ("<a href=a_b>x</a>", "Unexpected end of name token at byte offset 8"),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("<a href", 'Unclosed start tag "a" at byte offset 0'),
        ("<a href >x", 'Can\'t find end tag corresponding to start tag "a"'),
        ("<a href =", 'Unclosed start tag "a" at byte offset 0'),
    ],
)  # fmt: skip  # a table reads better in rows
def test_wrong_marks_are_refused_in_the_official_words(source: str, why: str) -> None:
    with pytest.raises(Refused) as caught:
        read_html(source)
    assert caught.value.description == PARSE + why


SIGNS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)
TAGS = ("b", "i", "u", "s", "tg-spoiler", "code")


@given(SIGNS)
def test_any_quoted_text_comes_out_as_it_was(text: str) -> None:
    assert read_html(html_decoration.quote(text)) == Marked(text, [])


@given(st.lists(st.tuples(st.sampled_from(TAGS), SIGNS.filter(bool))))
def test_what_aiogram_marks_is_read_as_it_was(pieces: list[tuple[str, str]]) -> None:
    source = "".join(f"<{tag}>{html_decoration.quote(text)}</{tag}>" for tag, text in pieces)
    marked = read_html(source)
    assert marked.text == "".join(text for _, text in pieces)
    entities = [MessageEntity(**entity) for entity in marked.entities]
    assert [entity.extract_from(marked.text) for entity in entities] == [text for _, text in pieces]
    assert read_html(html_decoration.unparse(marked.text, entities)) == marked


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    marked = Marked("", [])
    with contextlib.suppress(Refused):
        marked = read_html(text)
    assert all(entity["offset"] + entity["length"] <= units(marked.text) for entity in marked.entities)


def test_blanks_around_a_text_are_cut_and_its_entities_with_them() -> None:
    marked = tidy(read_html("  <b> x </b>\n"))
    assert (marked.text, kinds(marked)) == ("x", [("bold", 0, 1)])


def test_commands_names_and_links_are_found() -> None:
    marked = tidy(Marked("😀 /start@some_bot, write to @somebody or https://example.com/a.", []))
    found = [MessageEntity(**entity).extract_from(marked.text) for entity in marked.entities]
    assert [entity["type"] for entity in marked.entities] == ["bot_command", "mention", "url"]
    assert found == ["/start@some_bot", "@somebody", "https://example.com/a"]


def test_a_path_and_a_fraction_are_no_commands() -> None:
    assert tidy(Marked("src/main 1/2 a/b/c", [])).entities == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "message text is empty"),
        (" \n ", "text must be non-empty"),
        ("<b></b>", "text must be non-empty"),
        ("x" * 4097, "message is too long"),
        ("😀" * 2049, "message is too long"),
        ("ж" * 20_000, "text is too long"),
    ],
)
async def test_an_empty_or_long_text_is_refused(text: str, why: str) -> None:
    async with telegram() as scene:
        user = await scene.guest()
        assert await refused(scene.bot.send_message(user, text, parse_mode="HTML")) == f"Bad Request: {why}"


async def test_marks_do_not_count() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        message = await scene.bot.send_message(user, f"<b>{'x' * 4096}</b>", parse_mode="HTML")
        assert message.text == "x" * 4096
        message = await scene.bot.send_message(user, "😀" * 2048)
        assert message.text == "😀" * 2048


async def test_entities_may_be_given_in_place_of_marks() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        await scene.bot.send_message(user, "a bcd", entities=[MessageEntity(type="bold", offset=2, length=3)])
        assert scene.sandbox.messages(user)[-1]["entities"] == [{"type": "bold", "offset": 2, "length": 3}]


def one_button(**said: Any) -> InlineKeyboardMarkup:
    """A keyboard of one button."""
    return InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(**said)]])


@pytest.mark.parametrize(
    ("markup", "why"),
    [
        (keyboard("x" * 65), "BUTTON_DATA_INVALID"),
        (keyboard("ж" * 33), "BUTTON_DATA_INVALID"),
        (one_button(text="a"), "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"),
        (one_button(text="", callback_data="a"), "BUTTON_TEXT_INVALID"),
        (one_button(text="a", pay=True), "BUTTON_TYPE_INVALID"),
        (one_button(text="a", url="nowhere"), "inline keyboard button URL 'nowhere' is invalid: Wrong HTTP URL"),
        (keyboard(*map(str, range(101))), "reply markup is too long"),
    ],
)  # fmt: skip  # a table reads better in rows
async def test_a_wrong_keyboard_is_refused(markup: InlineKeyboardMarkup, why: str) -> None:
    async with telegram() as scene:
        user = await scene.guest()
        assert await refused(scene.bot.send_message(user, "x", reply_markup=markup)) == f"Bad Request: {why}"


async def test_a_keyboard_is_kept_with_its_message() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        longest = ["x" * 64, "ж" * 32]
        message = await scene.bot.send_message(user, "x", reply_markup=keyboard(*longest))
        assert message.reply_markup is not None
        assert [button.callback_data for button in message.reply_markup.inline_keyboard[0]] == longest
        (row,) = scene.sandbox.messages(user)[-1]["reply_markup"]["inline_keyboard"]
        assert [button["callback_data"] for button in row] == longest
