"""`python -m benchmarks`: measures the speeds that docs/performance.md explains, on a server of its own.

The server's data lies in a temporary folder, with default durability, and is gone afterwards.
"""

from __future__ import annotations

import asyncio
import cProfile
import pstats
import sys
import traceback
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from app import loop
from benchmarks import report
from benchmarks.cases import CASES
from benchmarks.figures import Figure
from benchmarks.logs import only_warnings
from benchmarks.meter import Meter
from benchmarks.options import LONG, SHORT, Options
from benchmarks.surroundings import Bench, load_average, own_server, without_settings

RESULTS: Final = Path(__file__).parent / "results" / "latest.json"
PROFILE_LINES: Final = 40
BUSY_LOAD: Final = 0.5
WIDTH: Final = 160

application = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@application.command()
def main(
    *,
    short: Annotated[
        bool, typer.Option("--short", help="tiny sizes: proves that everything runs, and no more")
    ] = False,
    only: Annotated[list[str] | None, typer.Option(help=f"one of {', '.join(CASES)}; may be repeated")] = None,
    runs: Annotated[int | None, typer.Option(min=1, help="how often each figure is measured")] = None,
    seconds: Annotated[float | None, typer.Option(min=0.05, help="how long each run of a load lasts")] = None,
    log_events: Annotated[int | None, typer.Option(min=500, help="the size of the grown log")] = None,
    output: Annotated[Path, typer.Option(help="where the JSON goes")] = RESULTS,
    profile: Annotated[str | None, typer.Option(help="profile our side of this case, once, instead")] = None,
) -> None:
    """Measures, prints the table and writes the JSON. A figure that is missed is no error; a case that breaks is."""
    only_warnings()
    without_settings()
    options = _options(short=short, runs=1 if profile else runs, seconds=seconds, log_events=log_events)
    chosen = [profile] if profile else only or list(CASES)
    if unknown := set(chosen) - CASES.keys():
        raise typer.BadParameter(f"no case is called {', '.join(sorted(unknown))}; there are {', '.join(CASES)}")
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    if load_average() > BUSY_LOAD:
        console.print(f"[yellow]others are at work here (load {load_average():.1f}): trust no figure too far[/yellow]")
    profiler = cProfile.Profile() if profile else None
    with own_server() as postgres:
        bench = Bench(postgres, options, Meter(postgres.pid, profiler), console)
        figures, failed = loop.run(_measure(bench, chosen, output))
    console.print(report.table(figures))
    if profiler:
        pstats.Stats(profiler, stream=sys.stdout).sort_stats("tottime").print_stats(PROFILE_LINES)
    else:
        console.print(f"written to {output}")
    raise typer.Exit(1 if failed else 0)


def _options(*, short: bool, runs: int | None, seconds: float | None, log_events: int | None) -> Options:
    form = SHORT if short else LONG
    return replace(
        form,
        runs=runs or form.runs,
        seconds=seconds or form.seconds,
        log_events=log_events or form.log_events,
    )


async def _measure(bench: Bench, chosen: Sequence[str], output: Path) -> tuple[list[Figure], dict[str, str]]:
    """Runs the cases one after another. One that breaks is told and does not take the others' figures with it."""
    figures: list[Figure] = []
    failed: dict[str, str] = {}
    for name in chosen:
        bench.say(name)
        try:
            figures += await CASES[name](bench)
        except Exception as error:  # noqa: BLE001 - the outermost loop: the other cases go on
            traceback.print_exc()
            failed[name] = f"{type(error).__name__}: {error}"
        await asyncio.to_thread(report.write, output, bench.options, figures, failed)
    return figures, failed


if __name__ == "__main__":
    application()
