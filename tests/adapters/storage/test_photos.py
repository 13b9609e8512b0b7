"""What becomes of a file that is sent as a photo: a photo of ours, or a refusal that says why."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from adapters.storage.photos import ORIENTATION, TURNS, check_photo
from domain.photo import Photo, PhotoFault, PhotoLimits, PhotoRefused, name_of
from tests.adapters.storage.pictures import (
    REAL,
    decoded,
    difference,
    encoded,
    jpeg_claiming,
    png_header,
    real,
    webp_header,
    wedge,
)

MEGABYTE = 1024 * 1024


def photo_of(data: bytes) -> Photo:
    checked = check_photo(data)
    assert isinstance(checked, Photo), checked
    return checked


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_every_real_photo_becomes_a_jpeg_in_rgb(path: Path) -> None:
    data = real(path.name)
    photo = photo_of(data)
    image = decoded(photo.jpeg)
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (photo.width, photo.height))
    assert photo.sha256 == hashlib.sha256(photo.jpeg).hexdigest()
    assert name_of(photo, account=42) == f"inputs/42/{photo.sha256}.jpg"


def test_the_turned_photo_comes_out_upright() -> None:
    turned = decoded(photo_of(real("coffee_exif_rotated.jpg")).jpeg)
    upright = decoded(photo_of(real("coffee.jpg")).jpeg)
    assert decoded(real("coffee_exif_rotated.jpg")).size == (400, 600)
    assert turned.size == upright.size == (600, 400)
    assert difference(turned, upright) < 3
    assert difference(turned.transpose(Image.Transpose.ROTATE_180), upright) > 20


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_each_of_the_eight_orientations_is_turned_upright(orientation: int, kind: str) -> None:
    back = {
        Image.Transpose.ROTATE_90: Image.Transpose.ROTATE_270,
        Image.Transpose.ROTATE_270: Image.Transpose.ROTATE_90,
    }
    turn = TURNS.get(orientation)
    held = wedge() if turn is None else wedge().transpose(back.get(turn, turn))
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    photo = photo_of(encoded(held, kind, exif=exif))
    assert (photo.width, photo.height) == (400, 300)
    assert difference(decoded(photo.jpeg), wedge()) < 3


def test_the_turns_are_those_that_exif_means() -> None:
    corner = {1: (0, 0), 2: (1, 0), 3: (1, 1), 4: (0, 1), 5: (0, 0), 6: (1, 0), 7: (1, 1), 8: (0, 1)}
    for orientation, (right, low) in corner.items():
        stored = Image.new("RGB", (400, 300), "white")
        stored.paste((220, 0, 0), (0, 0, 130, 100))  # the stored first corner; EXIF says where it belongs
        exif = Image.Exif()
        exif[ORIENTATION] = orientation
        photo = decoded(photo_of(encoded(stored, "JPEG", exif=exif)).jpeg)
        assert photo.size == ((400, 300) if orientation < 5 else (300, 400))
        place = (photo.width - 20 if right else 20, photo.height - 20 if low else 20)
        red = photo.getpixel(place)
        assert isinstance(red, tuple)
        assert (red[0] > 180, red[1] < 60) == (True, True), orientation


def test_all_metadata_is_stripped() -> None:
    exif = Image.Exif()
    exif[0x010E] = "secret description"
    exif.get_ifd(0x8825)[1] = "secret place"
    png = PngInfo()
    png.add_text("Comment", "secret text")
    marks = {"exif": exif, "icc_profile": b"secret profile" * 20, "xmp": b"<x:xmpmeta>secret</x:xmpmeta>"}
    sent = [
        encoded(wedge(), "JPEG", comment=b"secret comment", **marks),
        encoded(wedge(), "PNG", pnginfo=png, exif=exif, icc_profile=b"secret profile" * 20),
        encoded(wedge(), "WEBP", **marks),
    ]
    for data in sent:
        photo = photo_of(data)
        assert b"secret" in data
        assert b"secret" not in photo.jpeg
        assert set(decoded(photo.jpeg).info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_what_is_transparent_becomes_white() -> None:
    clear = Image.new("RGBA", (300, 300), (255, 0, 0, 0))
    clear.paste((0, 0, 255, 255), (0, 0, 150, 300))
    palette = clear.quantize(8)
    sent = [encoded(clear, "PNG"), encoded(clear, "WEBP", lossless=True), encoded(palette, "PNG")]
    sent.append(encoded(Image.new("RGB", (300, 300), (255, 0, 0)), "PNG", transparency=(255, 0, 0)))
    sent.append(encoded(Image.new("LA", (300, 300), (0, 0)), "PNG"))
    for data in sent:
        pixel = decoded(photo_of(data).jpeg).getpixel((250, 150))
        assert isinstance(pixel, tuple)
        assert min(pixel) > 250, data[:16]


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "I;16"])
def test_every_way_to_store_colours_becomes_rgb(mode: str) -> None:
    sent = Image.new("L", (300, 300), 117).convert(mode, dither=Image.Dither.NONE)
    if mode == "I;16":
        sent = Image.new(mode, (300, 300), 30_000)  # 117 of 255
    jpeg = decoded(photo_of(encoded(sent, "JPEG" if mode == "CMYK" else "PNG")).jpeg)
    pixel = jpeg.getpixel((150, 150))
    assert isinstance(pixel, tuple)
    assert all(abs(value - (0 if mode == "1" else 117)) <= 4 for value in pixel)
    assert jpeg.mode == "RGB"


def test_a_large_photo_is_scaled_down_in_its_shape() -> None:
    for kind in ("JPEG", "PNG", "WEBP"):
        photo = photo_of(encoded(wedge((4000, 3000)), kind))
        assert (photo.width, photo.height) == (2048, 1536)
        assert difference(decoded(photo.jpeg), wedge((2048, 1536))) < 3


def test_a_small_photo_is_not_scaled_up() -> None:
    assert photo_of(encoded(wedge((200, 300)), "JPEG"))[1:3] == (200, 300)


def test_the_same_photo_has_the_same_name() -> None:
    assert photo_of(real("rocket.jpg")).sha256 == photo_of(real("rocket.jpg")).sha256


def test_a_photo_of_several_pictures_is_its_first() -> None:
    two = encoded(wedge(), "MPO", save_all=True, append_images=[wedge().transpose(Image.Transpose.ROTATE_180)])
    assert difference(decoded(photo_of(two).jpeg), wedge()) < 3


def test_broken_metadata_spoils_no_photo() -> None:
    exif = b"Exif\x00\x00II*\x00\xff\xff\xff\xff broken"
    assert photo_of(encoded(wedge(), "WEBP", exif=exif))[1:3] == (400, 300)


MOVING = [wedge().transpose(Image.Transpose.ROTATE_180)]
AVIF = b"\x00\x00\x00\x1cftypavif" + bytes(20)
HEIC = b"\x00\x00\x00\x18ftypheic" + bytes(20)
MP4 = b"\x00\x00\x00\x18ftypisom" + bytes(20)

REFUSED = {
    "zero bytes": (b"", PhotoRefused(PhotoFault.EMPTY)),
    "a byte too many": (
        bytes(10 * MEGABYTE + 1),
        PhotoRefused(PhotoFault.TOO_LARGE, was=10 * MEGABYTE + 1, limit=10 * MEGABYTE),
    ),
    "text": (b"hello, this is no photo", PhotoRefused(PhotoFault.NOT_AN_IMAGE)),
    "zeros": (bytes(10 * MEGABYTE), PhotoRefused(PhotoFault.NOT_AN_IMAGE)),
    "a video": (MP4, PhotoRefused(PhotoFault.NOT_AN_IMAGE)),
    "a PDF": (b"%PDF-1.7\n" + bytes(100), PhotoRefused(PhotoFault.NOT_AN_IMAGE)),
    "GIF": (encoded(wedge(), "GIF"), PhotoRefused(PhotoFault.UNSUPPORTED_FORMAT, format="GIF")),
    "BMP": (encoded(wedge(), "BMP"), PhotoRefused(PhotoFault.UNSUPPORTED_FORMAT, format="BMP")),
    "TIFF": (encoded(wedge(), "TIFF"), PhotoRefused(PhotoFault.UNSUPPORTED_FORMAT, format="TIFF")),
    "JPEG 2000": (encoded(wedge(), "JPEG2000"), PhotoRefused(PhotoFault.UNSUPPORTED_FORMAT, format="JPEG 2000")),
    "ICO": (encoded(wedge(), "ICO"), PhotoRefused(PhotoFault.UNSUPPORTED_FORMAT, format="ICO")),
    "AVIF": (AVIF, PhotoRefused(PhotoFault.UNSUPPORTED_FORMAT, format="AVIF")),
    "HEIC": (HEIC, PhotoRefused(PhotoFault.UNSUPPORTED_FORMAT, format="HEIC")),
    "SVG": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', PhotoRefused(PhotoFault.UNSUPPORTED_FORMAT, format="SVG")),
    "a PNG that moves": (
        encoded(wedge(), "PNG", save_all=True, append_images=MOVING),
        PhotoRefused(PhotoFault.ANIMATED),
    ),
    "a WebP that moves": (
        encoded(wedge(), "WEBP", save_all=True, append_images=MOVING),
        PhotoRefused(PhotoFault.ANIMATED),
    ),
    "the first bytes of a JPEG": (b"\xff\xd8\xff", PhotoRefused(PhotoFault.BROKEN)),
    "the first bytes of a PNG": (b"\x89PNG\r\n\x1a\n", PhotoRefused(PhotoFault.BROKEN)),
    "the first bytes of a WebP": (b"RIFF\x00\x00\x00\x00WEBP", PhotoRefused(PhotoFault.BROKEN)),
    "a pixel too narrow": (encoded(wedge((199, 900)), "JPEG"), PhotoRefused(PhotoFault.TOO_SMALL, was=199, limit=200)),
    "too narrow once it fits": (
        encoded(wedge((4096, 300)), "JPEG"),
        PhotoRefused(PhotoFault.TOO_SMALL, was=150, limit=200),
    ),
    "a PNG of 10 gigapixels": (
        png_header(100_000, 100_000),
        PhotoRefused(PhotoFault.TOO_MANY_PIXELS, was=10**10, limit=25_000_000),
    ),
    "a WebP of 268 megapixels": (
        webp_header(16_384, 16_384),
        PhotoRefused(PhotoFault.TOO_MANY_PIXELS, was=16_384**2, limit=25_000_000),
    ),
    "a JPEG of 4 gigapixels": (
        jpeg_claiming(65_000, 65_000),
        PhotoRefused(PhotoFault.TOO_MANY_PIXELS, was=65_000**2, limit=50_000_000),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_photo_is_refused_with_its_reason(case: str) -> None:
    data, refused = REFUSED[case]
    assert check_photo(data) == refused


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_a_photo_that_was_cut_off_is_broken(path: Path) -> None:
    data = real(path.name)
    for part in (2, 3, 10):
        assert check_photo(data[: len(data) - len(data) // part]) == PhotoRefused(PhotoFault.BROKEN)


def test_every_fault_is_met_by_a_test() -> None:
    assert {refused.fault for _, refused in REFUSED.values()} == set(PhotoFault)


def test_limits_are_settings() -> None:
    limits = PhotoLimits(
        size_bytes_max=100_000, jpeg_pixels_max=200_000, pixels_max=100_000, side_min=300, side_max=400
    )
    assert check_photo(real("coffee.jpg"), limits) == PhotoRefused(
        PhotoFault.TOO_MANY_PIXELS, was=240_000, limit=200_000
    )
    assert check_photo(real("coffee_alpha.png"), limits) == PhotoRefused(
        PhotoFault.TOO_LARGE, was=117_811, limit=100_000
    )
    png = check_photo(encoded(wedge((400, 300)), "PNG"), limits)
    assert png == PhotoRefused(PhotoFault.TOO_MANY_PIXELS, was=120_000, limit=100_000)
    small = check_photo(encoded(wedge((600, 300)), "JPEG"), limits)
    assert small == PhotoRefused(PhotoFault.TOO_SMALL, was=200, limit=300)
