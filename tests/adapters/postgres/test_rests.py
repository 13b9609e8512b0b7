"""Rates and rests that all workers share: together they never get more than a rate gives, and a rest holds for all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.postgres.connections import PatientPool
from adapters.postgres.rests import PostgresRests
from tests.adapters.postgres.faults import SEEN, Fault, plant, run_as_superuser
from tests.adapters.postgres.raw import connected
from tests.conftest import Database

NAME = "kie/main"
WORKERS = 4
CALLS_EACH = 60
EARLIER, LATER = datetime(2100, 1, 1, tzinfo=UTC), datetime(2100, 1, 2, tzinfo=UTC)


@pytest.fixture
async def rests(database: Database) -> AsyncIterator[PostgresRests]:
    """The table as a worker uses it."""
    async with PatientPool.opened(database.url, size=2) as pool:
        yield PostgresRests(pool)


class Given(NamedTuple):
    """Some turns, given at a moment of the server's clock between these two."""

    turns: int
    after: datetime
    before: datetime


async def take_turns(database: Database, *, burst: int, per_s: float, want: int) -> list[Given]:
    """What one worker among others is given."""
    lease = (
        "SELECT granted, statement_timestamp() AS after, clock_timestamp() AS before FROM lease_turns($1, $2, $3, $4)"
    )
    async with connected(database.url) as connection:
        rows = [row for _ in range(CALLS_EACH) for row in await connection.fetch(lease, NAME, burst, per_s, want)]
    return [Given(row["granted"], row["after"], row["before"]) for row in rows if row["granted"]]


async def no_stretch_of_time_has_more_than_the_rate(database: Database, *, burst: int, per_s: float) -> None:
    workers = (take_turns(database, burst=burst, per_s=per_s, want=want) for want in range(1, WORKERS + 1))
    leases = [lease for taken in await asyncio.gather(*workers) for lease in taken]
    assert sum(lease.turns for lease in leases) >= burst
    for first in leases:
        for last in leases:
            stretch_s = (last.before - first.after).total_seconds()
            inside = sum(lease.turns for lease in leases if lease.after >= first.after and lease.before <= last.before)
            assert inside <= burst + max(0.0, stretch_s) * per_s, (first, last)


@pytest.mark.parametrize(("burst", "per_s"), [(1, 50.0), (10, 200.0), (40, 3.0)])
async def test_no_stretch_of_time_has_more_than_the_rate(burst: int, per_s: float, database: Database) -> None:
    await no_stretch_of_time_has_more_than_the_rate(database, burst=burst, per_s=per_s)


TAKES_NO_LOCK: Fault = {"lease_turns": (("FOR UPDATE;", "; PERFORM pg_sleep(0.005);"),)}
SAVES_UP_WHAT_NOBODY_TOOK: Fault = {
    "lease_turns": (("least(greatest(paid_us, now_us), now_us + burst_us)", "paid_us"),)
}


@pytest.mark.parametrize("fault", [TAKES_NO_LOCK, SAVES_UP_WHAT_NOBODY_TOOK], ids=["no lock", "saved up"])
async def test_a_rate_that_gives_too_much_is_seen(fault: Fault, database: Database) -> None:
    await plant(database, fault)
    with pytest.raises(SEEN):
        await no_stretch_of_time_has_more_than_the_rate(database, burst=10, per_s=3.0)


TURN_S = 1_000.0
"""Turns so far apart that the time a test takes is nothing beside them."""


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    burst=st.integers(1, 50),
    want=st.integers(1, 60),
    paid_ahead=st.integers(-100, 100).map(lambda halves: halves + 0.5),
)
async def test_what_is_due_is_given_and_no_more(
    burst: int, want: int, paid_ahead: float, rests: PostgresRests, database: Database
) -> None:
    await run_as_superuser(
        database,
        "INSERT INTO limits (name, paid_until) VALUES ($1, clock_timestamp() + $2) "
        "ON CONFLICT (name) DO UPDATE SET paid_until = EXCLUDED.paid_until",
        NAME,
        timedelta(seconds=paid_ahead * TURN_S),
    )
    room = burst - min(max(paid_ahead, 0), burst)
    given_now, wait_s = await rests.lease(NAME, burst=burst, per_s=1 / TURN_S, want=want)
    assert given_now == min(want, int(room))
    if given_now:
        assert wait_s == 0
        again, _ = await rests.lease(NAME, burst=burst, per_s=1 / TURN_S, want=want)
        assert again == min(want, int(room) - given_now)
    else:
        assert (1 - room) * TURN_S - 60 < wait_s <= (1 - room) * TURN_S


async def test_who_waits_as_told_gets_a_turn(rests: PostgresRests) -> None:
    assert await rests.lease(NAME, burst=3, per_s=1, want=5) == (3, 0)
    given_now, wait_s = await rests.lease(NAME, burst=3, per_s=1, want=5)
    assert given_now == 0
    while not given_now:
        assert 0 < wait_s <= 1
        await asyncio.sleep(wait_s)
        given_now, wait_s = await rests.lease(NAME, burst=3, per_s=1, want=1)
    assert given_now == 1


async def test_names_have_rates_of_their_own(rests: PostgresRests) -> None:
    assert await rests.lease("kie/main", burst=2, per_s=0.001, want=2) == (2, 0)
    assert await rests.lease("kie/other", burst=2, per_s=0.001, want=2) == (2, 0)


async def test_who_rests_is_known_to_all(rests: PostgresRests, database: Database) -> None:
    await rests.rest("key/main", until=EARLIER, reason="429")
    await rests.rest("key/second", until=None, reason="no credits")
    async with PatientPool.opened(database.url, size=1) as pool:
        told = await PostgresRests(pool).resting()
    assert told == {"key/main": (EARLIER, "429"), "key/second": (None, "no credits")}


async def test_a_rest_ends_by_itself(rests: PostgresRests) -> None:
    await rests.rest("key/main", until=datetime(2020, 1, 1, tzinfo=UTC), reason="429")
    assert await rests.resting() == {}


async def test_a_rest_is_lengthened_and_never_shortened(rests: PostgresRests) -> None:
    for until, reason, rest in [
        (EARLIER, "429", (EARLIER, "429")),
        (LATER, "429 again", (LATER, "429 again")),
        (EARLIER, "a late 429", (LATER, "429 again")),
        (None, "no credits", (None, "no credits")),
        (LATER, "a later 429", (None, "no credits")),
    ]:
        await rests.rest("key/main", until=until, reason=reason)
        assert await rests.resting() == {"key/main": rest}


async def test_who_is_woken_rests_no_more_and_can_rest_again(rests: PostgresRests) -> None:
    await rests.rest("key/main", until=None, reason="no credits")
    await rests.wake("key/main")
    assert await rests.resting() == {}
    await rests.rest("key/main", until=EARLIER, reason="429")
    assert await rests.resting() == {"key/main": (EARLIER, "429")}


async def test_resting_leaves_the_rate_alone(rests: PostgresRests) -> None:
    assert await rests.lease(NAME, burst=2, per_s=0.001, want=1) == (1, 0)
    await rests.rest(NAME, until=EARLIER, reason="429")
    await rests.wake(NAME)
    assert await rests.lease(NAME, burst=2, per_s=0.001, want=2) == (1, 0)
