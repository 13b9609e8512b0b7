"""What answers mean: a no only where KIE has said no, a dead task only where it has said so, and never an exception."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from pydantic import TypeAdapter

from adapters.kie.answers import envelope
from adapters.kie.verdicts import is_alive, of_creation, of_record, of_upload
from domain.failures import FailureClass
from domain.outside import (
    NotFound,
    NotTaken,
    StillRunning,
    TaskCreated,
    TaskDead,
    Trouble,
    Unanswered,
    Uploaded,
    VideoMade,
)
from domain.shapes import Words
from tests.adapters.kie.foreign import bodies, statuses

URL = "https://file.example/x.mp4"
PAUSED = "This interface is temporarily paused"
FUZZED = settings(max_examples=400)
WORDS = TypeAdapter(Words)


def body(code: object, msg: str = "success", data: object = None) -> bytes:
    """An answer of KIE's."""
    return json.dumps({"code": code, "msg": msg, "data": data}).encode()


def creation(status: int, answer: bytes) -> TaskCreated | NotTaken | Unanswered:
    """What it means for a creation."""
    return of_creation(status, envelope(answer))


def look_up(answer: bytes, *, status: int = 200) -> Any:
    """What it means for a look-up."""
    return of_record(status, envelope(answer))


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, body(200, data={"taskId": "t1", "recordId": "r1"})),
        (200, body("200", data={"taskId": "t1"})),
        (201, json.dumps({"data": {"taskId": "t1"}}).encode()),
        (200, body(500, "it stumbled over something else", data={"taskId": "t1"})),
    ],
)
def test_a_named_task_was_created(status: int, answer: bytes) -> None:
    assert creation(status, answer) == TaskCreated("t1")


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, body(200)),
        (200, body(200, data={"taskId": ""})),
        (200, body(200, data={"taskId": "with/slash"})),
        (200, body(200, data="t1")),
        (200, b""),
        (200, b"upstream sent too big header"),
        (200, b'{"code":200,"msg":"success","data":{"taskId":"t'),
        (200, b"[]"),
        (200, json.dumps({"msg": "success"}).encode()),
        (408, b"timeout"),
        (500, b""),
        (502, b"<html>502 Bad Gateway</html>"),
        (504, json.dumps({"error": "Gateway Timeout", "status": 504}).encode()),
        (520, b"error code: 520"),
        (525, b"error code: 525"),
        (500, body(500, "Server Error - An unexpected error occurred while processing the request")),
        (500, body(500, "never heard of")),
        (502, body(502, "Bad gateway")),
        (503, body(503, "Service temporarily unavailable")),
        (500, body(501, "Generation failed")),
        (500, body(200)),
    ],
)
def test_without_a_word_of_kie_on_the_order_a_task_may_or_may_not_exist(status: int, answer: bytes) -> None:
    assert isinstance(creation(status, answer), Unanswered)


@pytest.mark.parametrize(
    ("status", "answer", "failure"),
    [
        (200, body(500, "Server Error"), FailureClass.TEMPORARY),
        (200, body(500, "This field is required"), FailureClass.UNKNOWN),
        (200, body(422, "model name x is not supported"), FailureClass.UNKNOWN),
        (200, body(402, "Credits insufficient"), FailureClass.BILLING),
        (200, body(429, "Rate Limited"), FailureClass.RATE_LIMIT),
        (200, body(455, "Service Unavailable"), FailureClass.TEMPORARY),
        (200, body(400, "This content may violate our content policies."), FailureClass.USER_VIOLATION),
        (200, body(401, "Unauthorized"), FailureClass.UNKNOWN),
        (400, body(500, "Server Error"), FailureClass.TEMPORARY),
        (429, body(429, "Too many requests"), FailureClass.RATE_LIMIT),
        (403, b"error code: 1010", FailureClass.UNKNOWN),
        (429, b"slow down", FailureClass.RATE_LIMIT),
        (301, b"", FailureClass.UNKNOWN),
        (404, json.dumps({"detail": "Not Found"}).encode(), FailureClass.UNKNOWN),
        (500, body(429, "Rate Limited"), FailureClass.RATE_LIMIT),
        (500, body(402, "Insufficient credits"), FailureClass.BILLING),
        (500, body(500, "Insufficient credits"), FailureClass.BILLING),
        (500, body(422, "Validation failed"), FailureClass.UNKNOWN),
        (503, body(455, "System is currently undergoing maintenance"), FailureClass.TEMPORARY),
        (505, body(505, "Feature disabled"), FailureClass.UNKNOWN),
        (500, body(500, PAUSED), FailureClass.UNKNOWN),
        (550, body(550, "Connection Denied - Task was rejected due to a full queue"), FailureClass.RATE_LIMIT),
    ],
)
def test_what_kie_has_refused_was_not_taken(status: int, answer: bytes, failure: FailureClass) -> None:
    refused = creation(status, answer)
    assert isinstance(refused, NotTaken)
    assert refused.trouble.failure is failure


@pytest.mark.parametrize(
    "answer", [body(500, PAUSED), body(505, "Feature disabled"), body(422, "model x not supported")]
)
def test_a_model_that_is_off_is_told_as_such(answer: bytes) -> None:
    refused = creation(200, answer)
    assert isinstance(refused, NotTaken)
    assert refused.trouble.model_off


def test_a_refused_photo_is_told_as_such() -> None:
    dead = look_up(body(200, data={"state": "fail", "failCode": "400", "failMsg": "Image size exceeds maximum"}))
    assert isinstance(dead, TaskDead)
    assert dead.trouble.about_photo


@pytest.mark.parametrize(
    ("data", "verdict"),
    [
        ({"state": "waiting"}, StillRunning()),
        ({"state": "queuing"}, StillRunning()),
        ({"state": "generating"}, StillRunning(photo_accepted=True)),
        ({"state": "unheard_of"}, StillRunning()),
        ({}, StillRunning()),
        ({"state": "waiting", "resultJson": json.dumps({"resultUrls": [URL]})}, StillRunning()),
        ({"state": "success", "resultJson": json.dumps({"resultUrls": [URL]})}, VideoMade(URL)),
        ({"successFlag": 0, "response": None}, StillRunning()),
        ({"successFlag": 1, "response": {"resultUrls": [URL]}}, VideoMade(URL)),
        ({"successFlag": 7, "response": {"resultUrls": [URL]}}, StillRunning()),
        (None, NotFound()),
    ],
)
def test_a_record_is_judged_by_its_state(data: object, verdict: object) -> None:
    assert look_up(body(200, data=data)) == verdict


@pytest.mark.parametrize(
    ("data", "trouble"),
    [
        ({"state": "fail", "failCode": "500", "failMsg": "Internal Error"}, (FailureClass.TEMPORARY, "Internal Error")),
        ({"state": "fail", "failCode": "501"}, (FailureClass.UNKNOWN, "no reason given (code 501)")),
        ({"state": "fail"}, (FailureClass.UNKNOWN, "no reason given")),
        (
            {"successFlag": 3, "errorCode": 400, "errorMessage": "violates our content policies"},
            (FailureClass.USER_VIOLATION, "violates our content policies"),
        ),
        ({"successFlag": 2, "errorCode": 500}, (FailureClass.TEMPORARY, "no reason given (code 500)")),
        ({"state": "success", "resultJson": "{}"}, (FailureClass.UNKNOWN, "the task succeeded and left no video")),
        ({"successFlag": 1, "response": {}}, (FailureClass.UNKNOWN, "the task succeeded and left no video")),
    ],
)
def test_a_task_that_ended_without_a_video_is_dead(data: object, trouble: tuple[FailureClass, str]) -> None:
    dead = look_up(body(200, data=data))
    assert isinstance(dead, TaskDead)
    assert dead.trouble[:2] == trouble


@pytest.mark.parametrize("code", [408, 501])
def test_codes_that_end_a_task_end_it_whatever_it_says(code: int) -> None:
    dead = look_up(body(code, "failed", {"state": "generating", "failMsg": "no result for over 10 minutes"}))
    assert isinstance(dead, TaskDead)
    assert dead.trouble.message == "no result for over 10 minutes"
    assert isinstance(look_up(body(code, "Upstream is experiencing issues")), TaskDead)


@pytest.mark.parametrize("answer", [body(404, "Task not found"), body(422, "recordInfo is null")])
@pytest.mark.parametrize("status", [200, 404])
def test_a_task_that_kie_does_not_know_is_not_found(answer: bytes, status: int) -> None:
    assert look_up(answer, status=status) == NotFound()


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        *((200, body(code, "later")) for code in (429, 455, 500, 502, 503, 504, 505, 550)),
        *((200, body(code, "no")) for code in (400, 401, 402, 403)),
        *((status, b"<html>") for status in (200, 404, 408, 422, 500, 501, 502)),
        (200, body(422, "record status is not success.")),
        (200, body(422, "record result data is blank.")),
        (502, body(200, data={"state": "fail"})),
        (200, b'{"code":200'),
    ],
)
def test_what_says_nothing_about_the_task_leaves_it_running(status: int, answer: bytes) -> None:
    assert look_up(answer, status=status) == StillRunning()


@pytest.mark.parametrize(
    ("status", "answer", "failure"),
    [
        (200, json.dumps({"success": False, "code": 400, "msg": "Missing required parameter"}).encode(), None),
        (200, body(401, "Authentication failed: Invalid API Key"), None),
        (200, body(500, "Server Error"), FailureClass.TEMPORARY),
        (200, body(200), FailureClass.TEMPORARY),
        (200, b"", FailureClass.TEMPORARY),
        (503, b"<html>", FailureClass.TEMPORARY),
        (413, b"<html>", None),
        (500, body(200, data={"downloadUrl": URL}), FailureClass.TEMPORARY),
    ],
)
def test_an_upload_without_an_address_is_classified(status: int, answer: bytes, failure: FailureClass | None) -> None:
    refused = of_upload(status, envelope(answer))
    assert isinstance(refused, NotTaken)
    assert failure is None or refused.trouble.failure is failure


def test_an_upload_with_an_address_is_uploaded() -> None:
    assert of_upload(200, envelope(body(200, data={"downloadUrl": URL}))) == Uploaded(URL)


@pytest.mark.parametrize(
    ("status", "answer", "alive"),
    [
        (200, body(422, "image_urls is required"), True),
        (200, body(500, "This field is required"), True),
        (200, body(422, "prompt must be a string"), True),
        (200, body(200, data={"taskId": "t"}), True),
        (200, body(500, PAUSED), False),
        (200, body(422, "model name x is not supported"), False),
        (200, body(422, "model name x is not supported, it must be another"), False),
        (200, body(505, "Feature disabled"), False),
        (200, body(500, "Server Error"), False),
        (200, body(429, "Rate Limited"), False),
        (200, body(401, "Invalid API key"), False),
        (200, body(402, "Insufficient credits"), False),
        (502, b"<html>", False),
    ],
)
def test_a_model_is_alive_when_it_asks_for_its_fields(status: int, answer: bytes, alive: bool) -> None:
    assert is_alive(status, envelope(answer)) is alive


@FUZZED
@given(statuses, bodies)
def test_whatever_comes_back_from_a_creation_is_one_of_three_things(status: int, answer: bytes) -> None:
    verdict = creation(status, answer)
    if isinstance(verdict, NotTaken):
        assert status != 200 or envelope(answer) is not None
        _can_be_kept(verdict.trouble)
    elif isinstance(verdict, Unanswered):
        WORDS.validate_python(verdict.message)


@FUZZED
@given(statuses, bodies)
def test_whatever_comes_back_from_a_look_up_is_one_of_four_things(status: int, answer: bytes) -> None:
    verdict = look_up(answer, status=status)
    assert isinstance(verdict, StillRunning | VideoMade | TaskDead | NotFound)
    assert isinstance(verdict, StillRunning) or envelope(answer) is not None
    if isinstance(verdict, TaskDead):
        _can_be_kept(verdict.trouble)


@FUZZED
@given(statuses, bodies)
def test_whatever_comes_back_from_an_upload_or_a_probe_is_judged(status: int, answer: bytes) -> None:
    verdict = of_upload(status, envelope(answer))
    if isinstance(verdict, NotTaken):
        _can_be_kept(verdict.trouble)
    assert is_alive(status, envelope(answer)) in {True, False}


def _can_be_kept(trouble: Trouble) -> None:
    assert trouble.failure in FailureClass
    WORDS.validate_python(trouble.message)
    trouble.message.encode()
