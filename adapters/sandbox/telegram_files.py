"""The files of a Telegram: what was sent, by its file_id, and the bytes, kept once however often they are sent."""

from __future__ import annotations

import asyncio
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe
from typing import Any, Final, Literal, TypeVar

from adapters.sandbox.telegram_answers import bad_request
from adapters.sandbox.telegram_photos import Size, sizes_of, thumbnail_of
from adapters.sandbox.telegram_requests import Upload
from adapters.sandbox.telegram_store import Store

Media = TypeVar("Media")
Kind = Literal["photo", "video", "document", "thumbnail"]

PREFIXES: Final[dict[Kind, str]] = {"photo": "AgAC", "video": "BAAC", "document": "BQAC", "thumbnail": "AAMC"}
FOLDERS: Final[dict[Kind, str]] = {
    "photo": "photos",
    "video": "videos",
    "document": "documents",
    "thumbnail": "thumbnails",
}
NO_FILE: Final = "wrong file_id or the file is temporarily unavailable"
THUMBNAIL_MAX_BYTES: Final = 200 * 1024


@dataclass(slots=True)
class KeptFile:
    """One file. `media` is what a message that shows it says of it: a Video, a Document, all sizes of a photo."""

    file_id: str
    file_unique_id: str
    kind: Kind
    digest: str
    size_bytes: int
    media_type: str
    path: str
    media: Any


class Blobs:
    """Bytes by their digest, in a folder or in memory."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._in_memory: dict[str, bytes] = {}
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    async def put(self, data: bytes) -> str:
        """Keeps them; their digest."""
        return await asyncio.to_thread(self._put, data)

    async def get(self, digest: str) -> bytes:
        """The bytes. Raises OSError when they are gone from the folder, KeyError when they never were in memory."""
        if self._folder is None:
            return self._in_memory[digest]
        return await asyncio.to_thread((self._folder / digest).read_bytes)

    def _put(self, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        if self._folder is None:
            self._in_memory.setdefault(digest, data)
        elif not (path := self._folder / digest).exists():
            part = path.with_suffix(f".{token_urlsafe(6)}")
            part.write_bytes(data)
            part.rename(path)
        return digest


class Files:
    """Everything that was sent, by file_id."""

    def __init__(self, store: Store, *, folder: Path | None) -> None:
        self._store = store
        self._blobs = Blobs(folder)
        self._by_id: dict[str, KeptFile] = {}
        self._by_path: dict[str, KeptFile] = {}
        for row in store.load("file"):
            self._remember(KeptFile(**row))

    def __len__(self) -> int:
        return len(self._by_id)

    def find(self, file_id: str) -> KeptFile | None:
        """The file of that id."""
        return self._by_id.get(file_id)

    def at_path(self, path: str) -> KeptFile | None:
        """The file of that file_path."""
        return self._by_path.get(path)

    async def bytes_of(self, file: KeptFile) -> bytes:
        """What is in the file."""
        return await self._blobs.get(file.digest)

    async def keep_photo(self, data: bytes) -> list[dict[str, Any]]:
        """Keeps a photo as Telegram does; its PhotoSizes. Raises Refused when it is none."""
        sizes = await asyncio.to_thread(sizes_of, data)
        kept = [await self._keep_size(size, "photo") for size in sizes]
        shown = [file.media for file in kept]
        for file in kept:
            self._describe(file, shown)
        return shown

    async def keep_video(self, upload: Upload, **told: Any) -> dict[str, Any]:
        """Keeps a video as it is; the Video, with what the bot told of it."""
        file = await self._keep(upload.data, "video", media_type="video/mp4", name=upload.name)
        return self._describe(file, _identity(file) | told | {"file_name": upload.name, "mime_type": "video/mp4"})

    async def keep_document(self, upload: Upload, *, thumbnail: dict[str, Any] | None = None) -> dict[str, Any]:
        """Keeps a file as it is; the Document. A picture gets a thumbnail if it brings none."""
        guessed = mimetypes.guess_type(upload.name)[0]
        media_type = guessed or upload.media_type
        file = await self._keep(upload.data, "document", media_type=media_type, name=upload.name)
        if thumbnail is None and media_type.startswith("image/"):
            small = await asyncio.to_thread(thumbnail_of, upload.data)
            thumbnail = None if small is None else (await self._keep_size(small, "thumbnail")).media
        shown = {"thumbnail": thumbnail} if thumbnail is not None else {}
        return self._describe(file, _identity(file) | shown | {"file_name": upload.name, "mime_type": media_type})

    async def keep_thumbnail(self, data: bytes) -> dict[str, Any] | None:
        """Keeps the small picture of a video; None when it is none or larger than Telegram takes."""
        if len(data) > THUMBNAIL_MAX_BYTES:
            return None
        small = await asyncio.to_thread(thumbnail_of, data)
        if small is None:
            return None
        media: dict[str, Any] = (await self._keep_size(small, "thumbnail")).media
        return media

    async def _keep_size(self, size: Size, kind: Kind) -> KeptFile:
        file = await self._keep(size.data, kind, media_type="image/jpeg", name=None)
        self._describe(file, _identity(file) | {"width": size.width, "height": size.height})
        return file

    def _describe(self, file: KeptFile, media: Media) -> Media:
        file.media = media
        self._store.put("file", file.file_id, file)
        return media

    async def _keep(self, data: bytes, kind: Kind, *, media_type: str, name: str | None) -> KeptFile:
        if not data:
            raise bad_request("file must be non-empty")
        digest = await self._blobs.put(data)
        number = len(self._by_id) + 1
        ending = Path(name).suffix if name else mimetypes.guess_extension(media_type) or ""
        file = KeptFile(
            file_id=f"{PREFIXES[kind]}{token_urlsafe(36)}",
            file_unique_id=f"AQAD{digest[:16]}",
            kind=kind,
            digest=digest,
            size_bytes=len(data),
            media_type=media_type,
            path=f"{FOLDERS[kind]}/file_{number}{ending}",
            media=None,
        )
        self._remember(file)
        return file

    def _remember(self, file: KeptFile) -> None:
        self._by_id[file.file_id] = file
        self._by_path[file.path] = file


def _identity(file: KeptFile) -> dict[str, Any]:
    return {"file_id": file.file_id, "file_unique_id": file.file_unique_id, "file_size": file.size_bytes}
