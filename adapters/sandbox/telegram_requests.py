"""What a bot asks for: a method and its parameters, in whichever of the four ways they were sent.

A parameter is a text, as on the official server: what JSON says in other ways is written as JSON again.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl

import orjson
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from adapters.sandbox.telegram_answers import Refused, bad_request

INTEGER: Final = re.compile(r"-?\d{1,18}")
TRUE: Final = frozenset({"true", "yes", "1"})


class Upload(NamedTuple):
    """A file in the request."""

    name: str
    media_type: str
    data: bytes


class Asked(NamedTuple):
    """A call. Its parameters are texts; its files go by the names they were sent under."""

    method: str
    parameters: Mapping[str, str]
    uploads: Mapping[str, Upload]

    def text(self, name: str) -> str:
        """A parameter; empty when it was left out."""
        return self.parameters.get(name, "")

    def required(self, name: str) -> str:
        """A parameter. Raises Refused when it was left out or is empty."""
        value = self.parameters.get(name, "")
        if not value:
            raise bad_request(f'parameter "{name}" is required')
        return value

    def integer(self, name: str, default: int = 0, *, low: int | None = None, high: int | None = None) -> int:
        """A number, moved into its bounds; the default when it was left out or is none."""
        value = self.parameters.get(name, "").strip()
        number = int(value) if INTEGER.fullmatch(value) else default
        number = number if low is None else max(low, number)
        return number if high is None else min(high, number)

    def flag(self, name: str) -> bool:
        """Whether it is said to be so."""
        return self.parameters.get(name, "").strip().lower() in TRUE

    def json(self, name: str, *, said: str) -> Any:  # noqa: ANN401 - whatever JSON can say
        """A parameter that holds JSON; None when it was left out. Raises Refused, which calls it what `said` says."""
        value = self.parameters.get(name, "")
        if not value:
            return None
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            raise bad_request(f"can't parse {said} JSON object") from None

    @property
    def chat(self) -> int | None:
        """The chat it is about, for the log; None when there is none."""
        value = self.parameters.get("chat_id") or self.parameters.get("user_id") or ""
        return int(value) if INTEGER.fullmatch(value) else None


class _InMemory(MultiPartParser):
    spool_max_size = 128 * 1024 * 1024


async def read(method: str, *, query: bytes, headers: Headers, body: bytes) -> Asked:
    """The call in a request. Raises Refused when its body is not what it is said to be."""
    parameters = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True)) if query else {}
    uploads: dict[str, Upload] = {}
    kind = headers.get("content-type", "")
    if not body:
        pass
    elif kind.startswith("application/x-www-form-urlencoded"):
        parameters.update(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    elif kind.startswith("multipart/form-data"):
        await _read_form(headers, body, parameters=parameters, uploads=uploads)
    elif kind.startswith("application/json"):
        parameters.update(_from_json(body))
    return Asked(method, parameters, uploads)


async def form_of(headers: Headers, body: bytes) -> list[tuple[str, str | Upload]]:
    """The parts of a form, in their order. Raises MultiPartException when it is none."""

    async def stream() -> AsyncGenerator[bytes, None]:
        yield body

    found: list[tuple[str, str | Upload]] = []
    form = await _InMemory(headers, stream()).parse()
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            media_type = value.content_type or "application/octet-stream"
            found.append((name, Upload(value.filename or name, media_type, value.file.read())))
        else:
            found.append((name, value))
    await form.close()
    return found


async def _read_form(headers: Headers, body: bytes, *, parameters: dict[str, str], uploads: dict[str, Upload]) -> None:
    try:
        parts = await form_of(headers, body)
    except (MultiPartException, KeyError):
        raise bad_request("can't parse the multipart form") from None
    for name, value in parts:
        if isinstance(value, Upload):
            uploads[name] = value
        else:
            parameters[name] = value


def _from_json(body: bytes) -> dict[str, str]:
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        content = None
    if not isinstance(content, dict):
        raise Refused(400, "Bad Request: can't parse JSON object")
    return {
        name: value if isinstance(value, str) else orjson.dumps(value).decode()
        for name, value in content.items()
        if value is not None
    }
