"""Batches of appends: what waits to be written, what travels together, and what falls together."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

import orjson
from eventsourcing.persistence import IntegrityError

from domain.log import VersionConflict

BATCH_EVENTS_MAX: Final = 1_000
NOT_TRACKED: Final = (None, None)
TRACKED: Final = attrgetter("tracked")

Row = tuple[str, int, str, str, object, str | None, int | None, str | None]
"""stream, version, type, event id, data, command id, update id, cause id: as `events_of` of the database reads them.
`data` is what `codec.stored` gives."""


Answer = Callable[[int | Exception], None]
"""Is told the position of an append's first event, or why there is none."""


class Conflict(VersionConflict, IntegrityError):
    """The stream is not where the append expects it; in the library's words, its integrity error."""


@dataclass(slots=True, eq=False)
class Waiting:
    """An append that waits to be written or to be answered; `json` is its rows'."""

    chain: str
    rows: list[Row]
    json: bytes
    tracked: tuple[str, int] | None
    answer: Answer
    told: int | Exception | None = None

    def tell(self, what: int | Exception) -> None:
        """Answers it, once."""
        if self.told is None:
            self.told = what
            self.answer(what)


def next_batch(waiting: deque[Waiting], *, appends_max: int) -> list[Waiting]:
    """Takes the first appends out: at least one, and not more than a call should carry."""
    batch = [waiting.popleft()]
    events = len(batch[0].rows)
    while waiting and len(batch) < appends_max:
        events += len(waiting[0].rows)
        if events > BATCH_EVENTS_MAX:
            break
        batch.append(waiting.popleft())
    return batch


def fail_chains(waiting: deque[Waiting], chains: set[str]) -> None:
    """Takes out and fails everything of these chains."""
    if not waiting:
        return
    kept = [one for one in waiting if one.chain not in chains]
    for one in waiting:
        if one.chain in chains:
            one.tell(Conflict(one.chain, None))
    waiting.clear()
    waiting.extend(kept)


def arguments(batch: list[Waiting]) -> tuple[bool, str, str]:
    """What `append_events` takes besides the shard: documents, which cost a third of what arrays do."""
    at_once = not any(map(TRACKED, batch)) and _in_order(batch)
    appends = [(waiting.chain, *(waiting.tracked or NOT_TRACKED), len(waiting.rows)) for waiting in batch]
    events = b",".join([waiting.json[1:-1] for waiting in batch if waiting.rows])
    return at_once, orjson.dumps(appends).decode(), f"[{events.decode()}]"


def _in_order(batch: list[Waiting]) -> bool:
    """Whether each stream's versions follow each other. Only then may the appends be looked at all at once."""
    last: dict[str, int] = {}
    for waiting in batch:
        for row in waiting.rows:
            stream, version = row[0], row[1]
            if last.get(stream, version - 1) != version - 1:
                return False
            last[stream] = version
    return True
