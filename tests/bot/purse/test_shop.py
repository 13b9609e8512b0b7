"""The shop: balances in words, packages with their prices, one invoice for ten taps, and who may pay it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from aiogram.methods import EditMessageText, SendInvoice, SendMessage

from app.packages import packaged_packages
from bot.buttons import Buy
from bot.conversation import Conversation
from bot.purse.checkout import answer_to, key_of
from bot.purse.shop import price_per_credit
from bot.texts import Language, plain
from domain.invoice import InvoiceFault
from domain.order import PlaceOrder
from domain.revocation import RevokeCredits
from tests.bot.purse.chat import (
    ANNA,
    BORIS,
    about_to_pay,
    as_it_stands,
    balance,
    gets_invoice,
    invoices,
    is_ordering,
    payment,
    tap,
)
from tests.bot.scene import Scene, buttons_of, toast, words

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


async def paying(scene: Scene, user: int, invoice: SendInvoice, *, later: timedelta = timedelta()) -> str | None:
    """What somebody hears who is about to pay; None when nothing is against it."""

    class Clock:
        """Runs ahead."""

        def now(self) -> datetime:
            """The moment, so much later."""
            return datetime.now(UTC) + later

        def seconds_until(self, moment: datetime) -> float:
            """Nobody waits."""
            raise AssertionError(moment)

    answer = await answer_to(about_to_pay(user, invoice), replace(scene.desk, clock=Clock()), Language.RU)
    assert answer.ok == (answer.error_message is None)
    return answer.error_message


async def test_a_balance_says_what_can_be_spent_what_is_set_aside_and_what_is_owed(scene: Scene) -> None:
    await scene.says(ANNA, "/start")
    content = {"order": "b1.42.7", "count": 1, "model": "kling-2.6", "price": 1, "photo": "inputs/42/a.jpg"}
    await scene.desk.executor.execute(PlaceOrder.model_validate({"account": ANNA, "at": NOW, **content}))
    take = RevokeCredits(account=ANNA, at=NOW, revocation="r1", amount=2, reason="mistake", by="anna")
    await scene.desk.executor.execute(take)
    await balance(scene, ANNA)
    said = words(await scene.says(ANNA, "/balance"))
    assert "Доступно: <b>0 кредитов</b>" in said
    assert "Отложено на видео в работе: 1 кредит" in said
    assert "Долг за возвращённую оплату: 2 кредита" in said


async def test_a_plain_balance_is_one_line(scene: Scene) -> None:
    await scene.says(ANNA, "/start")
    assert words(await scene.says(ANNA, "/balance")) == "💳 Доступно: <b>1 кредит</b>"


async def test_a_balance_needs_an_account(scene: Scene) -> None:
    assert "/start" in words(await scene.says(ANNA, "/balance"))


async def test_every_package_is_listed_with_its_price_and_has_a_button(scene: Scene) -> None:
    (shown,) = await scene.says(ANNA, "/buy")
    assert isinstance(shown, SendMessage)
    for package in packaged_packages().packages:
        assert f"{package.stars:,}".replace(",", "\N{NO-BREAK SPACE}") in shown.text
        data = Buy(package=package.id).pack()
        assert any(button.callback_data == data for button in buttons_of(shown))


def test_a_price_per_credit_is_told_to_a_tenth() -> None:
    one, *_, fifty = packaged_packages().packages
    assert price_per_credit(one, Language.RU) == "60"
    odd = fifty.model_copy(update={"credits": 7, "stars": 100})
    assert price_per_credit(odd, Language.RU) == "14,3"
    assert price_per_credit(odd, Language.EN) == "14.3"


async def test_an_invoice_asks_for_the_packages_stars(scene: Scene) -> None:
    invoice = await gets_invoice(scene, ANNA)
    package = packaged_packages().package("ten")
    assert package is not None
    assert (invoice.currency, invoice.provider_token) == ("XTR", "")
    assert [price.amount for price in invoice.prices] == [package.stars]
    assert 1 <= len(invoice.title) <= 32
    assert 1 <= len(invoice.description) <= 255
    assert 1 <= len(invoice.payload.encode()) <= 128
    assert invoice.start_parameter


async def test_ten_taps_on_a_package_are_one_invoice(scene: Scene) -> None:
    await scene.says(ANNA, "/buy")
    said = [await tap(scene, ANNA, "10 кредитов", message=2) for _ in range(10)]
    assert [len(invoices(replies)) for replies in said] == [1, *[0] * 9]
    assert all("Счёт уже ниже" in (toast(replies) or "") for replies in said[1:])
    count = await scene.store.pool.fetchval("SELECT count(*) FROM events WHERE type = 'InvoiceIssued'")
    assert count == 1


async def test_another_package_of_the_same_message_has_its_own_invoice(scene: Scene) -> None:
    ten = await gets_invoice(scene, ANNA)
    (fifty,) = invoices(await tap(scene, ANNA, "50 кредитов"))
    assert ten.payload != fifty.payload
    assert invoices(await tap(scene, ANNA, "10 кредитов")) == []


async def test_a_tap_that_is_handled_again_after_a_crash_sends_the_same_invoice(scene: Scene) -> None:
    await scene.says(ANNA, "/buy")
    update, at = as_it_stands(scene, ANNA, scene.last(ANNA)[0], Buy(package="ten").pack()), datetime.now(UTC)
    first = await scene.handling.handle(update, Conversation(), received_at=at)
    again = await scene.handling.handle(update, Conversation(), received_at=at)
    assert invoices(first.replies) == invoices(again.replies) != []
    assert await scene.store.pool.fetchval("SELECT count(*) FROM events WHERE type = 'InvoiceIssued'") == 1


async def test_a_paid_invoice_makes_room_for_the_next(scene: Scene) -> None:
    first = await gets_invoice(scene, ANNA)
    shop = scene.last(ANNA)[0]
    await scene.says(ANNA, message=payment(first, "c1"))
    (second,) = invoices(await tap(scene, ANNA, "10 кредитов", message=shop))
    assert second.payload != first.payload


async def test_a_stale_invoice_makes_room_for_the_next(scene: Scene) -> None:
    first = await gets_invoice(scene, ANNA)
    update = as_it_stands(scene, ANNA, scene.last(ANNA)[0], Buy(package="ten").pack())
    later = datetime.now(UTC) + timedelta(hours=24)
    handled = await scene.handling.handle(update, scene.conversations[ANNA], received_at=later)
    (second,) = invoices(handled.replies)
    assert second.payload != first.payload


async def test_a_new_price_makes_a_new_invoice(scene: Scene) -> None:
    first = await gets_invoice(scene, ANNA)
    ten = packaged_packages().package("ten")
    assert ten is not None
    dearer = packaged_packages().model_copy(update={"packages": (ten.model_copy(update={"stars": 700}),)})
    scene.handling._desk = replace(scene.desk, packages=dearer)
    (second,) = invoices(await tap(scene, ANNA, "10 кредитов"))
    assert second.payload != first.payload
    assert second.prices[0].amount == 700


async def test_a_package_that_is_sold_no_more_is_answered(scene: Scene) -> None:
    replies = await scene.says(ANNA, tap=(7, Buy(package="gone").pack()))
    assert "больше нет" in (toast(replies) or "")
    assert invoices(replies) == []


async def test_an_invoice_can_be_paid_by_its_owner_once_and_for_a_day(scene: Scene) -> None:
    invoice = await gets_invoice(scene, ANNA)
    assert await paying(scene, ANNA, invoice) is None
    assert await paying(scene, ANNA, invoice, later=timedelta(hours=23)) is None
    assert "устарел" in (await paying(scene, ANNA, invoice, later=timedelta(hours=25)) or "")
    assert "другому" in (await paying(scene, BORIS, invoice) or "")
    await scene.says(ANNA, message=payment(invoice, "c1"))
    assert "уже оплачен" in (await paying(scene, ANNA, invoice) or "")


@pytest.mark.parametrize("payload", ["i1.42.unknown", "something else", "i1.0.x"])
async def test_an_invoice_that_we_do_not_know_is_not_paid(scene: Scene, payload: str) -> None:
    invoice = (await gets_invoice(scene, ANNA)).model_copy(update={"payload": payload})
    assert "Такого счёта" in (await paying(scene, ANNA, invoice) or "")


@pytest.mark.parametrize("fault", InvoiceFault)
@pytest.mark.parametrize("language", Language)
def test_every_fault_of_an_invoice_has_its_words(fault: InvoiceFault, language: Language) -> None:
    assert plain(language, key_of(fault))


async def test_screens_are_turned_and_cards_are_left_alone(scene: Scene) -> None:
    await scene.says(ANNA, "/start")
    await scene.says(ANNA, "/menu")
    menu = scene.last(ANNA)[0]
    (turned,) = [reply for reply in await tap(scene, ANNA, "Баланс") if isinstance(reply, EditMessageText)]
    assert turned.message_id == menu
    replies = await scene.says(ANNA, tap=(9, "g:balance"))
    assert [type(reply) for reply in replies[1:]] == [SendMessage]


async def test_shopping_in_the_middle_of_an_order_leaves_it_as_it_is(scene: Scene) -> None:
    await scene.says(ANNA, "/start")
    draft = is_ordering(scene, ANNA)
    for command in ("/balance", "/buy", "/history", "/invite"):
        await scene.says(ANNA, command)
    assert (await gets_invoice(scene, ANNA)).payload
    assert scene.conversations[ANNA].draft == draft
    assert words(await scene.says(ANNA, "some steam")) == "wishes: some steam"
