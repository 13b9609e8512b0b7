"""Stored files over HTTP: `GET` and `HEAD /storage/{bucket}/{path}` for who has a signed link that has not expired.

What a file is, is told by its content. One range of it may be asked for, as players do. A refusal is a short text and
the same for a file that is there as for one that is not.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse, StreamingResponse

from adapters.http.ranges import Part, Wanted, wanted_part
from adapters.storage.content import ANYTHING
from adapters.storage.files import Storage, StorageUnavailable, Stored
from adapters.storage.links import PATH, LinkFault, Links
from adapters.storage.names import is_name

SAFE: Final = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private"}


def storage_router(storage: Storage, links: Links, clock: Callable[[], datetime]) -> APIRouter:
    """The routes of stored files. `clock` tells the moment that links are held against."""
    router = APIRouter()

    @router.api_route(f"{PATH}{{bucket}}/{{path:path}}", methods=["GET", "HEAD"], include_in_schema=False)
    async def stored_file(request: Request, bucket: str, path: str) -> Response:
        name = f"{bucket}/{path}"
        if not is_name(name) or not request.scope["path"].endswith(name):  # the pattern above drops a line's end
            return _refusal(404, "There is no such file.")
        asked = request.query_params
        expires, signature = asked.get("expires", ""), asked.get("signature", "")
        match links.verify(name, expires=expires, signature=signature, now=clock()):
            case LinkFault.WRONG:
                return _refusal(403, "This link is not one of ours.")
            case LinkFault.EXPIRED:
                return _refusal(403, "This link has expired.")
        try:
            return await _answer(request, storage, name)
        except StorageUnavailable:
            return _refusal(503, "Storage does not answer. Try again later.")

    return router


async def _answer(request: Request, storage: Storage, name: str) -> Response:
    file = await storage.look(name)
    if file is None:
        return _refusal(404, "There is no such file.")
    headers = SAFE | await _headers_of(file, storage)
    if file.version is not None and file.version in _tags(request.headers.get("if-none-match")):
        return Response(status_code=304, headers=headers)
    if request.method == "HEAD":
        return Response(headers=headers | {"Content-Length": str(file.size_bytes)})
    wanted = _wanted(request, file)
    if wanted is Wanted.NOTHING:
        return _refusal(416, "The file is shorter.", {"Content-Range": f"bytes */{file.size_bytes}"})
    part = wanted if isinstance(wanted, Part) else Part(0, file.size_bytes)
    headers["Content-Length"] = str(part.end - part.start)
    if part is wanted:
        headers["Content-Range"] = f"bytes {part.start}-{part.end - 1}/{file.size_bytes}"
    content = storage.stream(file, start=part.start, end=part.end)
    return StreamingResponse(content, status_code=206 if part is wanted else 200, headers=headers)


async def _headers_of(file: Stored, storage: Storage) -> dict[str, str]:
    media_type = await storage.content_type(file)
    shown = "attachment" if media_type == ANYTHING else "inline"  # what is none of ours is never shown in place
    tag = {} if file.version is None else {"ETag": file.version}
    return tag | {
        "Accept-Ranges": "bytes",
        "Last-Modified": format_datetime(file.modified, usegmt=True),
        "Content-Type": media_type,
        "Content-Disposition": f'{shown}; filename="{file.name.rpartition("/")[2]}"',
    }


def _wanted(request: Request, file: Stored) -> Part | Wanted:
    """Only for the version of the file that the asker has begun to read."""
    if request.headers.get("if-range", file.version) != file.version:
        return Wanted.WHOLE
    return wanted_part(request.headers.get("range"), size_bytes=file.size_bytes)


def _tags(header: str | None) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in header.split(",")} if header else set()


def _refusal(status_code: int, text: str, headers: dict[str, str] | None = None) -> Response:
    return PlainTextResponse(text, status_code=status_code, headers=SAFE | (headers or {}))
