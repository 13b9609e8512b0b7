"""A revocation by a person: the stream `account/<id>/revocation/<id>`, whose version 1 makes it happen once.

The credits themselves go on the account's stream, in the same append.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from domain.refusals import SameIdOtherContent
from domain.shapes import Amount, Command, Event, Id, Words


class RevokeCredits(Command):
    """Take credits away, once per `revocation`; those of the lot `of` first. What is not there becomes debt."""

    revocation: Id
    amount: Amount
    of: Id | None = None
    reason: Words
    by: Words


class RevocationMade(Event):
    """The revocation was made; it is not made again."""

    amount: Amount
    of: Id | None
    reason: Words
    by: Words


@dataclass(frozen=True, slots=True)
class NotMade:
    """Nothing was revoked under this id."""


@dataclass(frozen=True, slots=True)
class Made:
    """The revocation was made."""

    revocation: RevocationMade


RevocationState = NotMade | Made
INITIAL: Final = NotMade()


def decide(command: RevokeCredits, state: RevocationState) -> list[RevocationMade]:
    """The revocation, or nothing when it was made already. Raises SameIdOtherContent."""
    made = RevocationMade(amount=command.amount, of=command.of, reason=command.reason, by=command.by)
    if isinstance(state, NotMade):
        return [made]
    for field in RevocationMade.model_fields:
        if getattr(state.revocation, field) != getattr(made, field):
            raise SameIdOtherContent(what=f"revocation {command.revocation}", field=field)
    return []


def evolve(_state: RevocationState, event: RevocationMade) -> RevocationState:
    """The state after the revocation."""
    return Made(event)
