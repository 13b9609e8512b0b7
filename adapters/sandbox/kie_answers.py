"""What handlers are given and what they give back."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson
from fastapi import Request, Response

from adapters.sandbox.kie_calls import Call
from adapters.sandbox.kie_faults import Fault

UNAUTHORIZED = "Unauthorized"


class Asked(NamedTuple):
    """A request. `content` is the JSON object in its body, if there is one; `fault` is what the script wants of it."""

    request: Request
    call: Call
    content: dict[str, Any] | None
    fault: Fault | None

    @property
    def origin(self) -> str:
        """The address at which this server was called."""
        return origin_of(self.request)

    def text(self, name: str) -> str | None:
        """A text of the content; None when it is missing, empty or something else."""
        value = (self.content or {}).get(name)
        return value if isinstance(value, str) and value else None


class Envelope(Response):
    """The usual answer: an object with a code of its own, under HTTP 200 whatever the code."""

    media_type = "application/json"

    def __init__(
        self,
        code: int,
        msg: str,
        data: Any = None,  # noqa: ANN401 - whatever JSON can say
        *,
        status: int = 200,
        success: bool | None = None,
    ) -> None:
        self.code = code
        content = {"code": code, "msg": msg, "data": data} | ({} if success is None else {"success": success})
        super().__init__(orjson.dumps(content), status_code=status)


def origin_of(request: Request) -> str:
    """Scheme, host and port under which this server was called."""
    return f"{request.scope['scheme']}://{request.headers.get('host', '')}"
