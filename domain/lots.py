"""Lots: where credits come from, so that the books can say which of them somebody paid for.

Every incoming credit is part of a lot: its kind, its source's id, an optional expiry.
A draw takes from lots: bonus before paid, soonest expiry first, then oldest.
Lots are kept in that order, so a draw takes from the front.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from operator import attrgetter
from typing import Final, NamedTuple

from domain.shapes import Amount, Moment, Value, later, of_checked


class LotKind(StrEnum):
    """Whether somebody paid for these credits."""

    PAID = "paid"
    BONUS = "bonus"


class Draw(Value):
    """Credits of one lot that one event moves. `amount` in whole credits."""

    lot: str
    kind: LotKind
    amount: Amount
    expires_at: Moment | None = None


class Lot(NamedTuple):
    """What is left of one incoming amount. `remaining` is at least 1; an empty lot is dropped."""

    id: str
    kind: LotKind
    remaining: int
    expires_at: datetime | None

    def goes_before(self, other: Lot) -> bool:
        """Whether a draw takes this lot before the other; equals keep their order of arrival."""
        if self.kind is not other.kind:
            return self.kind is LotKind.BONUS
        return later(other.expires_at, self.expires_at)


Lots = tuple[Lot, ...]
"""In the order in which a draw takes them."""

AMOUNT: Final = attrgetter("amount")
REMAINING: Final = attrgetter("remaining")


def total(parts: Iterable[Draw]) -> int:
    """The credits of all parts together."""
    return sum(map(AMOUNT, parts))


def available(lots: Lots) -> int:
    """The credits left in all lots together."""
    return sum(map(REMAINING, lots))


@lru_cache(maxsize=4_096)
def _part(lot: str, kind: LotKind, amount: int, expires_at: datetime | None) -> Draw:
    """So many credits of a lot. People order again and again at the same price, hence the cache."""
    return of_checked(Draw, {"lot": lot, "kind": kind, "amount": amount, "expires_at": expires_at})


def draw(lots: Lots, amount: int) -> tuple[Draw, ...]:
    """The parts that `amount` credits take from the front of `lots`; fewer when there are fewer."""
    parts: list[Draw] = []
    for lot, kind, remaining, expires_at in lots:
        if amount <= remaining:
            return (*parts, _part(lot, kind, amount, expires_at)) if amount else tuple(parts)
        parts.append(_part(lot, kind, remaining, expires_at))
        amount -= remaining
    return tuple(parts)


def split(parts: Iterable[Draw], amount: int) -> tuple[tuple[Draw, ...], tuple[Draw, ...]]:
    """The parts cut in two: the first `amount` credits of them (or all), and the rest."""
    first: list[Draw] = []
    rest: list[Draw] = []
    for part in parts:
        taken = min(amount, part.amount)
        amount -= taken
        if taken:
            first.append(part.model_copy(update={"amount": taken}))
        if taken < part.amount:
            rest.append(part.model_copy(update={"amount": part.amount - taken}))
    return tuple(first), tuple(rest)


def without(lots: Lots, parts: tuple[Draw, ...]) -> Lots:
    """The lots after these parts were taken out. The parts must be in them: it is a fold of facts."""
    if len(parts) == 1 and lots:  # nearly always
        (part,), (lot, kind, remaining, expires_at) = parts, lots[0]
        left = remaining - part.amount
        if left > 0 and lot == part.lot and kind is part.kind and expires_at == part.expires_at:
            return (Lot(lot, kind, left, expires_at), *lots[1:])
    return _without_slowly(lots, parts)


def _without_slowly(lots: Lots, parts: tuple[Draw, ...]) -> Lots:
    taken = {(part.lot, part.kind, part.expires_at): part.amount for part in parts}
    left: list[Lot] = []
    for lot in lots:
        amount = taken.pop((lot.id, lot.kind, lot.expires_at), 0)
        if amount < lot.remaining:
            left.append(Lot(lot.id, lot.kind, lot.remaining - amount, lot.expires_at) if amount else lot)
        else:
            assert amount == lot.remaining, "more was taken from a lot than it held"
    assert not taken, "credits were taken from a lot that is not there"
    return tuple(left)


def with_part(lots: Lots, part: Draw) -> Lots:
    """The lots after this part came in: joined to its own lot if that is still there, else placed in order."""
    for index, lot in enumerate(lots):
        if lot.id == part.lot and lot.expires_at == part.expires_at and lot.kind is part.kind:
            return (*lots[:index], lot._replace(remaining=lot.remaining + part.amount), *lots[index + 1 :])
    new = Lot(id=part.lot, kind=part.kind, remaining=part.amount, expires_at=part.expires_at)
    index = next((i for i, lot in enumerate(lots) if new.goes_before(lot)), len(lots))
    return (*lots[:index], new, *lots[index:])
