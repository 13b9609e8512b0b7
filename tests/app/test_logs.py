"""Logs go to standard error: one JSON object a line when nobody is looking."""

from __future__ import annotations

import json
import subprocess
import sys

PROGRAM = """
import structlog
from app import logs
log = structlog.get_logger("early")
logs.configure("warning")
log.info("not wanted")
log.warning("something happened", shard=3, name="Анна")
try:
    1 / 0
except ZeroDivisionError:
    log.exception("broken")
"""


def test_a_log_line_is_one_json_object_and_answers_are_kept_apart() -> None:
    ran = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    first, second = (json.loads(line) for line in ran.stderr.splitlines())
    assert ran.stdout == ""
    assert (first["event"], first["level"], first["shard"], first["name"]) == (
        "something happened",
        "warning",
        3,
        "Анна",
    )
    assert "ZeroDivisionError" in second["exception"]


ON_A_TERMINAL = """
import sys
sys.stderr.isatty = lambda: True
import structlog
from app import logs
logs.configure("warning")

def fails(token):
    raise LookupError("nothing there")

try:
    fails("a-secret-that-nobody-may-see")
except LookupError:
    structlog.get_logger().exception("broken", shard=3)
"""


def test_a_traceback_on_a_terminal_shows_no_values() -> None:
    ran = subprocess.run([sys.executable, "-c", ON_A_TERMINAL], capture_output=True, text=True, check=True)
    assert "LookupError: nothing there" in ran.stderr
    assert "shard" in ran.stderr
    assert "a-secret" not in ran.stderr
