"""The one pace of all messages that this process sends: so many to one chat, so many to all, the urgent ones first.

Telegram takes about one message a second in a chat, with short bursts, and about thirty a second over all chats, edits
included; the exact limits are unpublished, so a chat for which it asks for patience rests as long as it says. When
several chats are told so at once, all rest.

Edits of one message go one after another, and of those that wait only the newest goes at all. Times in seconds of the
clock, which is the event loop's unless another is given.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import partial
from heapq import heappop, heappush
from itertools import islice
from typing import Final

from adapters.telegram.rate import TELEGRAMS, Alarm, Bucket, Clock, Rates
from domain.outside import Urgency

MANY: Final = 5
AT_ONCE_S: Final = 2.0
"""So many chats that are told to rest within so short a time mean that all are meant."""

Chat = Hashable
"""A chat's id; None for what is said to nobody in particular, which has the rate over all only."""


@dataclass(eq=False, slots=True)
class _Place:
    """Somebody who waits. `go` is told True, or False when a newer edit makes this one needless."""

    go: asyncio.Future[bool]
    urgency: Urgency
    edits: _Edits | None = None


@dataclass(eq=False, slots=True)
class _Line:
    """Those who wait for a chat, by urgency and number. `asleep`: until its bucket has a turn."""

    bucket: Bucket
    places: list[tuple[int, int, _Place]] = field(default_factory=list)
    asleep: bool = False


@dataclass(eq=False, slots=True)
class _Edits:
    """The edits of one message: whether one is being made, and the one that waits."""

    being_made: bool = False
    waiting: _Place | None = None


class Pace:
    """Tells everybody when to go. Belongs to the event loop that it is made in."""

    def __init__(self, rates: Rates = TELEGRAMS, *, clock: Clock | None = None) -> None:
        self._rates = rates
        self._clock: Clock = asyncio.get_running_loop() if clock is None else clock
        self._all = Bucket(rates.all_per_s, rates.all_burst, self._clock.time())
        self._lines: dict[Chat, _Line] = {}
        self._edits: dict[tuple[Chat, int], _Edits] = {}
        self._awake: list[tuple[int, int, Chat]] = []
        self._asleep: list[tuple[float, int, Chat]] = []
        self._told: deque[tuple[float, Chat, float]] = deque(maxlen=MANY)
        self._number = 0
        self._alarm: Alarm | None = None

    async def turn(self, chat: Chat, urgency: Urgency) -> None:
        """Waits for a turn to say something in the chat. An answer has it at once."""
        if urgency is Urgency.ANSWER:
            return
        place = _Place(_future(), urgency)
        self._join(chat, place)
        self._serve()
        await place.go

    async def turn_to_edit(self, chat: Chat, message: int, urgency: Urgency) -> bool:
        """Waits for a turn to edit the message, and until its earlier edit is made.

        Who is told True says `edited` in the end. False: a newer edit makes this one needless.
        """
        edits = self._edits.setdefault((chat, message), _Edits())
        go = _future()
        if edits.waiting is None:
            place = edits.waiting = _Place(go, urgency, edits)
            joins = not edits.being_made
        else:  # the newer one takes the place of the older
            place = edits.waiting
            place.go.set_result(False)
            place.go = go
            joins = urgency < place.urgency and not edits.being_made
            place.urgency = min(urgency, place.urgency)
        if joins:
            self._join(chat, place)
            self._serve()
        try:
            return await go
        except asyncio.CancelledError:
            self._leave(chat, message, edits, go)
            raise

    def edited(self, chat: Chat, message: int) -> None:
        """The edit was made or given up: the one that waits may go."""
        edits = self._edits[chat, message]
        edits.being_made = False
        if edits.waiting is None:
            del self._edits[chat, message]
        else:
            self._join(chat, edits.waiting)
            self._serve()

    def newer_edit_waits(self, chat: Chat, message: int) -> bool:
        """Whether the edit that is being made is out of date already."""
        edits = self._edits.get((chat, message))
        return edits is not None and edits.waiting is not None

    def rest(self, chat: Chat, for_s: float) -> None:
        """Telegram asks for patience with this chat."""
        now = self._clock.time()
        self._line(chat, now).bucket.rest(now + for_s)
        self._told.append((now, chat, now + for_s))
        if len({who for at, who, _ in self._told if now - at <= AT_ONCE_S}) == MANY:
            self._all.rest(min(until for _, _, until in self._told))

    def rests_for(self, chat: Chat) -> float:
        """Seconds until nobody has to rest who says something in this chat."""
        line = self._lines.get(chat)
        until = max(self._all.rests_until, self._all.rests_until if line is None else line.bucket.rests_until)
        return max(0.0, until - self._clock.time())

    async def pause(self, for_s: float) -> None:
        """Waits that long by the clock."""
        over = _future()
        alarm = self._clock.call_at(self._clock.time() + for_s, partial(over.set_result, True))
        try:
            await over
        finally:
            alarm.cancel()

    def chats(self) -> int:
        """How many chats are remembered: those that somebody waits for, that rest, or were spoken to just now."""
        return len(self._lines)

    def now(self) -> float:
        """What the clock says."""
        return self._clock.time()

    def _join(self, chat: Chat, place: _Place) -> None:
        now = self._clock.time()
        line = self._line(chat, now)
        self._number += 1
        heappush(line.places, (place.urgency, self._number, place))
        if not line.asleep:
            self._wake(chat, line)

    def _leave(self, chat: Chat, message: int, edits: _Edits, go: asyncio.Future[bool]) -> None:
        """An edit is not wanted any more: it waited, or had just been told to go."""
        if not go.cancelled():
            if go.result():
                self.edited(chat, message)
        elif edits.waiting is not None and edits.waiting.go is go:
            edits.waiting = None
            if not edits.being_made:
                del self._edits[chat, message]

    def _line(self, chat: Chat, now: float) -> _Line:
        """The chat's line, as the last used; lines that are as if they had never been used are forgotten."""
        line = self._lines.pop(chat, None)
        if line is None:
            per_s = None if chat is None else self._rates.chat_per_s
            line = _Line(Bucket(per_s, self._rates.chat_burst, now))
        for oldest, seen in [*islice(self._lines.items(), 2)]:
            if seen.places or seen.bucket.rests_until > now:
                self._lines[oldest] = self._lines.pop(oldest)
            elif seen.bucket.is_full(now):
                del self._lines[oldest]
        self._lines[chat] = line
        return line

    def _wake(self, chat: Chat, line: _Line) -> None:
        urgency, number, _ = line.places[0]
        heappush(self._awake, (urgency, number, chat))

    def _serve(self) -> None:
        """Lets go who may go now, and sees to it that the next ones are woken."""
        now = self._clock.time()
        while self._asleep and self._asleep[0][0] <= now:
            chat = heappop(self._asleep)[2]
            line = self._lines[chat]
            line.asleep = False
            self._wake(chat, line)
        while self._awake and self._all.due(now) <= now:
            self._serve_first(now)
        due = [self._all.due(now)] if self._awake else []
        due += [self._asleep[0][0]] if self._asleep else []
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = self._clock.call_at(min(due), self._serve) if due else None

    def _serve_first(self, now: float) -> None:
        urgency, number, chat = heappop(self._awake)
        line = self._lines.get(chat)
        while line is not None and line.places and line.places[0][2].go.done():
            heappop(line.places)
        if line is None or line.asleep or not line.places:
            return
        if line.places[0][:2] != (urgency, number):  # somebody else is first by now
            self._wake(chat, line)
            return
        due = line.bucket.due(now)
        if due > now:
            line.asleep = True
            heappush(self._asleep, (due, number, chat))
            return
        place = heappop(line.places)[2]
        line.bucket.take()
        self._all.take()
        if place.edits is not None:
            place.edits.being_made, place.edits.waiting = True, None
        place.go.set_result(True)
        if line.places:
            self._wake(chat, line)


def _future() -> asyncio.Future[bool]:
    return asyncio.get_running_loop().create_future()
