"""Films from real photos, opened by a real decoder."""

from __future__ import annotations

from io import BytesIO
from itertools import pairwise
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageFont, ImageStat

from adapters.sandbox import mp4
from adapters.sandbox.mp4 import Film, NotAPicture, caption_of, frame_size, in_latin, ready_made, render

PHOTOS = Path(__file__).parents[2] / "data" / "photos"
SMALL = 160


def frames_of(video: bytes) -> list[Image.Image]:
    """All frames, in order."""
    with av.open(BytesIO(video), "r") as container:
        return [frame.to_image() for frame in container.decode(video=0)]  # type: ignore[no-untyped-call]  # PyAV's own gap


def difference(one: Image.Image, other: Image.Image) -> float:
    """How far two pictures are apart: mean over pixels and colours, 0 to 255."""
    means = ImageStat.Stat(ImageChops.difference(one, other)).mean
    return sum(means) / len(means)


def film(*, caption: str = "Кофе", ratio: str | None = "9:16", length_s: float = 1) -> Film:
    return Film(caption=caption, ratio=ratio, length_s=length_s, short_side_px=SMALL)


@pytest.mark.parametrize("name", sorted(path.name for path in PHOTOS.iterdir() if path.suffix != ".md"))
def test_every_photo_becomes_a_film_that_plays(name: str) -> None:
    video = render((PHOTOS / name).read_bytes(), film(length_s=1.5))
    with av.open(BytesIO(video), "r") as container:
        [stream] = container.streams.video
        found = (stream.codec_context.name, stream.pix_fmt, stream.width, stream.height, container.duration)
    frames = frames_of(video)
    assert found == ("h264", "yuv420p", SMALL, 284, 1_500_000)
    assert len(frames) == 36
    assert difference(frames[0], frames[-1]) > 3
    assert all(difference(one, other) > 0 for one, other in pairwise(frames))


def test_the_index_comes_before_the_pictures() -> None:
    video = render((PHOTOS / "coffee.jpg").read_bytes(), film())
    assert video[4:8] == b"ftyp"
    assert 0 < video.find(b"moov") < video.find(b"mdat")


def test_a_turned_photo_is_shown_upright() -> None:
    upright, turned = (
        frames_of(render((PHOTOS / name).read_bytes(), film(ratio=None)))[0]
        for name in ("coffee.jpg", "coffee_exif_rotated.jpg")
    )
    assert turned.size == upright.size
    assert difference(upright, turned) < 4


@pytest.mark.parametrize(
    ("ratio", "size"),
    [("9:16", (480, 854)), ("landscape", (854, 480)), ("1:1", (480, 480)), (None, (720, 480)), ("odd", (720, 480))],
)
def test_the_size_follows_the_ratio(ratio: str | None, size: tuple[int, int]) -> None:
    assert frame_size(ratio, photo=(600, 400), short_side_px=480) == size


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(8, 540).map(lambda half: 2 * half))
def test_sizes_are_even_and_bounded(width: int, height: int, short_side_px: int) -> None:
    size = frame_size(None, photo=(width, height), short_side_px=short_side_px)
    assert min(size) == short_side_px
    assert max(size) <= 4 * short_side_px
    assert all(side % 2 == 0 for side in size)


def test_the_caption_changes_the_foot_of_the_picture_only() -> None:
    photo = (PHOTOS / "rocket.jpg").read_bytes()
    plain, captioned = (frames_of(render(photo, film(caption=words)))[0] for words in ("", "Ракета"))
    above, foot = (0, 0, SMALL, 240), (0, 250, SMALL, 284)
    assert difference(plain.crop(above), captioned.crop(above)) < 1
    assert difference(plain.crop(foot), captioned.crop(foot)) > 5


def test_two_cyrillic_captions_look_different_with_and_without_a_font_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    size = (480, 854)
    for fonts in (mp4.FONTS, ()):
        monkeypatch.setattr(mp4, "FONTS", fonts)
        one, other = (mp4._caption(words, size).convert("RGB") for words in ("ЖЖЖЖ", "ЩЩЩЩ"))
        assert difference(one, other) > 0


def test_the_font_that_comes_along_draws_no_cyrillic() -> None:
    font = ImageFont.load_default(20)
    assert isinstance(font, ImageFont.FreeTypeFont)
    assert not mp4._draws_cyrillic(font)
    assert in_latin("Щётка «Юла», 5 шт.") == "Shchyotka «Yula», 5 sht."


def test_a_caption_is_the_first_words_of_the_prompt() -> None:
    assert caption_of(" Кофе\n  в  зёрнах ") == "Кофе в зёрнах"
    assert caption_of("one two three four five six seven") == "one two three four five six"
    assert caption_of("") == ""
    assert caption_of("“Кофе в зёрнах” stands on “pale” stone") == "Кофе в зёрнах"


@given(st.text(max_size=200))
def test_a_caption_is_one_short_line(prompt: str) -> None:
    caption = caption_of(prompt)
    assert len(caption) <= mp4.CAPTION_LENGTH_MAX
    assert len(caption.splitlines()) <= 1


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"not an image",
        b"\xff\xd8\xff\xe0",
        b"GIF89a",
        (PHOTOS / "coffee.jpg").read_bytes()[:9000],
        (PHOTOS / "coffee_portrait.webp").read_bytes()[:500],
        (PHOTOS / "coffee_alpha.png").read_bytes()[:500],
    ],
    ids=["empty", "text", "head", "gif head", "half a jpeg", "half a webp", "half a png"],
)
def test_what_is_no_photo_is_refused(broken: bytes) -> None:
    with pytest.raises(NotAPicture):
        render(broken, film())


def test_the_ready_made_film_is_tiny_whole_and_made_once() -> None:
    video = ready_made()
    assert len(frames_of(video)) == mp4.FRAMES_PER_S
    assert len(video) < 20_000
    assert ready_made() is video
