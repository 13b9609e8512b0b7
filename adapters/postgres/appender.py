"""Appends travel together: while a shard's batch commits, the next one gathers.

A batch is one shard's and is written by one autocommit call of `append_events`, so no lock is ever held across a
round trip. Where one shard is all that is written to, its appends go in halves: while the server writes one, the
callers of the other decide. Each caller gets its own answer. What it promises:

- one bad append harms nobody else: a batch that fails is written again one by one, and only the guilty one errs;
- a commit whose answer was lost is recognised by its event ids when the batch is sent again;
- appends of one owner are a chain: when one fails, all that wait behind it fail with it;
- nobody who stops waiting for an answer cancels the batch; the waiting room is bounded.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import asyncpg
import orjson
import structlog
from eventsourcing.persistence import IntegrityError

from adapters.codec import as_json
from adapters.postgres.connections import LOST, LastingConnections
from adapters.postgres.signals import Signals
from domain.log import AppendRejected, OutcomeUnknown, VersionConflict

BATCH_EVENTS_MAX: Final = 1_000
HALVED_MIN: Final = 16
"""Appends under way in a shard from which on halves are quicker: of fewer, a call's own cost is the greater part."""
WAITING_MAX: Final = 8_192
RETRY_FOR_S: Final = 60.0
RETRY_EVERY_S: Final = 0.1

APPEND: Final = "SELECT before, answers FROM append_events($1, $2, $3, $4)"

log = structlog.get_logger(__name__)

Row = tuple[str, int, str, str, object, str | None, int | None, str | None]
"""stream, version, type, event id, data, command id, update id, cause id: as `events_of` of the database reads them.
`data` is what `codec.stored` gives."""


Answer = Callable[[int | Exception], None]
"""Is told the position of an append's first event, or why there is none."""


class Conflict(VersionConflict, IntegrityError):
    """The stream is not where the append expects it; in the library's words, its integrity error."""


@dataclass(slots=True, eq=False)
class _Waiting:
    chain: str
    rows: list[Row]
    json: bytes
    tracked: tuple[str, int] | None
    answer: Answer
    told: int | Exception | None = None

    def tell(self, what: int | Exception) -> None:
        if self.told is None:
            self.told = what
            self.answer(what)


@dataclass(slots=True)
class _Shard:
    number: int
    waiting: deque[_Waiting] = field(default_factory=deque)
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
        waiting = _Waiting(chain, rows, as_json(rows), tracked, answer)
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
                halved = under_way >= HALVED_MIN and self._is_alone(queue)
                batch = _next_batch(queue.waiting, appends_max=under_way // 2 if halved else under_way)
                before = len(batch)
                try:
                    await self._write(queue, batch)
                except Exception as bug:  # noqa: BLE001 - the callers get it
                    self._fail_all(queue, batch, bug)
                self._waiting = sum(len(shard.waiting) for shard in self._shards)
                self._room.set()
        finally:
            queue.writer = None

    def _is_alone(self, queue: _Shard) -> bool:
        return all(shard.writer is None for shard in self._shards if shard is not queue)

    async def _write(self, queue: _Shard, batch: list[_Waiting]) -> None:
        try:
            before, answers = await self._call(queue.number, batch)
        except asyncpg.PostgresError as error:
            if len(batch) == 1:
                log.warning("append rejected", shard=queue.number, error=type(error).__name__)
                self._fail_all(queue, batch, AppendRejected(f"{batch[0].chain}: {error}"))
            else:
                await self._write_one_by_one(queue, batch)
        except OutcomeUnknown as unknown:
            self._fail_all(queue, batch, unknown)
        else:
            self._answer(queue, batch, before, answers)

    async def _write_one_by_one(self, queue: _Shard, batch: list[_Waiting]) -> None:
        failed: set[str] = set()
        for waiting in batch:
            if waiting.chain in failed:
                waiting.tell(Conflict(waiting.chain, None))
                continue
            await self._write(queue, [waiting])
            if not isinstance(waiting.told, int):
                failed.add(waiting.chain)

    def _answer(self, queue: _Shard, batch: list[_Waiting], before: int, answers: str | None) -> None:
        if answers is None:
            position = before + 1
            for waiting in batch:
                waiting.tell(position)
                position += len(waiting.rows)
        else:
            given = list(zip(batch, orjson.loads(answers), strict=True))
            self._break(queue, {waiting.chain for waiting, answer in given if "position" not in answer})
            for waiting, answer in given:
                if "position" in answer:
                    waiting.tell(answer["position"])
                else:
                    waiting.tell(Conflict(answer["stream"] or waiting.chain, answer["version"]))
        self._signals.appended(queue.number)

    def _fail_all(self, queue: _Shard, batch: list[_Waiting], error: Exception) -> None:
        self._break(queue, {waiting.chain for waiting in batch})
        for waiting in batch:
            waiting.tell(error)

    def _break(self, queue: _Shard, chains: set[str]) -> None:
        """Fails what was decided on an append that did not happen: all that waits, and all that is submitted by tasks
        that run before the callers hear of it. To be called before the first of them is told: then this ends in time.
        """
        if chains:
            self._broken |= chains
            asyncio.get_running_loop().call_soon(self._broken.difference_update, chains)
            _fail_chains(queue.waiting, chains)

    async def _call(self, shard: int, batch: list[_Waiting]) -> tuple[int, str | None]:
        arguments = _arguments(batch)
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + self._retry_for_s
        while True:
            try:
                async with self._connections.one() as connection:
                    answer = await connection.fetchrow(APPEND, shard, *arguments)
                assert answer is not None, "a function with OUT parameters returns one row"
                return answer["before"], answer["answers"]
            except LOST as error:
                if loop.time() > give_up_at:
                    msg = f"the database gave no answer for {self._retry_for_s:.0f} s"
                    raise OutcomeUnknown(msg) from error
                log.warning("append sent again", shard=shard, appends=len(batch), error=type(error).__name__)
                await asyncio.sleep(RETRY_EVERY_S)


def _next_batch(waiting: deque[_Waiting], *, appends_max: int) -> list[_Waiting]:
    batch = [waiting.popleft()]
    events = len(batch[0].rows)
    while waiting and len(batch) < appends_max:
        events += len(waiting[0].rows)
        if events > BATCH_EVENTS_MAX:
            break
        batch.append(waiting.popleft())
    return batch


def _fail_chains(waiting: deque[_Waiting], chains: set[str]) -> None:
    """Takes out and fails everything of these chains."""
    if not waiting:
        return
    kept = [one for one in waiting if one.chain not in chains]
    for one in waiting:
        if one.chain in chains:
            one.tell(Conflict(one.chain, None))
    waiting.clear()
    waiting.extend(kept)


def _in_order(batch: list[_Waiting]) -> bool:
    """Whether each stream's versions follow each other. Only then may the appends be looked at all at once."""
    last: dict[str, int] = {}
    for waiting in batch:
        for row in waiting.rows:
            before = row[1] - 1
            if last.get(row[0], before) != before:
                return False
            last[row[0]] = row[1]
    return True


def _arguments(batch: list[_Waiting]) -> tuple[bool, str, str]:
    """What `append_events` takes besides the shard: documents, which cost a third of what arrays do."""
    at_once = not any(waiting.tracked for waiting in batch) and _in_order(batch)
    appends = [(waiting.chain, *(waiting.tracked or (None, None)), len(waiting.rows)) for waiting in batch]
    events = b",".join(waiting.json[1:-1] for waiting in batch if waiting.rows)
    return at_once, orjson.dumps(appends).decode(), f"[{events.decode()}]"
