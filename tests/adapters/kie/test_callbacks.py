"""Addresses of callbacks and KIE's signatures: only what was made with the secret is believed, and nothing raises."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from adapters.kie.callbacks import (
    FRESH_FOR_S,
    PREFIX,
    CallbackAddress,
    callback_path,
    read_callback_path,
    verify_signature,
)

SECRET, OTHER = bytes(range(32)), bytes(32)
KEY = SecretStr("webhook-key")
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
STAMP = str(int(NOW.timestamp()))
FUZZED = settings(max_examples=400)

ARABIC_ONE = "\N{ARABIC-INDIC DIGIT ONE}"

accounts = st.integers(1, 2**63 - 1)
jobs = st.from_regex(r"[A-Za-z0-9._:+=-]{1,40}", fullmatch=True)
numbers = st.integers(1, 99)
anything = st.text(st.characters(codec=None), max_size=60)


def parts(path: str) -> list[str]:
    """What a web server makes of the path."""
    return path.removeprefix(PREFIX).split("/")


def signed(task: str, timestamp: str) -> str:
    """The header as its documentation makes it."""
    return base64.b64encode(hmac.new(b"webhook-key", f"{task}.{timestamp}".encode(), hashlib.sha256).digest()).decode()


@FUZZED
@given(accounts, jobs, numbers)
def test_an_address_leads_back_to_its_request(account: int, job: str, number: int) -> None:
    path = callback_path(SECRET, account=account, job=job, number=number)
    assert path.startswith(f"/hooks/kie/{account}/")
    assert read_callback_path(SECRET, parts(path)) == CallbackAddress(account, job, number)
    assert read_callback_path(OTHER, parts(path)) is None


@FUZZED
@given(accounts, jobs, numbers, st.integers(0, 3), anything)
def test_an_address_that_was_changed_leads_nowhere(account: int, job: str, number: int, place: int, text: str) -> None:
    made = parts(callback_path(SECRET, account=account, job=job, number=number))
    changed = [text if index == place else part for index, part in enumerate(made)]
    assert read_callback_path(SECRET, changed) == (CallbackAddress(account, job, number) if changed == made else None)


def test_the_addresses_of_two_requests_have_nothing_in_common_that_could_be_guessed() -> None:
    signatures = {parts(callback_path(SECRET, account=42, job="b7.42.1001.0", number=n))[3] for n in range(1, 4)}
    assert len(signatures) == 3
    assert {len(signature) for signature in signatures} == {43}


@pytest.mark.parametrize("slices", [["42", "j", "1"], ["42", "j", "1", "x", "y"], [], ["", "", "", ""]])
def test_a_path_of_another_length_leads_nowhere(slices: list[str]) -> None:
    assert read_callback_path(SECRET, slices) is None


@pytest.mark.parametrize("number", ["01", "+1", " 1", "1 ", ARABIC_ONE, "1_0", "0", "-1"])
def test_a_number_has_one_spelling(number: str) -> None:
    made = parts(callback_path(SECRET, account=42, job="j", number=1))
    assert read_callback_path(SECRET, [made[0], made[1], number, made[3]]) is None


@FUZZED
@given(st.lists(anything, max_size=6))
def test_no_path_makes_an_exception(path: list[str]) -> None:
    assert read_callback_path(SECRET, path) is None


def test_kies_signature_of_task_and_time_is_believed() -> None:
    assert verify_signature(KEY, task_id="t1", timestamp=STAMP, signature=signed("t1", STAMP), now=NOW)


@pytest.mark.parametrize(
    ("task", "timestamp", "signature"),
    [
        ("t2", STAMP, signed("t1", STAMP)),
        ("t1", str(int(STAMP) + 1), signed("t1", STAMP)),
        ("t1", STAMP, signed("t1", STAMP)[:-1]),
        ("t1", STAMP, ""),
        ("t1", STAMP, "ü"),
        ("t1", "", signed("t1", "")),
        ("t1", ARABIC_ONE, signed("t1", ARABIC_ONE)),
        ("t1", f" {STAMP}", signed("t1", f" {STAMP}")),
        ("t1", "9" * 13, signed("t1", "9" * 13)),
        ("t1", "9" * 5000, ""),
        ("t1", f"-{STAMP}", signed("t1", f"-{STAMP}")),
    ],
)
def test_any_other_signature_is_not(task: str, timestamp: str, signature: str) -> None:
    assert not verify_signature(KEY, task_id=task, timestamp=timestamp, signature=signature, now=NOW)


@pytest.mark.parametrize(("late_s", "fresh"), [(0, True), (300, True), (301, False), (-300, True), (-301, False)])
def test_a_signature_is_believed_for_five_minutes(late_s: int, fresh: bool) -> None:
    assert FRESH_FOR_S == 300
    now = NOW + timedelta(seconds=late_s)
    assert verify_signature(KEY, task_id="t", timestamp=STAMP, signature=signed("t", STAMP), now=now) is fresh


@FUZZED
@given(anything, anything | st.just(STAMP), anything)
def test_no_header_makes_an_exception(task: str, timestamp: str, signature: str) -> None:
    assert not verify_signature(KEY, task_id=task, timestamp=timestamp, signature=signature, now=NOW)
