"""The script of faults: which call of the Bot API is met with which trouble, and which update arrives badly.

Faults are tried in their order and the first one that fires is the only one. Chance comes from a seed, so a run can be
repeated.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

Garbage = Literal["html", "empty", "not_json", "truncated"]
Drop = Literal["before", "after", "midway"]
Arrival = Literal["lost", "twice", "late"]
Seconds = Annotated[float, Field(ge=0)]


class Fault(BaseModel):
    """One line of the script. Everything left out stays as it would be without the fault.

    Which calls:
        method             of the Bot API in any spelling; `file` is a download, `update` an update on its way to the
                           bot; any method when left out, but no update
        chat               the chat written to, or the user an update comes from
        contains           a text somewhere in the parameters, or in the update's JSON
        nth, times         only the nth match (from 1); at most so many matches
        chance             0 to 1, of those
    What the caller gets. The call is not carried out then, unless `handled`:
        status             of HTTP and of the envelope; 400 if only a description is given, 429 with a retry_after
        description        of the envelope; the usual one of the status if left out
        retry_after        of a 429, in seconds; without it the 429 says nothing of it, as a proxy's
        garbage            instead of an envelope, with `status` if given
        drop               no answer: closed `before` or `after` the call is carried out, or `midway` through the answer
        latency_s          carried out at once, answered later
    What becomes of an update (method `update`):
        arrival            never (`lost`), `twice`, or after the one that follows it (`late`)
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: str | None = None
    chat: int | None = None
    contains: str | None = None
    nth: Annotated[int, Field(ge=1)] | None = None
    times: Annotated[int, Field(ge=1)] | None = None
    chance: Annotated[float, Field(ge=0, le=1)] = 1.0

    status: Annotated[int, Field(ge=200, le=599)] | None = None
    description: str | None = None
    retry_after: Annotated[int, Field(ge=1)] | None = None
    garbage: Garbage | None = None
    drop: Drop | None = None
    handled: bool = False
    latency_s: Seconds = 0

    arrival: Arrival | None = None

    @property
    def replaces_answer(self) -> bool:
        """Whether the caller gets something else than the method's answer."""
        return any(said is not None for said in (self.garbage, self.status, self.description, self.retry_after))

    @property
    def carried_out(self) -> bool:
        """Whether the call has its effect, if it is not dropped before."""
        return self.handled or not self.replaces_answer


class Occasion(NamedTuple):
    """A call or an update that may meet a fault. `text` gives its words, and is asked for only when they matter."""

    method: str
    chat: int | None
    text: Callable[[], str]


@dataclass(slots=True)
class _Line:
    fault: Fault
    matches: int = 0
    fired: int = 0


class FaultScript:
    """Faults in their order, and how often each has matched."""

    def __init__(self, *, seed: int) -> None:
        self._seed = seed
        self._lines: list[_Line] = []
        self._chance = random.Random(seed)  # noqa: S311 - faults are drawn, not secrets

    def add(self, *faults: Fault) -> None:
        """Writes them at the end."""
        self._lines += [_Line(fault) for fault in faults]

    def replace(self, faults: Iterable[Fault] = ()) -> None:
        """Starts over with these, and with the seed."""
        self._lines = [_Line(fault) for fault in faults]
        self._chance.seed(self._seed)

    def fault_for(self, occasion: Occasion) -> Fault | None:
        """What this call or update meets."""
        found: _Line | None = None
        for line in self._lines:
            if not _matches(line.fault, occasion):
                continue
            line.matches += 1
            if found is None and self._fires(line):
                line.fired += 1
                found = line
        return found.fault if found else None

    def _fires(self, line: _Line) -> bool:
        fault = line.fault
        if fault.nth is not None and line.matches != fault.nth:
            return False
        if fault.times is not None and line.fired >= fault.times:
            return False
        return fault.chance >= 1 or self._chance.random() < fault.chance


def _matches(fault: Fault, occasion: Occasion) -> bool:
    method = occasion.method.lower()
    return (
        (method != "update" if fault.method is None else fault.method.lower() == method)
        and fault.chat in {None, occasion.chat}
        and (fault.contains is None or fault.contains in occasion.text())
    )
