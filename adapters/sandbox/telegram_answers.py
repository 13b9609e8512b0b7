"""What the Bot API answers: an envelope with the result, or one with the refusal, in the official server's words."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import orjson
from starlette.responses import Response

from adapters.sandbox.telegram_faults import Fault

TOO_OLD: Final = "query is too old and response timeout expired or query ID is invalid"
PREFIXES: Final = {400: "Bad Request", 403: "Forbidden"}
USUAL: Final = {
    400: "Bad Request: the script says so",
    401: "Unauthorized",
    403: "Forbidden: bot was blocked by the user",
    404: "Not Found",
    409: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    413: "Request Entity Too Large",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    504: "Gateway Timeout",
}
BAD_GATEWAY: Final = (
    "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
    "<hr><center>nginx/1.18.0</center>\r\n</body>\r\n</html>\r\n"
)


class Refused(Exception):
    """The Bot API says no. Whether trying again can help is the business of who asked."""

    def __init__(self, status: int, description: str, *, retry_after: int | None = None) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.retry_after = retry_after


class Described(NamedTuple):
    """A result with a sentence beside it."""

    result: Any
    description: str


def bad_request(text: str) -> Refused:
    """A 400 with its prefix: `bad_request("chat not found")`."""
    return Refused(400, f"Bad Request: {text}")


def forbidden(text: str) -> Refused:
    """A 403 with its prefix."""
    return Refused(403, f"Forbidden: {text}")


def success(result: Any) -> Response:  # noqa: ANN401 - whatever JSON can say
    """The envelope of a result."""
    content: dict[str, Any] = {"ok": True}
    if isinstance(result, Described):
        content |= {"result": result.result, "description": result.description}
    else:
        content["result"] = result
    return Response(orjson.dumps(content), media_type="application/json")


def refusal(refused: Refused) -> Response:
    """The envelope of a refusal."""
    content: dict[str, Any] = {"ok": False, "error_code": refused.status, "description": refused.description}
    headers = {}
    if refused.retry_after is not None:
        content["parameters"] = {"retry_after": refused.retry_after}
        headers["Retry-After"] = str(refused.retry_after)
    return Response(orjson.dumps(content), status_code=refused.status, media_type="application/json", headers=headers)


def bent(fault: Fault, response: Response) -> Response:
    """What the caller gets instead of this response."""
    if fault.garbage is not None:
        return _garbage(fault, response)
    status = fault.status or (400 if fault.retry_after is None else 429)
    description = fault.description or USUAL.get(status, "Internal Server Error")
    if fault.description is not None and status in PREFIXES and not description.startswith(PREFIXES[status]):
        description = f"{PREFIXES[status]}: {description}"
    if fault.retry_after is not None and fault.description is None:
        description = f"{description}: retry after {fault.retry_after}"
    return refusal(Refused(status, description, retry_after=fault.retry_after))


def _garbage(fault: Fault, response: Response) -> Response:
    match fault.garbage:
        case "html":
            status = fault.status or 502
            title = f"{status} {USUAL.get(status, 'Bad Gateway')}"
            return Response(BAD_GATEWAY.format(title=title), status_code=status, media_type="text/html")
        case "empty":
            return Response(status_code=fault.status or 502)
        case "truncated":
            half = bytes(response.body[: len(response.body) // 2])
            return Response(half, status_code=fault.status or 200, media_type="application/json")
        case _:
            return Response("upstream connect error", status_code=fault.status or 200, media_type="text/plain")
