"""A photo as small as a glance needs: who writes about a product does not count its pixels, and every byte costs."""

from __future__ import annotations

from io import BytesIO
from typing import Final

from PIL import Image

SIDE_MAX: Final = 512
"""Pixels of the longer side. A model sees an image of this size in one tile."""

QUALITY: Final = 80
SMALL_BYTES: Final = 48 * 1024
"""A photo of so few bytes goes as it is."""


def glance(photo: bytes) -> bytes:
    """The JPEG, scaled down; as it is when it is small or cannot be read. Blocks for some milliseconds."""
    if len(photo) <= SMALL_BYTES:
        return photo
    try:
        with Image.open(BytesIO(photo), formats=("JPEG",)) as image:
            image.draft("RGB", (SIDE_MAX, SIDE_MAX))
            small = image.convert("RGB")
        small.thumbnail((SIDE_MAX, SIDE_MAX), Image.Resampling.HAMMING)
        out = BytesIO()
        small.save(out, "JPEG", quality=QUALITY)
    except (OSError, ValueError, Image.DecompressionBombError):
        return photo
    return out.getvalue()
