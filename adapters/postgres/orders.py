"""Orders, their jobs and their videos, read from the log with their owner's texts in the clear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from asyncpg import Record

from adapters.codec import decode
from adapters.postgres.event_store import PostgresEventStore
from domain import job_words as w
from domain.account_words import CreditCaptured, CreditRefunded
from domain.feedback import UNHEARD, Progress, Stage, hear
from domain.shapes import Event
from domain.shown import JobStanding, MadeVideo
from domain.streams import account as account_stream
from domain.streams import id_of, shard_of
from domain.streams import job as job_stream

VIDEOS_MAX: Final = 5
EVENTS_MAX: Final = 2_000

LIVES: Final = """
    SELECT position, stream, version, type, data, recorded_at FROM events WHERE shard = $1 AND stream = ANY ($2::text[])
    UNION ALL
    SELECT position, stream, version, type, data, recorded_at FROM events
    WHERE shard = $1 AND stream = $3 AND data ->> 'job' = ANY ($4::text[])
      AND type IN ('CreditCaptured', 'CreditRefunded')
    ORDER BY position LIMIT $5
"""
LAST: Final = """
    SELECT ordered_as FROM jobs WHERE shard = $1 AND account = $2 ORDER BY queued_at DESC, job DESC LIMIT 1
"""
DELIVERED: Final = """
    SELECT job FROM jobs WHERE shard = $1 AND account = $2 AND state = 'delivered'
    ORDER BY ended_at DESC, job OFFSET $3 LIMIT $4
"""
ENDS: Final = (w.VideoDelivered, w.JobFailed, w.JobCancelled)
SENT: Final = frozenset({Stage.READY, Stage.MAYBE_SENT})


class PostgresOrders:
    """Reads orders of one account at a time."""

    def __init__(self, store: PostgresEventStore) -> None:
        self._store = store

    async def standing(self, account: int, order: str) -> Sequence[JobStanding]:
        """The order's jobs by index; empty when this account has no such order."""
        lives = await self._lives(account, [f"{order}.{index}" for index in range(VIDEOS_MAX)])
        return [_standing(job, life) for job, life in sorted(lives.items())]

    async def last(self, account: int) -> str | None:
        """The id of the account's latest order, as the view knows it."""
        found: str | None = await self._store.pool.fetchval(LAST, self._shard(account), account)
        return found

    async def videos(self, account: int, *, skip: int, limit: int) -> Sequence[MadeVideo]:
        """The account's delivered videos, newest first."""
        rows = await self._store.pool.fetch(DELIVERED, self._shard(account), account, skip, limit)
        lives = await self._lives(account, [row["job"] for row in rows])
        return [video for row in rows if (video := _video(row["job"], lives.get(row["job"], [])))]

    async def video(self, account: int, job: str) -> MadeVideo | None:
        """The job's video, a late one too, if there is one and it is this account's. Nobody's is one that could not be
        sent, for its credits went back."""
        return _video(job, (await self._lives(account, [job])).get(job, []))

    async def _lives(self, account: int, jobs: Sequence[str]) -> Mapping[str, list[tuple[Event, datetime]]]:
        """What happened to those of the jobs that there are, their settlements included."""
        owner = account_stream(account)
        await self._store.keys.read(owner)
        streams = [job_stream(account, job) for job in jobs]
        rows = await self._store.pool.fetch(LIVES, self._shard(account), streams, owner, list(jobs), EVENTS_MAX)
        lives: dict[str, list[tuple[Event, datetime]]] = {}
        for row in rows:
            event = self._event(row)
            settles = isinstance(event, CreditCaptured | CreditRefunded)
            job = event.job if settles else id_of(row["stream"])
            lives.setdefault(job, []).append((event, row["recorded_at"]))
        return lives

    def _event(self, row: Record) -> Any:  # noqa: ANN401 - any event of a job, or of its settlement
        key_of = self._store.keys.of_stream
        return decode(row["type"], row["data"], stream=row["stream"], version=row["version"], key_of=key_of)

    def _shard(self, account: int) -> int:
        return shard_of(account_stream(account), self._store.shards)


def _standing(job: str, life: Sequence[tuple[Event, datetime]]) -> JobStanding:
    queued, progress = life[0][0], UNHEARD
    assert isinstance(queued, w.JobQueued), "a job begins by being queued"
    file, file_id, ended_at = None, None, None
    for event, recorded_at in life:
        progress = hear(progress, event)
        match event:
            case w.VideoStored() | w.LateVideoArrived():
                file = file or event.file
            case w.VideoDelivered():
                file_id = None if event.file_id is None else str(event.file_id)
        if isinstance(event, ENDS):
            ended_at = recorded_at
    return JobStanding(job, queued, progress, file, file_id, ended_at)


def _video(job: str, life: Sequence[tuple[Event, datetime]]) -> MadeVideo | None:
    if not life:
        return None
    standing = _standing(job, life)
    if standing.file is None or standing.ended_at is None or not _is_given(standing.progress):
        return None
    about = standing.queued.product_text
    return MadeVideo(
        job=job,
        order=standing.queued.order,
        file=standing.file,
        file_id=standing.file_id,
        about=about if isinstance(about, str) else None,
        made_at=standing.ended_at,
    )


def _is_given(progress: Progress) -> bool:
    """Whether the video was sent, or came so late that it is free."""
    return progress.stage in SENT or progress.late is not None
