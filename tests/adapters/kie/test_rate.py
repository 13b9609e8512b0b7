"""The rate of creations: workers together stay below what KIE takes, whatever they do, and nobody waits in vain."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.kie.rate import KIES_RATE, LINE_MAX, Rate, Turns
from tests.adapters.kie.memory import NOON, MemoryRests, StillClock

WINDOW = timedelta(seconds=10)
KIE_TAKES = 20


def most_within(window: timedelta, moments: list[datetime]) -> int:
    """The largest number of moments that lie within one window."""
    return max((sum(1 for later in moments if first <= later < first + window) for first in moments), default=0)


@settings(max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 2), st.floats(0, 3), st.integers(1, 8)), max_size=60))
async def test_three_workers_together_never_exceed_what_kie_takes(asks: list[tuple[int, float, int]]) -> None:
    clock = StillClock()
    rests = MemoryRests(clock)
    workers = [Turns("main", KIES_RATE, rests, now=clock.now) for _ in range(3)]
    used: list[datetime] = []
    for worker, pause_s, times in asks:
        clock.move(pause_s)
        used += [clock.now() for _ in range(times) if await workers[worker].take() is None]
    assert most_within(WINDOW, used) <= KIE_TAKES


async def test_turns_are_taken_in_blocks_where_they_are_plenty() -> None:
    clock = StillClock()
    rests = MemoryRests(clock)
    turns = Turns("main", Rate(burst=100, per_s=50), rests, now=clock.now)
    assert [await turns.take() for _ in range(100)] == [None] * 100
    assert rests.leases == 2


async def test_a_block_that_is_not_used_at_once_is_lost() -> None:
    clock = StillClock()
    rests = MemoryRests(clock)
    turns = Turns("main", Rate(burst=10, per_s=10), rests, now=clock.now)
    assert await turns.take() is None
    clock.move(1)
    assert await turns.take() is None
    assert rests.leases == 2


async def test_those_who_wait_are_told_one_moment_each_and_the_rate_is_not_asked_again() -> None:
    clock = StillClock()
    rests = MemoryRests(clock)
    turns = Turns("main", Rate(burst=1, per_s=2), rests, now=clock.now)
    assert await turns.take() is None
    told = [await turns.take() for _ in range(4)]
    assert told == [NOON + timedelta(seconds=second / 2) for second in (1, 2, 3, 4)]
    assert rests.leases == 2


async def test_nobody_is_sent_away_for_long() -> None:
    clock = StillClock()
    turns = Turns("main", Rate(burst=1, per_s=1), MemoryRests(clock), now=clock.now)
    told = [await turns.take() for _ in range(100)]
    assert told[-1] == NOON + LINE_MAX


async def test_all_who_come_when_they_were_told_are_served() -> None:
    clock = StillClock()
    turns = Turns("main", Rate(burst=1, per_s=2), MemoryRests(clock), now=clock.now)
    told = [moment for _ in range(20) if (moment := await turns.take()) is not None]
    assert len(told) == 19
    for moment in told:
        clock.move((moment - clock.now()).total_seconds())
        assert await turns.take() is None
