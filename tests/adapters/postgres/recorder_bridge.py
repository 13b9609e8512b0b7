"""Our asynchronous store as the synchronous recorders of the `eventsourcing` library, for its own test cases.

One event loop in a thread, one shard. The suite's raw state bytes travel as base64 in a JSON envelope and its UUID
streams get names of ours. Our versions start at 1; where the suite starts a stream at 0, the bridge remembers that and
moves the whole stream by one.
"""

from __future__ import annotations

import asyncio
from base64 import b64decode, b64encode
from collections.abc import AsyncGenerator, Coroutine, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import AsyncExitStack
from threading import Lock, Thread
from typing import Any, TypeVar
from uuid import UUID, uuid4

import asyncpg
import orjson
from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    Notification,
    ProcessRecorder,
    StoredEvent,
    Subscription,
    Tracking,
    TrackingRecorder,
)

from adapters.postgres import tracking as tracks
from adapters.postgres.batches import Row
from adapters.postgres.event_store import PostgresEventStore
from domain.log import Recorded
from domain.shapes import Event

T = TypeVar("T")
OWNER = "account/1"
SHARD = 0
DATA_KEY = bytes(32)


class Envelope(Event):
    """What the suite stores, as an event of ours."""

    state: str


class StoreInThread:
    """A store on a database of one shard, and the event loop it lives on."""

    def __init__(self, url: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="store")
        self._thread.start()
        self._opened = AsyncExitStack()
        self.store: PostgresEventStore = self.run(
            self._opened.enter_async_context(PostgresEventStore.opened(url, DATA_KEY))
        )
        assert self.store.shards == 1
        self._bases: dict[str, int] = {}
        self._lock = Lock()

    def start(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Begins the work on the store's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Does the work on the store's loop and returns what it gives or raises."""
        return self.start(work).result()

    def close(self) -> None:
        """Closes the store and ends its thread."""
        self.run(self._opened.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def base_of(self, stream: str, first: int | None = None) -> int:
        """How far the stream's versions are moved. `first` is the version that a new stream starts with."""
        with self._lock:
            if first is not None:
                self._bases.setdefault(stream, 1 if first == 0 else 0)
            return self._bases.get(stream, 0)


def _stream(originator_id: UUID | str) -> str:
    return f"{OWNER}/job/{originator_id}"


def _state(data: str) -> bytes:
    return b64decode(orjson.loads(data)["state"])


class AggregateBridge(AggregateRecorder):
    """Streams only: nothing is said of positions."""

    def __init__(self, bridge: StoreInThread) -> None:
        self._bridge = bridge
        self._store = bridge.store

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        self._append(stored_events, kwargs.get("tracking"))
        return None

    def _append(self, stored_events: Sequence[StoredEvent], tracking: Tracking | None) -> Sequence[int]:
        if not stored_events and tracking is None:
            return []
        tracked = None if tracking is None else (tracking.application_name, tracking.notification_id)
        rows = [self._row(stored) for stored in stored_events]
        first = self._bridge.run(self._appended(rows, tracked))
        return list(range(first, first + len(rows)))

    async def _appended(self, rows: list[Row], tracked: tuple[str, int] | None) -> int:
        return await self._store.append_rows(OWNER, rows, tracked)

    def _row(self, stored: StoredEvent) -> Row:
        stream = _stream(stored.originator_id)
        version = stored.originator_version + self._bridge.base_of(stream, stored.originator_version)
        data = {"state": b64encode(stored.state).decode()}
        return (stream, version, stored.topic, str(uuid4()), data, None, None, None)

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        stream = _stream(originator_id)
        base = self._bridge.base_of(stream)
        rows = self._bridge.run(self._rows_of(stream, after=0 if gt is None else gt + base))
        events = [
            StoredEvent(originator_id, found["version"] - base, found["type"], _state(found["data"])) for found in rows
        ]
        wanted = [event for event in events if lte is None or event.originator_version <= lte]
        return (wanted[::-1] if desc else wanted)[:limit]

    async def _rows_of(self, stream: str, *, after: int) -> list[asyncpg.Record]:
        return [found async for found in self._store.reader.stream_rows(SHARD, stream, after=after)]


class ApplicationBridge(AggregateBridge, ApplicationRecorder):
    """Streams and the log."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        return self._append(stored_events, kwargs.get("tracking"))

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        after = 0 if start is None else start - 1 if inclusive_of_start else start
        page = self._store.reader.shard_page(SHARD, after=after, upto=stop, types=topics, limit=limit)
        return [
            self.notification(
                found["stream"], found["version"], found["type"], _state(found["data"]), found["position"]
            )
            for found in self._bridge.run(page)
        ]

    def notification(self, stream: str, version: int, topic: str, state: bytes, position: int) -> Notification:
        """An event in the suite's own words."""
        base = self._bridge.base_of(stream)
        return Notification(UUID(stream.rpartition("/")[2]), version - base, topic, state, id=position)

    def max_notification_id(self) -> int | None:
        return self._bridge.run(self._store.reader.head(SHARD)) or None

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[ApplicationRecorder]:
        return SubscriptionBridge(self, self._bridge, gt, topics)


class TrackingBridge(TrackingRecorder):
    """Positions of processors only. `has_tracking_id` and `wait` are the library's."""

    def __init__(self, bridge: StoreInThread) -> None:
        self._bridge = bridge
        self._store = bridge.store

    def insert_tracking(self, tracking: Tracking) -> None:
        name, position = tracking.application_name, tracking.notification_id
        self._bridge.run(tracks.advance(self._store.pool, SHARD, name, position))

    def max_tracking_id(self, application_name: str) -> int | None:
        return self._bridge.run(tracks.position(self._store.pool, SHARD, application_name)) or None


class ProcessBridge(TrackingBridge, ApplicationBridge, ProcessRecorder):
    """Streams, the log, and positions that move with what is written."""


class SubscriptionBridge(Subscription[ApplicationRecorder]):
    """Our subscription, waited for in the caller's thread."""

    def __init__(
        self, recorder: ApplicationBridge, bridge: StoreInThread, gt: int | None, topics: Sequence[str]
    ) -> None:
        super().__init__(recorder, gt, topics)
        self._in_our_words = recorder.notification
        self._bridge = bridge
        self._pages = self._followed()
        self._buffer: list[Notification] = []
        self._waiting: Future[list[Notification]] | None = None

    def __next__(self) -> Notification:
        while not self._buffer and not self._has_been_stopped:
            self._waiting = self._bridge.start(self._next_page())
            try:
                self._buffer = self._waiting.result()
            except CancelledError:
                break
        if self._has_been_stopped:
            raise StopIteration
        return self._buffer.pop(0)

    def stop(self) -> None:
        super().stop()
        if self._waiting is None or self._waiting.done():
            self._bridge.run(self._pages.aclose())
        else:
            self._waiting.cancel()

    async def _next_page(self) -> list[Notification]:
        return await anext(self._pages)

    async def _followed(self) -> AsyncGenerator[list[Notification]]:
        store = self._bridge.store
        async for page, _ in store.follow(SHARD, after=self._last_notification_id or 0, types=self._topics):
            yield [self._translated(recorded) for recorded in page]

    def _translated(self, recorded: Recorded) -> Notification:
        assert isinstance(recorded.event, Envelope)
        state = b64decode(recorded.event.state)
        return self._in_our_words(recorded.stream, recorded.version, recorded.type, state, recorded.position)
