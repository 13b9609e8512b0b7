"""Telegram on this machine: a Bot API server for one bot, and messengers for any number of people.

    sandbox = TelegramSandbox(TelegramSandboxSettings())
    async with serving(sandbox.app) as address:
        bot = Bot(sandbox.token, session=AiohttpSession(api=TelegramAPIServer.from_base(address)))
        anna = sandbox.people.add("Анна")
        sandbox.text(anna.id, "/start")

The same can be done over HTTP: `GET /` is a page to chat with, `/api/...` what it is made of, `POST /sandbox/faults`
the script of faults, `GET /sandbox/calls` the calls the bot has made. Whoever reaches the address may do all of this,
so it is for loopback only.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from starlette.types import ASGIApp

from adapters.sandbox.telegram_calls import Call
from adapters.sandbox.telegram_chats import Message
from adapters.sandbox.telegram_faults import TelegramFaults
from adapters.sandbox.telegram_gate import TelegramGate
from adapters.sandbox.telegram_messenger import Messenger
from adapters.sandbox.telegram_methods import methods_of
from adapters.sandbox.telegram_people import People
from adapters.sandbox.telegram_settings import TelegramSandboxSettings
from adapters.sandbox.telegram_state import TelegramState

__all__ = ["TelegramSandbox", "TelegramSandboxSettings"]


class TelegramSandbox:
    """One Telegram with one bot.

    `clock` gives unix seconds: it dates messages and ages queries. Time-outs run by the event loop's own.
    """

    def __init__(
        self,
        settings: TelegramSandboxSettings = TelegramSandboxSettings(),  # noqa: B008 - frozen, so one serves all
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._state = TelegramState(settings, clock=clock)
        self.people = People(self._state)
        """Everybody who uses the bot, and what they do."""
        self.text, self.files, self.tap = self.people.text, self.people.files, self.people.tap
        self.pay, self.refund, self.forward = self.people.pay, self.people.refund, self.people.forward
        self.block = self.people.block
        messenger = Messenger(self._state, self.people).app()
        self.app: ASGIApp = TelegramGate(self._state, methods=methods_of(self._state), messenger=messenger)

    @property
    def token(self) -> str:
        """The bot's, to be called with."""
        return self._state.settings.token

    @property
    def faults(self) -> TelegramFaults:
        """The script of faults, to be added to."""
        return self._state.faults

    @property
    def calls(self) -> Sequence[Call]:
        """The log of calls, oldest first."""
        return self._state.calls

    @property
    def updates_pending(self) -> int:
        """How many updates the bot has not confirmed."""
        return self._state.updates.pending_count

    def messages(self, user: int) -> list[Message]:
        """What is in a person's chat, oldest first."""
        return [kept.message for kept in self.people.chat(user).messages.values() if not kept.deleted]

    async def until(self, true: Callable[[], bool]) -> None:
        """Returns once something about `calls` or `updates_pending` is so."""
        await self._state.bell.until(true)

    async def settled(self) -> None:
        """Returns when everything that has happened is kept. Over HTTP that goes without saying."""
        await self._state.store.settled()

    async def close(self) -> None:
        """Ends event streams and deliveries and keeps the rest. Serving the app to its end does this too."""
        await self._state.close()
