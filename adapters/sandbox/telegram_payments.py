"""The methods about Stars: invoices, the word before a payment, what was paid, and giving it back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from adapters.sandbox.telegram_answers import bad_request
from adapters.sandbox.telegram_chats import Message
from adapters.sandbox.telegram_markup import markup_of
from adapters.sandbox.telegram_messages import new_message, replied_to, writable
from adapters.sandbox.telegram_queries import Verdict
from adapters.sandbox.telegram_requests import Asked
from adapters.sandbox.telegram_sending import Handler
from adapters.sandbox.telegram_stars import Transaction
from adapters.sandbox.telegram_state import TelegramState

TITLE_MAX: Final = 32
DESCRIPTION_MAX: Final = 255
PAYLOAD_MAX_BYTES: Final = 128
PRICE_MAX: Final = 100_000
CURRENCY: Final = "XTR"
NO_LINKS: Final = "invoice links are not made by this sandbox"
PAGE_MAX: Final = 100


class Payments:
    """Answers for everything about Stars."""

    def __init__(self, state: TelegramState) -> None:
        self._state = state

    def methods(self) -> Mapping[str, Handler]:
        """By lower-case name."""
        return {
            "sendinvoice": self.invoice,
            "createinvoicelink": self.link,
            "answerprecheckoutquery": self.answer_checkout,
            "getstartransactions": self.transactions,
            "getmystarbalance": self.balance,
            "refundstarpayment": self.refund,
        }

    async def invoice(self, asked: Asked) -> Message:
        """`sendInvoice`, for Stars only. Without a keyboard it gets a button to pay with."""
        title, description, payload = (asked.required(name) for name in ("title", "description", "payload"))
        price = _price(asked)
        if len(title) > TITLE_MAX:
            raise bad_request("INVOICE_TITLE_INVALID")
        if len(description) > DESCRIPTION_MAX:
            raise bad_request("INVOICE_DESCRIPTION_INVALID")
        if len(payload.encode()) > PAYLOAD_MAX_BYTES:
            raise bad_request("INVOICE_PAYLOAD_INVALID")
        start = asked.text("start_parameter")
        markup = markup_of(asked, invoice=True)
        chat = writable(self._state, asked)
        shown = {
            "title": title,
            "description": description,
            "start_parameter": start,
            "currency": CURRENCY,
            "total_amount": price,
        }
        message = new_message(
            self._state,
            chat,
            {"invoice": shown},
            markup=markup or {"inline_keyboard": [[{"text": f"Pay ⭐️{price}", "pay": True}]]},
            reply_to=replied_to(chat, asked),
        )
        return chat.add(message, invoice={"payload": payload, "start_parameter": start}).message

    async def link(self, asked: Asked) -> str:  # noqa: ARG002 - every handler takes the call
        """`createInvoiceLink`. Raises Refused: nobody here could open a link."""
        raise bad_request(NO_LINKS)

    async def answer_checkout(self, asked: Asked) -> bool:
        """`answerPreCheckoutQuery`."""
        ok, error_message = asked.flag("ok"), asked.text("error_message")
        if not ok and not error_message:
            raise bad_request("ERROR_MESSAGE_EMPTY")
        self._state.queries.answer_checkout(asked.text("pre_checkout_query_id"), Verdict(ok, error_message or None))
        return True

    async def transactions(self, asked: Asked) -> dict[str, Any]:
        """`getStarTransactions`: the oldest first."""
        offset = asked.integer("offset", low=0)
        limit = asked.integer("limit", PAGE_MAX, low=1, high=PAGE_MAX)
        page = self._state.stars.transactions[offset : offset + limit]
        return {"transactions": [self._shown(transaction) for transaction in page]}

    async def balance(self, asked: Asked) -> dict[str, int]:  # noqa: ARG002 - every handler takes the call
        """`getMyStarBalance`."""
        return {"amount": self._state.stars.balance}

    async def refund(self, asked: Asked) -> bool:
        """`refundStarPayment`."""
        charge = asked.required("telegram_payment_charge_id")
        give_back(self._state, charge, user=asked.integer("user_id"))
        return True

    def _shown(self, transaction: Transaction) -> dict[str, Any]:
        chat = self._state.chats.find(transaction.user)
        assert chat is not None
        partner = {
            "type": "user",
            "transaction_type": "invoice_payment",
            "user": chat.person.as_user(),
            "invoice_payload": transaction.payload,
        }
        shown = {"id": transaction.id, "amount": transaction.stars, "date": transaction.at}
        return shown | {"receiver" if transaction.refund else "source": partner}


def give_back(state: TelegramState, charge: str, *, user: int) -> None:
    """Gives a payment's Stars back and lets both sides know. Raises Refused: unknown, or given back before."""
    paid, chat = state.stars.payment(charge), state.chats.find(user)
    if chat is None:
        raise bad_request("user not found")
    if paid is None or paid.user != user:
        raise bad_request("CHARGE_NOT_FOUND")
    if state.stars.is_refunded(charge):
        raise bad_request("CHARGE_ALREADY_REFUNDED")
    state.stars.refund(paid, at=state.now)
    chat.person.stars += paid.stars
    chat.tell("stars", {"stars": chat.person.stars})
    refunded = {
        "currency": CURRENCY,
        "total_amount": paid.stars,
        "invoice_payload": paid.payload,
        "telegram_payment_charge_id": charge,
    }
    message = new_message(state, chat, {"refunded_payment": refunded}, sender=chat.person)
    chat.add(message)
    state.updates.add("message", message, user=user)


def _price(asked: Asked) -> int:
    currency = asked.required("currency")
    asked.required("prices")
    prices = asked.json("prices", said="prices")
    if not isinstance(prices, list):
        raise bad_request("expected an Array of labeled prices")
    if not prices:
        raise bad_request("there must be at least one price")
    for price in prices:
        if not isinstance(price, dict):
            raise bad_request("can't parse labeled price: LabeledPrice must be an Object")
        if not price.get("label"):
            raise bad_request("can't parse labeled price: LabeledPrice label must be non-empty")
    if currency != CURRENCY:
        raise bad_request("CURRENCY_INVALID" if asked.text("provider_token") else "PAYMENT_PROVIDER_INVALID")
    if len(prices) > 1:
        raise bad_request("STARS_INVOICE_INVALID")
    amount = prices[0].get("amount")
    if not isinstance(amount, int) or not 1 <= amount <= PRICE_MAX:
        raise bad_request("CURRENCY_TOTAL_AMOUNT_INVALID")
    return amount
