"""Sending stored videos, while the wire breaks in every way: what is a no, and what nobody knows."""

from __future__ import annotations

import asyncio
import json
import logging
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from structlog.testing import capture_logs

from adapters.telegram.rate import Rates
from adapters.telegram.videos import NOT_STORED, TOO_LARGE_TO_SEND, file_name
from domain.failures import FailureClass
from domain.outside import MaybeSaid, MaybeSent, NotSaid, NotSent, Said, Sent, Trouble, WhyNot
from processors.services import Sender
from tests.adapters.telegram.bot_api import (
    CHAT,
    HANGS_UP,
    RESET,
    RESET_BEFORE_IT_IS_READ,
    SILENT,
    TOKEN,
    Answer,
    http,
    message,
    no,
    page,
    result,
    says,
    serving_bytes,
)
from tests.adapters.telegram.video_scene import CAPTION, FILE, JOB, LINK, film, studio

SEEN = result(True)
VIDEO = {"file_id": "v1", "file_unique_id": "u1", "width": 360, "height": 640, "duration": 2}
TAKEN = message(78, video=VIDEO)
BLOCKED = no("403 Forbidden", "Forbidden: bot was blocked by the user")
LARGE = bytes(8_000_000)
"""No film, and more than what lies on the way between two programs."""

T, R, U = FailureClass.TEMPORARY, FailureClass.RATE_LIMIT, FailureClass.UNKNOWN
FOR_GOOD, DEFINITE, MAYBE = "for good", "definite", "maybe"


async def test_a_video_goes_with_its_shape_its_pictures_its_words_and_its_buttons(tmp_path: Path) -> None:
    async with serving_bytes(SEEN, TAKEN) as api, studio(api.url, tmp_path) as scene:
        sender: Sender = scene.sender
        assert await sender.send(CHAT, job=JOB, file=FILE, attempt=1) == Sent("v1")
        assert api.methods() == ["sendChatAction", "sendVideo"]
        said = api.requests[1].fields()
    shape = {name: said[name].decode() for name in ("chat_id", "width", "height", "duration", "caption", "parse_mode")}
    assert shape == {
        "chat_id": str(CHAT), "width": "360", "height": "640", "duration": "2", "caption": CAPTION.text,
        "parse_mode": "HTML",
    }  # fmt: skip  # pairs read better in lines than in a column
    assert said["video"] == film()
    assert said["supports_streaming"] == b"true"
    assert json.loads(said["reply_markup"])["inline_keyboard"][0][0]["callback_data"] == "again"
    for picture, side in (("thumbnail", 320), ("cover", 640)):
        assert said[picture].startswith(b"\xff\xd8\xff")
        assert len(said[picture]) <= 200_000
        assert size_of(said[picture])[1] == side


async def test_what_cannot_be_opened_goes_without_shape_and_pictures(tmp_path: Path) -> None:
    async with serving_bytes(SEEN, TAKEN) as api, studio(api.url, tmp_path, video=b"no film at all") as scene:
        assert await scene.send() == Sent("v1")
        said = api.requests[1].fields()
    assert said["video"] == b"no film at all"
    assert said.keys().isdisjoint({"width", "height", "duration", "thumbnail", "cover"})


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (BLOCKED, (FOR_GOOD, U, None)),
        (no("403 Forbidden", "Forbidden: user is deactivated"), (FOR_GOOD, U, None)),
        (no("400 Bad Request", "Bad Request: chat not found"), (FOR_GOOD, U, None)),
        (no("429 Too Many Requests", "Too Many Requests: retry after 9", retry_after=9), (DEFINITE, R, 9)),
        (no("429 Too Many Requests", "Too Many Requests"), (DEFINITE, R, None)),
        (page("429 Too Many Requests"), (DEFINITE, R, None)),
        (page("403 Forbidden"), (DEFINITE, T, None)),
        (no("400 Bad Request", "Bad Request: BUTTON_DATA_INVALID"), (DEFINITE, U, None)),
        (no("401 Unauthorized", "Unauthorized"), (DEFINITE, U, None)),
        (no("500 Internal Server Error", "Internal Server Error"), (MAYBE, None, None)),
        (page("502 Bad Gateway"), (MAYBE, None, None)),
        (http(b""), (MAYBE, None, None)),
        (says(b"\x00 what?\r\n\r\n"), (MAYBE, None, None)),
        (HANGS_UP, (MAYBE, None, None)),
        (RESET, (MAYBE, None, None)),
        (SILENT, (MAYBE, None, None)),
    ],
)
async def test_an_upload_is_made_once_whatever_becomes_of_it(
    tmp_path: Path,
    answer: Answer,
    expected: tuple[str, FailureClass | None, int | None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    with capture_logs() as logs:
        time_s = 1 if answer is SILENT else 20
        async with serving_bytes(SEEN, answer) as api, studio(api.url, tmp_path, upload_s=time_s) as scene:
            outcome = await scene.send()
            assert api.methods() == ["sendChatAction", "sendVideo"]
    match outcome:
        case NotSent(trouble, retry_after_s, for_good):
            assert (FOR_GOOD if for_good else DEFINITE, trouble.failure, retry_after_s) == expected
        case _:
            assert isinstance(outcome, MaybeSent)
            assert expected[0] == MAYBE
    for secret in (TOKEN.partition(":")[2], CAPTION.text, JOB):
        assert secret not in repr(logs) + caplog.text + repr(outcome)


@pytest.mark.parametrize("answer", [RESET_BEFORE_IT_IS_READ, Answer(says(b"").act, after=100_000)])
async def test_an_upload_that_breaks_off_midway_was_definitely_not_sent(tmp_path: Path, answer: Answer) -> None:
    async with serving_bytes(SEEN, answer) as api, studio(api.url, tmp_path, video=LARGE) as scene:
        outcome = await scene.send()
        assert isinstance(outcome, NotSent)
        assert outcome.trouble.failure is T
        assert outcome.trouble.message.startswith("the upload broke off, no answer: ")
        assert not outcome.for_good
    async with serving_bytes(answer) as api, studio(api.url, tmp_path, video=LARGE) as scene:
        said = await scene.send_again()
        assert isinstance(said, NotSaid)
        assert said.why is WhyNot.UNREACHABLE
        assert len(api.requests) == 1


async def test_an_upload_that_is_too_slow_was_definitely_not_sent(tmp_path: Path) -> None:
    stuck = Answer(SILENT.act, after=1_000)
    async with serving_bytes(SEEN, stuck) as api, studio(api.url, tmp_path, video=LARGE, upload_s=1) as scene:
        outcome = await scene.send()
        assert outcome == NotSent(Trouble(T, "the upload broke off, no answer: TimeoutError"))


async def test_where_nobody_listens_it_is_not_sent_and_not_tried_again(tmp_path: Path) -> None:
    async with serving_bytes() as api:
        url = api.url
    async with studio(url, tmp_path) as scene:
        assert await scene.send() == NotSent(Trouble(T, "no connection: ClientConnectorError"))
        assert scene.talk.clock.time() == 0


async def test_who_has_blocked_the_bot_is_spared_the_upload(tmp_path: Path) -> None:
    async with serving_bytes(BLOCKED) as api, studio(api.url, tmp_path) as scene:
        outcome = await scene.send()
        assert isinstance(outcome, NotSent)
        assert outcome.for_good
        assert api.methods() == ["sendChatAction"]


async def test_a_video_is_sent_though_nobody_sees_that_it_is_coming(tmp_path: Path) -> None:
    async with serving_bytes(HANGS_UP, TAKEN) as api, studio(api.url, tmp_path) as scene:
        assert await scene.send() == Sent("v1")
        assert api.methods() == ["sendChatAction", "sendVideo"]


async def test_a_chat_that_rests_for_long_is_not_sent_to(tmp_path: Path) -> None:
    async with serving_bytes(SEEN) as api, studio(api.url, tmp_path) as scene:
        scene.talk.pace.rest(CHAT, 300)
        outcome = await scene.send()
        assert isinstance(outcome, NotSent)
        assert (outcome.trouble.failure, outcome.retry_after_s) == (R, 300)
        assert "sendVideo" not in api.methods()


async def test_videos_keep_to_the_pace(tmp_path: Path) -> None:
    rates = Rates(chat_burst=1)
    async with serving_bytes(usual=TAKEN) as api, studio(api.url, tmp_path, rates=rates) as scene:
        assert await asyncio.gather(*(scene.send() for _ in range(3))) == [Sent("v1")] * 3
        assert scene.talk.clock.time() == 2


async def test_a_video_that_telegram_does_not_take_goes_as_a_link(tmp_path: Path) -> None:
    refusal = no("413 Request Entity Too Large", "Request Entity Too Large")
    async with serving_bytes(SEEN, refusal) as api, studio(api.url, tmp_path) as scene:
        assert await scene.send() == Sent()
        assert api.methods() == ["sendChatAction", "sendVideo", "sendMessage"]
    for fault in (refusal, page("413 Request Entity Too Large")):
        async with serving_bytes(SEEN, fault) as api, studio(api.url, tmp_path, link=None) as scene:
            assert await scene.send() == NotSent(Trouble(U, TOO_LARGE_TO_SEND), for_good=True)


async def test_a_video_that_is_too_large_is_not_even_tried(tmp_path: Path) -> None:
    small = len(film()) - 1
    async with serving_bytes() as api, studio(api.url, tmp_path, size_max_bytes=small) as scene:
        assert await scene.send() == Sent()
        assert await scene.send_again() == Said(77)
        assert api.methods() == ["sendMessage", "sendMessage"]
        (text,) = {request.form()["text"] for request in api.requests}
    assert text == f"{CAPTION.link_text}\n\n{LINK.replace('&', '&amp;')}"
    async with serving_bytes() as api, studio(api.url, tmp_path, link=None, size_max_bytes=small) as scene:
        assert await scene.send() == NotSent(Trouble(U, TOO_LARGE_TO_SEND), for_good=True)
        assert await scene.send_again() == NotSaid(WhyNot.TOO_LARGE, TOO_LARGE_TO_SEND)
        assert api.requests == []


async def test_what_is_not_stored_any_more_is_not_sent(tmp_path: Path) -> None:
    async with serving_bytes() as api, studio(api.url, tmp_path, video=b"") as scene:
        assert await scene.send() == NotSent(Trouble(U, NOT_STORED))
        assert await scene.send_again() == NotSaid(WhyNot.NO_FILE, NOT_STORED)
        assert api.requests == []


async def test_storage_that_does_not_answer_is_a_send_to_repeat(tmp_path: Path) -> None:
    async with serving_bytes(SEEN) as api, studio(api.url, tmp_path, video=b"") as scene:
        (tmp_path / "storage" / "outputs").write_bytes(b"a file where a folder should be")
        outcome = await scene.send()
        assert isinstance(outcome, NotSent)
        assert outcome.trouble.failure is T
        assert isinstance(await scene.send_again(), NotSaid)
        assert api.requests == []


async def test_storage_that_fails_midway_is_a_send_to_repeat(tmp_path: Path) -> None:
    async def cut(writer: asyncio.StreamWriter) -> None:
        (tmp_path / "storage" / FILE).write_bytes(b"another file")
        await SEEN.act(writer)

    async with serving_bytes(Answer(cut), TAKEN) as api, studio(api.url, tmp_path, video=LARGE) as scene:
        outcome = await scene.send()
        assert isinstance(outcome, NotSent)
        assert outcome.trouble.failure is T
        assert api.methods() == ["sendChatAction"]


async def test_telegrams_own_copy_goes_without_an_upload(tmp_path: Path) -> None:
    async with serving_bytes() as api, studio(api.url, tmp_path) as scene:
        assert await scene.send_again("v1") == Said(77)
        assert [request.form()["video"] for request in api.requests] == ["v1"]


async def test_a_copy_that_telegram_does_not_know_any_more_is_uploaded(tmp_path: Path) -> None:
    unknown = no("400 Bad Request", "Bad Request: wrong file_id or the file is temporarily unavailable")
    async with serving_bytes(unknown) as api, studio(api.url, tmp_path) as scene:
        assert await scene.send_again("v0") == Said(77)
        assert api.requests[1].fields()["video"] == film()


async def test_a_copy_that_may_have_arrived_is_not_sent_once_more(tmp_path: Path) -> None:
    async with serving_bytes(HANGS_UP) as api, studio(api.url, tmp_path) as scene:
        assert isinstance(await scene.send_again("v1"), MaybeSaid)
        assert len(api.requests) == 1


async def test_as_a_document_the_stored_bytes_go_under_a_good_name(tmp_path: Path) -> None:
    async with serving_bytes() as api, studio(api.url, tmp_path) as scene:
        assert await scene.send_again("v1", as_document=True) == Said(77)
        (request,) = api.requests
    assert request.method == "sendDocument"
    assert request.fields()["document"] == film()
    assert request.fields()["disable_content_type_detection"] == b"true"
    assert b'filename="neurocards-1001-2.mp4"' in request.body


async def test_an_upload_that_was_refused_for_now_is_made_again_for_who_asks(tmp_path: Path) -> None:
    flood = no("429 Too Many Requests", "Too Many Requests: retry after 2", retry_after=2)
    async with serving_bytes(flood) as api, studio(api.url, tmp_path) as scene:
        assert await scene.send_again() == Said(77)
        assert [request.fields()["video"] for request in api.requests] == [film()] * 2


@pytest.mark.parametrize(
    ("job", "name"),
    [
        ("b7.42.1001.0", "neurocards-1001-1.mp4"),
        ("demo.1001.2.4", "neurocards-2-5.mp4"),
        ("x", "neurocards-1.mp4"),
        ("a/../b.3", "neurocards-4.mp4"),
        ('"\r\n.2', "neurocards-3.mp4"),
    ],
)
def test_a_file_is_named_by_its_order_and_its_place_in_it(job: str, name: str) -> None:
    assert file_name(job) == name


def size_of(picture: bytes) -> tuple[int, int]:
    """Width and height of a picture that can be decoded."""
    with Image.open(BytesIO(picture)) as opened:
        opened.load()
        return opened.size
