"""Reading KIE's answers: the forms it was seen to use are understood, and no bytes make an exception."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.kie import answers
from adapters.kie.answers import Envelope, TaskState
from domain.shapes import Id, Value, Words
from tests.adapters.kie.foreign import bodies

URL = "https://file.example/x.mp4"
FUZZED = settings(max_examples=400)


class Kept(Value):
    """What the domain takes of an answer."""

    task: Id | None
    message: Words


def read(value: object) -> Envelope:
    """The envelope of an answer that is one."""
    found = answers.envelope(json.dumps(value).encode())
    assert found is not None
    return found


def record(data: object, **outer: Any) -> answers.Record:
    """The record in an answer that has one."""
    found = answers.record(read({"code": 200, "msg": "success", "data": data} | outer))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("answer", "code", "message"),
    [
        ({"code": 200, "msg": "success"}, 200, "success"),
        ({"code": "422", "message": " wrong "}, 422, "wrong"),
        ({"code": 500, "msg": "", "message": "paused"}, 500, "paused"),
        ({"code": True, "msg": 5}, None, ""),
        ({"detail": "Not Found"}, None, ""),
        ({"code": 10**12}, None, ""),
    ],
)
def test_an_envelope_is_read_with_either_word_for_its_message(answer: object, code: int | None, message: str) -> None:
    assert read(answer)[:2] == (code, message)


@pytest.mark.parametrize("body", [b"", b"error code: 1010", b"<html>", b"[]", b'"x"', b'{"code":200', b"\xff", b"null"])
def test_what_is_no_json_object_is_no_envelope(body: bytes) -> None:
    assert answers.envelope(body) is None


@pytest.mark.parametrize("task", ["task_sora-2-image-to-video_1765184045509", "281e5b0f39b9", "a:b+c=d.e"])
def test_a_task_is_named_by_any_id_that_can_be_part_of_our_names(task: str) -> None:
    assert answers.created_task(read({"code": 200, "data": {"taskId": task}})) == task


@pytest.mark.parametrize("task", [None, "", "a/b", "a b", 5, ["a"], "x" * 256, "a\n"])
def test_what_cannot_be_part_of_our_names_is_no_task(task: object) -> None:
    assert answers.created_task(read({"code": 200, "data": {"taskId": task}})) is None


@pytest.mark.parametrize(
    ("data", "state"),
    [
        ({"state": "waiting"}, TaskState.WAITING),
        ({"state": "queuing"}, TaskState.WAITING),
        ({"state": "Generating"}, TaskState.GENERATING),
        ({"state": "success"}, TaskState.SUCCESS),
        ({"state": "fail"}, TaskState.FAIL),
        ({"state": "warming_up"}, TaskState.UNHEARD_OF),
        ({"state": "waiting", "successFlag": 1}, TaskState.WAITING),
        ({"successFlag": 0}, TaskState.WAITING),
        ({"successFlag": "1"}, TaskState.SUCCESS),
        ({"successFlag": 2}, TaskState.FAIL),
        ({"successFlag": 3}, TaskState.FAIL),
        ({"successFlag": 7}, TaskState.UNHEARD_OF),
        ({"successFlag": True}, TaskState.UNHEARD_OF),
        ({}, TaskState.UNHEARD_OF),
    ],
)
def test_states_and_flags_are_told_apart_and_unheard_of_ones_too(data: object, state: TaskState) -> None:
    assert record(data).state is state


@pytest.mark.parametrize(
    "data",
    [
        {"resultJson": json.dumps({"resultUrls": [URL]})},
        {"resultJson": {"resultUrls": [URL]}},
        {"resultJson": json.dumps({"resultUrls": json.dumps([URL, "https://file.example/second.mp4"])})},
        {"resultJson": json.dumps({"resultObject": {"resultUrls": [URL]}})},
        {"resultJson": json.dumps({"resultUrls": [URL], "resultWaterMarkUrls": ["https://file.example/w.mp4"]})},
        {"response": {"resultUrls": [URL], "originUrls": ["https://file.example/o.mp4"]}},
        {"response": json.dumps({"resultUrls": [None, "", "nowhere", URL]})},
        {"info": {"resultUrls": [URL]}},
        {"resultUrls": URL},
    ],
)
def test_the_videos_address_is_found_in_every_form(data: dict[str, Any]) -> None:
    assert record({"state": "success"} | data).url == URL


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"resultJson": "{"},
        {"resultJson": json.dumps({"resultUrls": []})},
        {"resultJson": json.dumps({"resultWaterMarkUrls": [URL]})},
        {"resultJson": json.dumps({"resultUrls": ["ftp://file.example/x", "https://", "http://[", URL + "\x00"]})},
    ],
)
def test_what_holds_no_address_gives_none(data: dict[str, Any]) -> None:
    assert record({"state": "success"} | data).url is None


@pytest.mark.parametrize(
    ("data", "outer", "said"),
    [
        ({"failMsg": "a", "errorMessage": "b"}, "c", ("a", None)),
        ({"failMsg": "", "errorMessage": "b", "errorCode": 400}, "c", ("b", "400")),
        ({"failMsg": None, "failCode": "500"}, "Playground task failed.", ("Playground task failed.", "500")),
        ({"failCode": ""}, "success", (None, None)),
        ({"failCode": True}, " Success ", (None, None)),
    ],
)
def test_a_failures_words_are_taken_in_their_order_and_success_is_none(
    data: object, outer: str, said: tuple[str | None, str | None]
) -> None:
    found = record(data, msg=outer)
    assert (found.message, found.code) == said


def test_no_record_is_none_and_a_strange_one_is_unheard_of() -> None:
    assert answers.record(read({"code": 200, "data": None})) is None
    assert record([]).state is TaskState.UNHEARD_OF


@pytest.mark.parametrize(
    ("data", "balance"),
    [(100, 100.0), (0.5, 0.5), (-1, -1.0), ("100", None), (True, None), (None, None), (1e300, None)],
)
def test_a_balance_is_a_number(data: object, balance: float | None) -> None:
    assert answers.credit_balance(read({"code": 200, "data": data})) == balance


def test_an_upload_is_found_by_its_download_url_only() -> None:
    told = {"fileUrl": "https://other.example/x", "downloadUrl": URL}
    assert answers.uploaded_url(read({"success": True, "code": 200, "data": told})) == URL
    assert answers.uploaded_url(read({"success": True, "code": 200, "data": {"fileUrl": URL}})) is None


@pytest.mark.parametrize(
    ("body", "task"),
    [
        ({"data": {"taskId": "a", "task_id": "b"}, "taskId": "c"}, "a"),
        ({"data": {"task_id": "b"}, "taskId": "c"}, "b"),
        ({"data": None, "taskId": "c", "task_id": "d"}, "c"),
        ({"task_id": "d"}, "d"),
        ({"data": {"taskId": 5}}, None),
        ([], None),
    ],
)
def test_a_callbacks_task_is_looked_for_in_four_places(body: object, task: str | None) -> None:
    assert answers.callback_task(json.dumps(body).encode()) == task


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        (None, "no reason given"),
        (" \n\x00 ", "no reason given"),
        ("two\nlines\x00and\ud800more", "two lines and more"),
        ("see https://kie.ai/top?key=1 now", "see [address] now"),
        ("bad photo data:image/jpeg;base64,AAAA", "bad photo [address]"),
        ("key 12345678 is wrong", "key [hidden] is wrong"),
    ],
)
def test_what_is_kept_of_a_foreign_text_is_one_clean_line(message: str | None, kept: str) -> None:
    assert answers.told(message, hide=("12345678", "")) == kept


def test_what_is_kept_of_a_foreign_text_is_short() -> None:
    assert len(answers.told("ab " * 1000)) <= answers.MESSAGE_MAX


@FUZZED
@given(bodies)
def test_whatever_kie_answers_is_read_to_values_that_we_can_keep(body: bytes) -> None:
    found = answers.envelope(body)
    if found is None:
        return
    kept = Kept(task=answers.created_task(found), message=answers.told(found.message))
    kept.model_dump_json().encode()
    for url in (answers.uploaded_url(found), _url(found)):
        assert url is None or re.match(r"https?://\S+\Z", url)
    balance = answers.credit_balance(found)
    assert balance is None or balance == balance  # noqa: PLR0124 - only NaN differs from itself


def _url(found: Envelope) -> str | None:
    record = answers.record(found)
    if record is None:
        assert found.data is None
        return None
    assert record.message is None or record.message
    answers.told(record.message).encode()
    record.word.encode()
    return record.url


@FUZZED
@given(bodies)
def test_whatever_calls_back_names_a_task_or_none(body: bytes) -> None:
    task = answers.callback_task(body)
    assert task is None or answers.TASK.fullmatch(task)


@FUZZED
@given(st.none() | st.text(st.characters(codec=None)), st.lists(st.text(max_size=12), max_size=2))
def test_whatever_is_said_becomes_words_that_the_log_takes(message: str | None, hide: list[str]) -> None:
    kept = answers.told(message, hide=tuple(hide))
    assert Kept(task=None, message=kept).message == kept
    assert kept == " ".join(kept.split())
    kept.encode()
