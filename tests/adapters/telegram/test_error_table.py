"""What becomes of a message and of an edit at each fault that the Bot API and the way to it are known for.

Each fault happens once; what comes after goes well. So the number of requests tells what was tried again.
"""

from __future__ import annotations

import json
import logging
from typing import NamedTuple

import pytest
from aiogram.methods import EditMessageMedia, EditMessageText, SendMessage
from aiogram.types import InputMediaPhoto
from structlog.testing import capture_logs

from adapters.telegram.session import Patience
from domain.outside import MaybeSaid, NotSaid, Said, WhyNot
from tests.adapters.telegram.bot_api import (
    CHAT,
    HANGS_UP,
    HASTY,
    PATIENT,
    RESET,
    RESET_BEFORE_IT_IS_READ,
    SILENT,
    TOKEN,
    Answer,
    http,
    no,
    page,
    says,
    serving_bytes,
    speaking,
)

TEXT = "a text that is nobody else's business"
AGAIN = "done after another try"
UNKNOWN = "nobody knows"
DONE = "done"


class Row(NamedTuple):
    """A fault and what it means: a no for good, done after another try, or nobody knows. For an edit maybe another."""

    fault: Answer
    message: WhyNot | str
    edit: WhyNot | str | None = None


SAME = (
    "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a "
    "current content and reply markup of the message"
)
BAD, FORBIDDEN = "400 Bad Request", "403 Forbidden"
TABLE = {
    "flood": Row(no("429 Too Many Requests", "Too Many Requests: retry after 3", retry_after=3), AGAIN),
    "flood without parameters": Row(no("429 Too Many Requests", "Too Many Requests"), AGAIN),
    "flood without a word": Row(http(b'{"ok":false}', status="429 Too Many Requests"), AGAIN),
    "flood as a page": Row(page("429 Too Many Requests"), AGAIN),
    "blocked": Row(no(FORBIDDEN, "Forbidden: bot was blocked by the user"), WhyNot.GONE),
    "deleted": Row(no(FORBIDDEN, "Forbidden: user is deactivated"), WhyNot.GONE),
    "never started": Row(no(FORBIDDEN, "Forbidden: bot can't initiate conversation with a user"), WhyNot.GONE),
    "kicked": Row(no(FORBIDDEN, "Forbidden: bot was kicked from the group chat"), WhyNot.GONE),
    "no member": Row(no(FORBIDDEN, "Forbidden: bot is not a member of the channel chat"), WhyNot.GONE),
    "no chat": Row(no(BAD, "Bad Request: chat not found"), WhyNot.GONE),
    "upgraded": Row(
        no(BAD, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=-1001), WhyNot.GONE
    ),
    "not modified": Row(no(BAD, SAME), DONE),
    "message gone": Row(no(BAD, "Bad Request: message to edit not found"), WhyNot.NOT_THERE),
    "message too old": Row(no(BAD, "Bad Request: message can't be edited"), WhyNot.NOT_THERE),
    "deleted before": Row(no(BAD, "Bad Request: message to delete not found"), WhyNot.NOT_THERE),
    "undeletable": Row(no(BAD, "Bad Request: message can't be deleted for everyone"), WhyNot.NOT_THERE),
    "late answer": Row(
        no(BAD, "Bad Request: query is too old and response timeout expired or query ID is invalid"), WhyNot.TOO_LATE
    ),
    "empty": Row(no(BAD, "Bad Request: message text is empty"), WhyNot.REFUSED),
    "too long": Row(no(BAD, "Bad Request: message is too long"), WhyNot.REFUSED),
    "caption too long": Row(no(BAD, "Bad Request: media caption is too long"), WhyNot.REFUSED),
    "bad button": Row(no(BAD, "Bad Request: BUTTON_DATA_INVALID"), WhyNot.REFUSED),
    "too many buttons": Row(no(BAD, "Bad Request: reply markup is too long"), WhyNot.REFUSED),
    "bad mark-up": Row(no(BAD, "Bad Request: can't parse entities: Unsupported start tag"), AGAIN),
    "unknown file": Row(no(BAD, "Bad Request: wrong file_id or the file is temporarily unavailable"), WhyNot.NO_FILE),
    "unknown address": Row(no(BAD, "Bad Request: wrong file identifier/HTTP URL specified"), WhyNot.NO_FILE),
    "big file": Row(no(BAD, "Bad Request: file is too big"), WhyNot.TOO_LARGE),
    "wrong token": Row(no("401 Unauthorized", "Unauthorized"), WhyNot.REFUSED),
    "no such method": Row(no("404 Not Found", "Not Found"), WhyNot.REFUSED),
    "second poller": Row(no("409 Conflict", "Conflict: terminated by other getUpdates request"), WhyNot.REFUSED),
    "some other no": Row(no("418 Teapot", "Never heard of"), WhyNot.REFUSED),
    "500": Row(no("500 Internal Server Error", "Internal Server Error"), UNKNOWN, AGAIN),
    "500 restart": Row(no("500 Internal Server Error", "Internal Server Error: restart"), UNKNOWN, AGAIN),
    "500 without a word": Row(http(b'{"ok":false}', status="500 Internal Server Error"), UNKNOWN, AGAIN),
    "502": Row(no("502 Bad Gateway", "Bad Gateway"), UNKNOWN, AGAIN),
    "502 as a page": Row(page("502 Bad Gateway"), UNKNOWN, AGAIN),
    "504 as a page": Row(page("504 Gateway Time-out"), UNKNOWN, AGAIN),
    "408 as a page": Row(page("408 Request Timeout"), UNKNOWN, AGAIN),
    "403 as a page": Row(page("403 Forbidden"), AGAIN),
    "moved": Row(page("302 Found"), AGAIN),
    "empty body": Row(http(b""), UNKNOWN, AGAIN),
    "empty body of a 502": Row(http(b"", status="502 Bad Gateway"), UNKNOWN, AGAIN),
    "no answer of theirs": Row(http(b'{"error": "what?"}'), UNKNOWN, AGAIN),
    "no text": Row(http(b"\xff\xfe\x00 what?", kind="text/plain; charset=utf-7"), UNKNOWN, AGAIN),
    "no HTTP": Row(says(b"\x00\xff what?\r\n\r\n"), UNKNOWN, AGAIN),
    "done, and unreadable": Row(http(b'{"ok": true, "result": {"message_id": 77, "chat": 1}}'), DONE),
    "413": Row(no("413 Request Entity Too Large", "Request Entity Too Large"), WhyNot.TOO_LARGE),
    "413 as a page": Row(page("413 Request Entity Too Large"), WhyNot.TOO_LARGE),
    "reset before it is read": Row(RESET_BEFORE_IT_IS_READ, UNKNOWN, AGAIN),
    "reset after it is read": Row(RESET, UNKNOWN, AGAIN),
    "answer lost": Row(HANGS_UP, UNKNOWN, AGAIN),
    "answer lost midway": Row(says(b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"ok":'), UNKNOWN, AGAIN),
    "time-out": Row(SILENT, UNKNOWN, AGAIN),
}


def expected(meaning: WhyNot | str) -> tuple[type[Said | NotSaid | MaybeSaid], int]:
    """The kind of answer, and how many requests arrive."""
    if isinstance(meaning, WhyNot):
        return NotSaid, 1
    return {AGAIN: (Said, 2), UNKNOWN: (MaybeSaid, 1), DONE: (Said, 1)}[meaning]


def time_for(fault: Answer) -> Patience:
    """Little when it is to run out."""
    return HASTY if fault is SILENT else PATIENT


@pytest.mark.parametrize("name", TABLE)
async def test_a_new_message_is_repeated_exactly_when_it_was_definitely_not_said(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    fault, meaning, _ = TABLE[name]
    with capture_logs() as logs:
        async with serving_bytes(fault) as api, speaking(api.url, patience=time_for(fault)) as talk:
            answer = await talk.messenger.say(SendMessage(chat_id=CHAT, text=TEXT))
            assert (type(answer), len(api.requests)) == expected(meaning)
    if isinstance(answer, NotSaid):
        assert answer.why is meaning
    if isinstance(answer, Said) and name != "not modified":
        assert answer.message == 77
    assert [row["method"] for row in logs if row["event"] == "telegram asked"] == ["sendMessage"] * len(api.requests)
    for written in (repr(logs), caplog.text, repr(answer)):
        assert TOKEN.partition(":")[2] not in written
        assert TEXT not in written


@pytest.mark.parametrize("name", TABLE)
async def test_an_edit_is_repeated_whenever_that_can_help(name: str) -> None:
    fault, message, edit = TABLE[name]
    meaning = edit or message
    async with serving_bytes(fault) as api, speaking(api.url, patience=time_for(fault)) as talk:
        answer = await talk.messenger.say(EditMessageText(chat_id=CHAT, message_id=77, text=TEXT))
        assert (type(answer), len(api.requests)) == expected(meaning)
    if isinstance(answer, Said):
        assert answer.message == 77
    if isinstance(answer, NotSaid):
        assert answer.why is meaning


async def test_plain_words_go_where_the_mark_up_cannot_be_read() -> None:
    fault = no(BAD, "Bad Request: can't parse entities: Can't find end tag corresponding to start tag \"b\"")
    with capture_logs() as logs:
        async with serving_bytes(fault, fault) as api, speaking(api.url) as talk:
            html = '<b>5 &lt; 6<i></b> for <a href="x">A & B</a> <you@me>'
            said = await talk.messenger.say(SendMessage(chat_id=CHAT, text=html))
            assert isinstance(said, NotSaid)
            assert said.why is WhyNot.REFUSED
            marked, plain = api.requests
    assert marked.form()["parse_mode"] == "HTML"
    assert "parse_mode" not in plain.form()
    assert plain.form()["text"] == "5 < 6 for A & B <you@me>"
    assert [row["log_level"] for row in logs] == ["error", "error"]


async def test_a_caption_within_a_medium_goes_in_plain_words_too() -> None:
    fault = no(BAD, "Bad Request: can't parse entities: Unsupported start tag")
    media = InputMediaPhoto(media="file-id", caption="<b>bold")
    async with serving_bytes(fault) as api, speaking(api.url) as talk:
        assert await talk.messenger.say(EditMessageMedia(chat_id=CHAT, message_id=7, media=media)) == Said(7)
        marked, plain = (json.loads(request.form()["media"]) for request in api.requests)
    assert (marked["caption"], marked["parse_mode"]) == ("<b>bold", "HTML")
    assert plain["caption"] == "bold"
    assert "parse_mode" not in plain
