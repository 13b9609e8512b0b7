"""Credits given and taken by a person: once per id, however often the command is repeated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TextIO, TypeVar

from pydantic import ValidationError

from admin.account import read
from admin.office import OK, Office, WrongUse
from admin.words import credits_in_words, said
from domain import promo, referral
from domain.account_words import CreditsGranted, CreditsRevoked
from domain.bonus import GiveBonus
from domain.revocation import RevokeCredits
from domain.shapes import Value

OPTIONS: Final[Mapping[str, str]] = {
    "source": "--id",
    "revocation": "--id",
    "request": "--id",
    "expires_at": "--expires",
    "bonus_days": "--bonus-days",
}
ARGUMENTS: Final = frozenset({"account", "amount", "charge", "code"})

CommandT = TypeVar("CommandT", bound=Value)


def wished(kind: type[CommandT], **values: object) -> CommandT:
    """The command of these values. Raises WrongUse, which names the argument whose shape is wrong."""
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0])
        option = OPTIONS.get(name) or (name.upper() if name in ARGUMENTS else f"--{name}")
        if option in {"--id", "--of", "CHARGE"}:
            msg = f"{option} is a name of 1 to 255 letters, digits and . _ : + = -, no spaces or slashes"
        else:
            msg = f"{option} is wrong: {first['msg']}"
        raise WrongUse(msg) from error


async def grant(office: Office, command: GiveBonus, out: TextIO) -> int:
    """Gives the credits and says what the account has then. Raises WrongUse, a Refusal."""
    _not_reserved(command.source)
    _say(out, f"grant id: {command.source}")
    done = await office.executor.execute(command)
    given = [event for _, event in done.changes if isinstance(event, CreditsGranted)]
    _say(out, *(f"account {command.account}: {said(event)}" for event in given))
    if not given:
        _say(out, f"already granted: account {command.account}, {credits_in_words(command.amount)}; nothing was done")
    await _say_balance(office, command.account, out)
    return OK


async def revoke(office: Office, command: RevokeCredits, out: TextIO) -> int:
    """Takes the credits and says what the account has then. Raises WrongUse, a Refusal."""
    _not_reserved(command.revocation)
    _say(out, f"revocation id: {command.revocation}")
    done = await office.executor.execute(command)
    taken = [event for _, event in done.changes if isinstance(event, CreditsRevoked)]
    _say(out, *(f"account {command.account}: {said(event)}" for event in taken))
    if not taken:
        _say(out, f"already revoked: account {command.account}, {credits_in_words(command.amount)}; nothing was done")
    await _say_balance(office, command.account, out)
    return OK


def _not_reserved(name: str) -> None:
    """A person who took the name of a code's or a friend's gift would keep that gift from being made or undone."""
    for begins in (promo.GIFT, referral.GIFT):
        if name.startswith(begins):
            msg = f"--id {name}: names that begin with {begins} are for gifts that the program makes itself"
            raise WrongUse(msg)


async def _say_balance(office: Office, account: int, out: TextIO) -> None:
    books = (await read(office.accounts, account)).books
    _say(out, f"available {books.available}, reserved {books.reserved}, debt {books.debt}")


def _say(out: TextIO, *lines: str) -> None:
    """At once: whoever waits for the answer in vain needs the id to ask again."""
    out.writelines(f"{line}\n" for line in lines)
    out.flush()
