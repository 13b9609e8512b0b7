"""What can be the name of a stored file, and what never becomes one."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapters.storage.folder import UNFINISHED
from adapters.storage.names import NameRefused, checked, is_name

NAMES = ["inputs/42/5f1c.jpg", "outputs/42/b7.42.1001.0.mp4", "inputs/42/a:b+c=d-e_f..g", "inputs/x", "a/b/c/d/e"]

NO_NAMES = {
    "nothing": "",
    "a bucket alone": "inputs",
    "a folder": "inputs/42/",
    "absolute": "/inputs/42/a.jpg",
    "an empty segment": "inputs//a.jpg",
    "up": "inputs/../secrets",
    "up at the end": "inputs/42/..",
    "here": "inputs/./a.jpg",
    "hidden": "inputs/42/.a.jpg",
    "not whole yet": f"inputs/42/{UNFINISHED}abc",
    "up, encoded": "inputs/%2e%2e/a.jpg",
    "backslash": "inputs\\42\\a.jpg",
    "up by backslash": "inputs/..\\a.jpg",
    "NUL": "inputs/42/a\x00.jpg",
    "a line's end": "inputs/42/a.jpg\n",
    "a space": "inputs/42/a b.jpg",
    "a tilde": "inputs/~/a.jpg",
    "another alphabet": "inputs/42/фото.jpg",
    "a digit of another alphabet": "inputs/٤٢/a.jpg",
    "a half of a character": "inputs/42/\ud800.jpg",
    "a bucket with a dot": "in.puts/42/a.jpg",
    "a bucket in capitals": "Inputs/42/a.jpg",
    "what obstore writes to": "inputs/42/a.jpg#1",
    "a segment too long for a file system": f"inputs/42/{'a' * 256}",
    "too long for S3": "inputs" + "/a" * 600,
}


@pytest.mark.parametrize("name", NAMES)
def test_ids_in_folders_are_names(name: str) -> None:
    assert checked(name) == name


@pytest.mark.parametrize("case", NO_NAMES)
def test_what_could_lead_elsewhere_is_no_name(case: str) -> None:
    with pytest.raises(NameRefused):
        checked(NO_NAMES[case])


@settings(max_examples=1000)
@given(st.text(alphabet="ab.../\\%\x00\n0:~ #é") | st.text())
@example("a/..b")
def test_a_name_leads_to_one_place_below_its_bucket(text: str) -> None:
    path = PurePosixPath(text)
    if is_name(text):
        assert str(path) == text
        assert not path.is_absolute()
        assert not {part for part in path.parts if part.startswith(".")}
        assert text.isascii()
        assert text.isprintable()
