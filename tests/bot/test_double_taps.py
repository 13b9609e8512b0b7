"""Ten taps at once on whatever costs or pays: one effect, and every tap is answered.

What happened is counted in the log. A person of these tests has more credits than one effect takes, so nothing but the
bot stands against the second.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal, NamedTuple

import pytest

from adapters.sandbox.kie_sandbox import KieSandbox, KieSandboxSettings
from adapters.sandbox.openai_faults import Fault as SlowWriter
from adapters.sandbox.telegram_faults import Fault
from adapters.sandbox.telegram_people import Payment
from app.outside import PLAY_KEY
from domain.bonus import GiveBonus
from domain.promo import CreatePromo
from tests.bot.town import PATIENCE_S, Message, Resident, Town, button_of, text_of, town_at_work
from tests.conftest import Database

TIMES: Final = 10
GIFT: Final = 20
CHEAPEST: Final = "· 60"
"""On the button of the smallest package: its price."""

MOVES: Final = (
    *("AccountOpened", "BonusGiven", "CodeClaimed", "CreditsGranted", "CreditsPurchased", "InvoiceIssued"),
    *("PaymentReceived", "JobQueued", "CreditReserved", "JobCancelled", "CreditRefunded"),
)
HAPPENED: Final = "SELECT type, count(*) AS times FROM events WHERE type = ANY($1) GROUP BY type"
WAITING: Final = "SELECT count(*) FROM inbox WHERE done_at IS NULL"
FAILED: Final = "SELECT failure FROM inbox WHERE failure IS NOT NULL LIMIT 1"

Press = Callable[[], Awaitable[object]]
"""Everything at once."""


@pytest.fixture
def shards() -> int:
    """Few, for a quick start."""
    return 2


@asynccontextmanager
async def town_of(database: Database, folder: Path) -> AsyncIterator[Town]:
    """A town where videos cost no time. In the end its books are right."""
    kie = KieSandbox(KieSandboxSettings(keys={PLAY_KEY: "sandbox"}, latency_s=0.05, rate=None, rendering="off"))
    async with town_at_work(database, folder, kie=kie) as town:
        yield town
        await town.verified()


async def happened(town: Town) -> Counter[str]:
    """How often each move is in the log."""
    rows = await town.company.store.pool.fetch(HAPPENED, MOVES)
    return Counter({row["type"]: row["times"] for row in rows})


async def handled(town: Town) -> None:
    """Returns when the bot is done with every update there is."""
    async with asyncio.timeout(PATIENCE_S):
        await town.telegram.until(lambda: town.telegram.updates_pending == 0)
        while await town.company.store.pool.fetchval(WAITING):  # noqa: ASYNC110 - the inbox tells nobody
            await asyncio.sleep(0.02)


async def effect(town: Town, press: Press, *, of: Mapping[str, int]) -> Counter[str]:
    """What happened because of it, once it is as much as `of`. Every tap is answered, and none was too much."""
    before, expected = await happened(town), Counter(of)
    await press()
    await handled(town)
    async with asyncio.timeout(PATIENCE_S):
        while expected - (await happened(town) - before):  # noqa: ASYNC110 - others work
            await asyncio.sleep(0.02)
    assert await town.company.store.pool.fetchval(FAILED) is None
    assert all(tap.answered for tap in town.telegram._state.queries._taps.values())
    return await happened(town) - before


async def rich(town: Town, *, stars: int = 1000) -> Resident:
    """Somebody with credits enough for everything."""
    person = town.resident(stars=stars)
    person.says("/start")
    await person.sees(lambda message: True)
    gift = GiveBonus(account=person.id, at=datetime.now(UTC), source="test", amount=GIFT, reason="a test", by="a test")
    await town.company.executor.execute(gift)
    return person


async def card_of(person: Resident) -> int:
    """A confirmation card of one video. Returns its number."""
    last = (await person.sends())["message_id"]
    await person.taps("Медленный наезд", after=last)
    await person.reads("Что это за товар", after=last)
    last = person.says("Кофе в зёрнах")["message_id"]
    await person.taps("Пропустить", after=last)
    return await person.choose(1, after=last)


async def invoice_of(person: Resident) -> Message:
    """An invoice for the smallest package."""
    last = person.says("/buy")["message_id"]
    await person.taps(CHEAPEST, after=last)
    return await person.sees(lambda message: "invoice" in message, after=last)


async def finished_order(person: Resident) -> int:
    """An order whose video has come. Returns the number of its card."""
    card = await card_of(person)
    await person.taps("Заказать", after=card - 1)
    await person.sees(lambda message: "video" in message, after=card)
    await person.reads("Заказ завершён", after=card - 1)
    return card


async def confirm(_town: Town, person: Resident) -> Press:
    """The order of a card."""
    card = await card_of(person)
    return lambda: person.taps("Заказать", after=card - 1, times=TIMES)


async def buy(_town: Town, person: Resident) -> Press:
    """A package."""
    last = person.says("/buy")["message_id"]
    await person.reads("Кредиты за Telegram Stars", after=last)
    return lambda: person.taps(CHEAPEST, after=last, times=TIMES)


async def cancel(town: Town, person: Resident) -> Press:
    """An order that nobody has begun."""
    town.openai.faults.add(SlowWriter(latency_s=10, times=None))
    card = await card_of(person)
    await person.taps("Заказать", after=card - 1)
    await person.sees(lambda message: message["message_id"] == card and button_of(message, "Отменить") is not None)
    await person.reads("Заказ принят", after=card - 1)
    return lambda: person.taps("Отменить", after=card - 1, times=TIMES)


async def again(town: Town, person: Resident) -> Press:
    """Another one of an order: the button, each of the questions that follow, and the card."""
    card = await finished_order(person)
    last = person.messages[-1]["message_id"]

    def taps_every(label: str, *, times: int) -> int:
        found = [(one, button_of(one, label)) for one in person.heard if one["message_id"] > last]
        buttons = [(one["message_id"], button["callback_data"]) for one, button in found if button is not None]
        for number, data in times * buttons:
            person.telegram.tap(person.id, number, data)
        return len(buttons)

    async def press() -> None:
        await person.taps("Ещё одно", after=card - 1, times=TIMES)
        await handled(town)
        assert taps_every("1 видео", times=1) == TIMES
        await handled(town)
        assert taps_every("Заказать", times=TIMES) == 1

    return press


async def resent(_town: Town, person: Resident) -> Press:
    """A video from the list."""
    await finished_order(person)
    last = person.says("/videos")["message_id"]
    return lambda: person.taps("Кофе", after=last, times=TIMES)


async def promo(town: Town, person: Resident) -> Press:
    """A promo code, written again and again."""
    terms = CreatePromo(
        code="SPRING", at=datetime.now(UTC), campaign="spring", amount=5, reason="spring", by="somebody"
    )
    await town.company.executor.execute(terms)

    async def press() -> None:
        for _ in range(TIMES):
            person.says("/promo SPRING")

    return press


async def start(_town: Town, person: Resident) -> Press:
    """The first word of somebody new."""
    newcomer = Resident(person.telegram.people.add("Борис").id, person.telegram)

    async def press() -> None:
        for _ in range(TIMES):
            newcomer.says("/start")

    return press


class Case(NamedTuple):
    """What is prepared and then done ten times at once, and what may come of it."""

    prepared: Callable[[Town, Resident], Awaitable[Press]]
    of: Mapping[str, int]


CASES: Final = {
    "confirm": Case(confirm, {"JobQueued": 1, "CreditReserved": 1}),
    "buy": Case(buy, {"InvoiceIssued": 1}),
    "cancel": Case(cancel, {"JobCancelled": 1, "CreditRefunded": 1}),
    "again": Case(again, {"JobQueued": 1, "CreditReserved": 1}),
    "resent": Case(resent, {}),
    "promo": Case(promo, {"CodeClaimed": 1, "BonusGiven": 1, "CreditsGranted": 1}),
    "start": Case(start, {"AccountOpened": 1, "BonusGiven": 1, "CreditsGranted": 1}),
}


@pytest.mark.parametrize("name", CASES)
async def test_ten_at_once_have_one_effect(database: Database, tmp_path: Path, name: str) -> None:
    prepared, of = CASES[name]
    async with town_of(database, tmp_path) as town:
        person = await rich(town)
        press = await prepared(town, person)
        told = len(person.heard)
        assert await effect(town, press, of=of) == of
        await town.settled(person)
        invoices = [message for message in person.heard[told:] if "invoice" in message]
        videos = [message for message in person.heard[told:] if "video" in message]
        assert len(invoices) == of.get("InvoiceIssued", 0)
        assert len(videos) == (TIMES if name == "resent" else of.get("JobQueued", 0))


@pytest.mark.parametrize("arrival", [None, "twice", "late"])
async def test_ten_attempts_at_one_invoice_that_are_charged_once_are_credited_once(
    database: Database, tmp_path: Path, arrival: Literal["twice", "late"] | None
) -> None:
    async with town_of(database, tmp_path) as town:
        person = await rich(town, stars=100)
        invoice = await invoice_of(person)
        if arrival is not None:
            town.telegram.faults.add(Fault(method="update", contains="successful_payment", arrival=arrival))
        payments: list[Payment] = []

        async def press() -> None:
            attempts = (person.telegram.pay(person.id, invoice["message_id"], forced=True) for _ in range(TIMES))
            payments.extend(await asyncio.gather(*attempts))
            person.says("/balance")

        of = {"PaymentReceived": 1, "CreditsPurchased": 1}
        assert await effect(town, press, of=of) == of
        assert [payment.status for payment in payments].count("paid") == 1
        assert sum("Оплата получена" in text_of(message) for message in person.heard) == 1
        assert (await town.account(person)).available == GIFT + 1 + 1


async def test_attempts_that_were_charged_together_are_all_credited_and_later_ones_are_not_charged(
    database: Database, tmp_path: Path
) -> None:
    async with town_of(database, tmp_path) as town:
        person = await rich(town, stars=60 * 3 * TIMES)
        invoice = await invoice_of(person)

        async def attempts() -> list[Payment]:
            paying = (person.telegram.pay(person.id, invoice["message_id"], forced=True) for _ in range(TIMES))
            return list(await asyncio.gather(*paying))

        charged = [payment.status for payment in await attempts()].count("paid")
        assert charged >= 1
        of = {"PaymentReceived": charged, "CreditsPurchased": charged}
        await handled(town)
        assert {kind: (await happened(town))[kind] for kind in of} == of
        assert {payment.status for payment in await attempts()} == {"refused"}
        await handled(town)
        assert {kind: (await happened(town))[kind] for kind in of} == of
        assert (await town.account(person)).available == GIFT + 1 + charged
