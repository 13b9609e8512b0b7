"""What a person does with a messenger: writes, sends files, taps, pays, forwards, blocks, asks for Stars back."""

from __future__ import annotations

from collections.abc import Iterable
from secrets import randbelow, token_hex, token_urlsafe
from typing import Any, Final, Literal, NamedTuple

from adapters.sandbox.telegram_answers import Refused
from adapters.sandbox.telegram_chats import Chat, KeptMessage, Message, Person
from adapters.sandbox.telegram_markup import has_button
from adapters.sandbox.telegram_messages import new_message
from adapters.sandbox.telegram_payments import CURRENCY, give_back
from adapters.sandbox.telegram_queries import Verdict
from adapters.sandbox.telegram_requests import Upload
from adapters.sandbox.telegram_state import TelegramState
from adapters.sandbox.telegram_texts import CAPTION_MAX, TEXT_MAX, persons_text

FILES_MAX: Final = 10
NO_ANSWER: Final = "BOT_PRECHECKOUT_TIMEOUT"
NOT_CARRIED: Final = frozenset({"message_id", "from", "chat", "date", "edit_date", "reply_to_message"})


class NoSuchPerson(Exception):
    """Nobody has that id."""


class NotPossible(Exception):
    """A messenger would not let anybody do that."""


class Payment(NamedTuple):
    """How an attempt to pay ended."""

    status: Literal["paid", "refused", "timeout", "no_stars"]
    error_message: str | None = None


class People:
    """Everybody who uses the bot. Raises NoSuchPerson for ids that nobody has."""

    def __init__(self, state: TelegramState) -> None:
        self._state = state

    def add(
        self,
        first_name: str = "Анна",
        *,
        language_code: str = "ru",
        stars: int | None = None,
        id: int | None = None,  # noqa: A002 - the name it has on the wire
        username: str | None = None,
    ) -> Person:
        """Somebody who has not written to the bot yet. Raises NotPossible when the id is taken."""
        number = self._state.chats.next_user_id() if id is None else id
        if number < 1 or self._state.chats.find(number) is not None:
            raise NotPossible("this id is taken")
        stars = self._state.settings.stars if stars is None else stars
        return self._state.chats.add(Person(number, first_name, language_code, stars, username=username)).person

    def chat(self, user: int) -> Chat:
        """Their chat with the bot."""
        chat = self._state.chats.find(user)
        if chat is None:
            raise NoSuchPerson(f"no user {user}")
        return chat

    def text(self, user: int, text: str, *, reply_to: int | None = None) -> Message:
        """Writes. Raises NotPossible for nothing, for too much, and to a bot that is blocked."""
        marked = persons_text(text)
        if not marked.text or len(marked.text) > TEXT_MAX:
            raise NotPossible(f"a text has 1 to {TEXT_MAX} signs")
        chat = self._open(user)
        content: dict[str, Any] = {"text": marked.text}
        if marked.entities:
            content["entities"] = marked.entities
        answered = None if reply_to is None else chat.living(reply_to)
        return self._say(chat, content, reply_to=None if answered is None else answered.message)

    async def files(
        self, user: int, uploads: Iterable[Upload], *, as_file: bool = False, caption: str = ""
    ) -> list[Message]:
        """Sends photos, or documents as they are; several form an album. Raises NotPossible for what is no photo."""
        uploads = list(uploads)
        if not 1 <= len(uploads) <= FILES_MAX:
            raise NotPossible(f"1 to {FILES_MAX} files are sent at once")
        marked = persons_text(caption)
        if len(marked.text) > CAPTION_MAX:
            raise NotPossible(f"a caption has at most {CAPTION_MAX} signs")
        chat = self._open(user)
        contents = [await self._content(upload, as_file=as_file) for upload in uploads]
        if marked.text:
            contents[0] |= {"caption": marked.text}
            if marked.entities:
                contents[0] |= {"caption_entities": marked.entities}
        if len(contents) > 1:
            group = str(10**16 + randbelow(10**16))
            contents = [{"media_group_id": group} | content for content in contents]
        return [self._say(chat, content) for content in contents]

    def tap(self, user: int, message_id: int, data: str, *, forced: bool = False) -> str:
        """Taps a button; the id of the query. `forced` taps one that is not there. Raises NotPossible."""
        chat = self.chat(user)
        kept = chat.living(message_id)
        if not forced and (kept is None or not has_button(kept.message, data)):
            raise NotPossible("there is no such button")
        query = str(10**17 + randbelow(10**17))
        self._state.queries.tapped(query, user=user)
        gone = {"message_id": message_id, "chat": chat.person.as_chat(), "date": 0}
        content = {
            "id": query,
            "from": chat.person.as_user(),
            "message": gone if kept is None else kept.message,
            "chat_instance": str(user * 7_919),
            "data": data,
        }
        self._state.updates.add("callback_query", content, user=user)
        return query

    async def pay(self, user: int, message_id: int, *, forced: bool = False) -> Payment:
        """Pays an invoice, if the bot agrees in time. `forced` pays one that is paid already. Raises NotPossible."""
        chat = self.chat(user)
        kept = chat.living(message_id)
        if kept is None or kept.invoice is None:
            raise NotPossible("there is nothing to be paid")
        if kept.charge is not None and not forced:
            raise NotPossible("it is paid already")
        price: int = kept.message["invoice"]["total_amount"]
        if chat.person.stars < price:
            return Payment("no_stars")
        verdict = await self._ask(chat, kept.invoice["payload"], price)
        if verdict is None or not verdict.ok:
            outcome = Payment("timeout", NO_ANSWER) if verdict is None else Payment("refused", verdict.error_message)
            told = {"message_id": message_id, "ok": False, "error_message": outcome.error_message}
            chat.tell("precheckout", told)
            return outcome
        chat.tell("precheckout", {"message_id": message_id, "ok": True})
        if chat.person.stars < price:  # spent elsewhere while the bot thought about it
            return Payment("no_stars")
        self._pay(chat, kept, price)
        return Payment("paid")

    def forward(self, user: int, message_id: int, *, to: int) -> Message:
        """Forwards a message into another one's chat; the bot does not hear of it. Raises NotPossible."""
        chat, other = self.chat(user), self.chat(to)
        kept = chat.living(message_id)
        if kept is None:
            raise NotPossible("there is no such message")
        original = kept.message
        content = {name: said for name, said in original.items() if name not in NOT_CARRIED}
        content["forward_origin"] = {"type": "user", "sender_user": original["from"], "date": original["date"]}
        # Copies of an invoice with a start parameter lead to the bot; those of one without can be paid.
        payable = kept.invoice is not None and not kept.invoice["start_parameter"]
        message = new_message(self._state, other, content, sender=chat.person)
        return other.add(message, invoice=kept.invoice if payable else None).message

    def block(self, user: int, *, blocked: bool = True) -> None:
        """Blocks the bot, or lets it write again."""
        chat = self.chat(user)
        person = chat.person
        if person.blocked == blocked:
            return
        person.blocked = blocked
        chat.tell("blocked", {"blocked": blocked})
        member = {"user": self._state.bot, "status": "member"}
        kicked = {"user": self._state.bot, "status": "kicked", "until_date": 0}
        old, new = (member, kicked) if blocked else (kicked, member)
        content = {
            "chat": person.as_chat(),
            "from": person.as_user(),
            "date": self._state.now,
            "old_chat_member": old,
            "new_chat_member": new,
        }
        self._state.updates.add("my_chat_member", content, user=user)

    def deactivate(self, user: int) -> None:
        """Deletes their account; the bot hears of it when it writes."""
        chat = self.chat(user)
        chat.person.deactivated = True
        chat.tell("deactivated", {})

    def refund(self, user: int, charge: str) -> None:
        """Gets the Stars of a payment back without the bot's doing. Raises NotPossible."""
        self.chat(user)
        try:
            give_back(self._state, charge, user=user)
        except Refused as refused:
            raise NotPossible(refused.description) from refused

    def _open(self, user: int) -> Chat:
        chat = self.chat(user)
        if chat.person.blocked or chat.person.deactivated:
            raise NotPossible("the bot is blocked" if chat.person.blocked else "the account is deleted")
        return chat

    def _say(self, chat: Chat, content: dict[str, Any], *, reply_to: Message | None = None) -> Message:
        chat.person.started = True
        message = new_message(self._state, chat, content, reply_to=reply_to, sender=chat.person)
        chat.add(message)
        self._state.updates.add("message", message, user=chat.person.id)
        return message

    async def _content(self, upload: Upload, *, as_file: bool) -> dict[str, Any]:
        try:
            if as_file:
                return {"document": await self._state.files.keep_document(upload)}
            return {"photo": await self._state.files.keep_photo(upload.data)}
        except Refused as refused:
            raise NotPossible(refused.description) from refused

    async def _ask(self, chat: Chat, payload: str, price: int) -> Verdict | None:
        query = str(10**17 + randbelow(10**17))
        content = {
            "id": query,
            "from": chat.person.as_user(),
            "currency": CURRENCY,
            "total_amount": price,
            "invoice_payload": payload,
        }
        return await self._state.queries.verdict(
            query,
            ask=lambda: self._state.updates.add("pre_checkout_query", content, user=chat.person.id),
            within_s=self._state.settings.checkout_s,
        )

    def _pay(self, chat: Chat, kept: KeptMessage, price: int) -> None:
        assert kept.invoice is not None
        person, payload, charge = chat.person, kept.invoice["payload"], f"stx{token_urlsafe(48)}"
        self._state.stars.pay(charge, at=self._state.now, user=person.id, stars=price, payload=payload)
        person.stars -= price
        chat.paid(kept, charge)
        chat.tell("stars", {"stars": person.stars})
        paid = {
            "currency": CURRENCY,
            "total_amount": price,
            "invoice_payload": payload,
            "telegram_payment_charge_id": charge,
            "provider_payment_charge_id": f"{person.id}_{token_hex(4)}",
        }
        self._say(chat, {"successful_payment": paid})
