"""The feedback of one shard: follows its log from the present on, notes the orders that something happened to, and has
each told by a task of its own. Nobody waits for another's chat.

Notes and position move together, so after a kill the list says what is left to tell. An order costs nothing while
nothing happens to it, apart from those that wait in line: their place changes by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import aclosing, suppress
from typing import Final

import structlog

from bot.buttons import card_of
from bot.feedback.ports import Languages, News, Standings, Tellings, Waits
from bot.feedback.teller import USUAL, Ground, Rhythm, Teller
from bot.ports import Messenger
from domain.account_words import CreditCaptured, CreditRefunded
from domain.log import Recorded
from domain.streams import account_of, id_of
from processors.clock import Clock
from processors.lease import Lease, LeaseOver
from processors.ports import ShardLog

FOLLOWED: Final = (
    "JobQueued",
    "PromptWritten",
    "KieTaskRequested",
    "PhotoAccepted",
    "RetryScheduled",
    "VideoGenerated",
    "VideoStored",
    "DeliveryStarted",
    "VideoDelivered",
    "JobFailed",
    "JobCancelled",
    "LateVideoArrived",
    "CreditCaptured",
    "CreditRefunded",
)
"""The events that change what a person is told."""

REMEMBER_EVERY_S: Final = 0.5
PAUSE_S: Final = (1.0, 2.0, 5.0, 15.0, 60.0)
"""After an order's first, second, ... stumble in a row."""

log = structlog.get_logger(__name__)


def news_of(page: Iterable[Recorded]) -> list[News]:
    """The orders that something happened to, each once. An order that came from no card has nobody to tell."""
    news: dict[tuple[int, str], News] = {}
    for recorded in page:
        event = recorded.event
        job = event.job if isinstance(event, CreditCaptured | CreditRefunded) else id_of(recorded.stream)
        account, order = account_of(recorded.stream), job.rpartition(".")[0]
        if card_of(order) is not None:
            news[account, order] = News(account, order, recorded.position, recorded.recorded_at)
    return list(news.values())


class ShardFeedback:
    """Tells the orders of one shard while its lease lasts."""

    def __init__(
        self,
        shard: int,
        *,
        shard_log: ShardLog,
        tellings: Tellings,
        orders: Standings,
        waits: Waits,
        languages: Languages,
        messenger: Messenger,
        clock: Clock,
        lease: Lease,
        rhythm: Rhythm = USUAL,
    ) -> None:
        """`clock` is the log's: an end is old by the moment at which it was recorded."""
        self._shard = shard
        self._log = shard_log
        self._tellings = tellings
        self._lease = lease
        self._ground = Ground(
            shard=shard,
            tellings=tellings,
            orders=orders,
            waits=waits,
            languages=languages,
            messenger=messenger,
            clock=clock,
            lease=lease,
            rhythm=rhythm,
        )
        self._tellers: dict[tuple[int, str], Teller] = {}
        self._position = 0
        self._noted_at = 0.0

    async def run(self) -> None:
        """Tells until the lease is ending: then what is being said is said to its end. Cancelled, it stops at once.

        Raises what the log raises at an event that this program cannot read.
        """
        try:
            async with asyncio.TaskGroup() as tellers:
                follower = tellers.create_task(self._follow(tellers), name=f"feedback of shard {self._shard}")
                await self._lease.ending.wait()
                follower.cancel()
                for teller in self._tellers.values():
                    teller.stir()
        except ExceptionGroup as group:  # the follower's alone: a teller raises nothing
            raise group.exceptions[0] from None
        finally:
            log.info("feedback ends", shard=self._shard, position=self._position)

    async def _follow(self, tellers: asyncio.TaskGroup) -> None:
        while True:
            self._position = await self._tellings.position(self._shard)
            left = await self._tellings.open(self._shard)
            log.info("feedback starts", shard=self._shard, position=self._position, orders=len(left))
            for account, order in left:
                self._teller(tellers, account, order)
            async with aclosing(self._log.follow(self._shard, after=self._position, types=FOLLOWED)) as pages:
                async for page, upto in pages:
                    if not await self._note(tellers, page, upto):
                        break
            log.info("feedback finds its position moved", shard=self._shard)

    async def _note(self, tellers: asyncio.TaskGroup, page: list[Recorded], upto: int) -> bool:
        news, now = news_of(page), asyncio.get_running_loop().time()
        if upto <= self._position or (not news and now < self._noted_at + REMEMBER_EVERY_S):
            return True
        if not await self._tellings.note(self._shard, after=self._position, upto=upto, orders=news):
            return False
        self._position, self._noted_at = upto, now
        for account, order, position, at in news:
            self._teller(tellers, account, order).hear(position, at)
        return True

    def _teller(self, tellers: asyncio.TaskGroup, account: int, order: str) -> Teller:
        """The order's teller, at work."""
        teller = self._tellers.get((account, order))
        if teller is None:
            teller = self._tellers[account, order] = Teller(self._ground, account, order)
            tellers.create_task(self._tell(teller, account, order), name=f"order {order}")
        return teller

    async def _tell(self, teller: Teller, account: int, order: str) -> None:
        stumbles = 0
        try:
            while True:
                try:
                    await teller.run()
                except LeaseOver:
                    return
                except Exception:
                    log.exception("telling stumbled", order=order, stumbles=stumbles + 1)
                    await self._pause(PAUSE_S[min(stumbles, len(PAUSE_S) - 1)])
                    stumbles += 1
                if self._lease.ending.is_set() or teller.is_through:
                    return
        finally:
            del self._tellers[account, order]

    async def _pause(self, seconds: float) -> None:
        """Returns after so long, or earlier when the shard is to be given up."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._lease.ending.wait()
