"""What a chat model's service answers is read into words or a trouble, whatever it is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.scripts.answers import Words, trouble_in, words_in
from domain.failures import FailureClass
from domain.outside import Trouble

V, B, R, T, U = FailureClass
NAMES = st.sampled_from(
    [
        "choices",
        "message",
        "content",
        "refusal",
        "finish_reason",
        "error",
        "code",
        "type",
        "msg",
        "text",
        "length",
        "stop",
    ]
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), NAMES),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.one_of(NAMES, st.text()), inner, max_size=4)
    ),
    max_leaves=12,
)
ANSWERS = st.fixed_dictionaries(
    {"choices": st.lists(st.fixed_dictionaries({"message": JSON, "finish_reason": JSON}) | JSON, max_size=2)}
)


def choice(message: Any, *, finish_reason: str = "stop") -> str:
    """A body with one choice."""
    return json.dumps({"choices": [{"message": message, "finish_reason": finish_reason}]})


@given(st.one_of(JSON, ANSWERS))
def test_any_json_is_words_or_a_trouble(answer: Any) -> None:
    read = words_in(json.dumps(answer))
    assert isinstance(read, Words | Trouble)
    assert not isinstance(read, Words) or read.text.strip()


@given(st.binary())
def test_any_bytes_are_words_or_a_trouble(body: bytes) -> None:
    assert isinstance(words_in(body), Words | Trouble)


@given(JSON, st.one_of(st.none(), st.integers(400, 599)))
def test_any_error_body_is_a_trouble_that_is_short(body: Any, status: int | None) -> None:
    trouble = trouble_in(body, status=status)
    assert trouble.failure in FailureClass
    assert len(trouble.message) <= 500


def test_nesting_without_end_is_a_trouble() -> None:
    assert words_in("[" * 100_000) == Trouble(T, "answered with no JSON")


def test_the_words_are_read_from_text_and_from_parts() -> None:
    assert words_in(choice({"content": "It turns."})) == Words("It turns.", whole=True)
    parts = [{"type": "text", "text": "It "}, {"type": "text", "text": "turns."}, None]
    assert words_in(choice({"content": parts})) == Words("It turns.", whole=True)
    assert words_in(choice({"content": "It turns. It"}, finish_reason="length")) == Words("It turns. It", whole=False)


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        (choice({"content": None, "refusal": "I can't help with that."}), V),
        (choice({"content": "It"}, finish_reason="content_filter"), V),
        (choice({"content": None}), U),
        (choice({"content": "  "}), U),
        (choice(None), U),
        ('{"choices": [null]}', U),
        ('{"choices": [], "error": {"message": "no money", "code": "insufficient_quota"}}', B),
        ('{"code": 500, "msg": "Server exception, please try again later"}', T),
        ('{"code": 402, "msg": "Your credits are insufficient"}', B),
        ('{"code": 429, "msg": "call frequency too high"}', R),
        ('{"error": "The prompt violates our content policy"}', V),
        ('{"choices": {"message": {"content": "It turns."}}}', U),
        ('{"choices": "It turns."}', U),
        ('{"choices": 7}', U),
        ("{}", U),
        ("<html>502</html>", T),
        ("", T),
        ("[]", T),
    ],
)
def test_what_is_no_script_has_its_class(body: str, failure: FailureClass) -> None:
    read = words_in(body)
    assert isinstance(read, Trouble)
    assert read.failure is failure


def test_a_trouble_does_not_quote_the_person() -> None:
    quoting = {
        "message": "Invalid value: 'Ivan, +7 900 000'",
        "code": "Ivan, +7 900 000",
        "type": "invalid_request_error",
    }
    assert trouble_in(quoting, status=400).message == "answered without a script: 400, invalid_request_error"
