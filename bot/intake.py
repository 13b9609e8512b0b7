"""Intake: an update is kept in the inbox before the messenger hears that we have it. Nothing is handled here.

One exception: whoever pays waits for our yes, 10 s at most. Such a question is answered here, beside everything else,
and is not kept: nothing follows from it.

Intake gets updates as the messenger's own JSON objects, by long polling or from the webhook.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Protocol

import orjson
import structlog
from aiogram.methods import AnswerPreCheckoutQuery, DeleteWebhook, GetUpdates, TelegramMethod
from aiogram.types import PreCheckoutQuery
from pydantic import ValidationError

from bot.ports import Inbox, Messenger
from domain.outside import Urgency
from processors.lease import Lease

ALLOWED: Final = ("message", "callback_query", "pre_checkout_query", "my_chat_member")
"""The kinds of updates that we ask for."""

POLL_S: Final = 25
POLL_LIMIT: Final = 100
PAUSE_S: Final = 1.0
CONFLICT_PAUSE_S: Final = 3.0
ANSWERED_WITHIN_S: Final = 9.5

log = structlog.get_logger(__name__)

CheckOut = Callable[[PreCheckoutQuery], Awaitable[AnswerPreCheckoutQuery]]
"""Whether somebody may pay now, as an answer."""

RawUpdate = Mapping[str, Any]


class GetRawUpdates(GetUpdates):
    """`getUpdates`, whose updates are left as they came: they are kept first and looked at later."""

    __returning__ = list[dict[str, Any]]  # the whole difference


class Asking(Protocol):
    """The messenger, where an answer is needed."""

    async def ask(self, method: TelegramMethod[Any]) -> Any:  # noqa: ANN401 - what the method returns
        """The method's result. Raises what the messenger's adapter names."""
        ...


def account_of(update: RawUpdate) -> int | None:
    """Whose update it is: a person's in a private chat. None for every other."""
    for kind, event in update.items():
        if kind == "update_id" or not isinstance(event, dict):
            continue
        person = event.get("from")
        chat = event.get("chat") or (event.get("message") or {}).get("chat") or {"type": "private"}
        if isinstance(person, dict) and not person.get("is_bot") and chat.get("type") == "private":
            account = person.get("id")
            return account if isinstance(account, int) and account > 0 else None
    return None


class Intake:
    """Takes updates in, in whatever way they come."""

    def __init__(self, inbox: Inbox, messenger: Messenger, check_out: CheckOut) -> None:
        self._inbox = inbox
        self._messenger = messenger
        self._check_out = check_out
        self._answering: set[asyncio.Task[None]] = set()

    async def take(self, updates: Sequence[RawUpdate]) -> None:
        """Returns once they are kept durably, and the questions of payers are being answered."""
        kept: list[tuple[int, int, str]] = []
        for update in updates:
            question = update.get("pre_checkout_query")
            account = account_of(update)
            if question is not None:
                task = asyncio.create_task(self._answer(question), name="pre-checkout")
                self._answering.add(task)
                task.add_done_callback(self._answering.discard)
            elif account is not None:
                kept.append((int(update["update_id"]), account, orjson.dumps(update).decode()))
            else:
                log.info("update of nobody dropped", update=update.get("update_id"))
        new = await self._inbox.keep(kept)
        log.info("updates taken in", came=len(updates), new=new)

    async def close(self) -> None:
        """Returns when whoever asked before paying has an answer."""
        await asyncio.gather(*self._answering, return_exceptions=True)

    async def _answer(self, question: RawUpdate) -> None:
        try:
            async with asyncio.timeout(ANSWERED_WITHIN_S):
                answer = await self._check_out(PreCheckoutQuery.model_validate(question))
                await self._messenger.say(answer, urgency=Urgency.ANSWER)
        except (TimeoutError, ValidationError) as error:
            log.error("pre-checkout not answered", error=type(error).__name__)  # noqa: TRY400 - its text may hold names
        except Exception:
            log.exception("pre-checkout not answered")


class Polling:
    """Long polling, by the one process that was elected for it."""

    def __init__(
        self,
        asking: Asking,
        intake: Intake,
        *,
        refused: type[Exception],
        unavailable: type[Exception],
        poll_s: int = POLL_S,
    ) -> None:
        """`refused` is what asking raises when somebody else polls or the token is wrong, `unavailable` when nobody
        answers."""
        self._asking = asking
        self._intake = intake
        self._refused = refused
        self._unavailable = unavailable
        self._poll_s = poll_s

    async def run(self, lease: Lease) -> None:
        """Polls until the lease is ending. An update may come twice; the inbox keeps it once."""
        ending = asyncio.create_task(lease.ending.wait())
        polling = asyncio.create_task(self._poll(lease), name="polling")
        try:
            await asyncio.wait((ending, polling), return_when=asyncio.FIRST_COMPLETED)
            if polling.done():
                await polling
        finally:
            ending.cancel()
            polling.cancel()
            await asyncio.gather(ending, polling, return_exceptions=True)

    async def _poll(self, lease: Lease) -> None:
        await lease.may_call()
        await self._asking.ask(DeleteWebhook(drop_pending_updates=False))
        offset: int | None = None
        log.info("polling starts")
        while True:
            await lease.may_call()
            asked = GetRawUpdates(offset=offset, limit=POLL_LIMIT, timeout=self._poll_s, allowed_updates=list(ALLOWED))
            try:
                updates = await self._asking.ask(asked)
            except self._refused as error:
                log.warning("polling refused", error=type(error).__name__)
                await asyncio.sleep(CONFLICT_PAUSE_S)
                continue
            except self._unavailable as error:
                log.warning("polling failed", error=type(error).__name__)
                await asyncio.sleep(PAUSE_S)
                continue
            if updates:
                await self._intake.take(updates)
                offset = updates[-1]["update_id"] + 1
