"""What waits for the bot's word: taps on buttons, and people about to pay."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from adapters.sandbox.telegram_answers import TOO_OLD, bad_request
from adapters.sandbox.telegram_store import Store


@dataclass(slots=True)
class Tap:
    """A tap on a button, at that time in unix seconds."""

    id: str
    user: int
    at: float
    answered: bool = False


class Verdict(NamedTuple):
    """The bot's word on a payment that is about to be made."""

    ok: bool
    error_message: str | None = None


class Queries:
    """Everything that may still be answered."""

    def __init__(self, store: Store, *, clock: Callable[[], float], tap_kept_s: float) -> None:
        self._store = store
        self._clock = clock
        self._tap_kept_s = tap_kept_s
        self._taps = {row["id"]: Tap(**row) for row in store.load("tap")}
        self._checkouts: dict[str, asyncio.Future[Verdict]] = {}

    def tapped(self, query: str, *, user: int) -> None:
        """Somebody tapped."""
        self._forget_old()
        self._taps[query] = Tap(query, user, self._clock())
        self._store.put("tap", query, self._taps[query])

    def answer_tap(self, query: str) -> int | None:
        """The user who is to be told; None when they were told before. Raises Refused when it is too late."""
        self._forget_old()
        tap = self._taps.get(query)
        if tap is None:
            raise bad_request(TOO_OLD)
        if tap.answered:
            return None
        tap.answered = True
        self._store.put("tap", query, tap)
        return tap.user

    async def verdict(self, query: str, *, ask: Callable[[], object], within_s: float) -> Verdict | None:
        """Asks, and returns the bot's word; None when it does not come in time."""
        future: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        self._checkouts[query] = future
        try:
            ask()
            async with asyncio.timeout(within_s):
                return await future
        except TimeoutError:
            return None
        finally:
            del self._checkouts[query]

    def answer_checkout(self, query: str, verdict: Verdict) -> None:
        """The bot's word. Raises Refused when it is too late."""
        future = self._checkouts.get(query)
        if future is None:
            raise bad_request(TOO_OLD)
        if not future.done():
            future.set_result(verdict)

    def _forget_old(self) -> None:
        oldest = self._clock() - self._tap_kept_s
        while self._taps:
            tap = next(iter(self._taps.values()))
            if tap.at > oldest:
                return
            del self._taps[tap.id]
            self._store.drop("tap", tap.id)
