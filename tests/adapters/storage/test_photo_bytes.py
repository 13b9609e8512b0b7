"""Whatever bytes are sent as a photo, the answer is a photo of ours or a refusal."""

from __future__ import annotations

from collections import Counter
from random import Random

from hypothesis import event, given, settings
from hypothesis import strategies as st
from PIL import Image

from adapters.storage.photos import ORIENTATION, check_photo
from domain.photo import Photo, PhotoFault, PhotoLimits, PhotoRefused
from tests.adapters.storage.pictures import REAL, decoded, encoded, wedge

BEGINNINGS = (
    b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR",
    b"RIFF\x00\x01\x00\x00WEBPVP8 ",
    b"RIFF\x00\x01\x00\x00WEBPVP8L", b"RIFF\x00\x01\x00\x00WEBPVP8X\x0a\x00\x00\x00", b"GIF89a", b"BM", b"II*\x00",
    b"\x00\x00\x00\x18ftyp",
)  # fmt: skip  # a list of bytes reads better in lines than in a column


def sources() -> list[bytes]:
    """Real photos, and small ones with everything in them that a parser can stumble over."""
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[0x010E] = "words"
    exif.get_ifd(0x8825)[2] = (1.0, 2.0, 3.0)
    small = wedge((240, 240))
    marks = {"exif": exif, "icc_profile": b"profile" * 40}
    return [
        *(path.read_bytes() for path in REAL),
        encoded(small, "JPEG", progressive=True, comment=b"words", **marks),
        encoded(small.convert("CMYK"), "JPEG"),
        encoded(small, "PNG", **marks),
        encoded(small.quantize(16), "PNG", transparency=bytes(range(16))),
        encoded(small, "PNG", save_all=True, append_images=[small.transpose(Image.Transpose.ROTATE_180)]),
        encoded(small, "WEBP", lossless=True, **marks),
        encoded(small, "WEBP", save_all=True, append_images=[small.transpose(Image.Transpose.ROTATE_180)]),
    ]


SOURCES = sources()


def damaged(chance: Random) -> bytes:
    """A real photo with a few bits turned, bytes lost or added, half of them in its head; or with its end cut off."""
    data = bytearray(chance.choice(SOURCES))
    if chance.random() < 0.2:
        del data[chance.randrange(len(data)) :]
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        place = chance.randrange(min(len(data), chance.choice((800, len(data)))) + 1)
        match chance.choice(("turn", "turn", "set", "lose", "add")):
            case "turn" if place < len(data):
                data[place] ^= 1 << chance.randrange(8)
            case "set" if place < len(data):
                data[place] = chance.choice((0, 1, 127, 128, 255))
            case "lose":
                del data[place : place + chance.randrange(1, 9)]
            case _:
                data[place:place] = chance.randbytes(chance.randrange(1, 9))
    return bytes(data)


def answer_to(data: bytes) -> PhotoFault | None:
    """None for a photo, which is then as we promise."""
    checked = check_photo(data)
    if isinstance(checked, PhotoRefused):
        return checked.fault
    assert isinstance(checked, Photo)
    image = decoded(checked.jpeg)
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (checked.width, checked.height))
    limits = PhotoLimits()
    assert limits.side_min <= min(image.size)
    assert max(image.size) <= limits.side_max
    return None


@settings(max_examples=1000)
@given(st.sampled_from(BEGINNINGS), st.binary(max_size=400))
def test_any_bytes_are_refused(beginning: bytes, rest: bytes) -> None:
    fault = answer_to(beginning + rest)
    event(str(fault))
    assert fault is not None


def test_damaged_photos_are_photos_or_refused() -> None:
    met: Counter[PhotoFault | None] = Counter()

    @settings(max_examples=1500)
    @given(st.randoms(use_true_random=True))  # hypothesis' own would stay near the beginning of a file
    def damage(chance: Random) -> None:
        met[answer_to(damaged(chance))] += 1

    damage()
    assert met[None] > 100, met
    assert met[PhotoFault.BROKEN] > 100, met
    assert {PhotoFault.ANIMATED, PhotoFault.NOT_AN_IMAGE} <= met.keys()
