"""The script of faults: which request is met with which trouble, written in Python or sent over HTTP.

A fault says which requests it is about, what the caller gets, and what becomes of the task.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from adapters.sandbox.fault_script import FaultScript, Text
from adapters.sandbox.kie_calls import Call, Endpoint

Garbage = Literal["not_json", "html", "truncated", "empty", "cloudflare"]
Drop = Literal["before", "after", "midway"]
CallbackFault = Literal["missing", "twice", "early", "forged", "stale"]
Seconds = Annotated[float, Field(ge=0)]

POLICY: Final = "This content may violate our content policies."


class Fault(BaseModel):
    """One line of the script. Everything left out stays as it would be without the fault.

    Which requests:
        endpoint, model, marker  equal to the request's, where given
        contains                 a text somewhere in the request: a prompt, a file name, a callback address
        nth, times               only the nth match (from 1); at most so many matches
        chance                   0 to 1, of those
    What the caller gets. The request is not carried out then, unless `handled`:
        status                   of HTTP
        code, msg                of the envelope
        garbage                  instead of an envelope
        drop                     no answer: closed `before` or `after` the request is carried out, or
                                 `midway` through the answer
        latency_s                carried out at once, answered later
    What becomes of the task (endpoint `create`), or of every task with that photo (endpoint `upload`):
        fail_code, fail_msg      it fails
        ends_after_s             instead of the usual latency; `never_ends`
        without_url              it succeeds and has no video
        state                    what it reports until it ends
        invisible_s              so long `recordInfo is null`
        result_early             the result's address is told before the video is there
        callback                 `early` comes before createTask is answered; `forged` is signed with another key,
                                 `stale` an hour ago
        callback_delay_s         how long after the end it comes
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    endpoint: Endpoint = "create"
    model: str | None = None
    marker: str | None = None
    contains: str | None = None
    nth: Annotated[int, Field(ge=1)] | None = None
    times: Annotated[int, Field(ge=1)] | None = None
    chance: Annotated[float, Field(ge=0, le=1)] = 1.0

    status: Annotated[int, Field(ge=200, le=599)] | None = None
    code: int | None = None
    msg: str | None = None
    garbage: Garbage | None = None
    drop: Drop | None = None
    handled: bool = False
    latency_s: Seconds = 0

    fail_code: str | None = None
    fail_msg: str | None = None
    ends_after_s: Seconds | None = None
    never_ends: bool = False
    without_url: bool = False
    state: str | None = None
    invisible_s: Seconds | None = None
    result_early: bool = False
    callback: CallbackFault | None = None
    callback_delay_s: Seconds = 0

    @property
    def replaces_answer(self) -> bool:
        """Whether the caller gets something else than the handler's answer."""
        return self.garbage is not None or not (self.status is None and self.code is None and self.msg is None)

    @property
    def carried_out(self) -> bool:
        """Whether the request has its effect, if it is not dropped before."""
        return self.handled or not self.replaces_answer

    @property
    def task_failure(self) -> tuple[str, str] | None:
        """failCode and failMsg of the task, if it is to fail."""
        if self.fail_code is None and self.fail_msg is None:
            return None
        return self.fail_code or "", self.fail_msg or ""


KieFaults = FaultScript[Fault, Call]


def script_of(*, seed: int) -> KieFaults:
    """An empty script."""
    return FaultScript(_fits, seed=seed)


def _fits(fault: Fault, call: Call, text: Text) -> bool:
    return (
        fault.endpoint == call.endpoint
        and fault.model in {None, call.model}
        and fault.marker in {None, call.marker}
        and (fault.contains is None or fault.contains in text())
    )


def random_faults(*, percent: float) -> tuple[Fault, ...]:
    """A mixture for a demo or a load test: about `percent` of the creations meet one of the usual troubles.

    Polls and downloads meet some too. Repeatable with the script's seed, as long as the requests come in one order.
    """
    return tuple(fault.model_copy(update={"chance": weight * percent / 100}) for weight, fault in _USUAL)


_USUAL: Final[tuple[tuple[float, Fault], ...]] = (
    (0.20, Fault(fail_code="500", fail_msg="Internal Error, Please try again later.")),
    (0.15, Fault(fail_code="400", fail_msg=POLICY)),
    (0.10, Fault(fail_code="422", fail_msg="Service is currently unavailable due to high demand. (E003)")),
    (0.10, Fault(code=429, msg="Rate Limited - Request limit has been exceeded for this resource")),
    (0.10, Fault(code=455, msg="Service Unavailable - System is currently undergoing maintenance")),
    (0.10, Fault(garbage="html")),
    (0.05, Fault(drop="before")),
    (0.05, Fault(drop="after")),
    (0.05, Fault(invisible_s=2)),
    (0.05, Fault(callback="missing")),
    (0.05, Fault(callback="twice")),
    (0.10, Fault(endpoint="record", code=500, msg="Server Error")),
    (0.10, Fault(endpoint="record", garbage="html")),
    (0.05, Fault(endpoint="upload", status=503)),
    (0.10, Fault(endpoint="result", drop="midway")),
)
"""A weight of 1 is the whole percentage; the chance of each is its weight's share."""
