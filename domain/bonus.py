"""A gift: the stream `account/<id>/bonus/<source>`, whose version 1 makes the gift happen once.

A welcome, a referral, a promo code and a grant by a person are all gifts. The credits themselves come in
on the account's stream, in the same append.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from domain.refusals import SameIdOtherContent
from domain.shapes import Amount, Command, Event, Id, Moment, Words


class GiveBonus(Command):
    """Give credits, once per `source`. `by` is the person or the rule that gives, `reason` says why."""

    source: Id
    amount: Amount
    expires_at: Moment | None = None
    reason: Words
    by: Words


class BonusGiven(Event):
    """The gift was made; it is not made again."""

    source: Id
    amount: Amount
    expires_at: Moment | None
    reason: Words
    by: Words


@dataclass(frozen=True, slots=True)
class NotGiven:
    """Nothing was given under this source."""


@dataclass(frozen=True, slots=True)
class Given:
    """The gift was made."""

    gift: BonusGiven


BonusState = NotGiven | Given
INITIAL: Final = NotGiven()


def decide(command: GiveBonus, state: BonusState) -> list[BonusGiven]:
    """The gift, or nothing when it was made already. Raises SameIdOtherContent."""
    gift = BonusGiven(
        source=command.source,
        amount=command.amount,
        expires_at=command.expires_at,
        reason=command.reason,
        by=command.by,
    )
    if isinstance(state, NotGiven):
        return [gift]
    for field in ("amount", "reason", "by"):
        if getattr(state.gift, field) != getattr(gift, field):
            raise SameIdOtherContent(what=f"bonus {command.source}", field=field)
    return []


def evolve(_state: BonusState, event: BonusGiven) -> BonusState:
    """The state after the gift."""
    return Given(event)
