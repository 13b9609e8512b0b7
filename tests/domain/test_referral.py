"""Referrals: a bonus for the first purchase of somebody who was brought, back when that purchase is undone."""

from __future__ import annotations

from datetime import datetime
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.bonus import BonusGiven, GiveBonus
from domain.referral import Invitation, reward, source_of, taken_back
from domain.revocation import RevokeCredits
from tests.domain import samples as s
from tests.domain.given_when_then import NOTHING

CAME = Invitation(inviter=s.ME, inviter_opened_at=s.NOON, invited=7, invited_opened_at=s.after(days=1))
BONUS = GiveBonus(account=s.ME, at=s.NOON, source="referral.7", amount=2, reason="referral", by="neurocards")
GIVEN = BonusGiven(source="referral.7", amount=2, expires_at=None, reason="referral", by="neurocards")


def test_the_inviter_gets_the_bonus_under_the_invited_ones_name() -> None:
    assert reward(CAME, amount=2, at=s.NOON) == BONUS
    assert source_of(7) == BONUS.source


def test_no_bonus_is_no_gift() -> None:
    assert reward(CAME, amount=0, at=s.NOON) is None


@pytest.mark.parametrize("opened_at", [None, s.after(days=1), s.after(days=2)], ids=["never", "with it", "later"])
def test_an_inviter_who_was_not_there_before_gets_nothing(opened_at: datetime | None) -> None:
    assert reward(CAME._replace(inviter_opened_at=opened_at), amount=2, at=s.NOON) is None


@given(st.permutations(range(1, 6)), st.data())
def test_no_circle_of_invitations_pays_everybody_in_it(opened: list[int], data: st.DataObject) -> None:
    circle = data.draw(st.permutations(opened).map(lambda order: order[: data.draw(st.integers(2, 5))]))
    moments = {account: s.after(hours=number) for number, account in enumerate(opened)}
    links = [
        Invitation(inviter, moments[inviter], invited, moments[invited])
        for inviter, invited in zip(circle, [*circle[1:], circle[0]], strict=True)
    ]
    assert not all(link.counts for link in links)


def test_what_is_taken_back_is_what_was_given_whatever_is_given_now() -> None:
    back = taken_back(s.ME, GIVEN.model_copy(update={"amount": 9}), at=s.NOON)
    assert (back.account, back.revocation, back.of, back.amount) == (s.ME, "referral.7", "referral.7", 9)


def test_a_bonus_is_given_once_and_taken_back_once_in_any_order_of_repeats() -> None:
    undo = taken_back(s.ME, GIVEN, at=s.NOON)
    repeated: list[GiveBonus | RevokeCredits] = [BONUS, BONUS, undo, undo]
    for wishes in permutations(repeated):
        known = NOTHING.after(s.open_account(), BONUS, *wishes, undo)
        state = known.states["account/42"]
        assert (state.available, state.debt) == (0, 0)


def test_a_bonus_that_was_spent_leaves_a_debt() -> None:
    known = NOTHING.after(s.open_account(), BONUS, s.order(price=2), s.capture("bot.42.1001.0"))
    assert known.after(taken_back(s.ME, GIVEN, at=s.NOON)).states["account/42"].debt == 2
