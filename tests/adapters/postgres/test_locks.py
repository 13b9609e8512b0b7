"""Locks on shards: one owner each, gone with their session, and a session that falls silent is ended by the server."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import contextmanager

import pytest

from adapters.postgres import locks as module
from adapters.postgres.connections import connect
from adapters.postgres.locks import LocksLost, NotDirect, PostgresLocks, Role, Standing
from tests.adapters.postgres.faults import SEEN
from tests.adapters.postgres.pooler import pooled
from tests.adapters.postgres.raw import connected, until
from tests.adapters.postgres.wire import wire_to
from tests.conftest import Database

ROLE = Role.PROCESSORS
SESSIONS = """
    SELECT DISTINCT pid FROM pg_locks WHERE locktype = 'advisory' AND classid::bigint = $1
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@pytest.fixture
async def locks(database: Database) -> AsyncIterator[PostgresLocks]:
    """The locks of one worker."""
    async with PostgresLocks.opened(database.url, role=ROLE) as opened:
        yield opened


@pytest.fixture
async def others(database: Database) -> AsyncIterator[PostgresLocks]:
    """The locks of another worker."""
    async with PostgresLocks.opened(database.url, role=ROLE) as opened:
        yield opened


def standing(workers: int, *, taken: Collection[int] = (), declined: Collection[int] = ()) -> Standing:
    """What is told about who is there."""
    return Standing(workers, frozenset(taken), frozenset(declined))


async def sessions(database: Database) -> list[int]:
    """The process ids of the server's sessions that hold our locks in this database."""
    async with connected(database.superuser_url) as connection:
        return [row["pid"] for row in await connection.fetch(SESSIONS, ROLE)]


async def terminate(database: Database, pid: int) -> None:
    """Ends a session as an operator would."""
    async with connected(database.superuser_url) as connection:
        assert await connection.fetchval("SELECT pg_terminate_backend($1)", pid)


def told_when_lost(locks: PostgresLocks) -> asyncio.Event:
    """An event that is set when the locks say that they are lost."""
    lost = asyncio.Event()
    locks.when_lost(lost.set)
    return lost


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """While this lasts the process does nothing."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def test_a_shard_has_one_owner_at_a_time(locks: PostgresLocks, others: PostgresLocks) -> None:
    assert await locks.try_lock(3)
    assert await locks.try_lock(3)
    assert not await others.try_lock(3)
    assert await others.try_lock(4)
    assert (set(locks.held), set(others.held)) == ({3}, {4})
    await locks.unlock(3)
    await locks.unlock(4)
    assert await others.try_lock(3)
    assert not await locks.try_lock(4)
    assert (set(locks.held), set(others.held)) == (set(), {3, 4})


async def test_roles_and_databases_do_not_meet(locks: PostgresLocks, database: Database) -> None:
    assert await locks.try_lock(0)
    async with PostgresLocks.opened(database.url, role=Role.SCREENS) as screens:
        assert await screens.try_lock(0)
        assert (await screens.standing()).workers == 1
    elsewhere = f"{database.superuser_url.rpartition('/')[0]}/postgres"
    async with PostgresLocks.opened(elsewhere, role=ROLE) as others:
        assert await others.try_lock(0)
        assert await others.standing() == standing(1, taken={0})


async def test_everybody_sees_who_is_there_and_what_is_taken(locks: PostgresLocks, others: PostgresLocks) -> None:
    await locks.try_lock(1)
    await others.try_lock(2)
    await others.decline(5)
    await others.decline(5)
    assert await locks.standing() == standing(2, taken={1, 2}, declined={5})
    assert await others.standing() == standing(2, taken={1, 2})
    await others.leave()
    assert await locks.standing() == standing(1, taken={1, 2}, declined={5})


async def test_a_session_that_is_left_leaves_nothing(locks: PostgresLocks, database: Database) -> None:
    async with PostgresLocks.opened(database.url, role=ROLE) as others:
        await others.try_lock(2)
        await others.decline(5)

    async def is_alone() -> bool:
        return await locks.standing() == standing(1)

    await until(is_alone)
    assert await locks.try_lock(2)


async def test_an_ended_session_is_told_and_its_shards_are_free(
    locks: PostgresLocks, others: PostgresLocks, database: Database
) -> None:
    await locks.try_lock(3)
    lost = told_when_lost(locks)
    waiting = asyncio.create_task(locks.pinged())
    (own,) = set(await sessions(database)) - {await others._ask(module.BACKEND)}
    await terminate(database, own)
    await lost.wait()
    await waiting
    assert locks.lost
    assert locks.held == set()
    assert told_when_lost(locks).is_set()
    for call in (locks.ping, locks.standing, locks.leave):
        with pytest.raises(LocksLost):
            await call()
    with pytest.raises(LocksLost):
        await locks.try_lock(3)
    assert await others.try_lock(3)


class Silent(PostgresLocks):
    """A session that is never pinged."""

    async def _keep_alive(self) -> None:
        return


async def only_the_silent_session_is_ended(database: Database, *, pinging: type[PostgresLocks]) -> None:
    async with (
        pinging.opened(database.url, role=ROLE) as lively,
        Silent.opened(database.url, role=ROLE) as silent,
    ):
        await lively.try_lock(1)
        await silent.try_lock(2)
        await told_when_lost(silent).wait()
        assert not lively.lost
        assert await lively.standing() == standing(1, taken={1})
        assert await lively.try_lock(2)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that ends sessions sooner, and a client that waits for it less."""
    monkeypatch.setattr(module, "IDLE_TIMEOUT", "3s")
    monkeypatch.setattr(module, "PING_EVERY_S", 0.05)
    monkeypatch.setattr(module, "ANSWER_WITHIN_S", 2)


async def test_only_a_silent_session_is_ended(impatient: None, database: Database) -> None:
    await only_the_silent_session_is_ended(database, pinging=PostgresLocks)


async def test_a_session_that_forgets_to_ping_is_seen(impatient: None, database: Database) -> None:
    with pytest.raises((*SEEN, LocksLost)):
        await only_the_silent_session_is_ended(database, pinging=Silent)


async def test_a_session_without_answers_is_lost(impatient: None, database: Database) -> None:
    async with PostgresLocks.opened(database.url, role=ROLE) as locks:
        await locks.try_lock(3)
        lost = told_when_lost(locks)
        with stopped(await locks._ask(module.BACKEND)):
            await lost.wait()
            assert locks.held == set()
            assert len(await sessions(database)) == 1


def test_an_owner_gives_up_before_the_server_does() -> None:
    assert module.IDLE_TIMEOUT == "4s"
    assert module.PING_EVERY_S + module.ANSWER_WITHIN_S < 4


async def test_every_answer_makes_the_last_ping_younger(database: Database) -> None:
    async with Silent.opened(database.url, role=ROLE) as locks:
        for call in (locks.ping, locks.standing, lambda: locks.try_lock(1), lambda: locks.decline(2)):
            waiting = asyncio.create_task(locks.pinged())
            await asyncio.sleep(0)
            before = locks._last_ping
            await call()
            await waiting
            assert locks._last_ping > before
            assert locks.last_ping_age_s >= 0


async def test_an_answer_counts_from_its_question(database: Database) -> None:
    async with Silent.opened(database.url, role=ROLE) as locks:
        asked_at = asyncio.get_running_loop().time()
        with stopped(await locks._ask(module.BACKEND)):
            ping = asyncio.create_task(locks.ping())
            await until_asked(locks)
            asked_before = asyncio.get_running_loop().time()
        await ping
        assert asked_at < locks._last_ping < asked_before


async def until_asked(locks: PostgresLocks) -> None:
    """Returns when a question is on its way."""

    async def is_asked() -> bool:
        return locks._line.locked()

    await until(is_asked)
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_call_that_is_cancelled_ends_the_session(locks: PostgresLocks) -> None:
    with stopped(await locks._ask(module.BACKEND)):
        call = asyncio.create_task(locks.try_lock(3))
        await until_asked(locks)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
    assert locks.lost


async def test_a_broken_wire_loses_the_locks_and_opens_none(database: Database) -> None:
    async with wire_to(database.url) as (wire, url):
        async with PostgresLocks.opened(url, role=ROLE) as locks:
            await locks.try_lock(3)
            lost = told_when_lost(locks)
            wire.break_down()
            await lost.wait()
        with pytest.raises(LocksLost):
            async with PostgresLocks.opened(url, role=ROLE):
                pytest.fail("there is no server")


@pytest.mark.parametrize("oldest_first", [True, False])
@pytest.mark.parametrize(("size", "clients"), [(1, 0), (2, 0), (2, 1), (5, 2), (5, 4)])
async def test_a_pooler_is_told_and_nothing_is_locked_behind_it(
    size: int, clients: int, oldest_first: bool, database: Database
) -> None:
    async with pooled(database.url, size=size, oldest_first=oldest_first) as url:
        others = [await connect(url) for _ in range(clients)]
        try:
            with pytest.raises(NotDirect, match="DATABASE_URL leads through a connection pooler"):
                async with PostgresLocks.opened(url, role=ROLE):
                    pytest.fail("the session is not ours")
            assert await sessions(database) == []
        finally:
            for other in others:
                other.terminate()


async def test_the_pooler_of_these_tests_serves_whole_transactions(database: Database) -> None:
    async with pooled(database.url, size=2) as url, connected(url) as first, connected(url) as second:
        async with first.transaction():
            (own,) = {await first.fetchval("SELECT pg_backend_pid()") for _ in range(3)}
            assert await second.fetchval("SELECT pg_backend_pid()") != own
        assert await second.fetchval("SELECT count(*) FROM heads") == database.shards
