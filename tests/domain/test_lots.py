"""Lots: which credits are drawn first, and where they come back to."""

from __future__ import annotations

from datetime import datetime

import pytest

from domain.lots import Draw, Lot, LotKind, Lots, available, draw, split, total, with_part, without
from tests.domain.samples import after, paid, part

SOON, LATER = after(days=1), after(days=9)


def kept(*parts: Draw) -> Lots:
    """The lots after these parts came in, in this order."""
    lots: Lots = ()
    for incoming in parts:
        lots = with_part(lots, incoming)
    return lots


def ids(lots: Lots) -> list[str]:
    """The lots' ids in the order in which a draw takes them."""
    return [lot.id for lot in lots]


def test_bonus_goes_before_paid() -> None:
    assert ids(kept(paid("bought", 1), part("gift", 1))) == ["gift", "bought"]


def test_the_soonest_expiry_goes_first() -> None:
    gifts = (part("never", 1), part("later", 1, expires_at=LATER), part("soon", 1, expires_at=SOON))
    assert ids(kept(*gifts)) == ["soon", "later", "never"]


@pytest.mark.parametrize("expires_at", [None, SOON])
def test_of_equals_the_oldest_goes_first(expires_at: datetime | None) -> None:
    first, second = part("first", 1, expires_at=expires_at), part("second", 1, expires_at=expires_at)
    assert ids(kept(first, second)) == ["first", "second"]
    assert ids(kept(second, first)) == ["second", "first"]


def test_a_bonus_that_never_expires_still_goes_before_paid() -> None:
    assert ids(kept(paid("bought", 1), part("never", 1), part("soon", 1, expires_at=SOON))) == [
        "soon",
        "never",
        "bought",
    ]


def test_a_draw_takes_from_the_front_and_goes_on_with_the_next() -> None:
    lots = kept(part("a", 2), part("b", 3))
    assert draw(lots, 1) == (part("a", 1),)
    assert draw(lots, 2) == (part("a", 2),)
    assert draw(lots, 4) == (part("a", 2), part("b", 2))


def test_a_draw_takes_no_more_than_there_is() -> None:
    assert draw(kept(part("a", 2), part("b", 3)), 9) == (part("a", 2), part("b", 3))
    assert draw((), 1) == ()


def test_what_was_drawn_is_gone_from_its_lots() -> None:
    lots = kept(part("a", 2), part("b", 3), paid("c", 4))
    left = without(lots, draw(lots, 3))
    assert ids(left) == ["b", "c"]
    assert available(left) == 6


def test_a_lot_that_was_emptied_is_dropped() -> None:
    assert without(kept(part("a", 2)), (part("a", 2),)) == ()


def test_a_gift_and_a_payment_of_one_name_are_two_lots() -> None:
    lots = kept(part("x", 1), paid("x", 1))
    assert len(lots) == 2
    assert without(lots, draw(lots, 2)) == ()
    assert without(lots, draw(lots, 1)) == kept(paid("x", 1))


def test_what_comes_back_joins_its_own_lot() -> None:
    lots = kept(part("a", 5), part("b", 1))
    drawn = draw(lots, 2)
    assert kept(part("a", 5), part("b", 1)) == with_part(without(lots, drawn), drawn[0])


def test_what_comes_back_with_another_term_is_a_lot_of_its_own() -> None:
    lots = kept(part("a", 5, expires_at=SOON))
    assert with_part(lots, part("a", 2, expires_at=LATER)) == (
        Lot("a", LotKind.BONUS, 5, SOON),
        Lot("a", LotKind.BONUS, 2, LATER),
    )


@pytest.mark.parametrize("missing", [part("a", 3), part("b", 1), paid("a", 1), part("a", 1, expires_at=SOON)])
def test_taking_what_is_not_there_is_a_fault_of_the_log(missing: Draw) -> None:
    with pytest.raises(AssertionError):
        without(kept(part("a", 2)), (missing,))


def test_parts_are_cut_in_two() -> None:
    parts = (part("a", 2), part("b", 3))
    assert split(parts, 0) == ((), parts)
    assert split(parts, 2) == ((part("a", 2),), (part("b", 3),))
    assert split(parts, 3) == ((part("a", 2), part("b", 1)), (part("b", 2),))
    assert split(parts, 9) == (parts, ())


@pytest.mark.parametrize("amount", range(7))
def test_cutting_neither_makes_nor_loses_a_credit(amount: int) -> None:
    parts = (part("a", 2), paid("b", 3))
    first, rest = split(parts, amount)
    assert total(first) == min(amount, 5)
    assert total(first) + total(rest) == 5
