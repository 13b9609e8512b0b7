"""The one sender of all messages: at Telegram's pace, tried again where that can help, and never said twice by us.

A new message that may have arrived is not repeated. What is the same however often it is done, an edit or an answer,
is.

    TelegramError
        TelegramUnavailable     could not be reached, had no time, or its answer was lost; trying again can help
        TelegramRefused         said no, and would again: `code` and `description`

They are raised by `ask` only; the others answer with values.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from math import ceil
from typing import Any, Final, NamedTuple, TypeVar, cast

from aiogram import Bot
from aiogram.methods import GetFile, TelegramMethod

from adapters.telegram.answers import TOO_MANY, AsAsked, Fate, Later, Refused, Unclear
from adapters.telegram.pace import Chat, Pace
from adapters.telegram.wire import NO_SUCH_FILE, Taken, Wire
from domain.failures import FailureClass
from domain.outside import Fetched, MaybeSaid, NotFetched, NotSaid, Said, Urgency, WhyNot

T = TypeVar("T")
F = TypeVar("F")

REPEATABLE: Final = (
    *("edit", "delete", "answer", "get", "set", "createInvoiceLink", "refundStarPayment", "sendChatAction"),
)
"""How the names of the methods begin that may be repeated when nobody knows what became of them."""

UNCLEAR_MAX: Final = 3


class TelegramError(Exception):
    """Telegram did not do what it was asked for."""


class TelegramUnavailable(TelegramError):
    """It could not be reached, had no time, or its answer was lost. Trying again can help, after `wait_s` if given."""

    def __init__(self, about: str, wait_s: int | None = None) -> None:
        super().__init__(about)
        self.wait_s = wait_s


class TelegramRefused(TelegramError):
    """It said no, and would again. `code` is the HTTP status: 401 a wrong token, 409 another poller or a webhook."""

    def __init__(self, code: int, description: str) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code
        self.description = description


class Retries(NamedTuple):
    """For how many seconds something is tried again, and after how many first; then after twice as many each time."""

    message_s: float = 60.0
    answer_s: float = 8.0
    first_wait_s: float = 1.0


USUAL: Final = Retries()


class Messenger:
    """Speaks through a bot, at a pace that all share who speak through that bot in this process."""

    def __init__(self, bot: Bot, pace: Pace, *, retries: Retries = USUAL) -> None:
        self._wire = Wire(bot, pace)
        self._pace = pace
        self._retries = retries

    async def say(
        self, method: TelegramMethod[Any], *, urgency: Urgency = Urgency.MESSAGE, timeout_s: float | None = None
    ) -> Said | NotSaid | MaybeSaid:
        """Says it; tries again what was definitely not said, for a bounded time. `timeout_s` is for each attempt.

        An edit that a newer one of the same message makes needless is not made, and counts as said.
        """
        chat, message = getattr(method, "chat_id", None), getattr(method, "message_id", None)
        if (rest := self._long_rest(chat, urgency)) is not None:
            return NotSaid(WhyNot.UNREACHABLE, rest.about)
        if message is None or not method.__api_method__.startswith("edit"):
            return _said(await self._insist(method, urgency, timeout_s), message)
        if not await self._pace.turn_to_edit(chat, message, urgency):
            return Said(message)
        try:
            fate = await self._insist(method, urgency, timeout_s, edits=(chat, message))
            needless = isinstance(fate, Later | Unclear) and self._pace.newer_edit_waits(chat, message)
            return Said(message) if needless else _said(fate, message)
        finally:
            self._pace.edited(chat, message)

    async def once(
        self, method: TelegramMethod[T], *, urgency: Urgency = Urgency.MESSAGE, timeout_s: float | None = None
    ) -> Taken[T] | Fate:
        """Says it in its turn, and not again. When the chat has to rest for long, that is said instead."""
        chat = getattr(method, "chat_id", None)
        if (rest := self._long_rest(chat, urgency)) is not None:
            return rest
        await self._pace.turn(chat, urgency)
        return await self._wire.post(method, timeout_s)

    async def ask(
        self, method: TelegramMethod[T], *, tries_s: float | None = None, timeout_s: float | None = None
    ) -> T:
        """The result of what is no message: getMe, getUpdates, refundStarPayment and the like. Not paced.

        Tries again for `tries_s`, as long as for messages if not given. Who was paid back before is paid back. Raises
        TelegramUnavailable, TelegramRefused.
        """
        tries_s = self._retries.message_s if tries_s is None else tries_s
        repeatable = method.__api_method__.startswith(REPEATABLE)
        fate: Taken[T] | Fate
        fate = await self._patiently(lambda: self._wire.post(method, timeout_s), tries_s, repeatable=repeatable)
        if isinstance(fate, Taken):
            return fate.result
        if isinstance(fate, AsAsked) and method.__returning__ is bool:
            return cast("T", True)
        if isinstance(fate, Refused):
            raise TelegramRefused(fate.code, fate.about)
        if isinstance(fate, AsAsked):
            raise TelegramUnavailable("it was done, and the answer cannot be read")
        raise TelegramUnavailable(fate.about, fate.wait_s if isinstance(fate, Later) else None)

    async def fetch(self, file_id: str, *, size_max: int) -> Fetched | NotFetched:
        """The file that a user sent, of at most so many bytes. Telegram hands out 20 MB at most."""
        fate: Fetched | NotFetched | Fate
        fate = await self._patiently(lambda: self._fetch(file_id, size_max), self._retries.message_s, repeatable=True)
        match fate:
            case Fetched() | NotFetched():
                return fate
            case Refused(WhyNot.TOO_LARGE, _, about):
                return NotFetched(WhyNot.TOO_LARGE, about)
            case Refused(_, code, about):
                return NotFetched(WhyNot.NO_FILE if code in NO_SUCH_FILE else WhyNot.UNREACHABLE, about)
            case AsAsked():
                return NotFetched(WhyNot.UNREACHABLE, "the answer cannot be read")
            case Later(_, about) | Unclear(about):
                return NotFetched(WhyNot.UNREACHABLE, about)

    async def _insist(
        self,
        method: TelegramMethod[Any],
        urgency: Urgency,
        timeout_s: float | None,
        *,
        edits: tuple[Chat, int] | None = None,
    ) -> Taken[Any] | Fate:
        """`edits`: the message whose edit it is, for which the first turn is ours already."""
        turn_is_ours = edits is not None
        chat = getattr(method, "chat_id", None)

        async def step() -> Taken[Any] | Fate:
            nonlocal turn_is_ours
            if not turn_is_ours:
                await self._pace.turn(chat, urgency)
            turn_is_ours = False
            return await self._wire.post(method, timeout_s)

        return await self._patiently(
            step,
            self._retries.answer_s if urgency is Urgency.ANSWER else self._retries.message_s,
            repeatable=method.__api_method__.startswith(REPEATABLE),
            needless=lambda: edits is not None and self._pace.newer_edit_waits(*edits),
        )

    async def _patiently(
        self,
        step: Callable[[], Awaitable[F | Later | Unclear]],
        tries_s: float,
        *,
        repeatable: bool,
        needless: Callable[[], bool] = lambda: False,
    ) -> F | Later | Unclear:
        """Takes the step again while that can help and does no harm, and answers what became of it at last."""
        until = self._pace.now() + tries_s
        wait_s = self._retries.first_wait_s
        doubts: list[Unclear] = []
        while True:
            fate = await step()
            if isinstance(fate, Unclear):
                doubts.append(fate)
                if not repeatable or len(doubts) > UNCLEAR_MAX:
                    return fate
            elif not isinstance(fate, Later):
                return fate
            rest_s = wait_s if isinstance(fate, Unclear) else fate.wait_s or wait_s
            in_time = self._pace.now() + rest_s <= until
            if in_time:
                await self._pace.pause(rest_s)
                wait_s *= 2
            if not in_time or needless():
                return doubts[-1] if doubts else fate

    async def _fetch(self, file_id: str, size_max: int) -> Fetched | NotFetched | Fate:
        got = await self._wire.post(GetFile(file_id=file_id), None)
        if not isinstance(got, Taken):
            return got
        size, path = got.result.file_size or 0, got.result.file_path
        if size > size_max:
            return NotFetched(WhyNot.TOO_LARGE, f"{size} bytes, and {size_max} are taken")
        if path is None:
            return NotFetched(WhyNot.NO_FILE, "telegram does not say where the file lies")
        return await self._wire.download(path, size_max)

    def _long_rest(self, chat: Chat, urgency: Urgency) -> Later | None:
        """A rest that nobody is going to wait for."""
        rest_s = 0.0 if urgency is Urgency.ANSWER else self._pace.rests_for(chat)
        if rest_s <= self._retries.message_s:
            return None
        return Later(FailureClass.RATE_LIMIT, "too many requests, and the chat rests", ceil(rest_s), TOO_MANY)


def _said(fate: Taken[Any] | Fate, message: int | None) -> Said | NotSaid | MaybeSaid:
    match fate:
        case Taken(result):
            made = result[0] if isinstance(result, list) and result else result
            return Said(getattr(made, "message_id", message))
        case AsAsked(made):
            return Said(made or message)
        case Refused(why, _, about):
            return NotSaid(why, about)
        case Later(_, about):
            return NotSaid(WhyNot.UNREACHABLE, about)
        case Unclear(about):
            return MaybeSaid(about)
