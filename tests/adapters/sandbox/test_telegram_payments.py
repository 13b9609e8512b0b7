"""Stars: an invoice is paid when the bot agrees in time, noted once, and given back once."""

from __future__ import annotations

import asyncio

import pytest
from aiogram.types import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LabeledPrice,
    PreCheckoutQuery,
    TransactionPartnerUser,
)

from adapters.sandbox.telegram_people import NotPossible
from tests.adapters.sandbox.telegram_scene import Scene, keyboard, refused, telegram

TOO_OLD = "Bad Request: query is too old and response timeout expired or query ID is invalid"


async def checkout(scene: Scene) -> PreCheckoutQuery:
    """The next update, a question before a payment."""
    (update,) = await scene.bot.get_updates(timeout=50, limit=1)
    await scene.bot.get_updates(offset=update.update_id + 1, limit=1)
    assert update.pre_checkout_query is not None
    return update.pre_checkout_query


async def test_an_invoice_has_a_button_to_pay_with() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        message = await scene.invoice(user, stars=50)
        assert message.invoice is not None
        assert message.reply_markup is not None
        assert (message.invoice.currency, message.invoice.total_amount) == ("XTR", 50)
        assert message.reply_markup.inline_keyboard[0][0].pay is True
        assert "payload" not in str(scene.sandbox.messages(user)[-1])


async def test_a_payment_moves_stars_and_is_told_to_both_sides() -> None:
    async with telegram(stars=100) as scene:
        user = await scene.guest()
        invoice = await scene.invoice(user, stars=30, payload="order 7")
        paying = asyncio.create_task(scene.sandbox.pay(user, invoice.message_id))
        asked = await checkout(scene)
        assert (asked.from_user.id, asked.total_amount, asked.invoice_payload) == (user, 30, "order 7")
        await scene.bot.answer_pre_checkout_query(asked.id, ok=True)
        assert (await paying).status == "paid"
        (update,) = await scene.updates()
        assert update.message is not None
        payment = update.message.successful_payment
        assert payment is not None
        assert (payment.total_amount, payment.currency, payment.invoice_payload) == (30, "XTR", "order 7")
        assert update.message.from_user is not None
        assert update.message.from_user.id == user
        chat = scene.sandbox.people.chat(user)
        assert chat.person.stars == 70
        assert [event.kind for event in chat.since(0)][-3:] == ["precheckout", "stars", "message"]
        assert (await scene.bot.get_my_star_balance()).amount == 30


async def test_a_refused_payment_moves_nothing() -> None:
    async with telegram(stars=100) as scene:
        user = await scene.guest()
        invoice = await scene.invoice(user)
        paying = asyncio.create_task(scene.sandbox.pay(user, invoice.message_id))
        asked = await checkout(scene)
        assert (
            await refused(scene.bot.answer_pre_checkout_query(asked.id, ok=False)) == "Bad Request: ERROR_MESSAGE_EMPTY"
        )
        await scene.bot.answer_pre_checkout_query(asked.id, ok=False, error_message="out of date")
        assert await paying == ("refused", "out of date")
        event = scene.sandbox.people.chat(user).since(0)[-1]
        assert event.data == {"message_id": invoice.message_id, "ok": False, "error_message": "out of date"}
        assert scene.sandbox.people.chat(user).person.stars == 100
        assert (await scene.bot.get_star_transactions()).transactions == []


async def test_an_answer_that_comes_too_late_counts_for_nothing() -> None:
    async with telegram(checkout_s=0) as scene:
        user = await scene.guest()
        invoice = await scene.invoice(user)
        assert (await scene.sandbox.pay(user, invoice.message_id)).status == "timeout"
        asked = await checkout(scene)
        assert await refused(scene.bot.answer_pre_checkout_query(asked.id, ok=True)) == TOO_OLD
        assert scene.sandbox.people.chat(user).person.stars == 1000


async def test_nobody_pays_with_stars_they_do_not_have() -> None:
    async with telegram(stars=49) as scene:
        user = await scene.guest()
        invoice = await scene.invoice(user, stars=50)
        assert (await scene.sandbox.pay(user, invoice.message_id)).status == "no_stars"
        assert await scene.updates() == []


async def test_stars_that_are_spent_elsewhere_meanwhile_are_not_spent_twice() -> None:
    async with telegram(stars=50) as scene:
        user = await scene.guest()
        invoices = [await scene.invoice(user, stars=50), await scene.invoice(user, stars=50)]
        paying = [asyncio.create_task(scene.sandbox.pay(user, invoice.message_id)) for invoice in invoices]
        asked = [await checkout(scene), await checkout(scene)]
        for query in asked:
            await scene.bot.answer_pre_checkout_query(query.id, ok=True)
        assert sorted([(await payment).status for payment in paying]) == ["no_stars", "paid"]
        assert scene.sandbox.people.chat(user).person.stars == 0


async def test_a_paid_invoice_is_not_paid_again_unless_forced() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        invoice = await scene.invoice(user)
        await scene.paid(user, invoice.message_id)
        with pytest.raises(NotPossible, match="paid already"):
            await scene.sandbox.pay(user, invoice.message_id)
        paying = asyncio.create_task(scene.sandbox.pay(user, invoice.message_id, forced=True))
        await scene.bot.answer_pre_checkout_query((await checkout(scene)).id, ok=True)
        assert (await paying).status == "paid"
        assert len((await scene.bot.get_star_transactions()).transactions) == 2


async def test_a_forwarded_invoice_is_paid_by_whoever_has_it() -> None:
    async with telegram() as scene:
        anna, boris = await scene.guest(), await scene.guest("Борис")
        invoice = await scene.invoice(anna)
        copy = scene.sandbox.forward(anna, invoice.message_id, to=boris)
        assert copy["forward_origin"]["sender_user"]["id"] == scene.bot.id
        assert await scene.updates() == []
        paying = asyncio.create_task(scene.sandbox.pay(boris, copy["message_id"]))
        asked = await checkout(scene)
        assert (asked.from_user.id, asked.invoice_payload) == (boris, "order 7")
        await scene.bot.answer_pre_checkout_query(asked.id, ok=True)
        assert (await paying).status == "paid"
        linked = await scene.invoice(anna, start_parameter="buy")
        copy = scene.sandbox.forward(anna, linked.message_id, to=boris)
        with pytest.raises(NotPossible, match="nothing to be paid"):
            await scene.sandbox.pay(boris, copy["message_id"])


async def test_transactions_are_listed_from_the_oldest_on() -> None:
    async with telegram() as scene:
        user = await scene.guest()
        charges = []
        for number in range(3):
            scene.clock.now += 60
            invoice = await scene.invoice(user, stars=10 + number, payload=f"order {number}")
            charges.append(await scene.paid(user, invoice.message_id))
        await scene.bot.refund_star_payment(user, charges[1])
        listed = (await scene.bot.get_star_transactions()).transactions
        assert [one.id for one in listed] == [*charges, charges[1]]
        assert [one.amount for one in listed] == [10, 11, 12, 11]
        assert [one.date for one in listed] == sorted(one.date for one in listed)
        source = listed[2].source
        assert isinstance(source, TransactionPartnerUser)
        assert (source.user.id, source.invoice_payload) == (user, "order 2")
        assert (listed[3].source, listed[3].receiver is not None) == (None, True)
        page = await scene.bot.get_star_transactions(offset=1, limit=2)
        assert [one.id for one in page.transactions] == charges[1:]
        assert (await scene.bot.get_my_star_balance()).amount == 22


async def test_a_payment_is_given_back_once() -> None:
    async with telegram(stars=100) as scene:
        anna, boris = await scene.guest(), await scene.guest("Борис")
        invoice = await scene.invoice(anna, stars=30)
        charge = await scene.paid(anna, invoice.message_id)
        give_back = scene.bot.refund_star_payment
        assert await refused(give_back(boris, charge)) == "Bad Request: CHARGE_NOT_FOUND"
        assert await refused(give_back(anna, "nothing")) == "Bad Request: CHARGE_NOT_FOUND"
        assert await give_back(anna, charge)
        assert await refused(give_back(anna, charge)) == "Bad Request: CHARGE_ALREADY_REFUNDED"
        (update,) = await scene.updates()
        assert update.message is not None
        refund = update.message.refunded_payment
        assert refund is not None
        assert (refund.telegram_payment_charge_id, refund.total_amount) == (charge, 30)
        assert scene.sandbox.people.chat(anna).person.stars == 100


async def test_telegram_may_give_a_payment_back_by_itself() -> None:
    async with telegram(stars=100) as scene:
        user = await scene.guest()
        charge = await scene.paid(user, (await scene.invoice(user)).message_id)
        await scene.do(user, "refund", telegram_payment_charge_id=charge)
        (update,) = await scene.updates()
        assert update.message is not None
        assert update.message.refunded_payment is not None
        with pytest.raises(NotPossible, match="CHARGE_ALREADY_REFUNDED"):
            scene.sandbox.refund(user, charge)


PAY = InlineKeyboardButton(text="Pay", pay=True)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"currency": "RUB"}, "PAYMENT_PROVIDER_INVALID"),
        ({"prices": [LabeledPrice(label="a", amount=1), LabeledPrice(label="b", amount=2)]}, "STARS_INVOICE_INVALID"),
        ({"prices": [LabeledPrice(label="a", amount=0)]}, "CURRENCY_TOTAL_AMOUNT_INVALID"),
        ({"payload": "ж" * 65}, "INVOICE_PAYLOAD_INVALID"),
        ({"payload": ""}, 'parameter "payload" is required'),
        ({"title": "x" * 33}, "INVOICE_TITLE_INVALID"),
        ({"description": "x" * 256}, "INVOICE_DESCRIPTION_INVALID"),
        ({"reply_markup": keyboard("a")}, "REPLY_MARKUP_BUY_EMPTY"),
        (
            {
                "reply_markup": InlineKeyboardMarkup(
                    inline_keyboard=[[InlineKeyboardButton(text="a", callback_data="a"), PAY]]
                )
            },
            "BUTTON_TYPE_INVALID",
        ),
    ],
)
async def test_a_wrong_invoice_is_refused(wrong: dict[str, object], why: str) -> None:
    async with telegram() as scene:
        user = await scene.guest()
        said: dict[str, object] = {
            "title": "t",
            "description": "d",
            "payload": "p",
            "currency": "XTR",
            "prices": [LabeledPrice(label="a", amount=1)],
        }
        invoice = scene.bot.send_invoice(user, **(said | wrong))  # type: ignore[arg-type]  # wrong on purpose
        assert await refused(invoice) == f"Bad Request: {why}"
