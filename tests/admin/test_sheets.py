"""What commands write is for a terminal, and nobody else's words act on it; whoever does something has a name."""

from __future__ import annotations

import io

import pytest

from admin import options
from admin.office import WrongUse
from admin.sheets import Column, Format, Sheet

COLUMNS = (Column("reason", 10), Column("by", 0))
NAUGHTY = {"reason": "a\nb\x1b[31m", "by": "anna"}


@pytest.mark.parametrize(
    ("form", "line"),
    [
        (Format.TABLE, "a b [31m    anna\n"),
        (Format.CSV, '"a\nb\x1b[31m",anna\n'),
        (Format.JSON, '{"reason": "a\\nb\\u001b[31m", "by": "anna"}\n'),
    ],
)
def test_control_characters_are_for_files_only(form: Format, line: str) -> None:
    out = io.StringIO()
    Sheet(COLUMNS, form, out).row(NAUGHTY)
    assert out.getvalue().endswith(line)


@pytest.mark.parametrize("nameless", [KeyError("uid not found"), OSError("no user name")])
def test_whose_system_has_no_name_for_them_is_asked_for_one(
    monkeypatch: pytest.MonkeyPatch, nameless: Exception
) -> None:
    def nobody() -> str:
        raise nameless

    monkeypatch.setattr(options, "getuser", nobody)
    assert options.doer("anna") == "anna"
    with pytest.raises(WrongUse, match="--by"):
        options.doer(None)
