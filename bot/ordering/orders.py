"""Orders that buttons name, looked up with mistrust: whoever taps may have written the button."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from bot.desk import Desk
from bot.talk import Talk
from domain.shown import JobStanding, MadeVideo

ID: Final = re.compile(r"[A-Za-z0-9._+=-]{1,64}")
"""What a button can name."""


async def placed(talk: Talk, desk: Desk, order: str) -> Sequence[JobStanding]:
    """The order's jobs; empty when this person has no such order."""
    return await desk.orders.standing(talk.account, order) if ID.fullmatch(order) else ()


async def video_of(talk: Talk, desk: Desk, job: str) -> MadeVideo | None:
    """The job's video, if this person has it."""
    return await desk.orders.video(talk.account, job) if ID.fullmatch(job) else None
