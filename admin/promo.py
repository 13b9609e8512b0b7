"""Promo codes made and looked at by a person: `neurocards promo create` and `neurocards promo show`."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from typing import Annotated, Final, TextIO

import typer

from admin import gifts
from admin.moments import end_of, shown, zone_named
from admin.office import OK, NotThere, Office, WrongUse
from admin.options import By, Reason, Zone, desk_of, doer
from admin.words import credits_in_words, said
from domain import streams
from domain.promo import CodeClaimed, CreatePromo, PromoCreated, code_of
from processors.ports import EVERYTHING

UNAMBIGUOUS: Final = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Without 0 and O, 1, I and L, which people mix up."""

RANDOM_LENGTH: Final = 8
"""31 ** 8 is 850 thousand million: nobody guesses one by trying."""

CODE_IS: Final = "4 to 32 letters A-Z, digits and dashes, no dash at its ends"

commands = typer.Typer(name="promo", no_args_is_help=True, help="Promo codes: make them, look at them.")


@commands.command()
def create(
    context: typer.Context,
    code: Annotated[str | None, typer.Argument(help="The code; without it --count and --prefix make some.")] = None,
    *,
    amount: Annotated[int, typer.Option(min=1, help="Whole credits for each account.", show_default=False)],
    reason: Reason,
    count: Annotated[int | None, typer.Option(min=1, max=10_000, help="Make so many codes.")] = None,
    prefix: Annotated[str | None, typer.Option(help="What they begin with.")] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="How many accounts may claim it: no limit, or 1 with --count.")
    ] = None,
    expires: Annotated[str | None, typer.Option(help="Until when it can be claimed: a moment.")] = None,
    bonus_days: Annotated[int | None, typer.Option(min=1, help="The credits end so many days after.")] = None,
    campaign: Annotated[str | None, typer.Option(help="What it is counted under; the code or the prefix.")] = None,
    by: By = None,
    zone: Zone = None,
) -> int:
    """Make a promo code, or many at once, and print them. A repeat with the same code does nothing more."""
    first = _first_code(code, count=count, prefix=prefix)
    command = gifts.wished(
        CreatePromo,
        code=first,
        at=datetime.now(UTC),
        campaign=campaign or prefix or first,
        amount=amount,
        limit=limit or (None if count is None else 1),
        expires_at=end_of(expires, zone),
        bonus_days=bonus_days,
        reason=reason,
        by=doer(by),
    )
    if count is None:
        return desk_of(context).run(lambda office: create_one(office, command, sys.stdout))
    return desk_of(context).run(lambda office: create_many(office, command, prefix or "", count, sys.stdout))


@commands.command()
def show(context: typer.Context, code: Annotated[str, typer.Argument(help="The code.")], *, zone: Zone = None) -> int:
    """What the code gives, and who claimed it."""
    shape = _of_shape(code, "CODE")
    in_zone = zone_named(zone)
    return desk_of(context).run(lambda office: show_one(office, shape, in_zone, sys.stdout))


async def create_one(office: Office, command: CreatePromo, out: TextIO) -> int:
    """Makes the code. Raises a Refusal when it is there with other terms."""
    done = await office.executor.execute(command)
    made = [event for _, event in done.changes]
    out.writelines(f"promo code {command.code}: {said(event)}\n" for event in made)
    if not made:
        out.write(f"promo code {command.code} is there already, with the same terms; nothing was done\n")
    return OK


async def create_many(office: Office, terms: CreatePromo, prefix: str, count: int, out: TextIO) -> int:
    """Makes so many codes on the same terms and writes each, alone on its line, once it can be claimed."""
    codes = _codes(prefix)
    while count:
        command = terms.model_copy(update={"code": next(codes)})
        if (await office.executor.execute(command)).changes:
            out.write(f"{command.code}\n")
            out.flush()
            count -= 1
    return OK


async def show_one(office: Office, code: str, zone: tzinfo | None, out: TextIO) -> int:
    """Writes the code's terms, a line for each claim, and how many there are. Raises NotThere."""
    claims, limit = 0, None
    created = False
    async for recorded in office.accounts.events(streams.promo(code), upto=EVERYTHING):
        moment = shown(recorded.recorded_at.astimezone(zone))
        match recorded.event:
            case PromoCreated() as terms:
                created, limit = True, terms.limit
                out.write(f"promo code {code}: {said(terms)}\n")
            case CodeClaimed(account=account, amount=amount):
                claims += 1
                out.write(f"  {moment}  account {account}, {credits_in_words(amount)}\n")
    if not created:
        raise NotThere(f"there is no promo code {code}")
    left = "" if limit is None else f", {limit - claims} left"
    out.write(f"claimed {claims} times{left}\n")
    return OK


def _first_code(code: str | None, *, count: int | None, prefix: str | None) -> str:
    """The code that is named, or the first of those to be made. Raises WrongUse."""
    if code is not None and count is None and prefix is None:
        return _of_shape(code, "CODE")
    if code is None and count is not None and prefix is not None:
        return next(_codes(prefix))
    msg = "say which CODE to make, or else both --count and --prefix"
    raise WrongUse(msg)


def _codes(prefix: str) -> Iterator[str]:
    while True:
        ending = "".join(secrets.choice(UNAMBIGUOUS) for _ in range(RANDOM_LENGTH))
        yield _of_shape(f"{prefix}-{ending}", "--prefix")


def _of_shape(text: str, argument: str) -> str:
    code = code_of(text)
    if code is None:
        msg = f"{argument} is wrong: a code is {CODE_IS}"
        raise WrongUse(msg)
    return code
