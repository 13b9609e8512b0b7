"""The benchmarks run, in their short form: every case gives figures. How fast is no question for a test."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.cases import CASES

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT_S = 600


@pytest.mark.timeout(TIMEOUT_S)
def test_the_short_form_measures_every_case(tmp_path: Path) -> None:
    output = tmp_path / "short.json"
    command = [sys.executable, "-m", "benchmarks", "--short", "--output", str(output)]
    ran = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    document = json.loads(output.read_text(encoding="utf-8"))
    assert document["failed"] == {}
    assert {figure["case"] for figure in document["figures"]} == CASES.keys()
    for figure in document["figures"]:
        assert figure["ours"]["median"] > 0, figure["name"]
        assert figure["baseline"] is None or figure["baseline"]["median"] > 0, figure["name"]
