"""Files that users sent: fetched whole, of a bounded size, and tried again; their address is shown to nobody."""

from __future__ import annotations

import logging

import pytest
from structlog.testing import capture_logs

from domain.outside import Fetched, NotFetched, WhyNot
from tests.adapters.telegram.bot_api import (
    HANGS_UP,
    TOKEN,
    Answer,
    http,
    no,
    page,
    result,
    says,
    serving_bytes,
    speaking,
)

PHOTO = bytes(range(256)) * 1_000
PATH = result({"file_id": "f", "file_unique_id": "u", "file_size": len(PHOTO), "file_path": "photos/file_1.jpg"})
UNSIZED = result({"file_id": "f", "file_unique_id": "u", "file_path": "photos/file_1.jpg"})
BYTES = http(PHOTO, kind="image/jpeg")
CUT = says(f"HTTP/1.1 200 OK\r\nContent-Length: {len(PHOTO)}\r\n\r\n".encode() + PHOTO[:1000])
BAD = "400 Bad Request"


async def test_a_file_is_fetched_by_its_id() -> None:
    async with serving_bytes(PATH, BYTES) as api, speaking(api.url) as talk:
        assert await talk.messenger.fetch("f", size_max=len(PHOTO)) == Fetched(PHOTO)
        asked, got = api.requests
    assert asked.method == "getFile"
    assert got.head.startswith(f"GET /file/bot{TOKEN}/photos/file_1.jpg ")


@pytest.mark.parametrize(
    "script",
    [
        [HANGS_UP, PATH, BYTES],
        [no("429 Too Many Requests", "Too Many Requests: retry after 2", retry_after=2), PATH, BYTES],
        [PATH, HANGS_UP, BYTES],  # on a line that was used before a GET is repeated by the HTTP client
        [PATH, CUT, PATH, BYTES],
        [PATH, page("502 Bad Gateway"), PATH, BYTES],
        [PATH, page("429 Too Many Requests"), PATH, BYTES],
        [PATH, page("302 Found"), PATH, BYTES],
        [PATH, says(b"what?\r\n\r\n"), PATH, BYTES],
    ],
)
async def test_a_fetch_that_stumbles_begins_again(script: list[Answer], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with capture_logs() as logs:
        async with serving_bytes(*script) as api, speaking(api.url) as talk:
            assert await talk.messenger.fetch("f", size_max=len(PHOTO)) == Fetched(PHOTO)
            assert len(api.requests) == len(script)
    assert [row for row in logs if row["event"] == "telegram file fetched"]
    for secret in (TOKEN.partition(":")[2], "file_1.jpg"):
        assert secret not in repr(logs) + caplog.text


@pytest.mark.parametrize(
    ("script", "why", "requests"),
    [
        ([no(BAD, "Bad Request: file is too big")], WhyNot.TOO_LARGE, 1),
        ([no(BAD, "Bad Request: invalid file_id")], WhyNot.NO_FILE, 1),
        ([no(BAD, "Bad Request: wrong file_id or the file is temporarily unavailable")], WhyNot.NO_FILE, 1),
        ([result({"file_id": "f", "file_unique_id": "u"})], WhyNot.NO_FILE, 1),
        ([PATH, page("404 Not Found")], WhyNot.NO_FILE, 2),
        ([no("401 Unauthorized", "Unauthorized")], WhyNot.UNREACHABLE, 1),
        ([HANGS_UP] * 4, WhyNot.UNREACHABLE, 4),
        ([PATH, CUT] * 4, WhyNot.UNREACHABLE, 8),
    ],
)
async def test_a_file_that_does_not_come_is_told_with_the_reason(
    script: list[Answer], why: WhyNot, requests: int
) -> None:
    async with serving_bytes(*script) as api, speaking(api.url) as talk:
        answer = await talk.messenger.fetch("f", size_max=len(PHOTO))
        assert isinstance(answer, NotFetched)
        assert (answer.why, len(api.requests)) == (why, requests)


@pytest.mark.parametrize(("announced", "requests"), [(PATH, 1), (UNSIZED, 2)])
async def test_a_file_that_is_too_large_is_not_taken_whether_its_size_is_announced_or_not(
    announced: Answer, requests: int
) -> None:
    async with serving_bytes(announced, BYTES) as api, speaking(api.url) as talk:
        answer = await talk.messenger.fetch("f", size_max=len(PHOTO) - 1)
        assert isinstance(answer, NotFetched)
        assert (answer.why, len(api.requests)) == (WhyNot.TOO_LARGE, requests)
