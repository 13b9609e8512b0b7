"""People and their chats with the bot: every message, and every event a messenger on the person's side hears of.

An event has a number within its chat, so that nobody who comes back misses one. The last of them are remembered as
they were; for somebody who has been away for longer they are told anew from what the chat has become.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from adapters.sandbox.telegram_store import Store

ACTION_S: Final = 5

Message = dict[str, Any]
"""As the Bot API shows it. Never changed: an edit puts another one in its place."""


class ChatEvent(NamedTuple):
    """Something the person's messenger shows."""

    cursor: int
    kind: str
    data: dict[str, Any]


@dataclass(slots=True)
class Person:
    """Somebody with play Stars. `started`: has written to the bot, which may write back from then on."""

    id: int
    first_name: str
    language_code: str
    stars: int
    last_name: str | None = None
    username: str | None = None
    blocked: bool = False
    started: bool = False
    deactivated: bool = False
    cursor: int = 0

    def as_user(self) -> dict[str, Any]:
        """The User object."""
        user = {"id": self.id, "is_bot": False, **self._names()}
        return user | ({"language_code": self.language_code} if self.language_code else {})

    def as_chat(self) -> dict[str, Any]:
        """The Chat object."""
        return {"id": self.id, **self._names(), "type": "private"}

    def shown(self) -> dict[str, Any]:
        """For a list of users."""
        return {
            "id": self.id,
            **self._names(),
            "language_code": self.language_code,
            "stars": self.stars,
            "blocked": self.blocked,
            "deactivated": self.deactivated,
        }

    def _names(self) -> dict[str, Any]:
        names = {"first_name": self.first_name, "last_name": self.last_name, "username": self.username}
        return {name: value for name, value in names.items() if value}


@dataclass(slots=True)
class KeptMessage:
    """A message in its chat, with the numbers of the events that told of it first and last.

    `invoice`: what can be paid with it and the bot alone knows; `charge`: that it was paid.
    """

    chat: int
    message: Message
    made: int = 0
    changed: int = 0
    deleted: bool = False
    invoice: dict[str, str] | None = None
    charge: str | None = None


class Chat:
    """One person's chat with the bot."""

    def __init__(self, person: Person, store: Store, *, events_kept: int) -> None:
        self.person = person
        self.messages: dict[int, KeptMessage] = {}
        self._store = store
        self._events: deque[ChatEvent] = deque(maxlen=events_kept)
        self._listeners: set[asyncio.Queue[ChatEvent | None]] = set()
        self._action: tuple[str, asyncio.TimerHandle] | None = None
        self._closed = False

    @property
    def action(self) -> str | None:
        """What the bot is seen doing."""
        return None if self._action is None else self._action[0]

    def living(self, message_id: int) -> KeptMessage | None:
        """The message of that id, unless it was deleted."""
        kept = self.messages.get(message_id)
        return None if kept is None or kept.deleted else kept

    def add(self, message: Message, *, invoice: dict[str, str] | None = None) -> KeptMessage:
        """A new message, from either side."""
        if message["from"]["is_bot"]:
            self.show_action(None)
        kept = KeptMessage(self.person.id, message, invoice=invoice)
        self.messages[message["message_id"]] = kept
        kept.made = kept.changed = self.tell("message", message)
        self._keep(kept)
        return kept

    def edit(self, kept: KeptMessage, message: Message) -> None:
        """Puts another message in its place."""
        kept.message = message
        kept.changed = self.tell("edit", message)
        self._keep(kept)

    def delete(self, kept: KeptMessage) -> None:
        """Takes it away on both sides."""
        kept.deleted = True
        kept.changed = self.tell("delete", {"message_id": kept.message["message_id"]})
        self._keep(kept)

    def paid(self, kept: KeptMessage, charge: str) -> None:
        """Notes that its invoice was paid."""
        kept.charge = charge
        self._keep(kept)

    def show_action(self, action: str | None) -> None:
        """Shows what the bot is doing, for as long as Telegram does."""
        if self._action is not None:
            self._action[1].cancel()
        elif action is None:
            return
        timer = None if action is None else asyncio.get_running_loop().call_later(ACTION_S, self.show_action, None)
        self._action = None if action is None or timer is None else (action, timer)
        self.tell("action", {"action": action})

    def tell(self, kind: str, data: dict[str, Any]) -> int:
        """Tells whoever listens of an event; its number."""
        self.person.cursor += 1
        event = ChatEvent(self.person.cursor, kind, data)
        self._events.append(event)
        for listener in self._listeners:
            listener.put_nowait(event)
        self._store.put("person", self.person.id, self.person)
        return event.cursor

    def since(self, cursor: int) -> list[ChatEvent]:
        """Every event after that one, or what amounts to them."""
        if cursor >= self.person.cursor:
            return []
        if self._events and self._events[0].cursor <= cursor + 1:
            return [event for event in self._events if event.cursor > cursor]
        return [*self._told_anew(cursor), *self._present()]

    def listen(self) -> asyncio.Queue[ChatEvent | None]:
        """Every event from now on; None is the end. To be given back to `leave`."""
        listener: asyncio.Queue[ChatEvent | None] = asyncio.Queue()
        self._listeners.add(listener)
        if self._closed:
            listener.put_nowait(None)
        return listener

    def leave(self, listener: asyncio.Queue[ChatEvent | None]) -> None:
        """Listens no longer."""
        self._listeners.discard(listener)

    def close(self) -> None:
        """Sends everybody home who listens, and whoever comes later."""
        self._closed = True
        self.show_action(None)
        for listener in self._listeners:
            listener.put_nowait(None)

    def _told_anew(self, cursor: int) -> Iterator[ChatEvent]:
        for kept in sorted(self.messages.values(), key=lambda kept: kept.changed):
            if kept.changed <= cursor or (kept.deleted and kept.made > cursor):
                continue
            if kept.deleted:
                yield ChatEvent(kept.changed, "delete", {"message_id": kept.message["message_id"]})
            else:
                yield ChatEvent(kept.changed, "message" if kept.made > cursor else "edit", kept.message)

    def _present(self) -> Iterator[ChatEvent]:
        person = self.person
        yield ChatEvent(person.cursor, "stars", {"stars": person.stars})
        yield ChatEvent(person.cursor, "blocked", {"blocked": person.blocked})

    def _keep(self, kept: KeptMessage) -> None:
        self._store.put("message", kept.message["message_id"], kept)


class Chats:
    """All chats, by the id of their person. Messages are counted over all of them, as Telegram does."""

    def __init__(self, store: Store, *, first_user_id: int, events_kept: int) -> None:
        self._store = store
        self._events_kept = events_kept
        self._by_id: dict[int, Chat] = {}
        self._last_user_id = first_user_id - 1
        self._last_message_id = 0
        for row in store.load("person"):
            self._remember(Person(**row))
        messages = [KeptMessage(**row) for row in store.load("message")]
        for kept in sorted(messages, key=lambda kept: int(kept.message["message_id"])):
            self._last_message_id = kept.message["message_id"]
            self._by_id[kept.chat].messages[self._last_message_id] = kept

    def __iter__(self) -> Iterator[Chat]:
        return iter(list(self._by_id.values()))

    def find(self, chat: int) -> Chat | None:
        """The chat of that person."""
        return self._by_id.get(chat)

    def add(self, person: Person) -> Chat:
        """A new person, who has not written yet."""
        self._store.put("person", person.id, person)
        return self._remember(person)

    def next_user_id(self) -> int:
        """An id that nobody has."""
        return self._last_user_id + 1

    def next_message_id(self) -> int:
        """Counts one further."""
        self._last_message_id += 1
        return self._last_message_id

    def _remember(self, person: Person) -> Chat:
        chat = self._by_id[person.id] = Chat(person, self._store, events_kept=self._events_kept)
        self._last_user_id = max(self._last_user_id, person.id)
        return chat
