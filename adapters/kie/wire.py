"""One HTTP exchange with KIE: one request, never repeated here, and what is known of its fate afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import nullcontext
from importlib.metadata import version
from time import perf_counter
from typing import Any, Final, NamedTuple

import httpx
import structlog

from adapters.kie.answers import Envelope, envelope
from adapters.kie.keys import Key
from adapters.kie.lanes import Lanes

USER_AGENT: Final = f"neurocards/{version('neurocards')}"
"""KIE's front refuses the bare names of HTTP libraries with a plain 403."""
PAST_ANY_PROXY: Final[Mapping[str, httpx.AsyncBaseTransport | None]] = {
    "all://127.0.0.1": None,
    "all://localhost": None,
}
"""What runs on this machine is asked directly, whatever proxy the environment names."""
BODY_MAX_BYTES: Final = 1024 * 1024
NEVER_LEFT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)

log = structlog.get_logger(__name__)


class Answered(NamedTuple):
    """An answer came, of KIE or of somebody in between. `envelope` is None when it cannot be KIE's."""

    status: int
    envelope: Envelope | None


class NeverLeft(NamedTuple):
    """No connection was made: nobody has seen the request."""

    message: str


class NoAnswer(NamedTuple):
    """The request left, wholly or in part, and no answer came back."""

    message: str


class Wire:
    """The connections to KIE. Times in seconds; a whole exchange never takes longer than connecting twice and that."""

    def __init__(self, *, connect_s: float) -> None:
        self._connect_s = connect_s
        self._kept = Lanes(headers={"User-Agent": USER_AGENT}, mounts=PAST_ANY_PROXY)
        # A kept connection may be closed by the other side just when a request goes out, and then nobody knows whether
        # it was taken. What costs money gets a connection of its own.
        self._fresh = httpx.AsyncClient(
            headers={"User-Agent": USER_AGENT},
            mounts=PAST_ANY_PROXY,
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    async def close(self) -> None:
        """Closes the connections."""
        await self._kept.close()
        await self._fresh.aclose()

    async def exchange(
        self,
        call: str,
        method: str,
        url: str,
        *,
        key: Key,
        timeout_s: float,
        fresh: bool = False,
        fields: Mapping[str, object] | None = None,
        **content: Any,
    ) -> Answered | NeverLeft | NoAnswer:
        """Sends one request with the key's secret and reads the answer. `fields` are for the log."""
        started = perf_counter()
        timeout = httpx.Timeout(timeout_s, connect=self._connect_s, pool=self._connect_s)
        headers = {"Authorization": f"Bearer {key.secret.get_secret_value()}"}
        lane = nullcontext(self._fresh) if fresh else self._kept.one()
        fate: Answered | NeverLeft | NoAnswer
        try:
            async with (
                asyncio.timeout(2 * self._connect_s + timeout_s),
                lane as client,
                client.stream(method, url, headers=headers, timeout=timeout, **content) as response,
            ):
                fate = Answered(response.status_code, envelope(await _body(response)))
        except NEVER_LEFT as error:
            fate = NeverLeft(f"no connection: {type(error).__name__}")
        except (httpx.RequestError, TimeoutError) as error:
            fate = NoAnswer(f"no answer: {type(error).__name__}")
        seconds = round(perf_counter() - started, 3)
        log.info("kie asked", call=call, key=key.label, **(fields or {}), **_in_log(fate), seconds=seconds)
        return fate


async def _body(response: httpx.Response) -> bytes:
    """The body, or as much of it as shows that it is none of KIE's answers."""
    body = bytearray()
    async for block in response.aiter_bytes():
        body += block
        if len(body) > BODY_MAX_BYTES:
            return b""
    return bytes(body)


def _in_log(fate: Answered | NeverLeft | NoAnswer) -> dict[str, object]:
    if isinstance(fate, Answered):
        return {"status": fate.status, "code": None if fate.envelope is None else fate.envelope.code}
    return {"fault": fate.message}
