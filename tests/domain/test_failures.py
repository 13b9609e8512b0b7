"""What a service says is brought into the right class, however it is spelled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.failures import FailureClass, about_photo, classify, model_is_off
from tests.domain.failure_samples import Sample, ours, seen

V, B, R, T, U = FailureClass
SEEN, OURS = seen(), ours()
SAMPLES = [sample for sample in SEEN + OURS if sample.message]
BLAMELESS = [sample for sample in SAMPLES if sample.failure is T]
BROKEN_RULES = [
    "This content may violate our content policies.",
    "Your prompt was flagged as unsafe.",
    "content_policy_violation",
    "The image contains a real person.",
]
NEUTRAL = """
    mug shoe tea honey lamp video promo photo studio table light summer gift wooden fresh soft street coffee policy
    credit card rate limited edition busy bee balance child seat famous brand adult bicycle image model skin face
    cream blood orange task 402 429 500 503
"""


def misread(samples: list[Sample]) -> list[tuple[Sample, FailureClass]]:
    """The samples whose class is not found, each with what is found instead."""
    found = [(sample, classify(sample.message, sample.code)) for sample in samples]
    return [(sample, failure) for sample, failure in found if failure is not sample.failure]


def test_every_text_that_was_seen_is_read_right() -> None:
    assert len(SEEN) >= 59
    assert misread(SEEN) == []


def test_every_text_of_our_own_is_read_right_and_there_are_many_of_each_class() -> None:
    assert min(Counter(sample.failure for sample in OURS).values()) >= 150
    assert misread(OURS) == []


@pytest.mark.parametrize(
    "spelled",
    [
        str.lower,
        str.upper,
        lambda text: f"  {text.replace(' ', chr(10) + chr(9))} ",
        lambda text: text.replace("'", "’"),
    ],
    ids=["small letters", "capitals", "white space", "curly apostrophes"],
)
def test_spelling_changes_no_class(spelled: Callable[[str], str]) -> None:
    again = [sample._replace(message=spelled(sample.message)) for sample in SAMPLES if sample.message]
    assert misread(again) == []


@given(st.sampled_from(SAMPLES), st.integers(min_value=100, max_value=10**12))
def test_numbers_in_a_text_are_never_codes(sample: Sample, number: int) -> None:
    assert classify(f"{sample.message} ({number})", sample.code) is sample.failure


@given(st.sampled_from(BLAMELESS), st.sampled_from(BROKEN_RULES), st.booleans())
def test_a_broken_rule_outweighs_whatever_else_is_said(sample: Sample, rule: str, first: bool) -> None:
    message = f"{rule} {sample.message}" if first else f"{sample.message}. {rule}"
    assert classify(message, sample.code) is V


@given(st.sampled_from([sample for sample in OURS if sample.failure in {R, T}]))
def test_an_empty_account_outweighs_a_limit_and_a_stumble(sample: Sample) -> None:
    assert classify(f"{sample.message}. Insufficient credits.", sample.code) is B
    assert classify(sample.message, "insufficient_quota") is B


@given(st.one_of(st.none(), st.text()), st.one_of(st.none(), st.integers(), st.text()))
def test_anything_has_a_class_and_the_three_answers_agree(message: str | None, code: str | int | None) -> None:
    failure = classify(message, code)
    assert failure in FailureClass
    assert not model_is_off(message, code) or failure is U
    assert not about_photo(message, code) or failure is V


@given(st.lists(st.sampled_from([sample.message for sample in SAMPLES]), min_size=2, max_size=4), st.integers(0, 999))
def test_the_three_answers_agree_on_texts_run_together(messages: list[str], code: int) -> None:
    message = " ".join(messages)
    failure = classify(message, code)
    assert not model_is_off(message, code) or failure is U
    assert not about_photo(message, code) or failure is V


@given(st.lists(st.sampled_from(NEUTRAL.split()), max_size=5).map(" ".join))
def test_nobody_is_blamed_for_words_that_say_nothing(message: str) -> None:
    assert classify(message, None) in {U, B, R, T}


@pytest.mark.parametrize("message", [None, "", "   ", "success", "Playground task failed.", "qwerty", "ok ok"])
@pytest.mark.parametrize(
    ("codes", "failure"),
    [
        ((402, 433, "402", " 433 "), B),
        ((429, 430, 405, "429", "HTTP 429"), R),
        ((408, 409, 451, 455, 500, 502, 503, 504, 525, 550, 599, "500", "E500"), T),
        ((200, 400, 401, 403, 404, 413, 422, 501, 505, "422", "501", "", "x", None, 0, -1, 10**30, 10**5000, 5001), U),
    ],
)
def test_the_code_decides_when_the_text_says_nothing(
    message: str | None, codes: tuple[str | int | None, ...], failure: FailureClass
) -> None:
    assert {code: classify(message, code) for code in codes} == dict.fromkeys(codes, failure)


@pytest.mark.parametrize(
    ("message", "code", "failure"),
    [
        (None, "content_policy_violation", V),
        ("Bad request", "moderation_blocked", V),
        ("Too Many Requests", "credit_balance_exhausted", B),
        ("Error", "timed_out", T),
        ("Task failed", "GENERATION_FAILED", U),
        ("The server is overloaded", "invalid_request_error", T),
    ],
)
def test_a_code_in_words_is_read_like_a_text(message: str | None, code: str, failure: FailureClass) -> None:
    assert classify(message, code) is failure


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("This interface is temporarily paused", "500"),
        ("The model name you specified is not supported.", 422),
        ("Feature Disabled - The requested feature is currently disabled", "505"),
        ("The model `m` does not exist or you do not have access to it.", 404),
        ("This endpoint was discontinued", None),
        ("ModelNotOpen", 404),
        (None, 505),
        ("whatever", "505"),
        ("模型已下线", None),
    ],
)
def test_a_model_that_nobody_is_offered_is_off(message: str | None, code: str | int | None) -> None:
    assert model_is_off(message, code)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("The model is overloaded, try again later", 503),
        ("The model is temporarily unavailable", None),
        ("Unsupported parameter: 'size' is not supported with this model", 400),
        ("prompt is required", 422),
        ("Internal error", 505),
        ("Service Unavailable - System is currently undergoing maintenance", 455),
        ("Your account has been suspended", 403),
        ("This model does not allow images of real people", 400),
        (None, None),
    ],
)
def test_a_model_that_only_stumbles_or_refuses_is_not_off(message: str | None, code: str | int | None) -> None:
    assert not model_is_off(message, code)


@pytest.mark.parametrize(
    "message",
    [
        "We currently do not support uploads of images containing photorealistic people.",
        "Image contains faces.",
        "InputImageSensitiveContentDetected.PrivacyInformation",
        "public error prominent people upload",
        "Celebrity likeness is not allowed",
        "NSFW image detected",
        "You uploaded an unsupported image.",
        "Image size exceeds maximum of 26214400 bytes",
        "图片审核未通过",
        "изображение: обнаружены люди",
    ],
)
def test_another_photo_cures_what_is_said_of_the_photo(message: str) -> None:
    assert about_photo(message, 400)


@pytest.mark.parametrize(
    "message",
    [
        "Your prompt was flagged as violating content policies.",
        "InputTextSensitiveContentDetected",
        "Sorry, but the image we created may violate our content policies.",
        "The generated video was filtered out",
        "The prompt mentions a celebrity",
        "This content may violate our guardrails around hate speech.",
        "Failed to fetch the image.",
        "image_url is required",
        "Too many requests for images",
    ],
)
def test_another_photo_does_not_cure_the_rest(message: str) -> None:
    assert not about_photo(message, 400)


def test_what_is_said_after_pages_of_noise_is_not_read() -> None:
    assert classify("word " * 1_500 + "content_policy_violation", None) is V
    assert classify("word " * 200_000 + "content_policy_violation", None) is U


def test_an_exception_holds_for_its_own_sentence_only() -> None:
    assert classify("Your prompt was rejected.", None) is V
    assert classify("Your prompt was rejected: the connection to the storage is lost.", None) is T
    assert classify("The connection to the storage was slow. Your prompt was rejected.", None) is V
