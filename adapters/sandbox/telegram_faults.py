"""The script of faults: which call of the Bot API is met with which trouble, and which update arrives badly."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from adapters.sandbox.fault_script import FaultScript, Text

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
    """A call or an update that may meet a fault."""

    method: str
    chat: int | None


TelegramFaults = FaultScript[Fault, Occasion]


def script_of(*, seed: int) -> TelegramFaults:
    """An empty script."""
    return FaultScript(_fits, seed=seed)


def _fits(fault: Fault, occasion: Occasion, text: Text) -> bool:
    method = occasion.method.lower()
    return (
        (method != "update" if fault.method is None else fault.method.lower() == method)
        and fault.chat in {None, occasion.chat}
        and (fault.contains is None or fault.contains in text())
    )
