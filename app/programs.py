"""The programs that run until they are told to stop, and what they say to the person who starts them.

They load all there is; the other commands start quicker without it.
"""

from __future__ import annotations

from collections.abc import Sequence

import typer

from app.company import Company, company_at, told_to_stop
from app.database import Place
from app.demo import demo_at, invitation
from app.settings import Settings, SettingsError


async def until_told(place: Place, settings: Settings, *, web: bool, work: bool, talk: bool) -> None:
    """Runs the named parts of the program until told to stop. Raises what `company_at` raises."""
    if work and not talk and settings.bot_token is None and settings.kie_keys():
        msg = "BOT_TOKEN is missing: videos would be made and paid for, and reach nobody"
        raise SettingsError(msg)
    async with company_at(place, settings, web=web, work=work, talk=talk) as company:
        typer.echo("; ".join(said_of(company)))
        await told_to_stop()


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


async def play(place: Place, settings: Settings, *, port: int | None) -> None:
    """Runs the demo until told to stop. Raises what `demo_at` raises."""
    async with demo_at(place, settings, port=port) as company:
        typer.echo(invitation(company, place.data_dir or settings.data_dir))
        await told_to_stop()
    typer.echo("ended; everything is kept")
