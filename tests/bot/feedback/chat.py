"""The messenger as the feedback sees it, a feedback at work on a real log, and orders that came from cards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from aiogram.methods import EditMessageText, SendMessage, TelegramMethod

from adapters.postgres.locks import PostgresLocks, Role
from adapters.postgres.orders import PostgresOrders
from adapters.postgres.screens import PostgresScreens
from adapters.postgres.tellings import PostgresTellings
from bot.buttons import order_id
from bot.feedback.card import card
from bot.feedback.loop import ShardFeedback
from bot.feedback.teller import Rhythm
from bot.ports import Messenger
from bot.texts import Language
from domain import job_words as w
from domain.failures import FailureClass
from domain.order import PlaceOrder
from domain.outside import MaybeSaid, NotSaid, Said, Urgency
from domain.shown import Wait
from processors.clock import Clock, SystemClock
from processors.lease import Lease
from tests.conftest import Database
from tests.processors.scene import AT, Scene, life_of

ME: Final = 42
YOU: Final = 43
BOT: Final = 7_000_000_001
QUICK: Final = Rhythm(edit_every_s=0, queue_every_s=0.05, far_every_s=0.05, retry_after_s=0.01, place_within_s=5)
"""As good as no pauses."""

PATIENCE_S: Final = 30.0

Answer = Said | NotSaid | MaybeSaid
Spoken = SendMessage | EditMessageText


@dataclass
class Chats:
    """Everybody's chats. `answers` decides what becomes of a message; None: it is said. `gate` is passed before one is
    answered, so that a test can hold the answer back."""

    messages: dict[int, list[str]] = field(default_factory=dict)
    cards: dict[tuple[int, int], list[str]] = field(default_factory=dict)
    urgencies: set[tuple[str, Urgency]] = field(default_factory=set)
    answers: Callable[[Spoken], Answer | None] = field(default=lambda _: None)
    gate: Callable[[Spoken], asyncio.Event | None] = field(default=lambda _: None)
    moved: asyncio.Event = field(default_factory=asyncio.Event)

    async def say(self, method: TelegramMethod[Any], *, urgency: Urgency = Urgency.MESSAGE) -> Answer:
        """Shows it in its chat, unless the answer is a no."""
        assert isinstance(method, SendMessage | EditMessageText)
        answer = self.answers(method) or Said(1)
        account = int(str(method.chat_id))
        if not isinstance(answer, NotSaid):
            if isinstance(method, SendMessage):
                self.messages.setdefault(account, []).append(method.text)
            else:
                self.cards.setdefault((account, method.message_id or 0), []).append(method.text or "")
            self.urgencies.add((type(method).__name__, urgency))
        self.moved.set()
        gate = self.gate(method)
        if gate is not None:
            await gate.wait()
        return answer

    def card(self, account: int, number: int = 1) -> str:
        """What the card of the person's order shows now."""
        return self.cards.get((account, number), [""])[-1]

    async def until(self, holds: Callable[[], bool]) -> None:
        """Returns when the chats look like that. Raises TimeoutError."""
        async with asyncio.timeout(PATIENCE_S):
            while not holds():
                self.moved.clear()
                await self.moved.wait()


@dataclass
class Speakers:
    """What people speak; Russian if not known."""

    english: set[int] = field(default_factory=set)

    async def of(self, account: int) -> Language:
        """The person's language."""
        return Language.EN if account in self.english else Language.RU


async def order(scene: Scene, account: int, number: int = 1, *, count: int = 1, bot: int = BOT) -> list[str]:
    """Places an order from the card with that number and returns its jobs' ids."""
    placed = order_id(bot=bot, chat=account, message=number)
    content: dict[str, Any] = {"count": count, "model": "model", "price": 1, "photo": "photo", "product_text": "кофе"}
    await scene.executor.execute(PlaceOrder(account=account, at=AT, order=placed, **content))
    return [f"{placed}.{index}" for index in range(count)]


async def unsure(scene: Scene, account: int, job: str) -> None:
    """Ends a queued job with a video that may have arrived."""
    for command in life_of(account, job)[:-1]:
        await scene.executor.execute(command)
    lost: dict[str, Any] = {
        "outcome": w.Outcome.UNKNOWN,
        "failure": FailureClass.TEMPORARY,
        "message": "no answer",
        "for_good": True,
    }
    await scene.executor.execute(w.FailDelivery(account=account, at=AT, job=job, attempt=1, **lost))


async def shown(scene: Scene, account: int, job: str) -> str:
    """The card as it should be."""
    name = job.rpartition(".")[0]
    return card(Language.RU, name, await PostgresOrders(scene.store).standing(account, name), None).text


@asynccontextmanager
async def feedback_at_work(
    scene: Scene,
    database: Database,
    messenger: Messenger,
    *,
    speakers: Speakers | None = None,
    clock: Clock | None = None,
    rhythm: Rhythm = QUICK,
) -> AsyncIterator[Sequence[asyncio.Task[None]]]:
    """The feedback of every shard until it is left. A task that is cancelled in here was killed."""
    store = scene.store
    screens = PostgresScreens(store.pool, shards=store.shards)
    async with PostgresLocks.opened(database.url, role=Role.PROCESSORS) as locks:
        lease = Lease(locks)
        of_shard = partial(
            ShardFeedback,
            shard_log=store,
            tellings=PostgresTellings(store.pool, shards=store.shards),
            orders=PostgresOrders(store),
            waits=screens,
            languages=speakers or Speakers(),
            messenger=messenger,
            clock=clock or SystemClock(),
            lease=lease,
            rhythm=rhythm,
        )
        tasks = [asyncio.create_task(of_shard(shard).run()) for shard in range(store.shards)]
        await listening(scene, tasks)
        try:
            yield tasks
        finally:
            lease.ending.set()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert [end for end in ended if isinstance(end, Exception)] == []


async def kill(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Ends everything where it is."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def listening(scene: Scene, tasks: Sequence[asyncio.Task[None]]) -> None:
    """Returns when every shard's feedback knows where it begins, or has ended."""
    async with asyncio.timeout(PATIENCE_S):
        while not any(task.done() for task in tasks):
            if await scene.store.pool.fetchval(BEGUN) == scene.store.shards:
                return
            await asyncio.sleep(0.005)


async def card_is_kept(scene: Scene, account: int, job: str, wait: Wait) -> None:
    """Returns when it is kept that the card of the job's order was said, with this wait."""
    name = job.rpartition(".")[0]
    wanted = card(Language.RU, name, await PostgresOrders(scene.store).standing(account, name), wait).digest
    async with asyncio.timeout(PATIENCE_S):
        while await scene.store.pool.fetchval(KEPT, account, name) != wanted:  # noqa: ASYNC110 - others keep it
            await asyncio.sleep(0.005)


KEPT: Final = "SELECT told ->> 'card' FROM tellings WHERE account = $1 AND ordered_as = $2"
BEGUN: Final = "SELECT count(*) FROM tracking WHERE name = 'feedback'"
LEFT: Final = "SELECT count(*) FROM tellings WHERE done < news"
NOTED: Final = """
    SELECT count(*) FROM heads AS h LEFT JOIN tracking AS t ON t.shard = h.shard AND t.name = 'feedback'
    WHERE EXISTS (
        SELECT FROM events AS e WHERE e.shard = h.shard AND e.position > coalesce(t.position, 0)
          AND (e.stream LIKE 'account/%/job/b7%' OR e.data ->> 'job' LIKE 'b7%') AND e.type <> 'CreditReserved'
          AND e.type <> 'KieTaskCreated'
    )
"""


async def all_noted(scene: Scene) -> None:
    """Returns when every job that has ended is settled and noted."""
    await scene.at_rest()
    async with asyncio.timeout(PATIENCE_S):
        while await scene.store.pool.fetchval(NOTED):  # noqa: ASYNC110 - others note
            await asyncio.sleep(0.01)


async def all_told(scene: Scene) -> None:
    """Returns when every job that has ended is settled, noted and told."""
    await all_noted(scene)
    async with asyncio.timeout(PATIENCE_S):
        while await scene.store.pool.fetchval(LEFT):  # noqa: ASYNC110 - others tell
            await asyncio.sleep(0.01)
