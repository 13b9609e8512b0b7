"""Texts of failures with the classes they belong to: those that were seen, and our own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from domain.failures import FailureClass

DATA = Path(__file__).resolve().parent.parent / "data"


class Sample(NamedTuple):
    """What a service said, and what it means."""

    failure: FailureClass
    message: str | None
    code: str | None


def seen() -> list[Sample]:
    """Texts seen in public from KIE and OpenAI."""
    cases = json.loads((DATA / "kie_failures.json").read_text(encoding="utf-8"))["cases"]
    return [Sample(FailureClass(case["class"]), case["message"], case["code"]) for case in cases]


def ours() -> list[Sample]:
    """Texts of our own."""
    cases = json.loads((DATA / "failure_texts.json").read_text(encoding="utf-8"))["cases"]
    return [Sample(FailureClass(failure), message, code) for failure, message, code in cases]
