"""The photo that goes along with a request for a script is small, and still the photo."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from adapters.scripts.glance import SIDE_MAX, SMALL_BYTES, glance

COFFEE = (Path(__file__).parents[2] / "data" / "photos" / "coffee.jpg").read_bytes()


def large() -> bytes:
    """The photo as a camera makes it: large."""
    out = BytesIO()
    with Image.open(BytesIO(COFFEE)) as photo:
        photo.resize((1800, 1200)).save(out, "JPEG", quality=95)
    return out.getvalue()


def test_a_large_photo_becomes_small_and_shows_the_same() -> None:
    with Image.open(BytesIO(glance(large()))) as small, Image.open(BytesIO(COFFEE)) as photo:
        assert small.size == (SIDE_MAX, 341)
        difference = ImageStat.Stat(ImageChops.difference(small, photo.convert("RGB").resize(small.size)))
        assert max(difference.mean) < 8
    assert len(glance(large())) < len(large()) / 5


def test_a_small_photo_goes_as_it_is() -> None:
    small = glance(large())
    assert len(small) <= SMALL_BYTES
    assert glance(small) is small


@pytest.mark.parametrize("broken", [b"x" * (SMALL_BYTES + 1), large()[: SMALL_BYTES + 1]])
def test_what_cannot_be_read_goes_as_it_is(broken: bytes) -> None:
    assert glance(broken) is broken
