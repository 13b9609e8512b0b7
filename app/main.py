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
from app.company import Company, company_at, told_to_stop
from app.database import Place, bring_up, located
from app.demo import demo_at, invitation
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
        return on_loop(_until_told(place, settings, web=web, work=work, talk=talk))


async def _until_told(place: Place, settings: Settings, *, web: bool, work: bool, talk: bool) -> int:
    async with company_at(place, settings, web=web, work=work, talk=talk) as company:
        typer.echo("; ".join(said_of(company)))
        await told_to_stop()
    return OK


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def said_of(company: Company) -> list[str]:
    """What runs here, and what is played."""
    played = company.outside.in_sandbox
    said = ["at work" if company.workers else "talking" if company.line else "serving"]
    if company.web_url:
        said.append(f"HTTP at {company.web_url}")
    said.append(f"sandboxes for {_listed(played)}" if played else "no sandboxes")
    if company.outside.chat_url:
        said.append(f"chat at {company.outside.chat_url}")
    return said


@cli.command()
def demo(
    port: Annotated[
        int | None, typer.Option(help="Where the chat page is served; any free port if that is taken.")
    ] = None,
) -> int:
    """Chat with the bot in the browser, with sandboxes for every service outside: no account is needed."""
    settings = read_settings()
    if settings.database_url is not None:
        msg = "DATABASE_URL is set, and the demo's made-up accounts belong in no real ledger: take it out"
        raise SettingsError(msg)
    with heard(), located(settings) as place:
        return on_loop(_play(place, settings, port=port))


async def _play(place: Place, settings: Settings, *, port: int | None) -> int:
    async with demo_at(place, settings, port=port) as company:
        typer.echo(invitation(company, place.data_dir or settings.data_dir))
        await told_to_stop()
    typer.echo("ended; everything is kept")
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
