"""Anything that could come from outside: bytes, JSON of any form, and JSON like KIE's that is wrong somewhere."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

NAMES = (
    "code", "msg", "message", "data", "taskId", "task_id", "state", "successFlag", "resultJson", "response", "info",
    "resultObject", "resultUrls", "failCode", "failMsg", "errorCode", "errorMessage", "downloadUrl", "success", "param",
)  # fmt: skip  # a list of names reads better in lines than in a column
WORDS = (
    "success", "fail", "waiting", "queuing", "generating", "paused", "", "200", "501", " 422 ", "null", "[]", "{}",
    '{"resultUrls":["https://files.example/x.mp4"]}', '["https://files.example/x.mp4"]', "https://files.example/x.mp4",
    "http://[", "https://", "javascript:alert(1)", "https://files.example/a b", "\x00", "\ud800", "task_1765184045509",
    "a/b", "Insufficient credits", "This interface is temporarily paused", "[" * 3000, "9" * 5000, "NaN",
)  # fmt: skip  # as above
NUMBERS = (0, 1, 2, 3, 4, 200, 404, 408, 422, 429, 500, 501, 505, -1, 2**70, 10**400, 0.5, float("nan"), float("inf"))

atoms = st.none() | st.booleans() | st.sampled_from(NUMBERS) | st.sampled_from(WORDS) | st.text(max_size=30)
values = st.recursive(
    atoms,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), inner, max_size=6)
        | inner.map(json.dumps)
    ),
    max_leaves=12,
)


@st.composite
def envelopes(draw: st.DrawFn) -> dict[str, Any]:
    """An envelope whose parts are of any form."""
    found: dict[str, Any] = {"code": draw(st.sampled_from((200, 200, 404, 422, 429, 500, 501)) | atoms)}
    found["msg"] = draw(atoms)
    found["data"] = draw(st.dictionaries(st.sampled_from(NAMES), values, max_size=8) | values)
    return draw(st.dictionaries(st.sampled_from(NAMES), values, max_size=2)) | found


bodies = (
    st.binary(max_size=200)
    | values.map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass"))
    | envelopes().map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass"))
    | st.sampled_from((b"[" * 100_000, b'{"a":' * 100_000, b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}", b"1" * 5000))
)
"""Answers of an HTTP server that nobody vouches for."""

statuses = st.sampled_from((200, 201, 204, 301, 400, 401, 403, 404, 408, 422, 429, 500, 502, 503, 504, 520, 525, 599))
