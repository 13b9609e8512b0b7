"""Callbacks: an address of ours that nobody can guess, one for each request, and KIE's own signature.

The address names account, job and request number and is signed, so a callback finds its request even when the answer to
that request was lost. KIE signs the task's id and a time, not the body: a callback is a hint, and a look-up decides.
"""

from __future__ import annotations

import hmac
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from pydantic import SecretStr

PREFIX: Final = "/hooks/kie/"
PURPOSE: Final = b"neurocards: address of a callback\n"
"""Keeps these signatures apart from others that are made with the same secret."""
NUMBER: Final = re.compile(r"[1-9][0-9]{0,18}")
JOB: Final = re.compile(r"[A-Za-z0-9._:+=-]{1,255}")
TIME: Final = re.compile(r"[0-9]{1,12}")
FRESH_FOR_S: Final = 300


class CallbackAddress(NamedTuple):
    """Which request a callback is for."""

    account: int
    job: str
    number: int


def callback_path(secret: bytes, *, account: int, job: str, number: int) -> str:
    """The path for the callback of an account's job's request: `/hooks/kie/42/b7.42.1001.0/1/<signature>`."""
    address = f"{account}/{job}/{number}"
    return f"{PREFIX}{address}/{_signature(secret, address)}"


def read_callback_path(secret: bytes, parts: Sequence[str]) -> CallbackAddress | None:
    """What the path's four parts after `/hooks/kie/` stand for; None when we have not made it."""
    if len(parts) != 4:
        return None
    account, job, number, signature = parts
    if not (NUMBER.fullmatch(account) and JOB.fullmatch(job) and NUMBER.fullmatch(number)):
        return None
    if not _equal(signature, _signature(secret, f"{account}/{job}/{number}")):
        return None
    return CallbackAddress(int(account), job, int(number))


def verify_signature(key: SecretStr, *, task_id: str, timestamp: str, signature: str, now: datetime) -> bool:
    """Whether the headers X-Webhook-Timestamp and X-Webhook-Signature are KIE's for the task, and at most 5 min old.

    `signature = base64(HMAC-SHA256(key, taskId + "." + timestamp))`, says docs.kie.ai/common-api/webhook-verification.
    """
    if not TIME.fullmatch(timestamp) or abs(now.timestamp() - int(timestamp)) > FRESH_FOR_S:
        return False
    signed = f"{task_id}.{timestamp}".encode("utf-8", "surrogatepass")
    expected = b64encode(hmac.digest(key.get_secret_value().encode(), signed, "sha256")).decode()
    return _equal(signature, expected)


def _signature(secret: bytes, address: str) -> str:
    assert len(secret) >= 16, "a secret that can be guessed keeps nothing"
    return urlsafe_b64encode(hmac.digest(secret, PURPOSE + address.encode(), "sha256")).decode().rstrip("=")


def _equal(claimed: str, expected: str) -> bool:
    return hmac.compare_digest(claimed.encode("utf-8", "surrogatepass"), expected.encode())
