"""The reactor of gifts between owners: what a claimed code gives, and what an inviter gets or loses.

The gift's owner lives in another shard as a rule, so it is appended first, once by its name, and the reactor's position
moves after. Whatever falls between is met again and finds its name taken.
"""

from __future__ import annotations

from contextlib import aclosing
from datetime import datetime
from typing import Final, NamedTuple

import structlog

from domain import promo, referral, streams
from domain.account_words import AccountOpened, CreditsPurchased
from domain.bonus import BonusGiven, GiveBonus
from domain.log import Cause, Recorded
from domain.payment import PaymentRefunded
from domain.promo import CodeClaimed
from domain.refusals import Refusal
from domain.revocation import RevokeCredits
from processors.execute import Executor
from processors.ports import EVERYTHING, ShardLog, StreamReader, Tracking
from processors.remembering import Remembered

NAME: Final = "rewards"
FOLLOWED: Final = ("CodeClaimed", "CreditsPurchased", "PaymentRefunded")

log = structlog.get_logger(__name__)


class _Buyer(NamedTuple):
    """An account that somebody invited, and the charge of its first purchase."""

    account: int
    opened_at: datetime
    inviter: int
    first_charge: str


class Rewards:
    """Rewards what happens in one shard. `referral_bonus` in credits, 0 for none."""

    def __init__(
        self,
        shard: int,
        *,
        shard_log: ShardLog,
        tracking: Tracking,
        executor: Executor,
        accounts: StreamReader,
        referral_bonus: int,
    ) -> None:
        self._shard = shard
        self._log = shard_log
        self._executor = executor
        self._accounts = accounts
        self._referral_bonus = referral_bonus
        self._remembered = Remembered(tracking, shard, NAME)

    async def run(self) -> None:
        """Rewards for ever. Raises what the log raises at an event that this program cannot read."""
        while True:
            position = await self._remembered.read()
            log.info("rewards start", shard=self._shard, position=position)
            async with aclosing(self._log.follow(self._shard, after=position, types=FOLLOWED)) as pages:
                async for page, upto in pages:
                    for recorded in page:
                        await self._reward(recorded)
                    if not await self._remembered.move(upto, now=bool(page)):
                        break
            log.info("rewards find their position moved", shard=self._shard)

    async def _reward(self, recorded: Recorded) -> None:
        command = await self._command(recorded)
        if command is None:
            return
        try:
            await self._executor.execute(command, cause=Cause(event_id=recorded.event_id), attempts_max=None)
        except Refusal as refusal:
            log.critical(
                "reward parked",
                stream=recorded.stream,
                account=command.account,
                wish=type(command).__name__,
                refusal=type(refusal).__name__,
            )

    async def _command(self, recorded: Recorded) -> GiveBonus | RevokeCredits | None:
        match recorded.event:
            case CodeClaimed() as claimed:
                return promo.gift(streams.id_of(recorded.stream), claimed)
            case CreditsPurchased(source=charge):
                return await self._referral(recorded, charge)
            case PaymentRefunded():
                return await self._referral_undone(recorded, streams.id_of(recorded.stream))
            case _:
                return None

    async def _referral(self, purchase: Recorded, charge: str) -> GiveBonus | None:
        buyer = await self._buyer(purchase)
        if buyer is None or buyer.first_charge != charge or await self._given(buyer) is not None:
            return None
        invitation = referral.Invitation(
            inviter=buyer.inviter,
            inviter_opened_at=await self._opened_at(buyer.inviter),
            invited=buyer.account,
            invited_opened_at=buyer.opened_at,
        )
        return referral.reward(invitation, amount=self._referral_bonus, at=purchase.recorded_at)

    async def _referral_undone(self, refund: Recorded, charge: str) -> RevokeCredits | None:
        buyer = await self._buyer(refund)
        if buyer is None or buyer.first_charge != charge:
            return None
        given = await self._given(buyer)
        return None if given is None else referral.taken_back(buyer.inviter, given, at=refund.recorded_at)

    async def _buyer(self, recorded: Recorded) -> _Buyer | None:
        """Whose event this is, if somebody invited them and they have bought something by then."""
        account = streams.account_of(recorded.stream)
        opened_at, inviter = recorded.recorded_at, None
        async for earlier in self._accounts.events(streams.account(account), upto=recorded.position):
            match earlier.event:
                case AccountOpened(inviter=None):
                    return None
                case AccountOpened():
                    opened_at, inviter = earlier.recorded_at, earlier.event.inviter
                case CreditsPurchased(source=first) if inviter is not None:
                    return _Buyer(account, opened_at, inviter, first)
        return None

    async def _opened_at(self, account: int) -> datetime | None:
        async for first in self._accounts.events(streams.account(account), upto=EVERYTHING):
            return first.recorded_at
        return None

    async def _given(self, buyer: _Buyer) -> BonusGiven | None:
        """The gift as it was made: the amount that is set may be another by now."""
        stream = streams.bonus(buyer.inviter, referral.source_of(buyer.account))
        async for first in self._accounts.events(stream, upto=EVERYTHING):
            assert isinstance(first.event, BonusGiven), "a gift's stream holds the gift"
            return first.event
        return None
