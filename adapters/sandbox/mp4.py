"""A short film from one photo: a slow zoom, with a caption at the bottom. H.264 in MP4, playable while it loads.

Cheap on purpose: 480 lines, 24 frames a second, a few seconds.
"""

from __future__ import annotations

import re
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

import av
from PIL import Image, ImageDraw, ImageFont, ImageOps, UnidentifiedImageError

FRAMES_PER_S: Final = 24
ZOOM_MAX: Final = 1.25
RATIOS: Final = {
    "portrait": (9, 16), "landscape": (16, 9), "16:9": (16, 9), "9:16": (9, 16), "1:1": (1, 1), "4:3": (4, 3),
    "3:4": (3, 4), "21:9": (21, 9),
}  # fmt: skip  # pairs read better in lines than in a column
FONTS: Final = (
    "DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "FreeSans.ttf", "Roboto-Regular.ttf",
    "Arial.ttf", "arial.ttf", "Helvetica.ttc",
)  # fmt: skip  # as above
CYRILLIC: Final = "абвгдежзийклмнопрстуфхцчшщъыьэюяё"
IN_LATIN: Final = (
    "a", "b", "v", "g", "d", "e", "zh", "z", "i", "y", "k", "l", "m", "n", "o", "p", "r", "s", "t", "u", "f", "h", "ts",
    "ch", "sh", "shch", "", "y", "", "e", "yu", "ya", "yo",
)  # fmt: skip  # as above
SPELLING: Final = str.maketrans(
    dict(zip(CYRILLIC, IN_LATIN, strict=True))
    | {letter.upper(): latin.capitalize() for letter, latin in zip(CYRILLIC, IN_LATIN, strict=True)}
)
QUOTED: Final = re.compile(r"“([^”]+)”")
CAPTION_WORDS_MAX: Final = 6
CAPTION_LENGTH_MAX: Final = 44


class NotAPicture(Exception):
    """The bytes cannot be read as a photo. Trying again cannot help."""


class Film(NamedTuple):
    """What is wanted. `ratio` is `9:16`, `portrait` and the like; None: the photo's own. `short_side_px` is even."""

    caption: str
    ratio: str | None
    length_s: float
    short_side_px: int = 480


def render(photo: bytes, film: Film) -> bytes:
    """The film as an MP4 whose index comes first. Blocks for about 0.2 s a second of film. Raises NotAPicture."""
    picture = _opened(photo)
    size = frame_size(film.ratio, photo=picture.size, short_side_px=film.short_side_px)
    # Enlarged once and then only cut from: each frame costs one small resize.
    wide = ImageOps.fit(picture, (round(size[0] * ZOOM_MAX), round(size[1] * ZOOM_MAX)))
    caption = _caption(film.caption, size)
    with TemporaryDirectory(prefix="film-") as folder:
        path = Path(folder) / "film.mp4"  # moving the index to the front needs a file that can be opened again
        _write(path, wide, caption, size=size, frames=max(2, round(film.length_s * FRAMES_PER_S)))
        return path.read_bytes()


@cache
def ready_made() -> bytes:
    """One tiny film, the same each time: for whoever needs an MP4 and not its contents."""
    photo = BytesIO()
    Image.linear_gradient("L").convert("RGB").save(photo, "PNG")
    return render(photo.getvalue(), Film(caption="", ratio="1:1", length_s=1, short_side_px=64))


def frame_size(ratio: str | None, *, photo: tuple[int, int], short_side_px: int) -> tuple[int, int]:
    """Width and height in pixels, both even as H.264 wants them. An unknown ratio is the photo's own."""
    width, height = RATIOS.get(ratio or "", photo)
    scale = short_side_px / min(width, height)
    long_side_max = 4 * short_side_px
    return min(long_side_max, 2 * round(width * scale / 2)), min(long_side_max, 2 * round(height * scale / 2))


def _opened(photo: bytes) -> Image.Image:
    try:
        with Image.open(BytesIO(photo)) as opened:
            upright = ImageOps.exif_transpose(opened)
            if upright.mode in {"RGBA", "LA", "P", "PA"}:
                seen = upright.convert("RGBA")
                white = Image.new("RGBA", seen.size, "white")
                return Image.alpha_composite(white, seen).convert("RGB")
            return upright.convert("RGB")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        msg = "the bytes cannot be read as a photo"
        raise NotAPicture(msg) from error


def _write(path: Path, wide: Image.Image, caption: Image.Image, *, size: tuple[int, int], frames: int) -> None:
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=FRAMES_PER_S, options={"preset": "ultrafast", "threads": "1"})
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        for number in range(frames):
            picture = _zoomed(wide, size, part=number / (frames - 1))
            picture.paste(caption, (0, size[1] - caption.height), caption)
            frame: av.VideoFrame = av.VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]  # PyAV's own gap
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _zoomed(wide: Image.Image, size: tuple[int, int], *, part: float) -> Image.Image:
    zoom = 1 + (ZOOM_MAX - 1) * part
    width, height = wide.width / zoom, wide.height / zoom
    left, top = (wide.width - width) / 2, (wide.height - height) / 2
    return wide.resize(size, Image.Resampling.BILINEAR, box=(left, top, left + width, top + height))


def _caption(words: str, size: tuple[int, int]) -> Image.Image:
    width, height = size[0], max(2, size[1] // 8)
    strip = Image.new("RGBA", (width, height), (0, 0, 0, 110) if words else (0, 0, 0, 0))
    if not words:
        return strip
    font = _font(height * 0.45)
    text = words if _draws_cyrillic(font) else in_latin(words)
    draw = ImageDraw.Draw(strip)
    taken = draw.textlength(text, font)
    if taken > width * 0.94:
        font = font.font_variant(size=font.size * width * 0.94 / taken)
    draw.text((width / 2, height / 2), text, fill="white", font=font, anchor="mm")
    return strip


def caption_of(prompt: str) -> str:
    """What a prompt quotes first, or its first words: one line."""
    quoted = QUOTED.search(prompt)
    words = (quoted[1] if quoted else prompt).split()
    text = " ".join(words[:CAPTION_WORDS_MAX])
    return text if len(text) <= CAPTION_LENGTH_MAX else f"{text[: CAPTION_LENGTH_MAX - 1].rstrip()}…"


def _font(size_px: float) -> ImageFont.FreeTypeFont:
    for name in FONTS:
        try:
            return ImageFont.truetype(name, size_px)
        except OSError:
            continue
    found = ImageFont.load_default(size_px)
    assert isinstance(found, ImageFont.FreeTypeFont)
    return found


def _draws_cyrillic(font: ImageFont.FreeTypeFont) -> bool:
    """A font without a letter draws the same box for every one it lacks."""
    return bytes(font.getmask("Ж")) != bytes(font.getmask("Щ"))


def in_latin(text: str) -> str:
    """Russian letters spelled in Latin ones, for the font that Pillow ships, which has no others."""
    return text.translate(SPELLING)
