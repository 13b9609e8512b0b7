"""Payments: credited once, to whoever paid; what is returned is taken back, spent or not."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.conversation import Conversation
from bot.purse.payments import TOLD, TOLD_MAX, _told
from bot.talk import Talk
from domain.order import PlaceOrder
from processors.purchases import receive
from tests.bot.purse.chat import ANNA, BORIS, balance, gets_invoice, is_ordering, payment, refund
from tests.bot.scene import Scene, buttons_of, words


async def spend(scene: Scene, user: int, amount: int) -> None:
    """Sets credits aside for a video."""
    content = {"order": f"b1.{user}.7", "count": 1, "model": "kling-2.6", "price": amount, "photo": "inputs/a.jpg"}
    at = datetime.now(UTC)
    await scene.desk.executor.execute(PlaceOrder.model_validate({"account": user, "at": at, **content}))


async def test_a_payment_is_credited_and_thanked_for(scene: Scene) -> None:
    await scene.says(ANNA, "/start")
    invoice = await gets_invoice(scene, ANNA)
    replies = await scene.says(ANNA, message=payment(invoice, "c1"))
    assert "+10 кредитов" in words(replies)
    assert "Доступно: <b>11 кредитов</b>" in words(replies)
    assert any("Новое видео" in button.text for button in buttons_of(replies[-1]))
    await scene.verified()


async def test_a_payment_that_is_told_twice_is_credited_and_thanked_for_once(scene: Scene) -> None:
    invoice = await gets_invoice(scene, ANNA)
    await scene.says(ANNA, message=payment(invoice, "c1"))
    assert await scene.says(ANNA, message=payment(invoice, "c1")) == []
    assert (await balance(scene, ANNA)).available == 10
    await scene.verified()


async def test_a_payment_that_is_handled_again_after_a_crash_is_thanked_for(scene: Scene) -> None:
    invoice = await gets_invoice(scene, ANNA)
    update, at = scene.update(ANNA, message=payment(invoice, "c1")), datetime.now(UTC)
    first = await scene.handling.handle(update, Conversation(), received_at=at)
    await balance(scene, ANNA)
    again = await scene.handling.handle(update, Conversation(), received_at=at)
    assert words(first.replies) == words(again.replies) != ""
    assert (await balance(scene, ANNA)).available == 10


async def test_a_payment_that_was_found_before_its_update_is_thanked_for(scene: Scene) -> None:
    invoice = await gets_invoice(scene, ANNA)
    desk = scene.desk
    await receive(
        desk.executor,
        desk.accounts,
        desk.packages,
        payer=ANNA,
        charge="c1",
        payload=invoice.payload,
        stars=500,
        at=datetime.now(UTC),
    )
    assert "+10 кредитов" in words(await scene.says(ANNA, message=payment(invoice, "c1")))
    assert (await balance(scene, ANNA)).available == 10


async def test_a_forwarded_invoice_credits_whoever_paid_it(scene: Scene) -> None:
    await scene.says(ANNA, "/start")
    invoice = await gets_invoice(scene, ANNA)
    assert "+10 кредитов" in words(await scene.says(BORIS, message=payment(invoice, "c1")))
    assert (await balance(scene, BORIS)).available == 10
    assert (await balance(scene, ANNA)).available == 1
    await scene.verified()


async def test_a_payment_without_a_known_invoice_is_credited_by_its_price(scene: Scene) -> None:
    invoice = (await gets_invoice(scene, ANNA)).model_copy(update={"payload": "something else"})
    assert "+10 кредитов" in words(await scene.says(ANNA, message=payment(invoice, "c1")))
    assert (await balance(scene, ANNA)).available == 10


async def test_a_payment_that_settles_a_debt_says_what_is_left_of_it(scene: Scene) -> None:
    first = await gets_invoice(scene, ANNA, "50 кредитов")
    await scene.says(ANNA, message=payment(first, "c1"))
    await spend(scene, ANNA, 30)
    await scene.says(ANNA, message=refund(first, "c1"))
    second = await gets_invoice(scene, ANNA)
    said = words(await scene.says(ANNA, message=payment(second, "c2")))
    assert "Доступно: <b>0 кредитов</b>" in said
    assert "Долг за возвращённую оплату: 20 кредитов" in said
    await scene.verified()


async def test_a_refund_takes_the_credits_back(scene: Scene) -> None:
    await scene.says(ANNA, "/start")
    invoice = await gets_invoice(scene, ANNA)
    await scene.says(ANNA, message=payment(invoice, "c1"))
    said = words(await scene.says(ANNA, message=refund(invoice, "c1")))
    assert "500 ⭐" in said
    assert "Списано: <b>10 кредитов</b>" in said
    assert "Доступно: <b>1 кредит</b>" in said
    assert "Долг" not in said
    await scene.verified()


async def test_a_refund_of_what_was_spent_leaves_a_debt_and_the_shop_open(scene: Scene) -> None:
    invoice = await gets_invoice(scene, ANNA)
    await scene.says(ANNA, message=payment(invoice, "c1"))
    await spend(scene, ANNA, 4)
    replies = await scene.says(ANNA, message=refund(invoice, "c1"))
    assert "Долг за возвращённую оплату: 4 кредита" in words(replies)
    assert any("Купить" in button.text for button in buttons_of(replies[-1]))
    assert (await gets_invoice(scene, ANNA)).prices
    await scene.verified()


async def test_a_refund_that_is_told_twice_takes_back_once(scene: Scene) -> None:
    await scene.says(ANNA, "/start")
    invoice = await gets_invoice(scene, ANNA)
    await scene.says(ANNA, message=payment(invoice, "c1"))
    await scene.says(ANNA, message=refund(invoice, "c1"))
    assert await scene.says(ANNA, message=refund(invoice, "c1")) == []
    assert (await balance(scene, ANNA)).available == 1


async def test_a_refund_that_comes_before_its_payment_lets_it_credit_nothing(scene: Scene) -> None:
    await scene.says(ANNA, "/start")
    invoice = await gets_invoice(scene, ANNA)
    assert "зачислены не будут" in words(await scene.says(ANNA, message=refund(invoice, "c1")))
    assert "не зачислены" in words(await scene.says(ANNA, message=payment(invoice, "c1")))
    assert (await balance(scene, ANNA)).available == 1
    await scene.verified()


async def test_whoever_pays_in_the_middle_of_an_order_is_led_back_to_it(scene: Scene) -> None:
    invoice = await gets_invoice(scene, ANNA)
    draft = is_ordering(scene, ANNA)
    replies = await scene.says(ANNA, message=payment(invoice, "c1"))
    assert "Ваш заказ ждёт" in words(replies)
    assert [button.callback_data for button in buttons_of(replies[-1])] == ["g:order", "g:balance"]
    assert scene.conversations[ANNA].draft == draft
    assert words(await scene.says(ANNA, "some steam")) == "wishes: some steam"


def test_what_is_told_does_not_grow_for_ever() -> None:
    talk = Talk(account=ANNA, bot=1, update=1, received_at=datetime.now(UTC), conversation=Conversation())
    assert [_told(talk, f"c{number}") for number in range(20)] == [False] * 20
    assert len(talk.conversation.memory[TOLD]) == TOLD_MAX
