"""Starting, killing and hearing out the programs of the proofs."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import asyncpg

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Program:
    """A running program and the files it writes to."""

    process: subprocess.Popen[bytes]
    out: Path
    err: Path

    def kill(self) -> None:
        """Kills it at once, as a crash would."""
        self.process.kill()
        self.process.wait()

    def said(self) -> list[str]:
        """The whole lines it has written so far."""
        text = self.out.read_text()
        return text[: text.rfind("\n") + 1].splitlines()

    def complaints(self) -> str:
        """The end of its error output."""
        return self.err.read_text()[-5_000:]


def start(folder: Path, module: str, *arguments: object) -> Program:
    """Starts `python -m module` with these arguments; it writes to files in the folder."""
    name = uuid4().hex
    out, err = folder / f"{name}.out", folder / f"{name}.err"
    command = [sys.executable, "-m", module, *map(str, arguments)]
    with out.open("wb") as to_out, err.open("wb") as to_err:
        return Program(subprocess.Popen(command, cwd=ROOT, stdout=to_out, stderr=to_err), out, err)


async def missing_or_doubled(url: str, answers: list[str]) -> list[str]:
    """The answers that the log does not hold exactly as they were given."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            "SELECT command_id, count(*) AS events, max(position) AS position, min(shard) AS shard "
            "FROM events WHERE command_id IS NOT NULL GROUP BY command_id"
        )
    finally:
        await connection.close()
    written = {row["command_id"]: row for row in rows}
    wrong = []
    for line in answers:
        answer = json.loads(line)
        row = written.get(answer["command"])
        if row is None or [row[name] for name in ("events", "position", "shard")] != [
            answer[name] for name in ("events", "position", "shard")
        ]:
            wrong.append(line)
    return wrong
