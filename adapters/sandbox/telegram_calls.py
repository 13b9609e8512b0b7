"""One request to the Bot API, as the log of calls keeps it: who was written to and how it went, never what was said."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(slots=True)
class Call:
    """`method` as the caller spelled it; a download is `file`, an update on its way to the bot `update`.

    `status` of HTTP, None when there was no answer; `ok` and `description` of the envelope. `answered`: the caller
    got a whole answer. `at` in unix seconds.
    """

    number: int
    at: float
    method: str
    chat: int | None

    ok: bool = False
    status: int | None = None
    description: str | None = None
    faulted: bool = False
    answered: bool = False

    def shown(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)
