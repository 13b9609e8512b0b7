"""The ways through the diagram that are walked with a kill at every point: what is prepared, and how each must end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from domain.feedback import Stage

KieFaults = tuple[Mapping[str, Any], ...]

POLICY: Final = "This content may violate our content policies."
REAL_PERSON: Final = "The uploaded image contains a real person."
OVERLOADED: Final = "The service is overloaded at the moment, please try again later"


@dataclass(frozen=True)
class Scenario:
    """One way. `faults` are KIE's, each for this job only; `send_faults` the messenger's, by attempt.

    `ambiguous` counts the creations that the faults themselves leave unanswered: each may be paid for once more.
    """

    name: str
    ends: Stage
    faults: KieFaults = ()
    send_faults: Mapping[int, str] = field(default_factory=dict)
    model: str = "kling-2.6"
    callbacks: bool = True
    ambiguous: int = 0
    late: bool = False
    openai_down: bool = False


def refused(code: int, msg: str, **which: Any) -> Mapping[str, Any]:
    """createTask is answered with that."""
    return {"endpoint": "create", "code": code, "msg": msg, **which}


def dies(code: str, msg: str, **which: Any) -> Mapping[str, Any]:
    """The task fails with that."""
    return {"endpoint": "create", "fail_code": code, "fail_msg": msg, **which}


ONCE: Final = {"nth": 1}
NO_VIDEO: Final = {"endpoint": "result", "garbage": "not_json", "status": 200}
LOST: Final = "lost"
ARRIVED_AND_LOST: Final = "arrived and lost"
NOT_SENT: Final = "not sent"
BLOCKED: Final = "blocked"

SCENARIOS: Final = (
    Scenario("all goes well", Stage.READY),
    Scenario("all goes well, and nobody calls back", Stage.READY, callbacks=False),
    Scenario("the script service is down", Stage.READY, openai_down=True),
    Scenario("the upload fails once", Stage.READY, ({"endpoint": "upload", "status": 503, **ONCE},)),
    Scenario("the task is refused: policy", Stage.FAILED, (refused(400, POLICY),)),
    Scenario("the task is refused for a reason nobody knows", Stage.FAILED, (refused(418, "I am a teapot"),)),
    Scenario("one key has no money", Stage.READY, (refused(402, "Insufficient credits", **ONCE),)),
    Scenario("no key has any money", Stage.FAILED, (refused(402, "Insufficient credits"),)),
    Scenario("the task is refused once: busy", Stage.READY, (refused(429, "Too many requests", **ONCE),)),
    Scenario("the task is refused once: maintenance", Stage.READY, (refused(455, "under maintenance", **ONCE),)),
    Scenario("the model is paused", Stage.FAILED, model="sora-2"),
    Scenario("the photo is refused by the task", Stage.FAILED, (dies("400", REAL_PERSON),)),
    Scenario("the task dies once", Stage.READY, (dies("500", OVERLOADED, **ONCE),)),
    Scenario("the task dies every time", Stage.FAILED, (dies("500", OVERLOADED),)),
    Scenario("the task dies of something unknown", Stage.FAILED, (dies("501", "GENERATION_FAILED"),)),
    Scenario("the task makes no video", Stage.FAILED, ({"endpoint": "create", "without_url": True},)),
    Scenario(
        "the answer to the creation is lost",
        Stage.READY,
        ({"endpoint": "create", "drop": "after", **ONCE},),
        ambiguous=1,
    ),
    Scenario(
        "the creation is lost before it counts",
        Stage.READY,
        ({"endpoint": "create", "drop": "before", **ONCE},),
        ambiguous=1,
    ),
    Scenario(
        "the answer is lost, and nobody calls back",
        Stage.READY,
        ({"endpoint": "create", "drop": "after", **ONCE},),
        callbacks=False,
        ambiguous=1,
    ),
    Scenario("the video comes too late", Stage.FAILED, ({"endpoint": "create", "ends_after_s": 5},), late=True),
    Scenario("the download breaks off once", Stage.READY, ({"endpoint": "result", "drop": "midway", **ONCE},)),
    Scenario("what is downloaded is no video", Stage.FAILED, (NO_VIDEO,)),
    Scenario("the send fails once", Stage.READY, send_faults={1: NOT_SENT}),
    Scenario("the send never works", Stage.FAILED, send_faults={1: NOT_SENT, 2: NOT_SENT, 3: NOT_SENT}),
    Scenario("the user blocked us", Stage.FAILED, send_faults={1: BLOCKED, 2: BLOCKED, 3: BLOCKED}),
    Scenario("the send's answer is lost once", Stage.READY, send_faults={1: ARRIVED_AND_LOST}),
    Scenario("no send is ever answered", Stage.MAYBE_SENT, send_faults={1: LOST, 2: ARRIVED_AND_LOST, 3: LOST}),
)
