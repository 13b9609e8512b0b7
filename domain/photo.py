"""A product photo as we keep it: an upright JPEG in RGB without metadata; or why there is none.

Lengths in pixels, sizes in bytes.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class PhotoFault(StrEnum):
    """The closed list of what can be wrong with a file that was sent as a photo. Another file always helps."""

    EMPTY = "empty"
    """Not one byte."""

    TOO_LARGE = "too_large"
    """`was` and `limit` are bytes."""

    NOT_AN_IMAGE = "not_an_image"
    """Something else: a text, a video, a program."""

    UNSUPPORTED_FORMAT = "unsupported_format"
    """An image, and neither JPEG nor PNG nor WebP. `format` names it when we know it."""

    ANIMATED = "animated"
    """A PNG or WebP that moves."""

    BROKEN = "broken"
    """It begins like a photo and cannot be read to its end."""

    TOO_SMALL = "too_small"
    """`was` and `limit` are pixels of the shorter side, once the longer one fits."""

    TOO_MANY_PIXELS = "too_many_pixels"
    """`was` and `limit` are width times height."""


class PhotoLimits(NamedTuple):
    """What is taken. A photo whose longer side is beyond `side_max` is scaled down to it.

    A JPEG is scaled while it is decoded. PNG and WebP are not, and have a limit of their own: they take up to 15 bytes
    of memory a pixel.
    """

    size_bytes_max: int = 10 * 1024 * 1024
    jpeg_pixels_max: int = 50_000_000
    pixels_max: int = 25_000_000
    side_min: int = 200
    side_max: int = 2048


class Photo(NamedTuple):
    """A photo that may be kept. `sha256` is that of `jpeg`, in hex: the same photo is kept once."""

    jpeg: bytes
    width: int
    height: int
    sha256: str


class PhotoRefused(NamedTuple):
    """Why a file is no photo for us, with what a screen needs to say so; units by fault."""

    fault: PhotoFault
    was: int | None = None
    limit: int | None = None
    format: str | None = None


def name_of(photo: Photo, *, account: int) -> str:
    """Where the account's photo lies in storage: `inputs/42/5f1c….jpg`."""
    return f"inputs/{account}/{photo.sha256}.jpg"
