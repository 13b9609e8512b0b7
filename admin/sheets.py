"""Rows on their way out, one at a time: a table for eyes, JSON lines or CSV for programs. None are kept."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, TextIO

from rich.console import Console

from admin.moments import shown

GAP: Final = "  "
PLAIN_WIDTH: Final = 200


class Format(StrEnum):
    """How rows are written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class Column:
    """A column by the name of its values. `width` in characters, for the table; 0 for the last one, which runs on."""

    name: str
    width: int
    right: bool = False


class Paper(Console):
    """A console that writes words as they are, cuts nothing that goes to a file, and leaves ending to the program."""

    def __init__(self, out: TextIO) -> None:
        super().__init__(file=out, highlight=False, markup=False)
        if not self.is_terminal:
            self.width = PLAIN_WIDTH

    def on_broken_pipe(self) -> None:
        """Instead of ending the process."""
        raise BrokenPipeError


class Sheet:
    """Writes rows as they come. Only on a terminal are long ones cut, to its width."""

    def __init__(self, columns: Sequence[Column], form: Format, out: TextIO) -> None:
        self._columns = columns
        self._form = form
        self._out = out
        self._console = Paper(out)
        self._width = self._console.width if self._console.is_terminal else None
        self._csv = csv.writer(out, lineterminator="\n")
        self._begun = False

    def row(self, values: Mapping[str, object]) -> None:
        """Writes one row; the first brings the head with it."""
        if not self._begun:
            self._begun = True
            self._head()
        match self._form:
            case Format.JSON:
                self._out.write(f"{json.dumps(values, ensure_ascii=False, default=_plain)}\n")
            case Format.CSV:
                self._csv.writerow([_plain(values[column.name]) for column in self._columns])
            case Format.TABLE:
                self._out.write(f"{self._line([_seen(values[column.name]) for column in self._columns])}\n")

    def end(self) -> None:
        """Says that this was all: a CSV has its head without rows too."""
        if not self._begun and self._form is Format.CSV:
            self._head()

    def _head(self) -> None:
        names = [column.name for column in self._columns]
        if self._form is Format.CSV:
            self._csv.writerow(names)
        elif self._form is Format.TABLE:
            self._console.print(self._line([name.replace("_", " ") for name in names]), style="bold", soft_wrap=True)

    def _line(self, cells: Sequence[str]) -> str:
        padded = (
            cell.rjust(column.width) if column.right else cell.ljust(column.width)
            for cell, column in zip(cells, self._columns, strict=True)
        )
        line = GAP.join(padded).rstrip()
        if self._width is not None and len(line) > self._width:
            return f"{line[: self._width - 1]}…"
        return line


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _seen(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return shown(value)
    return "".join(letter if letter.isprintable() else " " for letter in str(value))
