"""The audit of where credits come from and go to: gifts, payments and revocations against their account, codes against
the gifts that they promise. The third part of `processors.audit`. Pure.

An account's own stream is read before its others, so what it says of a gift is known when the gift's stream is met.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from domain import promo, referral, streams
from domain.bonus import BonusGiven
from domain.log import Recorded
from domain.payment import PaymentReceived, PaymentRefunded
from domain.promo import CodeClaimed, Promo
from domain.revocation import RevocationMade
from domain.shapes import Event
from processors.audit import AccountAudit
from processors.audit_jobs import OtherAudit
from processors.findings import Kind, Report

MOVED_BY: Final = {"bonus": (Kind.GIFT,), "payment": (Kind.PAYMENT, Kind.REVOCATION), "revocation": (Kind.REVOCATION,)}
"""Which of an account's credits the streams of a category account for."""

ONCE: Final = (BonusGiven, RevocationMade, PaymentReceived, PaymentRefunded)
"""What a stream says once at most: each moves credits."""


class SourceAudit(OtherAudit):
    """A gift, a payment or a revocation: what it says is what its account says."""

    def __init__(self, stream: str, owner: AccountAudit, *, report: Report) -> None:
        super().__init__(owner.shard, stream, report=report)
        self._owner = owner
        self._id = streams.id_of(stream)
        self._paid: PaymentReceived | None = None
        self._said: dict[type[Event], int] = {}
        self._whole = True
        self.given: Given | None = None

    def cut(self) -> None:
        """The log of the stream is damaged: nothing more is concluded about it, nor about the credits it moved."""
        super().cut()
        self._whole = False
        for kind in MOVED_BY[streams.category_of(self._stream)]:
            self._owner.moved.pop((kind, self._id), None)

    def take(self, recorded: Recorded) -> None:
        """Folds the stream's next event in."""
        super().take(recorded)
        if not self._whole:
            return
        self._in_turn(recorded)
        if not self._owner.whole:
            return
        match recorded.event:
            case BonusGiven(amount=amount, expires_at=expires_at):
                self._hold(Kind.GIFT, amount, recorded, expires_at=expires_at)
                cause = _cause(self._id)
                if cause is not None:
                    self.given = Given(self._stream, recorded.position, self._owner.number, cause)
            case RevocationMade(amount=amount):
                self._hold(Kind.REVOCATION, amount, recorded)
            case PaymentReceived(credited=True, credits=bought) as paid:
                self._paid = paid
                self._hold(Kind.PAYMENT, bought, recorded)
            case PaymentRefunded() if self._paid is not None:
                self._hold(Kind.REVOCATION, self._paid.credits, recorded)

    def _in_turn(self, recorded: Recorded) -> None:
        """Credits move once, and a payment credits nothing when its refund came first."""
        event, kind = recorded.event, type(recorded.event)
        if kind not in ONCE:
            return
        words = None
        if kind in self._said:
            words = f"{recorded.type} for the second time, after position {self._said[kind]}"
        elif isinstance(event, PaymentReceived) and event.credited == (PaymentRefunded in self._said):
            words = (
                f"{recorded.type} credits what was refunded at position {self._said[PaymentRefunded]}"
                if event.credited
                else f"{recorded.type} credits nothing, and no refund came before it"
            )
        self._said.setdefault(kind, recorded.position)
        if words is not None:
            self._owner.found(Kind.FOLD, words, recorded.position, stream=self._stream)

    def _hold(self, kind: Kind, amount: int, recorded: Recorded, *, expires_at: datetime | None = None) -> None:
        """Looks for the account's own word on these credits."""
        found = self._owner.moved.get((kind, self._id), [])
        same = next((moved for moved in found if (moved.amount, moved.expires_at) == (amount, expires_at)), None)
        if same is not None:
            found.remove(same)
            return
        words = f"{recorded.type} of {_credits(amount, expires_at)}, and the account"
        if found:
            other = found.pop(0)
            words = f"{words} says {_credits(other.amount, other.expires_at)}"
        else:
            words = f"{words} knows nothing of it"
        self._owner.found(kind, words, recorded.position, stream=self._stream)


def _credits(amount: int, expires_at: datetime | None) -> str:
    return f"{amount} credits" if expires_at is None else f"{amount} credits until {expires_at}"


class Claimed(NamedTuple):
    """A claim that the rewards have come past: the gift that has to be there."""

    code: str
    position: int
    gift: str
    amount: int


class Given(NamedTuple):
    """A gift that another owner's stream is the cause of: a claim of that code, a purchase of that account."""

    stream: str
    position: int
    account: int
    cause: str


def _cause(source: str) -> str | None:
    """The stream without which there is no gift of this name; None when somebody's wish is enough."""
    for begins, kind in ((promo.GIFT, "promo"), (referral.GIFT, "account")):
        if source.startswith(begins):
            return f"{kind}/{source.removeprefix(begins)}"
    return None


class PromoAudit(OtherAudit):
    """A promo code: claimed by each account once, by no more than may. `claims` are those to be looked up."""

    def __init__(self, shard: int, stream: str, *, rewards_at: int, report: Report) -> None:
        super().__init__(shard, stream, report=report)
        self.claims: list[Claimed] = []
        self._rewards_at = rewards_at
        self._taken = 0

    def take(self, recorded: Recorded) -> None:
        """Folds the code's next event in."""
        super().take(recorded)
        if not isinstance(recorded.event, CodeClaimed) or not isinstance(self._state, Promo):
            return
        claimed, limit = recorded.event, self._state.terms.limit
        self._taken += 1
        if len(self._state.claims) < self._taken:
            self._taken -= 1
            self._found(f"account {claimed.account} claimed it before", recorded)
        elif limit is not None and self._taken > limit:
            self._found(f"claim {self._taken} of at most {limit}", recorded)
        if recorded.position > self._rewards_at:
            self._report.rewards_pending += 1
        else:
            self.claims.append(self._due(claimed, recorded.position))

    def _due(self, claimed: CodeClaimed, position: int) -> Claimed:
        gift = streams.bonus(claimed.account, promo.source_of(streams.id_of(self._stream)))
        return Claimed(self._stream, position, gift, claimed.amount)

    def _found(self, words: str, recorded: Recorded) -> None:
        self._report.add(Kind.CLAIM, words, shard=self._shard, stream=self._stream, position=recorded.position)
