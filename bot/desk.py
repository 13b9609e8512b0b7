"""Everything that handlers work with: the ledger's commands, views to look at, and what is on offer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.balances import Balances
from bot.ports import Orders, Photos, Screens
from bot.talk import Talk
from domain.catalogue import Catalogue
from domain.ledger import LedgerCommand
from domain.packages import Packages
from domain.shown import Balance
from domain.templates import Template
from processors.clock import Clock
from processors.execute import Done, Executor
from processors.offers import Offers
from processors.ports import StreamReader


@dataclass(frozen=True, slots=True)
class Desk:
    """What `app` puts together for the bot. Templates by id, in their order.

    `bot_username` is for links to the bot; `support` is shown as it is.
    """

    executor: Executor
    accounts: StreamReader
    balances: Balances
    screens: Screens
    orders: Orders
    photos: Photos
    offers: Offers
    catalogue: Catalogue
    templates: Mapping[str, Template]
    packages: Packages
    clock: Clock
    support: str | None
    bot_username: str

    async def do(self, command: LedgerCommand, talk: Talk) -> Done:
        """Carries the command out, caused by this update. Raises a Refusal, TooManyConflicts, OutcomeUnknown."""
        return await self.executor.execute(command, cause=talk.cause)

    async def balance(self, account: int, *, after: Done | None = None) -> Balance | None:
        """The balance, with what was just done in it; None for an account that is not open."""
        return await self.balances.of(account, after=after)
