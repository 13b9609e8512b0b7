"""Payments over real HTTP: however Telegram tells of them, and if it never does, each is credited to its payer once.

What was paid is known to three: the sandbox's account of the bot's Stars, the payer's purse, and the log. After every
test they agree.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import orjson
import pytest
from aiogram.methods import SendInvoice
from aiogram.types import LabeledPrice

from adapters.sandbox.kie_sandbox import KieSandbox, KieSandboxSettings
from adapters.sandbox.telegram_faults import Fault
from adapters.sandbox.telegram_people import NotPossible, Payment
from adapters.sandbox.telegram_queries import Verdict
from app.messenger import reconciliation_of
from app.outside import PLAY_KEY
from domain.account import Account
from domain.payment import RequestPaymentRefund
from processors.reconciliation import Reconciled
from tests.bot.town import PATIENCE_S, Message, Resident, Town, button_of, text_of, town_at_work
from tests.conftest import Database

FIVE: Final = "· 275"
"""On the button of the package of five credits: its price."""

STARS: Final = 1000
PAID: Final = "Оплата получена"
GONE_BEFORE: Final = "Bad Request: CHARGE_ALREADY_REFUNDED"

COUNTED: Final = "SELECT type, count(*) AS times FROM events WHERE type = ANY($1) GROUP BY type"
MONEY: Final = ("PaymentReceived", "PaymentRefunded", "CreditsPurchased", "CreditsRevoked")


@pytest.fixture
def shards() -> int:
    """Few, for a quick start."""
    return 2


@asynccontextmanager
async def town_of(database: Database, folder: Path) -> AsyncIterator[Town]:
    """A town where videos cost no time. In the end its books are right, and no Star is unaccounted for."""
    kie = KieSandbox(KieSandboxSettings(keys={PLAY_KEY: "sandbox"}, latency_s=0.05, rate=None, rendering="off"))
    async with town_at_work(database, folder, kie=kie) as town:
        yield town
        await town.verified()


async def counted(town: Town) -> dict[str, int]:
    """How often each movement of money is in the log, of those that happened."""
    return {row["type"]: row["times"] for row in await town.company.store.pool.fetch(COUNTED, MONEY)}


async def gets_invoice(person: Resident) -> Message:
    """An invoice for five credits, in the person's chat."""
    last = person.says("/buy")["message_id"]
    await person.taps(FIVE, after=last)
    return await person.sees(lambda message: "invoice" in message, after=last)


async def buys(person: Resident) -> str:
    """Pays for five credits. Returns the charge."""
    assert await person.pays(await gets_invoice(person)) == Payment("paid")
    return charge_of(payment_in(person))


def payment_in(person: Resident) -> Message:
    """The latest payment in the chat, which is a message of the payer's."""
    return next(message for message in reversed(person.messages) if "successful_payment" in message)


def charge_of(payment: Message) -> str:
    """The payment's charge id."""
    return str(payment["successful_payment"]["telegram_payment_charge_id"])


def stars_of(person: Resident) -> int:
    """What is in the purse."""
    return person.telegram.people.chat(person.id).person.stars


async def arrives(town: Town, person: Resident, message: Message, *, update_id: int) -> None:
    """The bot is told of the message, in an update of that id."""
    line = town.company.line
    assert line is not None
    told = {"update_id": update_id, "message": message}
    assert await line.inbox.keep([(update_id, person.id, orjson.dumps(told).decode())]) == 1


async def reconciled(town: Town) -> Reconciled:
    """What holding the log against Telegram's account finds, the latest lines included."""
    company = town.company
    assert company.line is not None
    line, executor = company.line, company.executor
    return await reconciliation_of(line.bot, line.messenger, company.store, executor).reconcile(grace=timedelta(0))


def standing(state: Account) -> tuple[int, int]:
    """What is available, and what is owed."""
    return state.available, state.debt


async def test_a_payment_is_credited_and_thanked_for_once(database: Database, tmp_path: Path) -> None:
    async with town_of(database, tmp_path) as town:
        anna = await town.welcomed()
        await buys(anna)
        thanks = await anna.reads(PAID)
        assert "+5 кредитов" in text_of(thanks)
        assert standing(await town.account(anna)) == (6, 0)
        assert stars_of(anna) == STARS - 275
        assert await counted(town) == {"PaymentReceived": 1, "CreditsPurchased": 1}
        assert (await reconciled(town)).sound


async def test_a_payment_that_is_told_of_again_and_again_is_credited_and_thanked_for_once(
    database: Database, tmp_path: Path
) -> None:
    async with town_of(database, tmp_path) as town:
        anna = await town.welcomed()
        town.telegram.faults.add(Fault(method="update", contains="successful_payment", arrival="twice"))
        await buys(anna)
        await anna.reads(PAID)
        await arrives(town, anna, payment_in(anna), update_id=1)
        last = anna.says("/balance")["message_id"]
        assert "Доступно: 6 кредитов" in text_of(await anna.sees(lambda message: True, after=last))
        assert sum(PAID in text_of(message) for message in anna.heard) == 1
        assert await counted(town) == {"PaymentReceived": 1, "CreditsPurchased": 1}


async def test_a_refund_that_overtakes_its_payment_lets_it_credit_nothing(database: Database, tmp_path: Path) -> None:
    async with town_of(database, tmp_path) as town:
        anna = await town.welcomed()
        town.telegram.faults.add(Fault(method="update", contains="successful_payment", arrival="late"))
        charge = await buys(anna)
        town.telegram.refund(anna.id, charge)
        refund = await anna.reads("Кредиты по ней зачислены не будут")
        payment = await anna.reads("Эта оплата уже возвращена")
        assert refund["message_id"] < payment["message_id"]
        assert standing(await town.account(anna)) == (1, 0)
        assert stars_of(anna) == STARS
        assert await counted(town) == {"PaymentReceived": 1, "PaymentRefunded": 1}
        assert (await reconciled(town)).sound


async def test_a_payment_that_nobody_told_of_is_found_and_credited_once(database: Database, tmp_path: Path) -> None:
    async with town_of(database, tmp_path) as town:
        anna = await town.welcomed()
        town.telegram.faults.add(Fault(method="update", contains="successful_payment", arrival="lost"))
        charge = await buys(anna)
        last = anna.says("/balance")["message_id"]
        assert "Доступно: 1 кредит" in text_of(await anna.sees(lambda message: True, after=last))
        assert [line.id for line in (await reconciled(town)).payments] == [charge]
        assert (await reconciled(town)).sound
        assert standing(await town.account(anna)) == (6, 0)
        await arrives(town, anna, payment_in(anna), update_id=1)
        assert "+5 кредитов" in text_of(await anna.reads(PAID, after=last))
        assert await counted(town) == {"PaymentReceived": 1, "CreditsPurchased": 1}


async def test_a_refund_that_nobody_told_of_is_found_and_taken_back_once(database: Database, tmp_path: Path) -> None:
    async with town_of(database, tmp_path) as town:
        anna = await town.welcomed()
        charge = await buys(anna)
        await anna.reads(PAID)
        town.telegram.faults.add(Fault(method="update", contains="refunded_payment", arrival="lost"))
        town.telegram.refund(anna.id, charge)
        assert [line.id for line in (await reconciled(town)).refunds] == [charge]
        assert (await reconciled(town)).sound
        assert standing(await town.account(anna)) == (1, 0)
        assert await counted(town) == dict.fromkeys(MONEY, 1)


async def test_a_forwarded_invoice_is_not_for_others_to_pay_and_credits_whoever_paid_it_nevertheless(
    database: Database, tmp_path: Path
) -> None:
    async with town_of(database, tmp_path) as town:
        anna, boris = await town.welcomed("Анна"), await town.welcomed("Борис")
        invoice = await gets_invoice(anna)
        copy: Message = town.telegram.forward(anna.id, invoice["message_id"], to=boris.id)
        with pytest.raises(NotPossible):
            await boris.pays(copy)
        copy = await payable_copy(town, anna, invoice, to=boris)
        refused = await boris.pays(copy)
        assert refused.status == "refused"
        assert "Этот счёт выставлен другому" in (refused.error_message or "")
        assert await paid_behind_our_back(town, boris, copy) == Payment("paid")
        await boris.reads(PAID)
        assert standing(await town.account(boris)) == (6, 0)
        assert standing(await town.account(anna)) == (1, 0)
        assert await counted(town) == {"PaymentReceived": 1, "CreditsPurchased": 1}
        assert (await reconciled(town)).sound


async def payable_copy(town: Town, owner: Resident, invoice: Message, *, to: Resident) -> Message:
    """A forwarded copy of the same invoice as it would be if the bot had sent it for everybody."""
    assert town.company.line is not None
    payload = town.telegram.people.chat(owner.id).messages[invoice["message_id"]].invoice
    assert payload is not None
    shown: dict[str, Any] = invoice["invoice"]
    asked = SendInvoice(
        chat_id=owner.id,
        title=shown["title"],
        description=shown["description"],
        payload=payload["payload"],
        currency=shown["currency"],
        prices=[LabeledPrice(label=shown["title"], amount=shown["total_amount"])],
    )
    sent = await town.company.line.messenger.ask(asked)
    return town.telegram.forward(owner.id, sent.message_id, to=to.id)


async def paid_behind_our_back(town: Town, payer: Resident, invoice: Message) -> Payment:
    """A payment before which Telegram has heard a yes that is not the bot's: its question never got there."""
    town.telegram.faults.add(Fault(method="update", contains="pre_checkout_query", arrival="lost"))
    paying = asyncio.create_task(payer.pays(invoice))
    queries = town.telegram._state.queries
    while not queries._checkouts:  # noqa: ASYNC110 - the sandbox tells nobody
        await asyncio.sleep(0)
    queries.answer_checkout(next(iter(queries._checkouts)), Verdict(ok=True))
    return await paying


async def test_a_refund_before_spending_takes_the_credits_back(database: Database, tmp_path: Path) -> None:
    async with town_of(database, tmp_path) as town:
        anna = await town.welcomed()
        charge = await buys(anna)
        await anna.reads(PAID)
        town.telegram.refund(anna.id, charge)
        assert "Списано: 5 кредитов" in text_of(await anna.reads("Оплата возвращена"))
        assert standing(await town.account(anna)) == (1, 0)
        assert stars_of(anna) == STARS
        assert await counted(town) == dict.fromkeys(MONEY, 1)
        assert (await reconciled(town)).sound


async def test_a_refund_after_spending_leaves_a_debt_that_stops_videos_and_that_a_package_pays(
    database: Database, tmp_path: Path
) -> None:
    async with town_of(database, tmp_path) as town:
        anna = await town.welcomed()
        charge = await buys(anna)
        await anna.reads(PAID)
        card = await anna.orders(count=3)
        await anna.reads("Заказ завершён", after=card - 1)
        assert standing(await town.settled(anna)) == (3, 0)
        town.telegram.refund(anna.id, charge)
        refund = await anna.reads("Оплата возвращена")
        assert "Долг за возвращённую оплату: 2 кредита" in text_of(refund)
        assert standing(await town.account(anna)) == (0, 2)
        last = anna.says("/again")["message_id"]
        await anna.taps("1 видео", after=last)
        refused = await anna.reads("остался долг: 2 кредита", after=last)
        assert button_of(refused, "Купить") is not None
        await buys(anna)
        await anna.reads(PAID, after=last)
        assert standing(await town.account(anna)) == (3, 0)
        await anna.taps("1 видео", after=last)
        await anna.sees(lambda message: button_of(message, "Заказать") is not None, after=last)


@pytest.mark.parametrize("trouble", [None, "gone_before", "unanswered"])
async def test_an_operators_refund_goes_back_once_whatever_telegram_answers(
    database: Database, tmp_path: Path, trouble: str | None
) -> None:
    async with town_of(database, tmp_path) as town:
        anna = await town.welcomed()
        charge = await buys(anna)
        await anna.reads(PAID)
        if trouble is not None:
            town.telegram.faults.add(Fault(method="update", contains="refunded_payment", arrival="lost"))
        if trouble == "gone_before":
            town.telegram.refund(anna.id, charge)
        elif trouble == "unanswered":
            town.telegram.faults.add(Fault(method="refundStarPayment", drop="after", times=1))
        wish = RequestPaymentRefund(
            account=anna.id, at=datetime.now(UTC), charge=charge, request="r1", reason="asked for", by="operator"
        )
        await town.company.executor.execute(wish)
        if trouble is None:
            assert "Списано: 5 кредитов" in text_of(await anna.reads("Оплата возвращена"))
        else:
            await town.telegram.until(lambda: any(call.description == GONE_BEFORE for call in town.telegram.calls))
        async with asyncio.timeout(PATIENCE_S):
            while await counted(town) != dict.fromkeys(MONEY, 1):  # noqa: ASYNC110 - others work
                await asyncio.sleep(0.02)
        assert standing(await town.account(anna)) == (1, 0)
        assert stars_of(anna) == STARS
        assert (await reconciled(town)).sound
