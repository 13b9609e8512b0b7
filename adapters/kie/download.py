"""Fetching a finished video: streamed to disk, looked at, and handed to storage whole or not at all.

The address comes from outside, so it is followed to hosts that are known only, redirects included, and what comes is
believed to be a video by its bytes only. An address that refuses counts as temporary, whatever it says: the video is
made and paid for, asking again costs nothing, and a job that cannot fetch its video ends by its own deadline.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import BinaryIO, Final, Protocol
from uuid import uuid4

import httpx
import structlog

from adapters.kie.hosts import KnownHosts, NotAdmitted
from adapters.kie.lanes import Lanes
from adapters.kie.wire import PAST_ANY_PROXY, USER_AGENT
from adapters.storage.content import HEAD_BYTES, MP4, WEBM, content_type
from adapters.storage.files import StorageUnavailable
from domain.failures import FailureClass
from domain.outside import Kept, NotKept, Trouble

SIZE_MAX_BYTES: Final = 200 * 1024 * 1024
REDIRECTS_MAX: Final = 5
WRITE_BYTES: Final = 1024 * 1024
VIDEOS: Final = frozenset({MP4, WEBM})

log = structlog.get_logger(__name__)


class Storage(Protocol):
    """Where videos are kept."""

    async def keep(self, name: str, source: Path) -> int:
        """Moves a finished file into storage under the name, atomically. Returns its size in bytes."""
        ...


class _Refused(Exception):
    """This will not be fetched."""

    def __init__(self, failure: FailureClass, message: str) -> None:
        super().__init__(message)
        self.failure = failure


class VideoFetcher:
    """Downloads videos from the known hosts. `folder` holds what is on its way; it is ours alone."""

    def __init__(
        self,
        storage: Storage,
        *,
        folder: Path,
        hosts: tuple[str, ...],
        size_max_bytes: int = SIZE_MAX_BYTES,
        timeout_s: float = 180.0,
        connect_s: float = 30.0,
    ) -> None:
        self._storage = storage
        self._folder = folder
        self._hosts = KnownHosts(hosts)
        self._size_max_bytes = size_max_bytes
        self._timeout_s = timeout_s
        self._http = Lanes(
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
            timeout=httpx.Timeout(connect_s),
            mounts=PAST_ANY_PROXY,
        )

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.close()

    def sweep(self, *, older_than: datetime) -> int:
        """Deletes what killed programs left half fetched before that moment. Returns how many files that were."""
        left = [file for file in self._folder.glob("*.part") if file.stat().st_mtime < older_than.timestamp()]
        for file in left:
            file.unlink(missing_ok=True)
        return len(left)

    async def fetch(self, url: str, *, name: str) -> Kept | NotKept:
        """Downloads a video into storage. A partial file is never visible under the name."""
        started = perf_counter()
        partial = self._folder / f"{uuid4().hex}.part"
        fate: Kept | NotKept
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._download(url, partial)
            fate = Kept(name, await self._storage.keep(name, partial))
        except NotAdmitted as refusal:
            fate = NotKept(Trouble(FailureClass.UNKNOWN, str(refusal)))
        except _Refused as refusal:
            fate = NotKept(Trouble(refusal.failure, str(refusal)))
        except (httpx.RequestError, TimeoutError) as error:
            fate = NotKept(Trouble(FailureClass.TEMPORARY, f"the download broke off: {type(error).__name__}"))
        except (StorageUnavailable, OSError) as error:
            fate = NotKept(Trouble(FailureClass.TEMPORARY, f"the video cannot be stored: {type(error).__name__}"))
        finally:
            partial.unlink(missing_ok=True)
        said = {"size_bytes": fate.size_bytes} if isinstance(fate, Kept) else {"fault": fate.trouble.message}
        log.info("video fetched", file=name, **said, seconds=round(perf_counter() - started, 3))
        return fate

    async def _download(self, url: str, partial: Path) -> None:
        address = self._hosts.admitted(url)
        for _ in range(REDIRECTS_MAX + 1):
            async with self._http.one() as client, client.stream("GET", address) as response:
                if not response.has_redirect_location:
                    await self._take(response, partial)
                    return
                address = self._hosts.admitted(response.headers["Location"], seen_at=address)
        raise _Refused(FailureClass.UNKNOWN, "the video's address leads from one redirect to the next")

    async def _take(self, response: httpx.Response, partial: Path) -> None:
        if response.status_code != 200:
            raise _Refused(FailureClass.TEMPORARY, f"the video's address answers {response.status_code}")
        announced = response.headers.get("Content-Length", "")
        if announced.isdigit() and int(announced[:20]) > self._size_max_bytes:
            raise self._too_large()
        file = _opened(partial)
        try:
            await self._write(response, file)
        finally:
            await asyncio.to_thread(file.close)

    async def _write(self, response: httpx.Response, file: BinaryIO) -> None:
        size_bytes, head = 0, b""
        async for block in response.aiter_bytes(WRITE_BYTES):
            size_bytes += len(block)
            if size_bytes > self._size_max_bytes:
                raise self._too_large()
            if not head:
                head = block[:HEAD_BYTES]
                if content_type(head) not in VIDEOS:
                    raise _Refused(FailureClass.UNKNOWN, "what came is no video")
            await asyncio.to_thread(file.write, block)
        if not head:
            raise _Refused(FailureClass.TEMPORARY, "what came is empty")

    def _too_large(self) -> _Refused:
        return _Refused(FailureClass.UNKNOWN, f"the video is larger than {self._size_max_bytes} bytes")


def _opened(path: Path) -> BinaryIO:
    return path.open("xb")
