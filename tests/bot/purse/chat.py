"""What people do at the menu beyond saying and tapping: they pay, and they tap screens as they stand in the chat."""

from __future__ import annotations

from typing import Any, Final

from aiogram import Router
from aiogram.fsm.state import State, StatesGroup
from aiogram.methods import SendInvoice
from aiogram.types import Message, PreCheckoutQuery, Update

from adapters.postgres.views import PostgresViews
from bot.conversation import Draft
from bot.talk import Reply, Talk
from domain.shown import Balance
from domain.streams import account as account_stream
from domain.streams import shard_of
from processors.freshness import wait_for
from tests.bot.scene import Scene, buttons_of

ANNA: Final = 42
BORIS: Final = 43


class Step(StatesGroup):
    """A step of another dialogue."""

    wishes = State()


def other_dialogue() -> Router:
    """Stands for the ordering dialogue: at its step, it takes every text."""
    router = Router()

    @router.message(Step.wishes)
    async def take(message: Message, talk: Talk) -> None:
        talk.conversation.draft = talk.conversation.draft.model_copy(update={"wishes": message.text})
        talk.say_text(f"wishes: {message.text}")

    return router


def is_ordering(scene: Scene, user: int) -> Draft:
    """Puts the person in the middle of an order."""
    draft = Draft(serial=3, photo="inputs/42/a.jpg", template="slow-zoom", product_text="a mug")
    scene.conversations[user].draft = draft
    scene.conversations[user].state = Step.wishes.state
    return draft


async def tap(scene: Scene, user: int, label: str, *, message: int | None = None) -> list[Reply]:
    """Taps the first button whose label holds this text, on the newest message or on that one, as it stands."""
    number = scene.last(user)[0] if message is None else message
    (data,) = [some.callback_data for some in buttons_of(scene.shown[user, number]) if label in some.text][:1]
    assert data is not None
    return await scene.receives(user, as_it_stands(scene, user, number, data))


def as_it_stands(scene: Scene, user: int, number: int, data: str) -> Update:
    """A tap on a message of ours, with the message as the chat shows it."""
    shown = scene.shown[user, number]
    update = scene.update(user, tap=(number, data))
    query = update.callback_query
    assert query is not None
    assert isinstance(query.message, Message)
    stands = query.message.model_copy(update={"text": shown.text, "reply_markup": shown.reply_markup})
    return update.model_copy(update={"callback_query": query.model_copy(update={"message": stands})})


def invoices(replies: list[Reply]) -> list[SendInvoice]:
    """The invoices among the replies."""
    return [reply for reply in replies if isinstance(reply, SendInvoice)]


async def gets_invoice(scene: Scene, user: int, package: str = "10 кредитов") -> SendInvoice:
    """Opens the shop and picks a package."""
    await scene.says(user, "/buy")
    (invoice,) = invoices(await tap(scene, user, package))
    return invoice


def payment(invoice: SendInvoice, charge: str) -> dict[str, Any]:
    """The message that an invoice was paid, in fields of its own."""
    return {
        "successful_payment": {
            "currency": "XTR",
            "total_amount": invoice.prices[0].amount,
            "invoice_payload": invoice.payload,
            "telegram_payment_charge_id": charge,
            "provider_payment_charge_id": "",
        }
    }


def refund(invoice: SendInvoice, charge: str) -> dict[str, Any]:
    """The message that a payment was returned, in fields of its own."""
    return {
        "refunded_payment": {
            "currency": "XTR",
            "total_amount": invoice.prices[0].amount,
            "invoice_payload": invoice.payload,
            "telegram_payment_charge_id": charge,
        }
    }


def about_to_pay(user: int, invoice: SendInvoice) -> PreCheckoutQuery:
    """The question before the payment."""
    person = {"id": user, "is_bot": False, "first_name": "Аня"}
    fields = {"currency": "XTR", "total_amount": invoice.prices[0].amount, "invoice_payload": invoice.payload}
    return PreCheckoutQuery.model_validate({"id": "p1", "from": person, **fields})


async def balance(scene: Scene, user: int) -> Balance:
    """What the account has, once the view shows everything that is in the log."""
    shard = shard_of(account_stream(user), scene.store.shards)
    await wait_for(PostgresViews(scene.store.pool), shard, await scene.store.reader.head(shard), patience_s=30.0)
    has = await scene.desk.balance(user)
    assert has is not None
    return has
