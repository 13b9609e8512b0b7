"""Photos for tests: the real ones, made ones, and how to look at what came out."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageChops, ImageStat

PHOTOS: Final = Path(__file__).parents[2] / "data" / "photos"
REAL: Final = sorted(path for path in PHOTOS.iterdir() if path.suffix != ".md")


def real(name: str) -> bytes:
    """One of the real photos."""
    return (PHOTOS / name).read_bytes()


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    """The picture as a file of that kind."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def decoded(data: bytes) -> Image.Image:
    """The picture in a file, all of it read."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def wedge(size: tuple[int, int] = (400, 300)) -> Image.Image:
    """A picture that looks different in every one of the eight orientations: one corner red, one blue."""
    image = Image.new("RGB", size, (200, 200, 200))
    third = (size[0] // 3, size[1] // 3)
    image.paste((220, 0, 0), (0, 0, *third))
    image.paste((0, 0, 220), (size[0] - third[0], 0, size[0], third[1]))
    return image


def difference(one: Image.Image, other: Image.Image) -> float:
    """How far two pictures of one size are apart, on average, of 255."""
    mean = ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other.convert("RGB"))).mean
    return float(sum(mean) / 3)


def png_header(width: int, height: int) -> bytes:
    """The beginning of a PNG that claims to be so large."""
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    data = b"IDAT" + zlib.compress(bytes(64))
    return start + struct.pack(">I", len(data) - 4) + data + struct.pack(">I", zlib.crc32(data))


def webp_header(width: int, height: int) -> bytes:
    """The beginning of a WebP that claims to be so large."""
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    chunk = b"VP8X" + struct.pack("<I", 10) + bytes(4) + canvas
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


def jpeg_claiming(width: int, height: int) -> bytes:
    """A JPEG whose frame header claims another size than it has."""
    data = bytearray(encoded(wedge(), "JPEG"))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    return bytes(data)
