"""A stored video as Telegram wants it: what it has to be told beside the bytes, and the bytes in small blocks.

Without width, height and duration clients show a square; without pictures, nothing until it is loaded.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple, cast

import av
from aiogram import Bot
from aiogram.types import InputFile
from PIL import Image

from adapters.storage.files import BLOCK_BYTES, Storage, StorageUnavailable, Stored

if TYPE_CHECKING:
    from typing_extensions import Buffer

THUMBNAIL_PX: Final = 320
THUMBNAIL_BYTES_MAX: Final = 200_000
COVER_PX: Final = 1280
QUALITIES: Final = (85, 70, 50, 30)
READ_S: Final = 60.0


class Footage(NamedTuple):
    """A video in figures and two pictures of its first frame, JPEG: a thumbnail and a cover."""

    width_px: int
    height_px: int
    duration_s: int
    thumbnail: bytes
    cover: bytes


class StoredInput(InputFile):
    """A stored file that is uploaded block by block, and may be again.

    `left_whole` is False as long as a part of it has not left: a request that breaks off before is no request.
    """

    def __init__(self, storage: Storage, file: Stored, *, filename: str) -> None:
        super().__init__(filename=filename, chunk_size=BLOCK_BYTES)
        self._storage = storage
        self._file = file
        self.left_whole = False

    async def read(self, bot: Bot) -> AsyncGenerator[bytes, None]:  # noqa: ARG002 - aiogram's own signature
        """The bytes. Raises StorageUnavailable."""
        self.left_whole = False
        async for block in self._storage.stream(self._file, start=0, end=self._file.size_bytes):
            yield block
        self.left_whole = True


async def look_at(storage: Storage, file: Stored) -> Footage | None:
    """What the video shows; None when it cannot be opened. Reads no more of it than that takes."""
    reader = io.BufferedReader(_Reader(storage, file, asyncio.get_running_loop()), BLOCK_BYTES)
    try:
        return await asyncio.to_thread(_opened, cast("BinaryIO", reader))
    except (av.FFmpegError, StorageUnavailable, OSError, ValueError, IndexError):
        return None


class _Reader(io.RawIOBase):
    """A stored file for who reads in a thread of its own, while the event loop goes on."""

    def __init__(self, storage: Storage, file: Stored, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._storage = storage
        self._file = file
        self._loop = loop
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._file.size_bytes}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, room: Buffer, /) -> int:
        with memoryview(room).cast("B") as view:
            end = min(self._file.size_bytes, self._at + len(view))
            if end <= self._at:
                return 0
            data = asyncio.run_coroutine_threadsafe(self._part(self._at, end), self._loop).result(READ_S)
            view[: len(data)] = data
        self._at += len(data)
        return len(data)

    async def _part(self, start: int, end: int) -> bytes:
        return b"".join([block async for block in self._storage.stream(self._file, start=start, end=end)])


def _opened(source: BinaryIO) -> Footage:
    with av.open(source, "r") as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        frame = next(container.decode(stream), None)
        if frame is None:
            msg = "the video has no picture"
            raise ValueError(msg)
        picture: Image.Image = frame.to_image()  # type: ignore[no-untyped-call]  # PyAV's own gap
        duration_s = round((container.duration or 0) / av.time_base)
    return Footage(
        width_px=picture.width,
        height_px=picture.height,
        duration_s=max(1, duration_s),
        thumbnail=_jpeg(picture, THUMBNAIL_PX),
        cover=_jpeg(picture, COVER_PX),
    )


def _jpeg(picture: Image.Image, side_max: int) -> bytes:
    """The picture in at most 200 kB if that can be, as a thumbnail has to be."""
    small = picture.copy()
    small.thumbnail((side_max, side_max))
    data = b""
    for quality in QUALITIES:
        out = io.BytesIO()
        small.save(out, "JPEG", quality=quality)
        data = out.getvalue()
        if len(data) <= THUMBNAIL_BYTES_MAX:
            break
    return data
