"""The reactor of refunds: Stars that somebody asked to give back go back to their payer, or Telegram says why not.

The wish lies in the log before Telegram is called, and its answer follows. A crash in between repeats the call, which
gives the Stars back once. One that finds no answer is asked again, later and later, and holds up no other.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import timedelta
from typing import Final

import structlog

from domain import payment, streams
from domain.log import Cause, Recorded
from domain.payment import PaymentRefundRequested, RecordPaymentRefund, RefusePaymentRefund
from domain.refusals import Refusal
from domain.stars import StarsKept, StarsReturned, StarsUnknown
from processors.clock import Clock
from processors.execute import Executor
from processors.ports import EVERYTHING, ShardLog, Stars, StreamReader, Tracking
from processors.remembering import Remembered

NAME: Final = "star refunds"
FOLLOWED: Final = ("PaymentRefundRequested",)
PAUSE_FIRST: Final = timedelta(seconds=2)
PAUSE_MAX: Final = timedelta(minutes=10)
TOLD_EVERY: Final = 10
"""Operators hear of a refund without an answer at each so-manieth attempt."""

log = structlog.get_logger(__name__)


class StarRefunds:
    """Carries out the refunds that are asked for in one shard."""

    def __init__(
        self,
        shard: int,
        *,
        shard_log: ShardLog,
        tracking: Tracking,
        executor: Executor,
        accounts: StreamReader,
        stars: Stars,
        clock: Clock,
    ) -> None:
        self._shard = shard
        self._log = shard_log
        self._executor = executor
        self._accounts = accounts
        self._stars = stars
        self._clock = clock
        self._open: set[int] = set()
        self._seen = 0
        self._remembered = Remembered(tracking, shard, NAME)

    async def run(self) -> None:
        """Refunds for ever. Raises what the log raises at an event that this program cannot read."""
        self._seen = await self._remembered.read()
        log.info("star refunds start", shard=self._shard, position=self._seen)
        try:
            async with asyncio.TaskGroup() as refunds:
                await self._follow(refunds)
        except ExceptionGroup as group:  # the first tells what the others only followed from
            raise group.exceptions[0] from None

    async def _follow(self, refunds: asyncio.TaskGroup) -> None:
        async with aclosing(self._log.follow(self._shard, after=self._seen, types=FOLLOWED)) as pages:
            async for page, upto in pages:
                for recorded in page:
                    self._open.add(recorded.position)
                    refunds.create_task(self._carry_out(recorded), name=f"refund at {recorded.position}")
                self._seen = upto
                await self._remember(now=bool(page))

    async def _carry_out(self, asked: Recorded) -> None:
        event = asked.event
        assert isinstance(event, PaymentRefundRequested), "only these are followed"
        account, charge = streams.account_of(asked.stream), streams.id_of(asked.stream)
        attempt = 0
        while (paid := await self._still_wanted(asked.stream, event.request)) is not None:
            answer = await self._stars.refund(account, charge)
            log.info("refund called", account=account, charge=charge, answer=type(answer).__name__)
            match answer:
                case StarsUnknown():
                    attempt += 1
                    if attempt % TOLD_EVERY == 0:
                        log.critical("refund without an answer", account=account, charge=charge, attempts=attempt)
                    await self._pause(answer, attempt)
                case _:
                    await self._record(asked, event.request, paid, answer)
                    break
        self._open.discard(asked.position)
        await self._remember(now=True)

    async def _still_wanted(self, stream: str, request: str) -> payment.PaymentReceived | None:
        """The payment, while this request for its refund has no answer."""
        state: payment.PaymentState = payment.INITIAL
        async for recorded in self._accounts.events(stream, upto=EVERYTHING):
            state = payment.evolve(state, recorded.event)  # type: ignore[arg-type]  # the payment's own stream
        if isinstance(state, payment.RefundRequested) and state.request == request:
            return state.payment
        return None

    async def _record(
        self, asked: Recorded, request: str, paid: payment.PaymentReceived, answer: StarsReturned | StarsKept
    ) -> None:
        account, charge, at = streams.account_of(asked.stream), streams.id_of(asked.stream), self._clock.now()
        command: RecordPaymentRefund | RefusePaymentRefund
        if isinstance(answer, StarsReturned):
            command = RecordPaymentRefund(account=account, at=at, charge=charge, stars=paid.stars)
        else:
            message = answer.message[:500] or "no reason given"
            command = RefusePaymentRefund(account=account, at=at, charge=charge, request=request, message=message)
        try:
            await self._executor.execute(command, cause=Cause(event_id=asked.event_id), attempts_max=None)
        except Refusal as refusal:  # another answer came first, by Telegram's update or by another owner of the shard
            log.warning("refund was answered before", account=account, charge=charge, refusal=type(refusal).__name__)

    async def _pause(self, answer: StarsUnknown, attempt: int) -> None:
        wished = timedelta(seconds=answer.retry_after_s or 0)
        pause = max(wished, min(PAUSE_MAX, PAUSE_FIRST * 2 ** min(attempt - 1, 20)))
        await asyncio.sleep(self._clock.seconds_until(self._clock.now() + pause))

    async def _remember(self, *, now: bool) -> None:
        """Moves the position up to the first refund that is still open."""
        upto = min(self._open, default=self._seen + 1) - 1
        await self._remembered.move(upto, now=now)
