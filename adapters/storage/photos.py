"""What a user sent as a photo, checked and made ours: upright, RGB on white, no metadata, a JPEG.

Pillow's plugins are called by name and not through its `Image.open`: only the three formats we take are ever parsed,
and the number of pixels is looked at by us, before anything is decoded. The work takes the processor up to a second:
call it in a thread, few at a time.
"""

from __future__ import annotations

import hashlib
import io
import struct
from typing import Final

from PIL import Image, ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from adapters.storage import content
from domain.photo import Photo, PhotoFault, PhotoLimits, PhotoRefused

QUALITY: Final = 90
WHITE: Final = (255, 255, 255)
ORIENTATION: Final = 0x0112
"""The EXIF field that says how a camera was held."""

TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What makes a photo upright, by its orientation; 1 is upright."""

FORMATS: Final[dict[str, type[ImageFile.ImageFile]]] = {
    content.JPEG: JpegImageFile,
    content.PNG: PngImageFile,
    content.WEBP: WebPImageFile,
}

DAMAGE: Final = (
    OSError, SyntaxError, ValueError, EOFError, struct.error, LookupError, TypeError, ArithmeticError, RuntimeError,
    MemoryError, Image.DecompressionBombError, Warning,
)  # fmt: skip  # a list of names reads better in lines than in a column
"""What Pillow raises on damaged data: it has no error of its own for it. Only its calls stand under this."""

AS_PHOTOGRAPHED: Final = PhotoLimits()


def check_photo(data: bytes, limits: PhotoLimits = AS_PHOTOGRAPHED) -> Photo | PhotoRefused:
    """The photo that is in these bytes, or why there is none for us. Never raises, whatever the bytes are."""
    if not data:
        return PhotoRefused(PhotoFault.EMPTY)
    if len(data) > limits.size_bytes_max:
        return PhotoRefused(PhotoFault.TOO_LARGE, was=len(data), limit=limits.size_bytes_max)
    head = data[: content.HEAD_BYTES]
    reader = FORMATS.get(content.content_type(head))
    if reader is None:
        other = content.other_image(head)
        fault = PhotoFault.NOT_AN_IMAGE if other is None else PhotoFault.UNSUPPORTED_FORMAT
        return PhotoRefused(fault, format=other)
    size = _webp_size(head) if reader is WebPImageFile else None
    if size is not None and (refused := _refused(size, limits, limits.pixels_max)):
        return refused  # before opening, because opening a WebP already takes the memory for its pixels
    return _read(data, reader, limits)


def _read(data: bytes, reader: type[ImageFile.ImageFile], limits: PhotoLimits) -> Photo | PhotoRefused:
    try:
        image: Image.Image = reader(io.BytesIO(data))
        animated = getattr(image, "is_animated", False)
    except DAMAGE:
        return PhotoRefused(PhotoFault.BROKEN)
    pixels_max = limits.jpeg_pixels_max if reader is JpegImageFile else limits.pixels_max
    if refused := _refused(image.size, limits, pixels_max):
        return refused
    if animated:
        return PhotoRefused(PhotoFault.ANIMATED)
    size = _fitting(image.size, limits.side_max)
    try:
        image.draft("RGB", size)  # lets a JPEG be decoded at a fraction of its size, no smaller than asked for
        image.load()
        small = _flat(image, size)
        return _kept(_upright(small, _orientation(image)))
    except DAMAGE:
        return PhotoRefused(PhotoFault.BROKEN)


def _refused(size: tuple[int, int], limits: PhotoLimits, pixels_max: int) -> PhotoRefused | None:
    pixels = size[0] * size[1]
    if pixels > pixels_max:
        return PhotoRefused(PhotoFault.TOO_MANY_PIXELS, was=pixels, limit=pixels_max)
    shorter = min(_fitting(size, limits.side_max))
    if shorter < limits.side_min:
        return PhotoRefused(PhotoFault.TOO_SMALL, was=shorter, limit=limits.side_min)
    return None


def _fitting(size: tuple[int, int], side_max: int) -> tuple[int, int]:
    """The same shape, its longer side at most so long."""
    width, height = size
    longer = max(width, height)
    return size if longer <= side_max else (width * side_max // longer, height * side_max // longer)


def _webp_size(head: bytes) -> tuple[int, int] | None:
    """Width and height as the header of a WebP tells them (RFC 9649, section 2); None when it is cut off."""
    if len(head) < 30:
        return None
    match head[12:16]:
        case b"VP8X":
            return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
        case b"VP8L":
            bits = int.from_bytes(head[21:25], "little")
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        case b"VP8 ":
            return int.from_bytes(head[26:28], "little") & 0x3FFF, int.from_bytes(head[28:30], "little") & 0x3FFF
        case _:
            return None


def _orientation(image: Image.Image) -> object:
    try:
        return image.getexif().get(ORIENTATION)
    except DAMAGE:
        return None  # broken metadata spoils no photo


def _upright(image: Image.Image, orientation: object) -> Image.Image:
    turn = TURNS.get(orientation) if isinstance(orientation, int) else None
    return image if turn is None else image.transpose(turn)


def _flat(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Scaled, in RGB, what was transparent white."""
    if image.mode.startswith("I"):
        image = (
            image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
        )  # `convert` alone cuts off at 255
        image.info.pop("transparency", None)  # one shade of 65,536, which is none of 256
    if not image.has_transparency_data:
        return _scaled(_in("RGB", image), size)
    see_through = _scaled(_in("RGBA", image), size)
    white = Image.new("RGB", size, WHITE)
    white.paste(see_through, mask=see_through.getchannel("A"))
    return white


def _in(mode: str, image: Image.Image) -> Image.Image:
    return image if image.mode == mode else image.convert(mode)  # which would copy every pixel


def _scaled(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _kept(image: Image.Image) -> Photo:
    image.info.clear()  # Pillow would write a comment that it has read
    file = io.BytesIO()
    image.save(file, "JPEG", quality=QUALITY, optimize=True)
    jpeg = file.getvalue()
    return Photo(jpeg, image.width, image.height, hashlib.sha256(jpeg).hexdigest())
