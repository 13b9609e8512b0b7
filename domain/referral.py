"""Referrals: whoever brought somebody gets credits when that person first buys, and loses them when that is undone.

    invited opens, naming the inviter ──first purchase──▶ bonus ──that purchase is refunded──▶ revoked

Gift and revocation are named by the invited account on the inviter's streams, so each happens once, in any order and
however often it is repeated. An inviter counts who was there before: an account that opened before the one it invited.
So nobody is paid for having been invited by those they invite: of every circle one link, at least, leads to an account
that opened later, and pays nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from domain.bonus import BonusGiven, GiveBonus
from domain.revocation import RevokeCredits

BY: Final = "neurocards"

GIFT: Final = "referral."
"""How the names of such gifts begin."""


class Invitation(NamedTuple):
    """Who invited whom, and when each account was opened, as the log recorded it. None: it is not open."""

    inviter: int
    inviter_opened_at: datetime | None
    invited: int
    invited_opened_at: datetime

    @property
    def counts(self) -> bool:
        """Whether the inviter was there before."""
        opened_at = self.inviter_opened_at
        return opened_at is not None and opened_at < self.invited_opened_at


def source_of(invited: int) -> str:
    """The name of the gift for having invited that account."""
    return f"{GIFT}{invited}"


def reward(invitation: Invitation, *, amount: int, at: datetime) -> GiveBonus | None:
    """What the inviter gets for the invited account's first purchase; None when it is nothing."""
    if not amount or not invitation.counts:
        return None
    return GiveBonus(
        account=invitation.inviter,
        at=at,
        source=source_of(invitation.invited),
        amount=amount,
        reason="referral",
        by=BY,
    )


def taken_back(inviter: int, given: BonusGiven, *, at: datetime) -> RevokeCredits:
    """What is taken from the inviter when that purchase was refunded: as much as was given, of that lot first."""
    return RevokeCredits(
        account=inviter,
        at=at,
        revocation=given.source,
        amount=given.amount,
        of=given.source,
        reason="referral's payment refunded",
        by=BY,
    )
