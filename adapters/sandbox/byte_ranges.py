"""Serving bytes that lie in memory, whole or one range of them (RFC 9110, section 14)."""

from __future__ import annotations

import re
from typing import Final

from fastapi import Response

ONE_RANGE: Final = re.compile(r"bytes=(\d*)-(\d*)")


def ranged(data: bytes, wanted: str | None, *, media_type: str) -> Response:
    """Answers 200 with everything, 206 with the range asked for, or 416. Several ranges at once are answered whole."""
    headers = {"Accept-Ranges": "bytes"}
    match = ONE_RANGE.fullmatch(wanted.strip()) if wanted else None
    if match is None or match.group(0) == "bytes=-":
        return Response(data, media_type=media_type, headers=headers)
    first, last = _bounds(match.group(1), match.group(2), size=len(data))
    if first > last or first >= len(data):
        return Response(status_code=416, headers=headers | {"Content-Range": f"bytes */{len(data)}"})
    headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
    return Response(data[first : last + 1], status_code=206, media_type=media_type, headers=headers)


def _bounds(first: str, last: str, *, size: int) -> tuple[int, int]:
    if not first:
        return max(0, size - int(last)), size - 1 if int(last) else -1
    return int(first), min(int(last), size - 1) if last else size - 1
