"""People who all write, tap and pay at once, to a bot in a process of its own that may be ended at any moment.

Each round everybody has another part: buyer, then the one whose payment of the round before goes back, orderer,
beginner, claimer of a promo code. What each of them does brings an answer that is known by its words.
"""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from adapters.postgres.event_store import PostgresEventStore
from adapters.sandbox.kie_sandbox import KieSandbox, KieSandboxSettings
from adapters.sandbox.openai_sandbox import OpenAISandbox
from adapters.sandbox.telegram_sandbox import TelegramSandbox, TelegramSandboxSettings
from app.outside import PLAY_KEY
from app.serving import serving
from domain.bonus import GiveBonus
from domain.promo import CreatePromo
from processors.execute import Executor
from tests.bot.town import Message, Resident, button_of, text_of
from tests.conftest import DATA_KEY, Database
from tests.proofs.bot_program import Wish
from tests.proofs.programs import Program

PARTS: Final = ("buyer", "refunder", "orderer", "beginner", "claimer")
GIFT: Final = 100
PATIENCE_S: Final = 120.0
NO_MESSAGES: Final = frozenset({"getupdates", "getme", "getfile", "file", "setmycommands", "deletewebhook"})

UNDONE: Final = "SELECT count(*) FROM inbox WHERE done_at IS NULL"
UNDONE_IDS: Final = "SELECT update_id FROM inbox WHERE done_at IS NULL ORDER BY update_id"
OPEN: Final = """
    SELECT count(*) FILTER (WHERE type = 'CreditReserved')
           - count(*) FILTER (WHERE type IN ('CreditCaptured', 'CreditRefunded'))
    FROM events
"""


class Answer(NamedTuple):
    """What the bot has to say to one thing that somebody did: words in a message of a later number than `after`."""

    person: Resident
    words: str
    after: int
    message: int | None = None
    """The one message that has to say so, where it is an older one that is edited."""

    def times(self) -> int:
        """How often it was said."""
        heard = self.person.heard
        if self.message is not None:
            return sum(one["message_id"] == self.message and self.words in text_of(one) for one in heard)
        return sum(one["message_id"] > self.after and self.words in text_of(one) for one in heard)


@dataclass
class Crowd:
    """The people, the services, and the bot of the moment."""

    telegram: TelegramSandbox
    store: PostgresEventStore
    executor: Executor
    wish: Wish
    people: list[Resident]
    bot: Program
    expected: list[Answer] = field(default_factory=list)
    ready: dict[int, Message] = field(default_factory=dict)
    """What this round's part is about, by person: an invoice, a card, the question for an idea."""

    cards: list[tuple[int, int]] = field(default_factory=list)
    claims: set[tuple[str, int]] = field(default_factory=set)
    figures: Counter[str] = field(default_factory=Counter)
    answered_before: int = 0

    def part(self, person: Resident, number: int) -> str:
        """Who somebody is in that round. Whoever bought in the last one gets the Stars back."""
        return PARTS[(self.people.index(person) + number) % len(PARTS)]

    async def prepare(self, number: int) -> None:
        """Everybody gets to where their part begins. The bot lives meanwhile."""
        at = datetime.now(UTC)
        terms: dict[str, Any] = {"campaign": "proof", "amount": 1, "reason": "a proof", "by": "a proof"}
        await self.executor.execute(CreatePromo(code=f"ROUND-{number:02}", at=at, **terms))
        self.expected, self.ready = [], {}
        await asyncio.gather(*(self._get_ready(person, self.part(person, number)) for person in self.people))

    async def _get_ready(self, person: Resident, part: str) -> None:
        last = person.says("/cancel")["message_id"]
        await person.reads("Новый заказ начнётся с фото", after=last)
        if part == "buyer":
            last = person.says("/buy")["message_id"]
            await person.taps("· 60", after=last)
            self.ready[person.id] = await person.sees(lambda message: "invoice" in message, after=last)
        elif part in {"orderer", "beginner"}:
            last = (await person.sends())["message_id"]
            asked = await person.sees(lambda message: button_of(message, "Медленный наезд") is not None, after=last)
            self.ready[person.id] = asked
            if part == "orderer":
                await person.taps("Медленный наезд", after=last)
                await person.reads("Что это за товар", after=last)
                last = person.says("Кофе в зёрнах")["message_id"]
                await person.taps("Пропустить", after=last)
                card = await person.choose(1, after=last)
                self.ready[person.id] = next(one for one in person.heard if one["message_id"] == card)

    def everything_at_once(self, number: int) -> list[asyncio.Task[None]]:
        """Everybody does everything. Returns those who are still paying or sending."""
        self.answered_before = self._said()
        tasks: list[asyncio.Task[None]] = []
        for person in self.people:
            part = self.part(person, number)
            after = person.messages[-1]["message_id"]
            for wish, words in getattr(self, f"_as_{part}")(person, after, f"ROUND-{number:02}", tasks):
                person.says(wish)
                self.expected.append(Answer(person, words, after))
        return tasks

    def _as_buyer(self, person: Resident, after: int, _code: str, tasks: list[asyncio.Task[None]]) -> Says:
        tasks.append(asyncio.create_task(self._pay(person, self.ready[person.id])))
        self.expected.append(Answer(person, "Оплата получена", after))
        return [("/start", "Привет!"), ("Здравствуйте", "Начнём с фото"), ("/help", "Как это работает")]

    def _as_refunder(self, person: Resident, after: int, code: str, _tasks: list[asyncio.Task[None]]) -> Says:
        for message in person.messages:
            charge = message.get("successful_payment", {}).get("telegram_payment_charge_id")
            if charge is not None and not self.telegram._state.stars.is_refunded(charge):
                self.telegram.refund(person.id, charge)
                self.expected.append(Answer(person, "Оплата возвращена", after))
        return [("/invite", "Ваша ссылка"), ("Здравствуйте", "Начнём с фото"), *self._claim(person, code)]

    def _as_orderer(self, person: Resident, after: int, _code: str, tasks: list[asyncio.Task[None]]) -> Says:
        card = self.ready[person.id]
        button = button_of(card, "Заказать")
        assert button is not None
        for _ in range(2):
            self.telegram.tap(person.id, card["message_id"], button["callback_data"])
        self.cards.append((person.id, card["message_id"]))
        self.expected.append(Answer(person, "Заказ ", after, message=card["message_id"]))
        tasks.append(asyncio.create_task(self._send(person)))
        self.expected.append(Answer(person, "Фото на месте", after))
        return [("/balance", "Доступно"), ("/terms", "Условия")]

    def _as_beginner(self, person: Resident, after: int, _code: str, _tasks: list[asyncio.Task[None]]) -> Says:
        asked = self.ready[person.id]
        button = button_of(asked, "Медленный наезд")
        assert button is not None
        self.telegram.tap(person.id, asked["message_id"], button["callback_data"])
        self.expected.append(Answer(person, "Что это за товар", after))
        said = [("Кофе в зёрнах", "Есть пожелания"), ("Больше пара", "Сколько видео")]
        return [*said, ("/balance", "Доступно"), ("/support", "Поддержка")]

    def _as_claimer(self, person: Resident, _after: int, code: str, _tasks: list[asyncio.Task[None]]) -> Says:
        history = [("/history", "История операций"), ("Здравствуйте", "Начнём с фото"), ("/start", "Привет!")]
        return [*self._claim(person, code), *history]

    def _claim(self, person: Resident, code: str) -> Says:
        self.claims.add((code, person.id))
        return [(f"/promo {code}", f"Промокод {code} принят"), (f"/promo {code}", "каждый действует один раз")]

    async def _pay(self, person: Resident, invoice: Message) -> None:
        """Pays. Whoever heard nothing from the bot in time tries again."""
        status = "timeout"
        while status == "timeout":
            self.figures["questions before payments"] += 1
            status = (await person.pays(invoice)).status
        assert status == "paid", status

    async def _send(self, person: Resident) -> None:
        await person.sends()

    def _said(self) -> int:
        return sum(call.ok and call.method.lower() not in NO_MESSAGES for call in self.telegram.calls)

    async def until_answered(self, times: int) -> None:
        """Returns once the bot has said so much."""
        async with asyncio.timeout(PATIENCE_S):
            await self.telegram.until(lambda: self._said() - self.answered_before >= times)

    async def end_bot(self, *, gently: bool) -> None:
        """Ends the bot and starts the next, which does not wait for the end of one that is told to stop."""
        self.figures["told to stop" if gently else "killed"] += 1
        before = self.bot
        if gently:
            before.process.send_signal(signal.SIGTERM)
        else:
            before.kill()
        in_inbox = {row["update_id"] for row in await self.store.pool.fetch(UNDONE_IDS)}
        on_their_way = {update.id for update in self.telegram._state.updates.pending}
        self.figures["updates in flight at an end"] += len(in_inbox | on_their_way)
        self.bot = self.wish.started()
        if gently:
            assert await asyncio.to_thread(before.process.wait, PATIENCE_S) == 0, before.complaints()

    async def quiet(self, tasks: list[asyncio.Task[None]]) -> None:
        """Returns when everybody has paid, every update is done, and every card shows its order.

        What a card shows is the newest there is to be shown. Where that was on its way when the bot ended, the next bot
        finds it on its list of what is to be told, a moment after the update is done.
        """
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(*tasks)
            await self.telegram.until(lambda: self.telegram.updates_pending == 0)
        await self._until_none(UNDONE)
        async with asyncio.timeout(PATIENCE_S):
            cards = [answer for answer in self.expected if answer.message is not None]
            await self.telegram.until(lambda: all(card.times() for card in cards))

    async def settled(self) -> None:
        """Returns when every order has come to its end."""
        await self._until_none(OPEN)

    async def _until_none(self, query: str) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while await self.store.pool.fetchval(query):
                assert self.bot.process.poll() is None, self.bot.complaints()
                await asyncio.sleep(0.05)

    def everybody_was_answered(self) -> None:
        """Everybody heard an answer to everything of this round. Those that came again are counted."""
        missing = [(answer.person.id, answer.words) for answer in self.expected if not answer.times()]
        assert not missing, f"{missing} {self.bot.complaints()}"
        self.figures["answers"] += len(self.expected)
        self.figures["answers repeated"] += sum(answer.times() - 1 for answer in self.expected)


Says = list[tuple[str, str]]
"""What somebody writes, and words of the answer."""


@asynccontextmanager
async def crowd_at(database: Database, folder: Path, *, people: int) -> AsyncIterator[Crowd]:
    """So many people, each with an account and credits, and a bot at work. It is killed in the end."""
    telegram = TelegramSandbox(TelegramSandboxSettings(stars=100_000, conflict_pause_s=1))
    kie = KieSandbox(KieSandboxSettings(keys={PLAY_KEY: "sandbox"}, latency_s=0.1, rate=None, rendering="off"))
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        store = await enter(PostgresEventStore.opened(database.url, DATA_KEY))
        executor = Executor(store)
        stack.push_async_callback(executor.close)
        wish = Wish(
            folder=str(folder),
            url=database.url,
            telegram=await enter(serving(telegram.app)),
            token=telegram.token,
            kie=await enter(serving(kie.app)),
            openai=await enter(serving(OpenAISandbox().app)),
            since=datetime.now(UTC).isoformat(),
        )
        residents = [Resident(telegram.people.add(f"Гость {number}").id, telegram) for number in range(people)]
        crowd = Crowd(telegram, store, executor, wish, residents, wish.started())
        try:
            await asyncio.gather(*(_come(crowd, person) for person in residents))
            yield crowd
        finally:
            crowd.bot.kill()


async def _come(crowd: Crowd, person: Resident) -> None:
    person.says("/start")
    await person.reads("Дарим вам 1 кредит")
    gift = GiveBonus(
        account=person.id, at=datetime.now(UTC), source="proof", amount=GIFT, reason="a proof", by="a proof"
    )
    await crowd.executor.execute(gift)
