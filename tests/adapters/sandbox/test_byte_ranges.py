"""Ranges of bytes against what slicing says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from adapters.sandbox.byte_ranges import ranged

DATA = st.binary(min_size=1, max_size=50)
PLACE = st.integers(0, 60)


@given(DATA, PLACE, PLACE)
def test_a_range_is_a_slice_or_refused(data: bytes, first: int, last: int) -> None:
    answer = ranged(data, f"bytes={first}-{last}", media_type="video/mp4")
    if first <= last and first < len(data):
        part = data[first : last + 1]
        assert (answer.status_code, answer.body) == (206, part)
        assert answer.headers["content-range"] == f"bytes {first}-{first + len(part) - 1}/{len(data)}"
    else:
        assert (answer.status_code, answer.body, answer.headers["content-range"]) == (416, b"", f"bytes */{len(data)}")


@given(DATA, PLACE)
def test_open_ranges_are_slices_too(data: bytes, number: int) -> None:
    rest = ranged(data, f"bytes={number}-", media_type="video/mp4")
    tail = ranged(data, f"bytes=-{number}", media_type="video/mp4")
    assert (rest.status_code, rest.body) == ((206, data[number:]) if number < len(data) else (416, b""))
    assert (tail.status_code, tail.body) == ((206, data[-number:]) if number else (416, b""))


@given(DATA, st.none() | st.text(st.characters(codec="ascii"), max_size=20))
def test_anything_else_is_answered_whole_or_refused(data: bytes, wanted: str | None) -> None:
    answer = ranged(data, wanted, media_type="video/mp4")
    assert answer.status_code in {200, 206, 416}
    assert answer.status_code != 200 or answer.body == data
