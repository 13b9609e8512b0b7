"""The entry point `neurocards`: the commands of `admin`, and those that put the program itself in place."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from typer._click.exceptions import ClickException  # the base of typer.BadParameter, which alone is public

from admin.cli import cli
from admin.office import OK
from app import logs
from app.company import company_at, told_to_stop
from app.database import Place, bring_up, located
from app.demo import demo
from app.desk import OfficeDesk
from app.failures import ReaderGone, heard, told
from app.loop import run as on_loop
from app.settings import Settings, SettingsError, read_settings

INTERRUPTED = 130


@cli.callback()
def _begin(context: typer.Context) -> None:
    logs.configure("warning")
    context.obj = OfficeDesk()


@cli.command()
def migrate() -> int:
    """Bring the database into the shape that this program knows (DATABASE_OWNER_URL)."""
    settings = read_settings()
    with located(settings) as place:
        applied = on_loop(bring_up(place, settings))
    for file in applied:
        typer.echo(f"applied {file}")
    typer.echo("the database is up to date" if not applied else f"applied {len(applied)} migrations")
    return OK


@cli.command()
def run() -> int:
    """Run everything in this process: the workers and the HTTP side, with sandboxes for what has no key."""
    return _company(web=True, work=True)


@cli.command()
def worker() -> int:
    """Run the jobs of this process's share of the shards, with their projections and settlements."""
    return _company(web=False, work=True)


@cli.command()
def web() -> int:
    """Serve callbacks of the video service and stored files."""
    return _company(web=True, work=False)


def _company(*, web: bool, work: bool) -> int:
    logs.configure("info")
    settings = read_settings()
    with located(settings) as place:
        return on_loop(_until_told(place, settings, web=web, work=work))


async def _until_told(place: Place, settings: Settings, *, web: bool, work: bool) -> int:
    async with company_at(place, settings, web=web, work=work) as company:
        played = company.outside.in_sandbox
        typer.echo(
            "; ".join(
                [
                    "at work" if work else "serving",
                    *([f"HTTP at {company.web_url}"] if company.web_url else []),
                    f"sandboxes for {' and '.join(played)}" if played else "no sandboxes",
                ]
            )
        )
        await told_to_stop()
    return OK


@cli.command("demo")
def show(
    photos: Annotated[Path | None, typer.Option(help="A folder of photos; without it the packaged ones.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where videos go; without it, beside the database.")] = None,
) -> int:
    """Make videos of photos while everything that can goes wrong; show the statements, verify the books."""
    settings = read_settings()
    if settings.database_url is not None:
        msg = "DATABASE_URL is set, and the demo's made-up accounts belong in no real ledger: take it out"
        raise SettingsError(msg)
    with heard(), located(settings) as place:
        typer.echo(f"PostgreSQL runs in {place.data_dir}; the demo's accounts stay there")
        return on_loop(demo(place, settings, photos=photos, out=out, screen=sys.stdout))


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line and ends the process with the command's exit code."""
    try:
        code = typer.main.get_command(cli).main(arguments, standalone_mode=False)
        sys.stdout.flush()
    except (ReaderGone, BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = OK
    except KeyboardInterrupt:
        code = INTERRUPTED
    except ClickException as wrong:
        typer.echo(wrong.format_message(), err=True)
        code = wrong.exit_code
    except Exception as error:
        if (answer := told(error)) is None:
            raise
        code, sentence = answer
        typer.echo(sentence, err=True)
    sys.exit(code)
