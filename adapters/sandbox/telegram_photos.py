"""What Telegram makes of a photo: JPEGs of several sizes, the longer side of the largest at most 1280."""

from __future__ import annotations

import io
import warnings
from typing import Final, NamedTuple

from PIL import Image, ImageOps

from adapters.sandbox.telegram_answers import Refused, bad_request

SIDES_PX: Final = (90, 320, 800, 1280)
QUALITY: Final = 87
SIDES_SUM_MAX_PX: Final = 10_000
RATIO_MAX: Final = 20


class Size(NamedTuple):
    """One size of a photo, in pixels, as a JPEG."""

    width: int
    height: int
    data: bytes


def sizes_of(data: bytes) -> list[Size]:
    """The sizes of a photo, the smallest first. Raises Refused when it is none, or too long."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(io.BytesIO(data)) as opened:
                _measure(opened)
                image = _flat(ImageOps.exif_transpose(opened))
        except Refused:
            raise
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
            # Pillow speaks of broken files in all these ways; to a bot they are one.
            raise bad_request("IMAGE_PROCESS_FAILED") from None
    longer = max(image.size)
    sides = [side for side in SIDES_PX if side < longer][: len(SIDES_PX) - (longer > SIDES_PX[-1])]
    return [_sized(image, side) for side in sides] + [_sized(image, min(longer, SIDES_PX[-1]))]


def thumbnail_of(data: bytes) -> Size | None:
    """A small JPEG of a picture; None when it is none."""
    try:
        return next((size for size in reversed(sizes_of(data)) if max(size.width, size.height) <= SIDES_PX[1]), None)
    except Refused:
        return None


def _measure(image: Image.Image) -> None:
    width, height = image.size
    if width + height > SIDES_SUM_MAX_PX or max(width, height) > RATIO_MAX * min(width, height):
        raise bad_request("PHOTO_INVALID_DIMENSIONS")


def _flat(image: Image.Image) -> Image.Image:
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        with_alpha = image.convert("RGBA")
        white = Image.new("RGBA", with_alpha.size, "white")
        return Image.alpha_composite(white, with_alpha).convert("RGB")
    return image.convert("RGB")


def _sized(image: Image.Image, longer_px: int) -> Size:
    scale = longer_px / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    scaled = image if size == image.size else image.resize(size, Image.Resampling.LANCZOS)
    out = io.BytesIO()
    scaled.save(out, "JPEG", quality=QUALITY)
    return Size(*size, out.getvalue())
