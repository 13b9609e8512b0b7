"""The script of faults of the OpenAI sandbox: what the next requests get instead of a video script."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Fault(BaseModel):
    """One line of the script. Everything left out stays as it would be without the fault.

    times                    so many requests meet it; None: all that follow
    status, body, raw        HTTP status, and a JSON body or any other text instead of the answer; both given: `raw`
    retry_after_s            a `Retry-After` header
    content, refusal, finish_reason, choices
                             parts of an otherwise usual answer, any JSON
    latency_s                answered so much later
    drop                     no answer: closed `before` or `after` the request is carried out
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    times: Annotated[int, Field(ge=1)] | None = 1
    status: Annotated[int, Field(ge=200, le=599)] = 200
    body: Any = None
    raw: str | None = None
    retry_after_s: Annotated[int, Field(ge=0)] | None = None
    content: Any = None
    refusal: Any = None
    finish_reason: Any = "stop"
    choices: list[Any] | None = None
    latency_s: Annotated[float, Field(ge=0)] = 0
    drop: Literal["before", "after"] | None = None


def error(status: int, message: str, *, kind: str | None = None, code: str | None = None) -> Fault:
    """A fault as OpenAI words it: `kind` is its `type`."""
    return Fault(status=status, body=error_body(message, kind=kind, code=code))


def error_body(message: str, *, kind: str | None, code: str | None, param: str | None = None) -> dict[str, Any]:
    """The JSON of an error."""
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


class FaultScript:
    """Faults in their order: the first that is not used up is met."""

    def __init__(self) -> None:
        self._left: list[tuple[Fault, int | None]] = []

    def add(self, *faults: Fault) -> None:
        """Writes them at the end."""
        self._left += [(fault, fault.times) for fault in faults]

    def clear(self, faults: Iterable[Fault] = ()) -> None:
        """Starts over with these."""
        self._left = []
        self.add(*faults)

    def take(self) -> Fault | None:
        """What the next request meets."""
        if not self._left:
            return None
        fault, times = self._left[0]
        if times is not None:
            self._left[:1] = [(fault, times - 1)] if times > 1 else []
        return fault
