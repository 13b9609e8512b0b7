"""The tasks: created and paid for, under way, ended.

    waiting -> queuing -> generating -> success | fail        what a task shows while its latency runs
               ^ the photo is looked at before `generating`

A task costs its account the model's price at creation; a failed one gives it back. Moments are unix seconds.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Literal, NamedTuple
from uuid import uuid4

import structlog

from adapters.sandbox.kie_faults import CallbackFault

Family = Literal["jobs", "veo"]
Failure = tuple[str, str]
"""failCode and failMsg."""

QUEUING_FROM: Final = 0.1
GENERATING_FROM: Final = 0.3
"""Shares of the latency."""
RATE_WINDOW_S: Final = 10.0

log = structlog.get_logger(__name__)


class Plan(NamedTuple):
    """What is to become of a task. `latency_s` None: it never ends. `state`: what it shows until then."""

    latency_s: float | None
    failure: Failure | None = None
    without_url: bool = False
    state: str | None = None
    invisible_s: float = 0
    result_early: bool = False
    callback: CallbackFault | None = None
    callback_delay_s: float = 0


class Order(NamedTuple):
    """What a task was created with. `content` is the request's whole body, `origin` the address it was sent to."""

    account: str
    family: Family
    model: str
    fields: dict[str, Any]
    content: dict[str, Any]
    price: float
    callback_url: str | None
    marker: str | None
    origin: str


@dataclass(slots=True)
class Task:
    """One paid call. `video` is there when it ended well, unless the plan says that none will be."""

    id: str
    order: Order
    plan: Plan
    created_at: float
    ended_at: float | None = None
    failure: Failure | None = None
    video: bytes | None = None
    callbacks_sent: int = 0
    callbacks_taken: int = 0
    timer: asyncio.TimerHandle | None = None

    def state(self, now: float) -> str:
        """What it shows at that moment."""
        if self.ended_at is not None:
            return "success" if self.failure is None else "fail"
        if self.plan.state is not None:
            return self.plan.state
        passed = (now - self.created_at) / self.plan.latency_s if self.plan.latency_s else 1.0
        if passed < QUEUING_FROM:
            return "waiting"
        return "queuing" if passed < GENERATING_FROM else "generating"

    def shown(self, now: float) -> dict[str, Any]:
        """For JSON: what a proof compares, none of the personal texts."""
        order = self.order
        return {
            "task": self.id,
            "account": order.account,
            "model": order.model,
            "callback_url": order.callback_url,
            "marker": order.marker,
            "state": self.state(now),
            "created_at": self.created_at,
            "ended_at": self.ended_at,
            "failure": self.failure,
            "callbacks_sent": self.callbacks_sent,
            "callbacks_taken": self.callbacks_taken,
        }

    @property
    def result_url(self) -> str:
        """Where the video lies, or will."""
        return f"{self.order.origin}/results/{self.id}.mp4"


class Account:
    """What one account has left, and when it created tasks lately."""

    def __init__(self, *, credits_left: float) -> None:
        self.credits_left = credits_left
        self._created_at: deque[float] = deque()

    def may_create(self, now: float, *, most: int | None) -> bool:
        """Whether one more creation keeps within `most` in 10 s; counts it if so. None: no limit."""
        if most is None:
            return True
        while self._created_at and self._created_at[0] <= now - RATE_WINDOW_S:
            self._created_at.popleft()
        if len(self._created_at) >= most:
            return False
        self._created_at.append(now)
        return True


Make = Callable[[Task], bytes | Failure | Awaitable[bytes | Failure]]
"""Makes a task's video, or says why it fails: at once when that takes no time, else as something to await."""


class Tasks:
    """Every task, by id. `make` makes the videos, `told` is called with each ended task that wants a callback."""

    def __init__(self, *, make: Make, told: Callable[[Task], Awaitable[None]], clock: Callable[[], float]) -> None:
        self._make = make
        self._told = told
        self._clock = clock
        self._under_way: set[asyncio.Future[None]] = set()
        self.by_id: dict[str, Task] = {}
        self.accounts: dict[str, Account] = {}

    def create(self, order: Order, plan: Plan) -> Task:
        """Takes the money and sets the task going. Its end comes with the plan's latency."""
        self.accounts[order.account].credits_left -= order.price
        task = Task(id=uuid4().hex, order=order, plan=plan, created_at=self._clock())
        self.by_id[task.id] = task
        if plan.callback != "early":
            self._begin(task)
        return task

    async def finish(self, task: Task) -> None:
        """Ends the task at once, callback included: for the one that is told before its creation is answered."""
        made = self._make(task) if task.plan.failure is None else task.plan.failure
        self._end(task, made if isinstance(made, (bytes, tuple)) else await made)
        if task.order.callback_url is not None:
            await self._told(task)

    async def stop(self) -> None:
        """Lets go of what is under way: those tasks never end, and no more callbacks are sent."""
        for task in self.by_id.values():
            if task.timer is not None:
                task.timer.cancel()
        under_way = list(self._under_way)
        for future in under_way:
            future.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    def _begin(self, task: Task) -> None:
        latency_s = task.plan.latency_s
        if latency_s is None:
            return
        made = self._make(task) if task.plan.failure is None else task.plan.failure
        if not isinstance(made, (bytes, tuple)):
            self._run(self._end_when_made(task, made, latency_s=latency_s))
            return
        at_the_look = task.plan.failure is None and isinstance(made, tuple)
        due = latency_s * GENERATING_FROM if at_the_look else latency_s
        task.timer = asyncio.get_running_loop().call_later(due, partial(self._end_and_tell, task, made))

    async def _end_when_made(self, task: Task, making: Awaitable[bytes | Failure], *, latency_s: float) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        made = await making
        due = latency_s if isinstance(made, bytes) else latency_s * GENERATING_FROM
        await asyncio.sleep(max(0.0, began + due - loop.time()))
        self._end_and_tell(task, made)

    def _end_and_tell(self, task: Task, made: bytes | Failure) -> None:
        self._end(task, made)
        if task.order.callback_url is not None and task.plan.callback != "missing":
            self._run(self._told(task))

    def _end(self, task: Task, made: bytes | Failure) -> None:
        task.timer = None
        task.ended_at = self._clock()
        if isinstance(made, bytes):
            task.video = made
            return
        task.failure = made
        self.accounts[task.order.account].credits_left += task.order.price

    def _run(self, work: Awaitable[None]) -> None:
        future = asyncio.ensure_future(work)
        self._under_way.add(future)
        future.add_done_callback(self._done)

    def _done(self, future: asyncio.Future[None]) -> None:
        self._under_way.discard(future)
        if not future.cancelled() and (error := future.exception()) is not None:
            log.error("task went wrong", exc_info=error)
