"""How long things may take, and how often to ask. All of it settings."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from domain.shapes import Value

Span = Annotated[timedelta, Field(gt=timedelta(0))]
Spread = Annotated[timedelta, Field(ge=timedelta(0))]


def seconds(number: int) -> timedelta:
    """That many seconds."""
    return timedelta(seconds=number)


class Pace(Value):
    """The deadlines of a job and the rhythm of its steps.

    A job is left alone for `second_thoughts` after its order, so that who changes their mind can cancel it.
    It may wait `queue` long for its first request; from that request on it may take `job` altogether, and each
    request `generation`. An unanswered request waits that long for a callback too, if `callbacks` can come, and is
    then made again, up to `resubmissions_max` times a job. A task is looked for `not_found` long before it counts as
    lost. For `late` after the last request, videos that come after the end are still taken.
    """

    second_thoughts: Spread = seconds(0)
    queue: Span = timedelta(hours=6)
    job: Span = seconds(1800)
    generation: Span = seconds(600)
    not_found: Span = seconds(90)
    late: Span = timedelta(hours=2)
    callbacks: bool = False
    resubmissions_max: Annotated[int, Field(strict=True, ge=0, le=3)] = 1
    first_poll: Span = seconds(3)
    poll: Span = seconds(15)
    late_poll: Span = seconds(60)
    jitter: Spread = seconds(2)

    @model_validator(mode="after")
    def _a_job_outlasts_its_generation(self) -> Self:
        if self.generation > self.job:
            msg = "a generation may take longer than its job"
            raise ValueError(msg)
        return self


USUAL: Final = Pace()
