"""Stored files: photos below `inputs/`, videos below `outputs/`, in a folder or with an S3-compatible service.

    NameRefused             no name of a stored file (in `names`); a bug or an attack, never retried
    StorageUnavailable      the disk or the service did not do it; trying again can help
    StorageUrlRefused       STORAGE_URL names no storage we know; only at start-up

A file is there whole or not at all, and a write that has returned outlasts a loss of power. Writing again replaces.
Sizes in bytes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote, urlsplit

import obstore
import structlog
from obstore.exceptions import BaseError
from obstore.store import LocalStore, from_url

from adapters.storage import folder
from adapters.storage.content import HEAD_BYTES, content_type
from adapters.storage.names import checked, is_name

if TYPE_CHECKING:
    from obstore import GetOptions
    from obstore.store import ObjectStore, RetryConfig

BLOCK_BYTES: Final = 1024 * 1024
"""A file is streamed in blocks of this size, each its own read, so that a slow reader holds no connection open."""

SERVICES: Final = frozenset({"s3", "s3a", "gs", "az", "abfs", "abfss", "memory"})

RETRIES: Final[RetryConfig] = {"max_retries": 3, "retry_timeout": timedelta(seconds=30)}
"""A service's hiccups are bridged here; longer ones are the caller's, whose job waits and tries again."""

log = structlog.get_logger(__name__)


class StorageUnavailable(Exception):
    """The disk or the storage service did not do what was asked. Trying again can help."""


class StorageUrlRefused(ValueError):
    """STORAGE_URL names no storage we know; the sentence says what is wrong."""


class Stored(NamedTuple):
    """A stored file without its content. `version` is a quoted tag that changes with the content, if there is one."""

    name: str
    size_bytes: int
    modified: datetime
    version: str | None


class Storage:
    """The files. All methods raise StorageUnavailable.

    Under what can be no name there is nothing; who writes or deletes there meets NameRefused.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._folder = store.prefix if isinstance(store, LocalStore) else None

    async def read(self, name: str) -> bytes | None:
        """The whole file; None when there is none."""
        if not is_name(name):
            return None
        with self._asked("read", name):
            try:
                return bytes(await (await obstore.get_async(self._store, name)).bytes_async())
            except FileNotFoundError:
                return None

    async def write(self, name: str, data: bytes) -> None:
        """Keeps the bytes under the name."""
        with self._asked("write", name, size_bytes=len(data)):
            if self._folder is None:
                await obstore.put_async(self._store, checked(name), data)
            else:
                await asyncio.to_thread(folder.write_whole, self._folder / checked(name), data)

    async def keep(self, name: str, source: Path) -> int:
        """Moves a finished file of ours into storage, in bounded memory. Returns its size; `source` is gone then."""
        with self._asked("keep", name):
            if self._folder is not None:
                return await asyncio.to_thread(folder.move_whole, self._folder / checked(name), source)
            size_bytes = (await asyncio.to_thread(source.stat)).st_size
            await obstore.put_async(self._store, checked(name), source)
            await asyncio.to_thread(source.unlink)
            return size_bytes

    async def look(self, name: str) -> Stored | None:
        """What is known of the file; None when there is none."""
        if not is_name(name):
            return None
        with self._asked("look", name):
            try:
                found = await obstore.head_async(self._store, name)
            except FileNotFoundError:
                return None
        return Stored(name, found["size"], found["last_modified"], found["e_tag"])

    async def exists(self, name: str) -> bool:
        """Whether there is such a file."""
        return await self.look(name) is not None

    async def size(self, name: str) -> int | None:
        """The file's size; None when there is none."""
        found = await self.look(name)
        return None if found is None else found.size_bytes

    async def content_type(self, file: Stored) -> str:
        """The file's media type, told by its content."""
        return content_type(await self._block(file, 0, min(file.size_bytes, HEAD_BYTES)))

    async def stream(self, file: Stored, *, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes from `start` up to and without `end`, which must be in the file, in blocks of at most 1 MiB.

        A file that is replaced meanwhile is StorageUnavailable, never a mixture.
        """
        for first in range(start, end, BLOCK_BYTES):
            yield await self._block(file, first, min(first + BLOCK_BYTES, end))

    async def delete(self, name: str) -> None:
        """Removes the file, if there is one."""
        with self._asked("delete", name):
            await self._delete(checked(name))

    async def sweep(self, older_than: datetime, prefix: str) -> int:
        """Deletes what was last written before that moment below a bucket or folder (`inputs`, `inputs/42`).

        Returns how many files that were. What killed programs left half written goes too.
        """
        checked(f"{prefix}/any")
        swept = 0
        with self._asked("sweep", prefix):
            async for page in obstore.list(self._store, prefix):
                for file in page:
                    if file["last_modified"] < older_than and await self._is_older(file["path"], older_than):
                        await self._delete(file["path"])
                        swept += 1
        log.info("storage swept", prefix=prefix, older_than=older_than.isoformat(), files=swept)
        return swept

    async def clear(self, prefix: str) -> int:
        """Deletes everything below a folder, as `sweep` does. Returns how many files that were."""
        return await self.sweep(datetime.max.replace(tzinfo=UTC), prefix)

    async def keep_for(self, days: Mapping[str, int], *, now: datetime) -> int:
        """Sweeps every bucket by its own age, `{"inputs": 180, "outputs": 30}`; what is not named is kept for ever."""
        return sum([await self.sweep(now - timedelta(days=age), bucket) for bucket, age in days.items()])

    async def _is_older(self, path: str, moment: datetime) -> bool:
        """Asked again just before deleting: since it was listed it may have been written anew."""
        try:
            return (await obstore.head_async(self._store, path))["last_modified"] < moment
        except FileNotFoundError:
            return False

    async def _delete(self, path: str) -> None:
        with suppress(FileNotFoundError):
            await obstore.delete_async(self._store, path)

    async def _block(self, file: Stored, first: int, end: int) -> bytes:
        if first == end:
            return b""
        options: GetOptions = {"range": (first, end)}
        if file.version is not None:
            options["if_match"] = file.version
        with self._asked("read", file.name, first=first):
            return bytes(await (await obstore.get_async(self._store, file.name, options=options)).bytes_async())

    @contextmanager
    def _asked(self, what: str, name: str, **fields: int) -> Iterator[None]:
        """Says once what a service was asked for, and turns what went wrong there into our words."""
        since = perf_counter()
        try:
            yield
        except (BaseError, OSError, NotImplementedError) as error:
            log.warning("storage failed", what=what, name=name, error=type(error).__name__, **fields)
            msg = f"storage did not {what}: {type(error).__name__}"
            raise StorageUnavailable(msg) from error
        if self._folder is None:
            log.info("storage asked", what=what, name=name, took_ms=round(1000 * (perf_counter() - since)), **fields)


def open_storage(url: str) -> Storage:
    """The storage at STORAGE_URL: a folder (a path or `file:///...`, made if needed) or a bucket (`s3://bucket/prefix`).

    A service's address and keys come from the environment in its own words, such as AWS_ENDPOINT_URL, AWS_REGION,
    AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Nothing is connected to yet. Raises StorageUrlRefused.
    """
    address = urlsplit(url)
    if address.scheme in {"", "file"}:
        return _in_folder(url if not address.scheme else unquote(address.path), host=address.netloc)
    if address.scheme not in SERVICES:
        msg = f"STORAGE_URL begins with {address.scheme}:, and may be a folder, file:///folder or s3://bucket/prefix"
        raise StorageUrlRefused(msg)
    try:
        return Storage(from_url(url, retry_config=RETRIES))
    except (BaseError, ValueError) as error:
        msg = f"STORAGE_URL is no storage that can be opened: {str(error).splitlines()[0]}"
        raise StorageUrlRefused(msg) from error


def _in_folder(path: str, *, host: str) -> Storage:
    if host or not path:
        msg = "STORAGE_URL of a folder has no host: file:///var/lib/videos has three slashes"
        raise StorageUrlRefused(msg)
    place = Path(path).expanduser()
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"STORAGE_URL names {place}, which is no folder and cannot be made one: {error.strerror}"
        raise StorageUrlRefused(msg) from error
    return Storage(LocalStore(place))
