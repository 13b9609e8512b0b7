"""The photos that clients hand in, and the ones that are fetched from elsewhere. All in memory.

An upload may be marked by the script of faults; every task that uses it then fails as marked.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from secrets import token_hex
from typing import Final, NamedTuple
from urllib.parse import quote, unquote

import httpx
import structlog

SIZE_MAX_BYTES: Final = 26_214_400
FETCH_TIMEOUT_S: Final = 30
UNFETCHABLE: Final = (
    "400",
    "Failed to fetch the image. Kindly verify any access limits set by you or your service provider.",
)
TOO_BIG: Final = ("400", f"Image size exceeds maximum of {SIZE_MAX_BYTES} bytes")

log = structlog.get_logger(__name__)


class KeptFile(NamedTuple):
    """One upload. `at` in unix seconds. `failure` (failCode, failMsg) is what tasks that use it come to."""

    name: str
    path: str
    data: bytes
    media_type: str
    at: float
    url: str
    failure: tuple[str, str] | None


class NoPhoto(NamedTuple):
    """The photo cannot be had: the task fails with these (failCode, failMsg)."""

    failure: tuple[str, str]


class KeptFiles:
    """Uploads by their path. They are gone after `kept_s`; a file of the same path replaces the earlier one."""

    def __init__(self, *, kept_s: float, clock: Callable[[], float]) -> None:
        self._kept_s = kept_s
        self._clock = clock
        self._by_path: dict[str, KeptFile] = {}
        self.origins: set[str] = set()
        """The addresses under which this server is known: a photo there is one of ours."""

    def keep(
        self, data: bytes, *, folder: str, name: str | None, origin: str, failure: tuple[str, str] | None
    ) -> KeptFile:
        """Stores an upload. `origin` is the address at which this server was called."""
        self._forget_old()
        name = name or token_hex(8)
        path = "/".join(part for part in (*folder.split("/"), *name.split("/")) if part not in {"", ".", ".."})
        media_type = mimetypes.guess_type(name)[0] or _sniffed(data)
        url = f"{origin}/files/{quote(path)}"
        kept = KeptFile(
            name=name, path=path, data=data, media_type=media_type, at=self._clock(), url=url, failure=failure
        )
        self._by_path.pop(path, None)
        self._by_path[path] = kept
        return kept

    def at_path(self, path: str) -> KeptFile | None:
        """The upload of that path, if it is still there."""
        kept = self._by_path.get(path)
        return kept if kept is not None and kept.at + self._kept_s > self._clock() else None

    def path_of(self, url: str) -> str | None:
        """Our path of an address; None when it leads elsewhere."""
        origin = next((origin for origin in self.origins if url.startswith(f"{origin}/files/")), None)
        return None if origin is None else unquote(url.removeprefix(f"{origin}/files/").partition("?")[0])

    def clear(self) -> None:
        """Forgets everything."""
        self._by_path.clear()

    def _forget_old(self) -> None:
        oldest = next(iter(self._by_path.values()), None)
        while oldest is not None and oldest.at + self._kept_s <= self._clock():
            del self._by_path[oldest.path]
            oldest = next(iter(self._by_path.values()), None)


def _sniffed(data: bytes) -> str:
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x89PNG"):
        return "image/png"
    if data[8:12] == b"WEBP":
        return "image/webp"
    return "application/octet-stream"


async def fetched(url: str, *, client: httpx.AsyncClient) -> bytes | NoPhoto:
    """A photo that lies elsewhere."""
    try:
        async with client.stream("GET", url, timeout=FETCH_TIMEOUT_S, follow_redirects=True) as response:
            log.info("photo fetched", host=response.url.host, status=response.status_code)
            if response.status_code != httpx.codes.OK:
                return NoPhoto(UNFETCHABLE)
            data = bytearray()
            async for piece in response.aiter_bytes():
                data += piece
                if len(data) > SIZE_MAX_BYTES:
                    return NoPhoto(TOO_BIG)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        log.info("photo not fetched", error=type(error).__name__)
        return NoPhoto(UNFETCHABLE)
    return bytes(data)
