"""Appends travel together: while some are written, the next ones gather.

A batch is one shard's, and a shard has one batch under way at a time. It is written by a call of `append_events` in
autocommit, so no lock is ever held across a round trip. Small batches of several shards share a call; where one shard
is all that is written to, many appends go in two calls: while the server writes one half, the callers of the other
decide. Each caller gets its own answer. What it promises:

- one bad append harms nobody else: what fails is written again batch by batch, then one by one; the guilty one errs;
- a commit whose answer was lost is recognised by its event ids when the batch is sent again;
- appends of one owner are a chain: when one fails, all that wait behind it fail with it;
- nobody who stops waiting for an answer cancels the batch; the waiting room is bounded.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import asyncpg
import orjson
import structlog

from adapters.codec import as_json
from adapters.postgres.batches import Answer, Conflict, Row, Waiting, arguments, fail_chains, next_batch
from adapters.postgres.connections import ANSWER_WITHIN_S, LOST, LastingConnections
from adapters.postgres.signals import Signals
from domain.log import AppendRejected, OutcomeUnknown

FEW: Final = 24
"""Fewer appends under way in a shard than these share a call with others: its own cost is the greater part."""
HALVED_FROM: Final = 16
"""So many appends under way go in two calls, so that those whose turn is next are decided meanwhile."""
WAITING_MAX: Final = 8_192
RETRY_FOR_S: Final = 60.0
RETRY_EVERY_S: Final = 0.1

APPEND: Final = """
    SELECT b.shard, a.before, a.answers
    FROM unnest($1::integer[], $2::boolean[], $3::jsonb[], $4::jsonb[]) AS b (shard, at_once, appends, events),
         append_events(b.shard, b.at_once, b.appends, b.events) AS a
"""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Shard:
    number: int
    waiting: deque[Waiting] = field(default_factory=deque)
    writer: asyncio.Task[None] | None = None


class Appender:
    """Writes appends in batches, one batch of a shard at a time."""

    def __init__(
        self,
        connections: LastingConnections,
        signals: Signals,
        *,
        shards: int,
        retry_for_s: float = RETRY_FOR_S,
        waiting_max: int = WAITING_MAX,
    ) -> None:
        self._connections = connections
        self._signals = signals
        self._shards = [_Shard(number) for number in range(shards)]
        self._retry_for_s = retry_for_s
        self._waiting_max = waiting_max
        self._waiting = 0
        self._broken: set[str] = set()
        self._sharer: asyncio.Task[None] | None = None
        self._sharing: deque[tuple[_Shard, asyncio.Future[int]]] = deque()
        self._room = asyncio.Event()
        self._room.set()

    @property
    def is_full(self) -> bool:
        """Whether the waiting room is full."""
        return self._waiting >= self._waiting_max

    async def room(self) -> None:
        """Returns when there is a place in the waiting room."""
        while self.is_full:
            self._room.clear()
            await self._room.wait()

    def submit(self, shard: int, chain: str, rows: list[Row], tracked: tuple[str, int] | None, answer: Answer) -> None:
        """Queues the append. The answer is the position of its first event once that is durable, or else a Conflict,
        AppendRejected or OutcomeUnknown; a Conflict may come at once. Raises JSONEncodeError for a text that is none.
        """
        waiting = Waiting(chain, rows, as_json(rows), tracked, answer)
        if chain in self._broken:
            waiting.tell(Conflict(chain, None))
            return
        queue = self._shards[shard]
        queue.waiting.append(waiting)
        self._waiting += 1
        if queue.writer is None:
            queue.writer = asyncio.create_task(self._drain(queue), name=f"append to shard {shard}")

    async def close(self) -> None:
        """Returns when everything that was submitted has been answered."""
        writers = [queue.writer for queue in self._shards if queue.writer is not None]
        await asyncio.gather(*writers)

    async def _drain(self, queue: _Shard) -> None:
        before = 0
        try:
            while queue.waiting:
                under_way = before + len(queue.waiting)
                is_alone = self._is_alone(queue)
                if under_way < FEW and not is_alone:
                    before = await self._share(queue)
                else:
                    halved = under_way >= HALVED_FROM and is_alone
                    batch = next_batch(queue.waiting, appends_max=under_way // 2 if halved else under_way)
                    before = len(batch)
                    await self._write({queue.number: batch})
        finally:
            queue.writer = None

    def _is_alone(self, queue: _Shard) -> bool:
        return all(shard.writer is None for shard in self._shards if shard is not queue)

    async def _share(self, queue: _Shard) -> int:
        """Writes and answers what waits, in a call with what waits elsewhere. Returns how many appends that were."""
        written: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._sharing.append((queue, written))
        if self._sharer is None:
            self._sharer = asyncio.create_task(self._write_shared(), name="append to several shards")
        return await written

    async def _write_shared(self) -> None:
        """One call after another, each of about half of the appends under way, as far as whole shards allow."""
        before = 0
        try:
            while self._sharing:
                half = max(HALVED_FROM // 2, (before + sum(len(queue.waiting) for queue, _ in self._sharing)) // 2)
                batches: dict[int, list[Waiting]] = {}
                told: list[tuple[asyncio.Future[int], int]] = []
                before = 0
                while self._sharing and before < half:
                    queue, written = self._sharing.popleft()
                    batch = batches[queue.number] = next_batch(queue.waiting, appends_max=FEW)
                    told.append((written, len(batch)))
                    before += len(batch)
                await self._write(batches)
                for written, count in told:
                    written.set_result(count)
        finally:
            self._sharer = None

    async def _write(self, batches: Mapping[int, list[Waiting]]) -> None:
        """Writes and answers one batch of each of these shards."""
        try:
            await self._write_together(batches)
        except Exception as bug:  # noqa: BLE001 - the callers get it
            for shard, batch in batches.items():
                if len(batches) > 1:
                    await self._write({shard: batch})
                else:
                    self._fail_all(shard, batch, bug)
        self._waiting = sum(len(shard.waiting) for shard in self._shards)
        self._room.set()

    async def _write_together(self, batches: Mapping[int, list[Waiting]]) -> None:
        try:
            answers = await self._call(batches)
        except asyncpg.PostgresError as error:
            for shard, batch in batches.items():
                if len(batches) > 1:
                    await self._write_together({shard: batch})
                elif len(batch) > 1:
                    await self._write_one_by_one(shard, batch)
                else:
                    log.warning("append rejected", shard=shard, error=type(error).__name__)
                    self._fail_all(shard, batch, AppendRejected(f"{batch[0].chain}: {error}"))
        except OutcomeUnknown as unknown:
            for shard, batch in batches.items():
                self._fail_all(shard, batch, unknown)
        else:
            for shard, before, answered in answers:
                self._answer(shard, batches[shard], before, answered)

    async def _write_one_by_one(self, shard: int, batch: list[Waiting]) -> None:
        failed: set[str] = set()
        for waiting in batch:
            if waiting.chain in failed:
                waiting.tell(Conflict(waiting.chain, None))
                continue
            await self._write_together({shard: [waiting]})
            if not isinstance(waiting.told, int):
                failed.add(waiting.chain)

    def _answer(self, shard: int, batch: list[Waiting], before: int, answers: str | None) -> None:
        if answers is None:
            position = before + 1
            for waiting in batch:
                waiting.tell(position)
                position += len(waiting.rows)
        else:
            given = list(zip(batch, orjson.loads(answers), strict=True))
            self._break(shard, {waiting.chain for waiting, answer in given if "position" not in answer})
            for waiting, answer in given:
                if "position" in answer:
                    waiting.tell(answer["position"])
                else:
                    waiting.tell(Conflict(answer["stream"] or waiting.chain, answer["version"]))
        self._signals.appended(shard)

    def _fail_all(self, shard: int, batch: list[Waiting], error: Exception) -> None:
        self._break(shard, {waiting.chain for waiting in batch})
        for waiting in batch:
            waiting.tell(error)

    def _break(self, shard: int, chains: set[str]) -> None:
        """Fails what was decided on an append that did not happen: all that waits, and all that is submitted by tasks
        that run before the callers hear of it. To be called before the first of them is told: then this ends in time.
        """
        if chains:
            self._broken |= chains
            asyncio.get_running_loop().call_soon(self._broken.difference_update, chains)
            fail_chains(self._shards[shard].waiting, chains)

    async def _call(self, batches: Mapping[int, list[Waiting]]) -> list[asyncpg.Record]:
        """The answers, one per shard. Locks are taken in the order of the shards, so calls never wait in a circle."""
        shards = sorted(batches)
        columns = zip(*(arguments(batches[shard]) for shard in shards), strict=True)
        given = [shards, *map(list, columns)]
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + self._retry_for_s
        while True:
            try:
                async with self._connections.one() as connection:
                    answers: list[asyncpg.Record] = await connection.fetch(APPEND, *given, timeout=ANSWER_WITHIN_S)
                    return answers
            except LOST as error:
                if loop.time() > give_up_at:
                    msg = f"the database gave no answer for {self._retry_for_s:.0f} s"
                    raise OutcomeUnknown(msg) from error
                log.warning("append sent again", shards=shards, error=type(error).__name__)
                await asyncio.sleep(RETRY_EVERY_S)
