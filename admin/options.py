"""What commands have in common: their arguments and options, and the desk that `app` puts on the context."""

from __future__ import annotations

from getpass import getuser
from typing import Annotated

import typer

from admin.office import Desk, WrongUse
from admin.sheets import Format

Account = Annotated[int, typer.Argument(min=1, max=2**63 - 1, help="The account: its user's Telegram id.")]
Amount = Annotated[int, typer.Argument(min=1, help="Whole credits.")]
At = Annotated[
    str | None,
    typer.Option(
        help="Look back: a moment (2026-01-31T18:30, local; or with +03:00) or a position of the log (digits)."
    ),
]
Job = Annotated[str | None, typer.Option(help="Only this job.")]
Zone = Annotated[
    str | None, typer.Option(help="The zone of times, such as Europe/Moscow; else TZ, else the machine's.")
]
Form = Annotated[Format, typer.Option("--format", help="How to write it.")]
Reason = Annotated[str, typer.Option(help="Why, for the books.", show_default=False)]
By = Annotated[str | None, typer.Option(help="Who does it; the system's user name by default.")]
ID = typer.Option("--id", help="Made and printed when not given; a repeat with the same id does nothing more.")


def doer(by: str | None) -> str:
    """Who does it: `by`, or the system's user name. Raises WrongUse where there is none, as in many a container."""
    if by is not None:
        return by
    try:
        return getuser()
    except (KeyError, OSError) as nameless:
        msg = "this system's user has no name: say who does it with --by"
        raise WrongUse(msg) from nameless


def desk_of(context: typer.Context) -> Desk:
    """Who opens the office."""
    desk: Desk = context.obj
    return desk
