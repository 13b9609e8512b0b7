"""Reading everything that is stored, for `verify`: the log by position and by stream, snapshots, rows of the views.

Every call is one statement over one page, so it sees one moment and holds no snapshot longer. That moment matters for
the views: their rows and the position they are at are read together.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg

from adapters.codec import EventSchemaError, PersonalKey
from adapters.postgres.gifts import PostgresGifts
from adapters.postgres.reader import COLUMNS, recorded
from domain.log import Recorded, Unreadable
from domain.snapshots import Snapshot

ROWS: Final = 5_000
SNAPSHOTS: Final = 500

TRACKING: Final = "SELECT shard, name, position FROM tracking ORDER BY shard, name"

# Also shards that only events know: such an event was moved.
STANDINGS: Final = """
    WITH RECURSIVE present (shard) AS (
        SELECT min(shard) FROM events
        UNION ALL
        SELECT (SELECT min(e.shard) FROM events AS e WHERE e.shard > p.shard)
        FROM present AS p WHERE p.shard IS NOT NULL
    )
    SELECT s.shard, h.head, coalesce(last.position, 0) AS last, above.stream, above.position
    FROM (SELECT shard FROM heads UNION SELECT shard FROM present WHERE shard IS NOT NULL) AS s
    LEFT JOIN heads AS h ON h.shard = s.shard
    LEFT JOIN LATERAL (
        SELECT position FROM events WHERE shard = s.shard ORDER BY position DESC LIMIT 1
    ) AS last ON true
    LEFT JOIN LATERAL (
        SELECT stream, position FROM events WHERE shard = s.shard AND position > coalesce(h.head, 0)
        ORDER BY position LIMIT 1
    ) AS above ON true
    ORDER BY s.shard
"""

# Only the odd ones and the last one come over the wire.
STRETCH: Final = """
    SELECT number, stream, position, before, recorded_at, earlier
    FROM (
        SELECT row_number() OVER w AS number, stream, position, recorded_at,
               lag(position, 1, $2) OVER w AS before, lag(recorded_at, 1, $3) OVER w AS earlier,
               lead(position) OVER w IS NULL AS is_last
        FROM (
            SELECT position, stream, recorded_at FROM events
            WHERE shard = $1 AND position > $2 AND position <= $4 ORDER BY position LIMIT $5
        ) AS page
        WINDOW w AS (ORDER BY position)
    ) AS page
    WHERE is_last OR position <> before + 1 OR recorded_at < earlier
    ORDER BY position
"""
EVENTS: Final = (
    COLUMNS
    + "WHERE shard = $1 AND (stream, version) > ($2, $3::bigint) AND position <= $4 ORDER BY stream, version LIMIT $5"
)
SNAPSHOTS_BETWEEN: Final = """
    SELECT s.stream, s.version, s.fold, s.state, e.known IS NOT NULL
    FROM snapshots AS s LEFT JOIN LATERAL (
        SELECT true AS known FROM events WHERE shard = $1 AND stream = s.stream AND version = s.version LIMIT 1
    ) AS e ON true
    WHERE s.shard = $1 AND s.fold = $2 AND s.stream > $3 AND ($4::text IS NULL OR s.stream <= $4)
    ORDER BY s.stream LIMIT $5
"""

SHOWN: Final = (
    "(SELECT max(position) AS at, max(build) AS build FROM tracking WHERE shard = $1 AND name = 'views') AS t"
)

BALANCES: Final = f"""
    SELECT t.at, wanted.account AS wanted, b.*, EXISTS (
        SELECT FROM events AS e WHERE e.shard = $1 AND e.stream = 'account/' || wanted.account
          AND e.version > wanted.version AND e.position <= t.at
    ) AS moved
    FROM {SHOWN} CROSS JOIN unnest($2::bigint[], $3::bigint[]) AS wanted (account, version)
    LEFT JOIN balance_rows AS b ON b.shard = $1 AND b.build = t.build AND b.account = wanted.account
"""  # noqa: S608 - put together from constants
JOBS: Final = f"""
    SELECT t.at, wanted.account AS wanted, wanted.job AS wanted_job, j.*, EXISTS (
        SELECT FROM events AS e WHERE e.shard = $1 AND e.stream = 'account/' || wanted.account || '/job/' || wanted.job
          AND e.version > wanted.version AND e.position <= t.at
    ) AS moved
    FROM {SHOWN} CROSS JOIN unnest($2::bigint[], $3::text[], $4::bigint[]) AS wanted (account, job, version)
    LEFT JOIN job_rows AS j
           ON j.shard = $1 AND j.build = t.build AND j.account = wanted.account AND j.job = wanted.job
"""  # noqa: S608 - put together from constants
LINES: Final = f"""
    SELECT t.at, s.* FROM {SHOWN} LEFT JOIN (
        unnest($2::bigint[], $3::bigint[], $4::bigint[]) AS wanted (owner, first, last)
        JOIN statement_rows AS s
          ON s.shard = $1 AND s.account = wanted.owner AND s.version BETWEEN wanted.first AND wanted.last
    ) ON s.build = t.build
"""  # noqa: S608 - put together from constants

# Rows of the views that no event stands behind. A row is written after its events, so this holds under traffic too.
# The event is looked for row by row: NOT EXISTS is taken as leave to read a shard's whole index for each page.
STRAY_BALANCES: Final = f"""
    SELECT r.account, NULL::bigint AS position, 'account/' || r.account AS stream, e.known IS NULL AS stray
    FROM {SHOWN} CROSS JOIN LATERAL (
        SELECT account FROM balance_rows WHERE shard = $1 AND build = t.build AND account > $2
        ORDER BY account LIMIT $3
    ) AS r LEFT JOIN LATERAL (
        SELECT true AS known FROM events WHERE shard = $1 AND stream = 'account/' || r.account LIMIT 1
    ) AS e ON true
    ORDER BY r.account
"""  # noqa: S608 - put together from constants
STRAY_LINES: Final = f"""
    SELECT r.account, r.version, r.position, 'account/' || r.account AS stream, e.known IS NULL AS stray
    FROM {SHOWN} CROSS JOIN LATERAL (
        SELECT account, version, position FROM statement_rows
        WHERE shard = $1 AND build = t.build AND (account, version) > ($2, $3::bigint)
        ORDER BY account, version LIMIT $4
    ) AS r LEFT JOIN LATERAL (
        SELECT true AS known FROM events
        WHERE shard = $1 AND stream = 'account/' || r.account AND version = r.version LIMIT 1
    ) AS e ON true
    ORDER BY r.account, r.version
"""  # noqa: S608 - put together from constants
STRAY_JOBS: Final = f"""
    SELECT r.account, r.job, NULL::bigint AS position, r.stream, e.known IS NULL AS stray
    FROM {SHOWN} CROSS JOIN LATERAL (
        SELECT account, job, 'account/' || account || '/job/' || job AS stream FROM job_rows
        WHERE shard = $1 AND build = t.build AND (account, job) > ($2, $3::text COLLATE "C")
        ORDER BY account, job LIMIT $4
    ) AS r LEFT JOIN LATERAL (
        SELECT true AS known FROM events WHERE shard = $1 AND stream = r.stream LIMIT 1
    ) AS e ON true
    ORDER BY r.account, r.job
"""  # noqa: S608 - put together from constants
STRAYS: Final = (
    ("balances", STRAY_BALANCES, ("account",)),
    ("statement", STRAY_LINES, ("account", "version")),
    ("jobs", STRAY_JOBS, ("account", "job")),
)
"""Each view, the statement that pages through it, and the columns it is paged by."""

BEFORE_FIRST: Final[Mapping[str, Any]] = {"account": -(2**63), "version": 0, "job": ""}

Rows = Sequence[Mapping[str, Any]]
JobKey = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a shard ends. `head` is None without a head row; `above`: stream and position of its first event above."""

    shard: int
    head: int | None
    last: int
    above: tuple[str, int] | None


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some positions in order, and what is odd about them."""

    count: int
    last: tuple[int, datetime] | None
    gaps: Sequence[tuple[int, int, str]]
    steps_back: Sequence[tuple[int, str, datetime, datetime]]


class PostgresVerification(PostgresGifts):
    """What `verify` reads."""

    async def tracking(self) -> Sequence[tuple[int, str, int]]:
        """Shard, name and position of every processor."""
        return [(row["shard"], row["name"], row["position"]) for row in await self._pool.fetch(TRACKING)]

    async def standings(self) -> Sequence[Standing]:
        """Every shard's end, in order."""
        return [
            Standing(
                shard=row["shard"],
                head=row["head"],
                last=row["last"],
                above=None if row["position"] is None else (row["stream"], row["position"]),
            )
            for row in await self._pool.fetch(STANDINGS)
        ]

    async def stretch(self, shard: int, *, after: int, since: datetime | None, upto: int, limit: int) -> Stretch:
        """The next positions above `after`, whose event was recorded at `since`, up to and with `upto`."""
        rows = await self._pool.fetch(STRETCH, shard, after, since, upto, limit)
        return Stretch(
            count=rows[-1]["number"] if rows else 0,
            last=(rows[-1]["position"], rows[-1]["recorded_at"]) if rows else None,
            gaps=[(r["before"], r["position"], r["stream"]) for r in rows if r["position"] != r["before"] + 1],
            steps_back=[
                (r["position"], r["stream"], r["earlier"], r["recorded_at"])
                for r in rows
                if r["earlier"] is not None and r["recorded_at"] < r["earlier"]
            ],
        )

    async def events(
        self, shard: int, *, after: tuple[str, int], upto: int, limit: int
    ) -> Sequence[Recorded | Unreadable]:
        """The next events in the order of streams and versions, at positions up to `upto`, without personal texts."""
        return [_read(row) for row in await self._pool.fetch(EVENTS, shard, *after, upto, limit)]

    async def snapshots(
        self, shard: int, *, fold: int, after: str, upto: str | None
    ) -> Sequence[tuple[str, Snapshot, bool]]:
        """This fold's snapshots of the streams above `after` up to `upto`, and whether the log has their last event."""
        found: list[tuple[str, Snapshot, bool]] = []
        while rows := await self._pool.fetch(SNAPSHOTS_BETWEEN, shard, fold, after, upto, SNAPSHOTS):
            found += [(stream, Snapshot(version, of, state), known) for stream, version, of, state, known in rows]
            after = rows[-1]["stream"]
            if len(rows) < SNAPSHOTS:
                break
        return found

    async def balances(self, shard: int, accounts: Mapping[int, int]) -> tuple[int, Rows, set[int]]:
        """The views' position, the accounts' rows as of it, and the accounts that moved on up to it."""
        rows: list[Any] = await self._pool.fetch(BALANCES, shard, list(accounts), list(accounts.values()))
        found = [row for row in rows if row["account"] is not None]
        return rows[0]["at"] or 0, found, {row["wanted"] for row in rows if row["moved"]}

    async def jobs(self, shard: int, jobs: Mapping[JobKey, int]) -> tuple[int, Rows, set[JobKey]]:
        """The same of jobs."""
        owners, ids = [key[0] for key in jobs], [key[1] for key in jobs]
        rows: list[Any] = await self._pool.fetch(JOBS, shard, owners, ids, list(jobs.values()))
        found = [row for row in rows if row["account"] is not None]
        return rows[0]["at"] or 0, found, {(row["wanted"], row["wanted_job"]) for row in rows if row["moved"]}

    async def lines(self, shard: int, versions: Mapping[int, tuple[int, int]]) -> tuple[int, Rows]:
        """The views' position, and the statements' lines between these versions as of it."""
        firsts, lasts = [first for first, _ in versions.values()], [last for _, last in versions.values()]
        rows: list[Any] = await self._pool.fetch(LINES, shard, list(versions), firsts, lasts)
        return rows[0]["at"] or 0, [row for row in rows if row["account"] is not None]

    async def strays(self, shard: int) -> AsyncGenerator[Sequence[tuple[str, str, int | None]]]:
        """The shown rows that no event stands behind, a page at a time: view, stream, position."""
        for view, statement, key in STRAYS:
            after = [BEFORE_FIRST[column] for column in key]
            while rows := await self._pool.fetch(statement, shard, *after, ROWS):
                yield [(view, row["stream"], row["position"]) for row in rows if row["stray"]]
                after = [rows[-1][column] for column in key]
                if len(rows) < ROWS:
                    break


def _read(row: asyncpg.Record) -> Recorded | Unreadable:
    try:
        return recorded(row, _no_key)
    except EventSchemaError as error:
        return Unreadable(row["shard"], row["position"], row["stream"], row["version"], str(error))


def _no_key(_stream: str) -> PersonalKey | None:
    return None
