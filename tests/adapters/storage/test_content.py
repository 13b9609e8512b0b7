"""What a file is, told by its first bytes."""

from __future__ import annotations

import io
from pathlib import Path

import av
import pytest

from adapters.storage.content import ANYTHING, HEAD_BYTES, content_type, other_image
from tests.adapters.storage.pictures import REAL, encoded, wedge


def video(container: str, codec: str) -> bytes:
    """A video of two frames, made by FFmpeg."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        stream = output.add_stream(codec, rate=1)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for _ in range(2):
            output.mux(stream.encode(av.VideoFrame(64, 64, "yuv420p")))
        output.mux(stream.encode(None))
    return file.getvalue()


REAL_TYPES = {".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_the_real_photos_are_told(path: Path) -> None:
    assert content_type(path.read_bytes()[:HEAD_BYTES]) == REAL_TYPES[path.suffix]


@pytest.mark.parametrize(
    ("container", "codec", "kind"),
    [
        ("mp4", "libx264", "video/mp4"),
        ("webm", "libvpx", "video/webm"),
        ("mov", "libx264", ANYTHING),
        ("matroska", "libvpx", ANYTHING),
        ("avi", "mpeg4", ANYTHING),
    ],
)
def test_videos_are_told_by_their_container(container: str, codec: str, kind: str) -> None:
    assert content_type(video(container, codec)[:HEAD_BYTES]) == kind


@pytest.mark.parametrize(
    "data", [b"", b"\x00", b"<html><script>", b"GIF89a", b"RIFF....WAVE", b"....ftyp", b"\xff\xd8"]
)
def test_what_we_do_not_keep_is_just_bytes(data: bytes) -> None:
    assert content_type(data) == ANYTHING


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "ICO", "AVIF"])
def test_other_images_are_named(kind: str) -> None:
    head = encoded(wedge(), kind)[:HEAD_BYTES]
    assert (content_type(head), other_image(head)) == (ANYTHING, kind)


@pytest.mark.parametrize("data", [b"", b"BMW", b"BM is a text that begins like a bitmap", b"hello"])
def test_what_is_no_image_has_no_name(data: bytes) -> None:
    assert other_image(data) is None
