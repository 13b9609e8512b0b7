"""Handling one update: the dialogue's handlers run on it, and what they say is collected, not sent.

Handlers get `talk` and `desk` by name, besides what aiogram gives. What they append to the log is there when this
returns; the conversation and the replies are the caller's to keep. So an update that is handled again, after a crash
in between, appends nothing twice and says the same.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from copy import deepcopy
from datetime import datetime
from typing import Any, NamedTuple

from aiogram import Bot, Dispatcher, Router
from aiogram.dispatcher.event.bases import UNHANDLED
from aiogram.types import Update, User

from bot.conversation import Conversation
from bot.desk import Desk
from bot.refusals import refuse
from bot.storage import BufferedStorage
from bot.talk import Reply, Talk
from bot.texts import first_guess
from domain.refusals import Refusal


class Handled(NamedTuple):
    """What became of an update."""

    conversation: Conversation
    replies: list[Reply]


def person_of(update: Update) -> User | None:
    """Whose update it is; None for what is nobody's: a channel's, a group's."""
    event = update.event
    person: User | None = getattr(event, "from_user", None)
    return None if person is None or person.is_bot else person


def dispatcher_of(storage: BufferedStorage, *routers: Router) -> Dispatcher:
    """A dispatcher of these routers, in their order. They are their modules' own: the last one made has them."""
    dispatcher = Dispatcher(storage=storage)
    for router in routers:
        router._parent_router = None
        dispatcher.include_router(router)
    return dispatcher


def check_at_once(router: Router) -> None:
    """Has the router's filters checked where they are asked.

    aiogram takes each that is no coroutine, `F` among them, into a thread, which costs more than what ours look at.
    """
    for observer in router.observers.values():
        for handler in observer.handlers:
            for one in handler.filters or ():
                if not one.awaitable:
                    one.callback, one.awaitable = _at_once(one.callback), True


def _at_once(check: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    async def checked(*about: Any, **known: Any) -> Any:  # noqa: ANN401 - whatever a filter is asked and answers
        return check(*about, **known)

    return checked


class Handling:
    """The dispatcher with everything that its handlers need."""

    def __init__(self, dispatcher: Dispatcher, storage: BufferedStorage, *, bot: Bot, desk: Desk) -> None:
        self._dispatcher = dispatcher
        self._storage = storage
        self._bot = bot
        self._desk = desk
        for router in dispatcher.chain_tail:
            check_at_once(router)

    def read(self, content: str) -> Update:
        """The update of that JSON, as the dispatcher wants it: it would make another one that knows the bot.

        Raises ValidationError.
        """
        return Update.model_validate_json(content, context={"bot": self._bot})

    async def handle(self, update: Update, conversation: Conversation, *, received_at: datetime) -> Handled:
        """Runs the handlers. Raises what they raise, unless it is a Refusal: that is an answer."""
        person = person_of(update)
        assert person is not None, "only people's updates get into the inbox"
        now = conversation.model_copy(update={"memory": deepcopy(conversation.memory)})
        now.language = now.language or first_guess(person.language_code)
        query = update.callback_query
        talk = Talk(
            account=person.id,
            bot=self._bot.id,
            update=update.update_id,
            received_at=received_at,
            conversation=now,
            query=None if query is None else query.id,
        )
        if query is not None:
            talk.toast()
        with self._storage.holding(person.id, now):
            try:
                answer = await self._dispatcher.feed_update(self._bot, update, talk=talk, desk=self._desk)
            except Refusal as refusal:
                refuse(talk, refusal)
            else:
                if answer is UNHANDLED and update.message is not None:
                    talk.say("not-understood")
        return Handled(now, talk.replies)
