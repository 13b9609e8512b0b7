"""Balances for people: many ask at once, and travel together to the views."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.ports import Screens
from bot.together import Together
from domain.shown import Balance
from processors.execute import Done
from processors.freshness import wait_for
from processors.ports import ViewStore

BATCH_MAX: Final = 500


class Balances:
    """Reads balances as the views show them."""

    def __init__(self, screens: Screens, views: ViewStore) -> None:
        self._screens = screens
        self._views = views
        self._readings: Together[int, Balance | None] = Together(self._read, batch_max=BATCH_MAX)

    async def of(self, account: int, *, after: Done | None = None) -> Balance | None:
        """The balance, with what was just done in it, unless the views take longer than people wait for.

        None for an account that is not open, as far as the views know.
        """
        if after is not None and after.position is not None:
            await wait_for(self._views, after.shard, after.position)
        return await self._readings.do(account)

    async def _read(self, accounts: Sequence[int]) -> list[Balance | None]:
        found = await self._screens.balances(set(accounts))
        return [found.get(account) for account in accounts]
