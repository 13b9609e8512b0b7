"""Baseline B: the `eventsourcing` library's own PostgreSQL recorder, inserting the two events of an order.

The events are encoded beforehand: only the recorder is measured. It is synchronous, so its load comes from threads.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from itertools import count, cycle
from time import perf_counter
from urllib.parse import urlsplit
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore

from adapters.codec import PersonalKey, encode
from benchmarks.meter import Drive
from benchmarks.orders import GIFT, draw_accounts, job_of, order
from benchmarks.surroundings import DATA_KEY, Database
from domain import ledger, streams
from domain.account import Account
from domain.lots import Lot, LotKind


@contextmanager
def library_recorder(
    database: Database, *, pool_size: int, id_type: str = "text"
) -> Iterator[PostgresApplicationRecorder]:
    """The library's recorder on the database, with its table made."""
    url = urlsplit(database.superuser_url)
    assert url.hostname, "ours is a full address"
    assert url.port, "with a port"
    assert url.username, "and a role"
    assert url.password, "and its password"
    with PostgresDatastore(
        dbname=database.name,
        host=url.hostname,
        port=url.port,
        user=url.username,
        password=url.password,
        pool_size=pool_size,
        connect_timeout=30.0,
        originator_id_type="text" if id_type == "text" else "uuid",
    ) as datastore:
        recorder = PostgresApplicationRecorder(datastore, events_table_name="stored_events")
        recorder.create_table()
        yield recorder


def encoded_order() -> tuple[bytes, bytes]:
    """An order's two events as we store them: of the account and of the job."""
    account = draw_accounts(1)[0]
    key = PersonalKey(str(UUID(int=1)), AESGCM(DATA_KEY))
    command = order(account, 1)
    states = {stream: ledger.initial(stream) for stream in ledger.streams_of(command).new}
    lots = (Lot("welcome", LotKind.BONUS, GIFT, None),)
    states[streams.account(account)] = Account(inviter=None, lots=lots)
    reserved, queued = (
        encode(event, stream=stream, version=1, key_of=lambda _: key)
        for stream, event in ledger.decide(command, states)
    )
    return reserved, queued


@dataclass
class Recorder:
    """Baseline B: the library's recorder inserting an order's two events, on accounts of the thread's own."""

    database: Database
    accounts: int
    pool_size: int = 8
    name: str = "B: the library's recorder"
    is_ours: bool = False

    @asynccontextmanager
    async def opened(self, in_flight: int) -> AsyncIterator[Drive]:
        """As many threads as are to be in flight."""
        loop = asyncio.get_running_loop()
        numbers = count(1)
        reserved, queued = encoded_order()
        with (
            library_recorder(self.database, pool_size=self.pool_size) as recorder,
            ThreadPoolExecutor(in_flight) as threads,
        ):
            share = max(1, self.accounts // in_flight)
            versions = [dict.fromkeys(draw_accounts(share), 0) for _ in range(in_flight)]

            def insert(account: int, version: int) -> None:
                stream, job = streams.account(account), streams.job(account, job_of(account, next(numbers)))
                to_account = StoredEvent(stream, version, "CreditReserved", reserved)
                recorder.insert_events([to_account, StoredEvent(job, 1, "JobQueued", queued)])

            def work(own: dict[int, int], until: float) -> int:
                done = 0
                for account in cycle(own):
                    if perf_counter() >= until:
                        break
                    own[account] += 1
                    insert(account, own[account])
                    done += 1
                return done

            async def drive(seconds: float) -> int:
                until = perf_counter() + seconds
                working = [loop.run_in_executor(threads, work, own, until) for own in versions]
                return sum(await asyncio.gather(*working))

            yield drive
