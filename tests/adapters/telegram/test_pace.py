"""Who may speak when: rates, rests, who goes first, and edits that a newer one makes needless."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.telegram.pace import MANY, Pace
from adapters.telegram.rate import UNLIMITED, Rates
from domain.outside import Urgency
from tests.adapters.telegram.clocks import LeapingClock

ANSWER, MESSAGE, EDIT = Urgency
NO_BURSTS = Rates(chat_burst=1, all_burst=1, all_per_s=1.0)


@dataclass
class Scene:
    """A pace, and who was let go when."""

    rates: Rates = field(default_factory=Rates)

    def __post_init__(self) -> None:
        self.clock = LeapingClock()
        self.pace = Pace(self.rates, clock=self.clock)
        self.went: list[tuple[float, str]] = []

    async def message(self, name: str, chat: Hashable = 1, urgency: Urgency = MESSAGE) -> None:
        """Waits for a turn and takes it."""
        await self.pace.turn(chat, urgency)
        self.went.append((round(self.clock.time(), 6), name))

    async def edit(self, name: str, message: int, chat: Hashable = 1, urgency: Urgency = EDIT) -> bool:
        """Waits for a turn, takes it, and has edited at once."""
        goes = await self.pace.turn_to_edit(chat, message, urgency)
        if goes:
            self.went.append((round(self.clock.time(), 6), name))
            self.pace.edited(chat, message)
        return goes

    def names(self) -> str:
        """Who went, in order."""
        return "".join(name for _, name in self.went)


async def test_a_chat_takes_a_burst_and_then_one_a_second() -> None:
    scene = Scene()
    await asyncio.gather(*(scene.message("m") for _ in range(7)))
    assert [at for at, _ in scene.went] == [0, 0, 0, 0, 1, 2, 3]


async def test_all_chats_together_take_a_burst_and_then_thirty_a_second() -> None:
    scene = Scene()
    await asyncio.gather(*(scene.message("m", chat) for chat in range(91)))
    when = Counter(int(at) for at, _ in scene.went)
    assert when == {0: 30 + 29, 1: 30, 2: 2}


async def test_a_message_goes_before_an_edit_that_came_earlier() -> None:
    scene = Scene(NO_BURSTS)
    await asyncio.gather(
        *(scene.message("1"), scene.edit("e", 7), scene.edit("f", 8, chat=2), scene.message("2"), scene.message("3", 2))
    )
    assert scene.names() == "123ef"


async def test_an_answer_goes_at_once_whoever_waits_and_rests() -> None:
    scene = Scene(NO_BURSTS)
    scene.pace.rest(1, 100)
    waiting = [asyncio.create_task(scene.message("m")) for _ in range(3)]
    await scene.message("a", urgency=ANSWER)
    assert scene.went == [(0, "a")]
    await asyncio.gather(*waiting)
    assert scene.went[1:] == [(100, "m"), (101, "m"), (102, "m")]


async def test_of_the_edits_that_wait_only_the_newest_is_made_and_in_the_place_of_the_oldest() -> None:
    scene = Scene(NO_BURSTS)
    others = [asyncio.create_task(scene.message("m")), asyncio.create_task(scene.edit("x", 5))]
    edits = [asyncio.create_task(scene.edit(name, 6)) for name in "abc"]
    others += [asyncio.create_task(scene.edit("y", 7))]
    assert await asyncio.gather(*edits) == [False, False, True]
    await asyncio.gather(*others)
    assert scene.names() == "mxcy"


async def test_an_edit_that_is_as_urgent_as_a_message_takes_the_one_that_waits_along() -> None:
    scene = Scene(NO_BURSTS)
    await scene.message("m")
    edits = [
        asyncio.create_task(scene.edit("a", 6)),
        asyncio.create_task(scene.edit("x", 7)),
        asyncio.create_task(scene.edit("b", 6, urgency=MESSAGE)),
        asyncio.create_task(scene.edit("c", 6)),
    ]
    assert await asyncio.gather(*edits) == [False, True, False, True]
    assert scene.names() == "mcx"


async def test_an_edit_waits_until_the_one_before_it_is_made() -> None:
    scene = Scene(UNLIMITED)
    assert await scene.pace.turn_to_edit(1, 6, EDIT)
    later = [asyncio.create_task(scene.edit(name, 6)) for name in "ab"]
    await scene.pace.pause(1)
    await scene.edit("x", 7)
    assert scene.pace.newer_edit_waits(1, 6)
    assert scene.names() == "x"
    scene.pace.edited(1, 6)
    assert await asyncio.gather(*later) == [False, True]
    assert scene.names() == "xb"
    assert not scene.pace.newer_edit_waits(1, 6)


async def test_a_chat_that_was_told_to_rest_rests_and_has_no_burst_afterwards() -> None:
    scene = Scene()
    scene.pace.rest(1, 10)
    scene.pace.rest(1, 5)
    assert scene.pace.rests_for(1) == 10
    assert scene.pace.rests_for(2) == 0
    await asyncio.gather(*(scene.message("m") for _ in range(3)), scene.message("o", chat=2))
    assert scene.went == [(0, "o"), (10, "m"), (11, "m"), (12, "m")]
    assert scene.pace.rests_for(1) == 0


async def test_who_waits_already_rests_too() -> None:
    scene = Scene(NO_BURSTS)
    waiting = [asyncio.create_task(scene.message("m")) for _ in range(3)]
    await scene.pace.pause(0.5)
    scene.pace.rest(1, 20)
    await asyncio.gather(*waiting)
    assert [at for at, _ in scene.went] == [0, 20.5, 21.5]


async def test_all_rest_when_many_are_told_so_at_once() -> None:
    scene = Scene()
    for chat in range(MANY):
        assert scene.pace.rests_for("another") == 0
        scene.pace.rest(chat, 30 + chat)
    assert scene.pace.rests_for("another") == 30
    await scene.message("m", chat="another")
    assert scene.went == [(30, "m")]


async def test_many_who_are_told_to_rest_one_after_another_are_not_all() -> None:
    scene = Scene()
    for chat in range(2 * MANY):
        scene.pace.rest(chat, 30)
        scene.pace.rest(chat, 30)
        await scene.pace.pause(0.6)
    assert scene.pace.rests_for("another") == 0


async def test_what_nobody_waits_for_any_more_takes_no_turn() -> None:
    scene = Scene(NO_BURSTS)
    await scene.message("m")
    waiting = [asyncio.create_task(scene.message(name)) for name in "abc"]
    edits = [asyncio.create_task(scene.edit(name, 6)) for name in "de"]
    await scene.message("n", urgency=ANSWER)
    for task in (*waiting[:2], *edits):
        task.cancel()
    await asyncio.gather(*waiting, *edits, return_exceptions=True)
    assert scene.went == [(0, "m"), (0, "n"), (1, "c")]
    assert await scene.edit("f", 6)
    assert scene.went[3:] == [(2, "f")]


async def test_an_edit_that_is_cancelled_when_it_is_told_to_go_lets_the_next_one_go() -> None:
    scene = Scene(UNLIMITED)
    assert await scene.pace.turn_to_edit(1, 6, EDIT)
    second = asyncio.create_task(scene.edit("b", 6))
    await scene.pace.pause(1)
    assert scene.pace.newer_edit_waits(1, 6)
    scene.pace.edited(1, 6)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    assert await scene.edit("c", 6)
    assert scene.names() == "c"


async def test_chats_that_are_quiet_are_forgotten() -> None:
    scene = Scene(Rates(all_per_s=None))
    scene.pace.rest("resting", 10_000)
    for chat in range(2_000):
        await scene.message("m", chat)
        await scene.edit("e", 6, chat)
        await scene.pace.pause(0.1)
    assert len(scene.went) == 4_000
    assert scene.pace.chats() < 50
    assert scene.pace.rests_for("resting") > 9_000


async def test_rates_can_be_switched_off() -> None:
    scene = Scene(UNLIMITED)
    await asyncio.gather(*(scene.message("m", chat % 3) for chat in range(1_000)))
    assert {at for at, _ in scene.went} == {0}


WISH = st.tuples(st.integers(0, 3), st.sampled_from((MESSAGE, EDIT)), st.sampled_from((0, 0.3, 2)))


@settings(max_examples=150)
@given(st.lists(WISH, max_size=60))
async def test_no_rate_is_ever_exceeded_everybody_goes_and_the_urgent_go_first(
    wishes: list[tuple[int, Urgency, float]],
) -> None:
    rates = Rates(chat_per_s=1.0, chat_burst=2, all_per_s=2.0, all_burst=3)
    clock = LeapingClock()
    pace = Pace(rates, clock=clock)
    went: list[tuple[float, int, Urgency, float]] = []

    async def wish(chat: int, urgency: Urgency) -> None:
        asked_at = clock.time()
        await pace.turn(chat, urgency)
        went.append((clock.time(), chat, urgency, asked_at))

    tasks = []
    for chat, urgency, pause_s in wishes:
        if pause_s:
            await pace.pause(pause_s)
        tasks.append(asyncio.create_task(wish(chat, urgency)))
    await asyncio.gather(*tasks)
    assert len(went) == len(wishes)
    assert_within([at for at, *_ in went], per_s=2, burst=3)
    for chat in range(4):
        assert_within([at for at, whose, *_ in went if whose == chat], per_s=1, burst=2)
        mine = [(at, urgency, asked_at) for at, whose, urgency, asked_at in went if whose == chat]
        overtaken = [
            (first, later)
            for number, first in enumerate(mine)
            for later in mine[number + 1 :]
            if later[1] < first[1] and later[2] < first[0]
        ]
        assert overtaken == []


def assert_within(moments: list[float], *, per_s: float, burst: int) -> None:
    """In any span there are at most the burst and what its length allows."""
    for first in range(len(moments)):
        for last in range(first, len(moments)):
            assert last - first + 1 <= burst + per_s * (moments[last] - moments[first]) + 1e-6
