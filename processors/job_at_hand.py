"""One job that a worker carries: its state as last read, what is said about it, and what there is to wake it for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import datetime
from typing import Any, Final

from domain import job_words as w
from domain import ledger
from domain.job_states import JobState, Request, brief_of
from domain.next_step import Step, next_step
from domain.streams import account as account_stream
from domain.streams import job as job_stream
from processors.clock import wait_for_news
from processors.lease import Lease, LeaseOver
from processors.pipeline import Pipeline

MESSAGE_MAX: Final = 500


class JobAtHand:
    """A job under way. `account` and `id` name it; `state` is the fold of what is known of it here.

    `moved` tells that the log knows more, `news` wakes it, `waits_for` says why it does nothing.
    """

    def __init__(self, pipeline: Pipeline, lease: Lease, account: int, job_id: str) -> None:
        self.pipeline = pipeline
        self.account = account
        self.id = job_id
        self.state: JobState = ledger.initial(job_stream(account, job_id))
        self.news = asyncio.Event()
        self.moved = False
        self.waits_for = "its turn"
        self.fruitless_downloads = 0
        self.dead_twins: set[str] = set()
        self.lease = lease
        self._stream = job_stream(account, job_id)
        self._queueing: asyncio.Timeout | None = None

    @property
    def brief(self) -> w.JobQueued:
        """What was ordered."""
        brief = brief_of(self.state)
        assert brief is not None, "only a job that exists is carried"
        return brief

    async def read(self) -> None:
        """Learns the state from the log. Personal texts come with it."""
        self.moved = False
        store, owner = self.pipeline.store, account_stream(self.account)
        if not store.is_prepared(owner):
            await store.prepare(owner)
        state = ledger.initial(self._stream)
        async with aclosing(store.tails(owner, {self._stream: 0})) as tails:
            async for tail in tails:
                for _, _, event in tail:
                    state = ledger.evolve(self._stream, state, event)
        self.state = state

    def next_step(self) -> Step:
        """What is to be done now."""
        return next_step(self.state, self.now(), self.pipeline.pace)

    async def say(self, kind: type[w.JobCommand], **fields: Any) -> None:
        """Carries the command out, and folds what it changed. Raises OutOfTurn when the job has moved on elsewhere."""
        command = kind.model_validate({"account": self.account, "job": self.id, "at": self.now(), **fields})
        done = await self.pipeline.executor.execute(command, attempts_max=None)
        if not done.changes:
            self.moved = True
        for stream, event in done.changes:
            assert stream == self._stream, "a job's command changes the job's stream"
            self.state = ledger.evolve(stream, self.state, event)

    async def may_call(self) -> None:
        """Returns when an outside call may start; to be awaited right before it. Raises LeaseOver."""
        await self.lease.may_call()

    async def may_begin(self) -> None:
        """Returns when a paid call or a send may be announced. Raises LeaseOver, also when the shard is given up."""
        await self.lease.may_begin()

    @asynccontextmanager
    async def slot(self, slots: asyncio.Semaphore) -> AsyncIterator[None]:
        """Waits for one of the slots and holds it. Raises LeaseOver when the shard is given up before there is one."""
        if self.lease.ending.is_set():
            raise LeaseOver
        try:
            async with asyncio.timeout(None) as self._queueing:
                await slots.acquire()
        except TimeoutError:
            raise LeaseOver from None
        finally:
            self._queueing = None
        try:
            yield
        finally:
            slots.release()

    async def wait(self, until: datetime, waits_for: str) -> None:
        """Returns at that moment, when there is news, or when the shard is given up."""
        self.waits_for = waits_for
        if not self.lease.ending.is_set():
            await wait_for_news(self.news, self.pipeline.clock, until)

    def leave(self) -> None:
        """Ends whatever the job waits for here: its shard is given up. To be called once."""
        self.news.set()
        if self._queueing is not None:
            self._queueing.reschedule(0)

    def now(self) -> datetime:
        """The present moment."""
        return self.pipeline.clock.now()

    async def with_hints(self, requests: tuple[Request, ...]) -> list[tuple[Request, str]]:
        """The requests whose task is known, from the job's events or else from a callback; one may have several."""
        known = [(request, request.task) for request in requests if request.task is not None]
        unknown = {request.number: request for request in requests if request.task is None}
        if unknown and self.pipeline.pace.callbacks:
            hints = await self.pipeline.callbacks.of_job(self.account, self.id)
            known += [(unknown[number], task) for number, task in hints if number in unknown]
        return [(request, task) for request, task in known if task not in self.dead_twins]


def words(message: str) -> str:
    """A message from outside as an event may hold it: without NUL and lone surrogates, and not too long."""
    clean = message.replace("\0", "").encode(errors="ignore").decode()
    return clean[:MESSAGE_MAX].strip() or "no message"
