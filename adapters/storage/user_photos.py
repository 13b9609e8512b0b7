"""What users send as photos: fetched from the messenger, checked, and kept below `inputs/`, named by their content."""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

from adapters.storage.files import Storage, StorageUnavailable
from adapters.storage.photos import AS_PHOTOGRAPHED, check_photo
from domain.outside import Fetched, NotFetched, WhyNot
from domain.photo import PhotoFault, PhotoRefused, name_of
from domain.shown import KeptPhoto

AT_ONCE: Final = 4
"""Decoding a photo takes up to a second of processor and a hundred megabytes."""

FETCHED_MAX_BYTES: Final = 20 * 1024 * 1024
"""More than a photo may have, so that what is too large is refused with its size; Telegram gives bots no more."""


LOOK_WITHIN_S: Final = 3.0
"""Somebody waits for the answer to a tap."""


class UserFiles(Protocol):
    """The files that users send, at the messenger's."""

    async def fetch(self, file_id: str, *, size_max: int) -> Fetched | NotFetched:
        """The file's bytes."""
        ...


class UserPhotos:
    """Keeps photos that are good enough. Keeping one twice is keeping it once."""

    def __init__(self, files: UserFiles, storage: Storage) -> None:
        self._files = files
        self._storage = storage
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def keep(self, account: int, *, file_id: str) -> KeptPhoto | PhotoRefused | NotFetched:
        """Fetches, checks and keeps it. Raises StorageUnavailable."""
        fetched = await self._files.fetch(file_id, size_max=FETCHED_MAX_BYTES)
        if isinstance(fetched, NotFetched):
            if fetched.why is WhyNot.TOO_LARGE:
                return PhotoRefused(PhotoFault.TOO_LARGE, was=None, limit=AS_PHOTOGRAPHED.size_bytes_max)
            return fetched
        async with self._slots:
            checked = await asyncio.to_thread(check_photo, fetched.data)
        if isinstance(checked, PhotoRefused):
            return checked
        name = name_of(checked, account=account)
        await self._storage.write(name, checked.jpeg)
        return KeptPhoto(name, checked.width, checked.height)

    async def is_kept(self, name: str) -> bool:
        """Whether the photo is still stored. True while storage does not say: an order waits until it does again."""
        try:
            async with asyncio.timeout(LOOK_WITHIN_S):
                return await self._storage.exists(name)
        except (StorageUnavailable, TimeoutError):
            return True
