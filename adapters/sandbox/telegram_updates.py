"""Updates on their way to the bot: counted, kept until the bot has confirmed them, handed out to one poller.

Where the official server holds up a poller that repeats itself within a second, this one answers at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import orjson

from adapters.sandbox.telegram_answers import Refused
from adapters.sandbox.telegram_bell import Bell
from adapters.sandbox.telegram_faults import Occasion, TelegramFaults
from adapters.sandbox.telegram_settings import TelegramSandboxSettings
from adapters.sandbox.telegram_store import Store

GATHER_S: Final = 0.001
OTHER_POLLER: Final = "terminated by other getUpdates request; make sure that only one bot instance is running"
BY_WEBHOOK: Final = "terminated by setWebhook request"
HAS_WEBHOOK: Final = (
    "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)
SHORT_LIVED: Final = frozenset({"callback_query", "pre_checkout_query", "shipping_query"})
ONLY_ON_REQUEST: Final = frozenset({"chat_member", "message_reaction", "message_reaction_count"})


@dataclass(slots=True)
class Update:
    """One update, as JSON. Those of one `lane` keep their order; after `until`, in unix seconds, it is not delivered.

    `twice`: is to be delivered once more after the bot has confirmed it.
    """

    id: int
    kind: str
    lane: str
    until: float
    text: str
    twice: bool = False


class Updates:
    """The queue of one bot."""

    def __init__(
        self,
        store: Store,
        *,
        settings: TelegramSandboxSettings,
        faults: TelegramFaults,
        bell: Bell,
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._settings = settings
        self._faults = faults
        self._bell = bell
        self._clock = clock
        self._pending = {row["id"]: Update(**row) for row in store.load("update")}
        self._pending = dict(sorted(self._pending.items()))
        counted = store.load("last update")
        self._last_id: int = counted[0] if counted else settings.first_update_id - 1
        allowed = store.load("allowed updates")
        self.allowed: list[str] = allowed[0] if allowed else []
        self._again: list[Update] = []
        self._held: list[Update] = []
        self._waiting: asyncio.Future[None] | None = None
        self._quiet_until = 0.0
        self.told: Callable[[Update], None] | None = None
        """Who is told of new updates instead of a poller: the webhook, while there is one."""

    @property
    def pending(self) -> list[Update]:
        """Those the bot has not confirmed, in their order."""
        self._forget_old()
        return list(self._pending.values())

    @property
    def pending_count(self) -> int:
        """How many the bot has not confirmed."""
        return len(self._pending)

    def allow(self, kinds: list[str] | None) -> None:
        """Which kinds are queued from now on; None leaves it as it was, an empty list is the usual ones."""
        if kinds is not None:
            self.allowed = kinds
            self._store.put("allowed updates", "", kinds)

    def add(self, kind: str, content: dict[str, Any], *, user: int) -> int | None:
        """Queues an update of that user; its id, None when the bot does not want this kind."""
        if kind not in self.allowed if self.allowed else kind in ONLY_ON_REQUEST:
            return None
        self._last_id += 1
        self._store.put("last update", "", self._last_id)
        now = self._clock()
        update = Update(
            id=self._last_id,
            kind=kind,
            lane=f"{kind if kind in SHORT_LIVED else 'chat'} {user}",
            until=now + (self._settings.query_kept_s if kind in SHORT_LIVED else self._settings.update_kept_s),
            text=orjson.dumps({"update_id": self._last_id, kind: content}).decode(),
        )
        fault = self._faults.fault_for(Occasion("update", user), lambda: update.text)
        arrival = None if fault is None else fault.arrival
        if arrival == "late":
            self._held.append(update)
            return update.id
        if arrival != "lost":
            update.twice = arrival == "twice"
            self._queue(update)
        while self._held:
            self._queue(self._held.pop(0))
        return update.id

    def confirm(self, update: Update) -> None:
        """The bot has it. It is queued once more if it is to come twice."""
        self.forget(update)
        if update.twice:
            update.twice = False
            self._again.append(update)

    def forget(self, update: Update) -> None:
        """Gives it up: it was not taken while it lived."""
        self._pending.pop(update.id, None)
        self._store.drop("update", update.id)
        self._bell.ring()

    def again(self) -> list[Update]:
        """Those that are confirmed and come a second time."""
        again, self._again = self._again, []
        return again

    def clear(self) -> None:
        """Forgets every update that was not confirmed."""
        for update in list(self._pending.values()):
            self.forget(update)

    async def poll(self, *, offset: int, limit: int, timeout_s: int) -> list[orjson.Fragment]:
        """The updates from `offset` on, which confirms those before; waits for one when there is none.

        A negative offset asks for that many of the last and forgets the others. Raises Refused when another poller or
        a webhook takes the place of this one.
        """
        if self.told is not None:
            raise await self._conflict(HAS_WEBHOOK)
        found = self._take(offset, limit)
        if found or not timeout_s:
            return found
        self._end_wait(OTHER_POLLER)
        waiting = self._waiting = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(timeout_s):
                await waiting
        except TimeoutError:
            return []
        except Refused as refused:
            raise await self._conflict(refused.description) from refused
        finally:
            if self._waiting is waiting:
                self._waiting = None
        await asyncio.sleep(GATHER_S)  # as the official server does: what comes together is fetched together
        return self._take(offset, limit)

    def end_polls(self) -> None:
        """Sends the poller away because a webhook takes its place."""
        self._end_wait(BY_WEBHOOK)

    def _queue(self, update: Update) -> None:
        self._pending[update.id] = update
        self._store.put("update", update.id, update)
        if self.told is not None:
            self.told(update)
        elif self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def _take(self, offset: int, limit: int) -> list[orjson.Fragment]:
        self._forget_old()
        if offset < 0:
            confirmed = list(self._pending.values())[:offset]
        else:
            confirmed = [update for update in self._pending.values() if update.id < offset]
        for update in confirmed:
            self.confirm(update)
        found = [*self.again(), *list(self._pending.values())[:limit]]
        return [orjson.Fragment(update.text) for update in found[:limit]]

    def _end_wait(self, description: str) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(Refused(409, description))
        self._waiting = None

    async def _conflict(self, description: str) -> Refused:
        """Tells the first of several at once, the others later, so that two pollers do not chase each other."""
        now = asyncio.get_running_loop().time()
        if now < self._quiet_until:
            await asyncio.sleep(self._settings.conflict_pause_s)
        else:
            self._quiet_until = now + self._settings.conflict_pause_s
        return Refused(409, f"Conflict: {description}")

    def _forget_old(self) -> None:
        now = self._clock()
        for update in [update for update in self._pending.values() if update.until <= now]:
            self.forget(update)
