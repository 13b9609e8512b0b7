"""The body of a request, of at most so many bytes."""

from __future__ import annotations

from fastapi import Request


class TooLarge(Exception):
    """The body is longer than anything that is expected here."""


async def read_body(request: Request, *, size_max: int) -> bytes:
    """The whole body. Raises TooLarge as soon as too much has come, however long it says it is."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > size_max:
            raise TooLarge
    return bytes(body)
