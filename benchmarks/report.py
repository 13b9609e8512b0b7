"""A run's outcome: a table for people, a JSON file for programs."""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson
import psutil
from rich.table import Table

from benchmarks.figures import Cost, Figure
from benchmarks.options import Options
from benchmarks.surroundings import load_average

REACHED: Final = {True: "yes", False: "no", None: ""}
COLOURS: Final = {True: "green", False: "red", None: None}
TITLES: Final = ("case", "ours", "baseline", "ratio", "reach", "reached", "cost", "baseline's cost")


def table(figures: Sequence[Figure]) -> Table:
    """All figures, a line each."""
    shown = Table(title="medians; a cost is client + server processor time for one, in µs", title_justify="left")
    for title in TITLES:
        shown.add_column(title, justify="left" if title in {"case", "reached"} else "right")
    last = ""
    for figure in figures:
        if last and figure.case != last:
            shown.add_section()
        last = figure.case
        shown.add_row(*cells(figure), style=COLOURS[figure.reached])
    return shown


def cells(figure: Figure) -> list[str]:
    """One figure as the table shows it."""
    baseline = figure.baseline
    return [
        figure.name,
        f"{_number(figure.ours.value)} {figure.unit}",
        "" if baseline is None else f"{_number(baseline.value)} {figure.unit}",
        "" if figure.ratio is None else f"{figure.ratio:.2f}",
        _reach(figure),
        REACHED[figure.reached],
        _cost(figure.ours.cost),
        "" if baseline is None else _cost(baseline.cost),
    ]


def markdown(figures: Sequence[Figure]) -> str:
    """The table as it is pasted into docs/performance.md."""
    lines = [TITLES, ("---",) * len(TITLES), *(cells(figure) for figure in figures)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def write(path: Path, options: Options, figures: Sequence[Figure], failed: Mapping[str, str]) -> None:
    """Writes everything that is known so far, as JSON, and the table beside it as Markdown."""
    document = {
        "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "options": asdict(options),
        "failed": dict(failed),
        "figures": [figure.as_json() for figure in figures],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".md").write_text(markdown(figures), encoding="utf-8")
    path.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def machine() -> Mapping[str, Any]:
    """What the run ran on."""
    return {
        "system": platform.platform(),
        "processors": psutil.cpu_count(),
        "memory_bytes": psutil.virtual_memory().total,
        "python": sys.version.split()[0],
        "load_average": load_average(),
    }


def _reach(figure: Figure) -> str:
    if figure.value_max is not None:
        return f"< {figure.value_max:g} {figure.unit}"
    if figure.value_min is not None:
        return f"{figure.value_min:g} {figure.unit}"
    return "" if figure.ratio_min is None else f"{figure.ratio_min:g}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def _cost(cost: Cost | None) -> str:
    return "" if cost is None else f"{_number(cost.client_us)} + {_number(cost.server_us)}"
