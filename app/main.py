"""The entry point `neurocards`: the commands of `admin`, and those that put the program itself in place."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from typer._click.exceptions import ClickException  # the base of typer.BadParameter, which alone is public

from admin.cli import cli
from admin.office import OK
from app import logs
from app.database import bring_up, located
from app.desk import OfficeDesk
from app.failures import ReaderGone, heard, told
from app.loop import run as on_loop
from app.settings import SettingsError, read_settings

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
    """Run everything in this process: bot, workers and the HTTP side, with sandboxes for what has no key."""
    return _company(web=True, work=True, talk=True)


@cli.command()
def bot() -> int:
    """Talk with people: take updates in, and run the screens of this process's share of the shards."""
    return _company(talk=True)


@cli.command()
def worker() -> int:
    """Run the jobs of this process's share of the shards, with their projections and settlements."""
    return _company(work=True)


@cli.command()
def web() -> int:
    """Serve callbacks of the video service, Telegram's webhook, and stored files."""
    return _company(web=True)


def _company(*, web: bool = False, work: bool = False, talk: bool = False) -> int:
    logs.configure("info")
    settings = read_settings()
    with located(settings) as place:
        from app.programs import until_told  # noqa: PLC0415 - loads all there is, which the other commands start without

        on_loop(until_told(place, settings, web=web, work=work, talk=talk))
    return OK


@cli.command()
def demo(
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65_535, help="Where the chat page is served; any free port if that is taken."),
    ] = None,
) -> int:
    """Chat with the bot in the browser, with sandboxes for every service outside: no account is needed."""
    settings = read_settings()
    if settings.database_url is not None:
        msg = "DATABASE_URL is set, and the demo's made-up accounts belong in no real ledger: take it out"
        raise SettingsError(msg)
    with heard(), located(settings) as place:
        from app.programs import play  # noqa: PLC0415 - loads all there is, which the other commands start without

        on_loop(play(place, settings, port=port))
    return OK


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
