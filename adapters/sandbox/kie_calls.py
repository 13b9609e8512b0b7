"""One request to the sandbox, as the log of requests keeps it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

Endpoint = Literal["create", "record", "upload", "credit", "link", "result", "file", "other"]

ENDPOINTS: Final[dict[str, Endpoint]] = {
    "/api/v1/jobs/createTask": "create",
    "/api/v1/veo/generate": "create",
    "/api/v1/jobs/recordInfo": "record",
    "/api/v1/veo/record-info": "record",
    "/api/file-stream-upload": "upload",
    "/api/file-base64-upload": "upload",
    "/api/file-url-upload": "upload",
    "/api/v1/chat/credit": "credit",
    "/api/v1/common/download-url": "link",
}
FOLDERS: Final[dict[str, Endpoint]] = {"/results/": "result", "/files/": "file"}

MARKER: Final = "x-sandbox-marker"
"""A header in which a client may say what a request belongs to."""


@dataclass(slots=True)
class Call:
    """One request. The lower part is filled in while it is answered; `code` is the envelope's.

    `paid`: a task was created by it, whatever the caller got to see. `answered`: the caller got a whole answer.
    """

    number: int
    at: float
    endpoint: Endpoint
    method: str
    path: str
    account: str | None
    model: str | None
    callback_url: str | None
    marker: str | None

    task: str | None = None
    paid: bool = False
    status: int | None = None
    code: int | None = None
    answered: bool = False
    faulted: bool = False

    def shown(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def endpoint_of(path: str) -> Endpoint:
    """Which endpoint a path belongs to."""
    known = ENDPOINTS.get(path)
    if known is not None:
        return known
    return next((endpoint for folder, endpoint in FOLDERS.items() if path.startswith(folder)), "other")
