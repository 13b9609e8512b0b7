"""Small writes that travel together: while one batch is under way, the next one gathers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Together(Generic[Item, Answer]):
    """Carries items out in batches, and answers each."""

    def __init__(self, carry_out: Callable[[Sequence[Item]], Awaitable[Sequence[Answer]]], *, batch_max: int) -> None:
        """`carry_out` answers a batch in its order; what it raises, all of the batch's callers are told."""
        self._carry_out = carry_out
        self._batch_max = batch_max
        self._waiting: list[tuple[Item, asyncio.Future[Answer]]] = []
        self._carrying: asyncio.Task[None] | None = None

    async def do(self, item: Item) -> Answer:
        """The item's answer. A caller that is cancelled does not cancel its batch."""
        told: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, told))
        if self._carrying is None:
            self._carrying = asyncio.create_task(self._carry(), name="batches")
        return await told

    async def _carry(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[: self._batch_max], self._waiting[self._batch_max :]
            try:
                answers = await self._carry_out([item for item, _ in batch])
            except Exception as error:  # noqa: BLE001 - it is raised where the callers wait
                for _, told in batch:
                    if not told.done():
                        told.set_exception(error)
            else:
                for (_, told), answer in zip(batch, answers, strict=True):
                    if not told.done():
                        told.set_result(answer)
        self._carrying = None
