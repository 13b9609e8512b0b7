"""Execute a command: load, fold, decide, append. Every write of the system goes through here.

One account, one line. The commands of one owner are decided one after another, each on the state its predecessors
will leave, and their appends travel together as a chain. When one of them fails, all after it fail with it, the
pending state is dropped and they are decided again. That is what makes a hot account fast.

No answer before it is true: a refusal, or an answer that nothing is to be done, is given only on what was read from
the log within the call, after everything pending before it was answered. An acceptance is given once it is durable.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby, islice
from operator import itemgetter
from random import uniform
from typing import Final, NamedTuple

import structlog

from domain import ledger
from domain.account import Account
from domain.ledger import Change, LedgerCommand, Streams
from domain.log import NO_CAUSE, Append, Cause, Place, Tracked, VersionConflict
from domain.refusals import Refusal
from domain.snapshots import due, restore, take
from domain.streams import category_of, shard_of
from processors.folds import Fold, FoldCache
from processors.ports import EventStore

CACHED_MAX: Final = 32_768
PERSON_ATTEMPTS_MAX: Final = 30
PAUSE_MAX_S: Final = 0.05
FOLDED_AT_ONCE: Final = 200
"""Events of a long stream, before others have their turn and the next page is under way."""

BEFORE_FIRST: Final[Mapping[str, Fold]] = {category: (0, initial) for category, (initial, _) in ledger.FOLDS.items()}
"""The folds of streams without events, by category."""

Known = tuple[dict[str, Fold], dict[str, ledger.State]]
"""What a command is decided on: each stream's fold, and its state by itself."""

log = structlog.get_logger(__name__)


class TooManyConflicts(Exception):
    """Others kept writing to the same account; nothing was done, and trying again later can help."""


class Done(NamedTuple):
    """What a command did. `position` is that of its last event, None when there was nothing left to do."""

    changes: tuple[Change, ...]
    shard: int
    position: int | None


@dataclass(slots=True, eq=False)
class _Line:
    """The commands of one owner that are under way, and what its streams will be once they are written.

    Of its appends so many were taken in by the store, and so many of those answered, in that order.
    """

    owner: str
    shard: int
    pending: dict[str, Fold] = field(default_factory=dict)
    present: int = 0
    taken: int = 0
    answered: int = 0
    failures: int = 0
    news: asyncio.Event | None = None
    loading: dict[tuple[str, ...], asyncio.Task[dict[str, Fold]]] | None = None


@dataclass(slots=True, eq=False)
class _Call:
    """One command under way."""

    command: LedgerCommand
    wanted: Streams
    line: _Line
    cause: Cause
    tracked: Tracked | None


class Executor:
    """Decides commands on the log. One per process: its lines and its cache are the process's own."""

    def __init__(self, store: EventStore, *, cached_max: int = CACHED_MAX) -> None:
        self._store = store
        self._folds = FoldCache(cached_max)
        self._lines: dict[str, _Line] = {}
        self._snapshots: set[asyncio.Task[None]] = set()

    async def execute(
        self,
        command: LedgerCommand,
        *,
        cause: Cause = NO_CAUSE,
        tracked: Tracked | None = None,
        attempts_max: int | None = PERSON_ATTEMPTS_MAX,
    ) -> Done:
        """Carries the command out, once. `attempts_max` bounds how often conflicts are decided again; None: no bound.

        Raises a Refusal, TooManyConflicts, AppendRejected or OutcomeUnknown; VersionConflict only for `tracked`.
        """
        owner = ledger.owner_of(command)
        line = self._lines.get(owner)
        if line is None:
            line = self._lines[owner] = _Line(owner, shard_of(owner, self._store.shards))
        line.present += 1
        try:
            call = _Call(command, ledger.streams_of(command), line, cause, tracked)
            return await self._until_done(call, attempts_max)
        finally:
            line.present -= 1
            if not line.present:
                self._leave(line)

    async def close(self) -> None:
        """Returns when the snapshots under way are kept."""
        await asyncio.gather(*self._snapshots)

    async def _until_done(self, call: _Call, attempts_max: int | None) -> Done:
        line, conflicts = call.line, 0
        while True:
            if not self._store.is_prepared(line.owner):
                await self._store.prepare(line.owner)
            known = self._known(call)
            if known is None:
                await self._load_together(call)
                continue
            folds, states = known
            try:
                changes = ledger.decide(call.command, states)
            except Refusal:
                changes = []  # none yet: it has to be confirmed on the log
            if not changes:
                if await self._confirmed(call):
                    return Done((), line.shard, None)
                continue
            if self._store.is_full:
                await self._store.room()
                continue
            try:
                position = await self._append(call, folds, changes)
            except VersionConflict as conflict:
                conflicts += 1
                await self._after_conflict(call, conflict, conflicts, attempts_max)
            else:
                return Done(tuple(changes), line.shard, position + len(changes) - 1)

    async def _after_conflict(
        self, call: _Call, conflict: VersionConflict, conflicts: int, attempts_max: int | None
    ) -> None:
        if call.tracked is not None and conflict.stream == f"tracking/{call.tracked.name}":
            raise conflict
        if attempts_max is not None and conflicts >= attempts_max:
            msg = f"{call.line.owner} was written to by others {conflicts} times in a row"
            raise TooManyConflicts(msg) from conflict
        if conflicts > 1:
            await asyncio.sleep(uniform(0, min(PAUSE_MAX_S, 0.002 * 2**conflicts)))  # noqa: S311 - a pause, no secret
        await self._load_together(call)
        if conflict.stream in call.wanted.new:
            await self._load(call.line.owner, call.wanted.new)

    def _known(self, call: _Call) -> Known | None:
        pending, (read, new) = call.line.pending, call.wanted
        folds: dict[str, Fold] = {}
        states: dict[str, ledger.State] = {}
        for stream in read:
            fold = pending.get(stream) or self._folds.get(stream)
            if fold is None:
                return None
            folds[stream], states[stream] = fold, fold[1]
        for stream in new:
            fold = pending.get(stream) or self._folds.get(stream) or BEFORE_FIRST[category_of(stream)]
            folds[stream], states[stream] = fold, fold[1]
        return folds, states

    async def _load_together(self, call: _Call) -> None:
        """Reads what the command reads; those of one line who need it at the same time share one reading."""
        line, read = call.line, call.wanted.read
        under_way = line.loading = line.loading or {}
        loading = under_way.get(read)
        if loading is None:
            loading = under_way[read] = asyncio.create_task(self._load(line.owner, read))
            loading.add_done_callback(lambda _: under_way.pop(read))
        await asyncio.shield(loading)

    async def _load(self, owner: str, streams: tuple[str, ...]) -> dict[str, Fold]:
        """Reads the streams up to date, from where they are known."""
        folds = {stream: self._folds.get(stream) or await self._from_snapshot(stream) for stream in streams}
        versions = {stream: version for stream, (version, _) in folds.items()}
        async with aclosing(self._store.tails(owner, versions)) as tails:
            async for tail in tails:
                while _fold(folds, islice(tail, FOLDED_AT_ONCE)):  # noqa: ASYNC110 - it waits for nothing
                    await asyncio.sleep(0)
        for stream, fold in folds.items():
            self._folds.keep(stream, fold)
        return folds

    async def _from_snapshot(self, stream: str) -> Fold:
        if category_of(stream) == "account":
            snapshot = await self._store.snapshot(stream)
            state = restore(snapshot) if snapshot is not None else None
            if snapshot is not None and state is not None:
                return snapshot.version, state
        return BEFORE_FIRST[category_of(stream)]

    async def _confirmed(self, call: _Call) -> bool:
        """Whether there is nothing to do on the log as it is now. Raises the Refusal that holds on it."""
        line = call.line
        taken = line.taken
        while line.answered < taken:
            line.news = line.news or asyncio.Event()
            await line.news.wait()
        folds = await self._load(line.owner, (*call.wanted.read, *call.wanted.new))
        return not ledger.decide(call.command, {stream: state for stream, (_, state) in folds.items()})

    def _append(self, call: _Call, folds: dict[str, Fold], changes: list[Change]) -> asyncio.Future[int]:
        after: dict[str, Fold] = {}
        events: list[Place] = []
        for stream, event in changes:
            version, state = after.get(stream) or folds[stream]
            version += 1
            after[stream] = version, ledger.EVOLVE[type(event)](state, event)
            events.append((stream, version, event))
        line = call.line
        told: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        answer = partial(self._answered, line, after, line.failures, told)
        line.pending.update(after)
        line.taken += 1
        try:
            self._store.append(Append(line.owner, events, call.cause, call.tracked), answer)
        except Exception as error:  # noqa: BLE001 - a bug, which the caller hears of; the line goes on
            answer(error)
        return told

    def _answered(
        self, line: _Line, after: dict[str, Fold], failures: int, told: asyncio.Future[int], answer: int | Exception
    ) -> None:
        """Learns what became of an append, whether or not its caller still waits to be told."""
        line.answered += 1
        if line.news is not None:
            line.news.set()
            line.news = None
        if isinstance(answer, int):
            pending, keep = line.pending, self._folds.keep
            for stream, fold in after.items():
                before = keep(stream, fold)
                if type(fold[1]) is Account and due(fold[1], before=before, after=fold[0]):
                    self._keep_snapshot(stream, fold)
                if pending.get(stream) is fold:
                    del pending[stream]
        elif line.failures == failures:
            line.failures += 1
            line.pending.clear()
        if not line.present:
            self._leave(line)
        if told.done():
            return
        if isinstance(answer, int):
            told.set_result(answer)
        else:
            told.set_exception(answer)

    def _keep_snapshot(self, stream: str, fold: Fold) -> None:
        version, state = fold
        task = asyncio.create_task(self._store.keep_snapshot(stream, take(state, version)))
        self._snapshots.add(task)
        task.add_done_callback(self._snapshots.discard)

    def _leave(self, line: _Line) -> None:
        if line.answered == line.taken and self._lines.get(line.owner) is line:
            del self._lines[line.owner]


def _fold(folds: dict[str, Fold], tail: Iterable[Place]) -> bool:
    """Folds the events in. Returns whether there were any."""
    found = False
    for stream, events in groupby(tail, key=itemgetter(0)):
        version, state = folds[stream]
        evolve = ledger.evolver(stream)
        for _, version, event in events:  # noqa: B007 - the last one counts
            state = evolve(state, event)
        folds[stream] = version, state
        found = True
    return found
