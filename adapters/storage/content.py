"""What a file is, told by its first bytes: neither its name nor what its sender says is believed."""

from __future__ import annotations

from typing import Final

HEAD_BYTES: Final = 64
"""So many bytes are enough to tell."""

JPEG: Final = "image/jpeg"
PNG: Final = "image/png"
WEBP: Final = "image/webp"
MP4: Final = "video/mp4"
WEBM: Final = "video/webm"
ANYTHING: Final = "application/octet-stream"

STILLS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis"})
NOT_MP4: Final = STILLS | {b"qt  ", b"crx ", b"jp2 ", b"jpx "}
"""Brands of other formats that share MP4's box structure."""


def content_type(head: bytes) -> str:
    """The media type of what begins like this; `application/octet-stream` for what we do not keep."""
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WEBP
    if head[4:8] == b"ftyp" and len(head) >= 12 and head[8:12] not in NOT_MP4:
        return MP4
    if head.startswith(b"\x1a\x45\xdf\xa3") and b"\x42\x82\x84webm" in head[:HEAD_BYTES]:
        return WEBM
    return ANYTHING


def other_image(head: bytes) -> str | None:
    """The name of an image format that we do not take; None for what is no image we know."""
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if head.startswith((b"II*\x00", b"MM\x00*")):
        return "TIFF"
    if head.startswith(b"BM") and head[14:18] in {bytes((size, 0, 0, 0)) for size in (12, 40, 52, 56, 64, 108, 124)}:
        return "BMP"
    if head[4:8] == b"ftyp" and head[8:12] in STILLS:
        return "AVIF" if head[8:11] == b"avi" else "HEIC"
    if head.startswith((b"\x00\x00\x00\x0cJXL ", b"\xff\x0a")):
        return "JPEG XL"
    if head.startswith((b"\x00\x00\x00\x0cjP  ", b"\xff\x4f\xff\x51")):
        return "JPEG 2000"
    if head.startswith(b"8BPS"):
        return "PSD"
    if head.startswith((b"\x00\x00\x01\x00", b"\x00\x00\x02\x00")):
        return "ICO"
    if b"<svg" in head[:HEAD_BYTES]:
        return "SVG"
    return None
