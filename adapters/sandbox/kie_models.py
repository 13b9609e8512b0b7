"""Which models the sandbox offers, what each wants in `input`, and what a video of it costs.

Fields are as the vendor documents them, with the type chaos: a length is a string here and a number there. Prices are
in the vendor's credits and made up.
"""

from __future__ import annotations

import re
from typing import Any, Final, Literal, NamedTuple

NOT_SUPPORTED: Final = (
    "The model name you specified is not supported. "
    "Please verify your input and use one of the supported models provided by KIE."
)
PAUSED: Final = "This interface is temporarily paused"
DISGUISED: Final = "This field is required"


class Field(NamedTuple):
    """One field of `input`. `least` and `most` bound a text's length, a list's size or a number."""

    name: str
    kind: Literal["text", "choice", "whole", "flag", "url", "urls"]
    required: bool = False
    least: int = 1
    most: int = 10_000
    choices: tuple[object, ...] = ()


class KieModel(NamedTuple):
    """What one slug takes. `disguised`: a missing field is answered as a server error that does not name it."""

    price: float
    fields: tuple[Field, ...]
    disguised: bool = False
    exclusive: tuple[str, str] | None = None


class Complaint(NamedTuple):
    """An envelope's code and msg."""

    code: int
    msg: str


def _prompt(most: int, *, least: int = 1) -> Field:
    return Field("prompt", "text", required=True, least=least, most=most)


def _choice(name: str, *choices: object, required: bool = False) -> Field:
    return Field(name, "choice", required=required, choices=choices)


def _seconds(least: int, most: int) -> Field:
    return Field("duration", "choice", required=True, choices=tuple(str(s) for s in range(least, most + 1)))


def _whole(name: str, least: int, most: int) -> Field:
    return Field(name, "whole", least=least, most=most)


def _photos(name: str, most: int, *, required: bool = True) -> Field:
    return Field(name, "urls", required=required, most=most)


def _photo(name: str = "image_url", *, required: bool = True) -> Field:
    return Field(name, "url", required=required)


_PORTRAIT: Final = _choice("aspect_ratio", "portrait", "landscape")
_FRAMES: Final = _choice("n_frames", "10", "15")
_NO_MARK: Final = Field("remove_watermark", "flag")
_SIZE: Final = _choice("size", "standard", "high")
_WIDE_OR_TALL: Final = _choice("aspect_ratio", "16:9", "9:16", "1:1")
_BYTEDANCE_RATIO: Final = _choice("aspect_ratio", "16:9", "9:16", "1:1", "4:3", "3:4", "21:9", "adaptive")
_SEEDANCE: Final = (
    _photo("first_frame_url", required=False), _photo("last_frame_url", required=False),
    _photos("reference_image_urls", 9, required=False), _choice("resolution", "480p", "720p", "1080p"),
    _BYTEDANCE_RATIO, _whole("duration", 4, 15), Field("generate_audio", "flag"), Field("return_last_frame", "flag"),
)  # fmt: skip  # a list of fields reads better in lines than in a column
_KLING_TURBO: Final = (
    _prompt(2500), _photos("image_urls", 1), _seconds(3, 15), _choice("resolution", "720p", "1080p", required=True),
)  # fmt: skip  # as above
_KLING_3: Final = (
    _prompt(5000), _photos("image_urls", 2), _seconds(3, 15), _WIDE_OR_TALL, _choice("mode", "std", "pro"),
    Field("sound", "flag", required=True), Field("multi_shots", "flag", required=True),
)  # fmt: skip  # as above
_EITHER_FRAME_OR_REFERENCES: Final = ("first_frame_url", "reference_image_urls")
_SECONDS_5_OR_10: Final = _choice("duration", "5", "10", required=True)

MODELS: Final[dict[str, KieModel]] = {
    "sora-2-image-to-video": KieModel(30, (_prompt(5000), _photos("image_urls", 1), _PORTRAIT, _FRAMES, _NO_MARK)),
    "sora-2-text-to-video": KieModel(30, (_prompt(5000), _PORTRAIT, _FRAMES, _NO_MARK)),
    "sora-2-pro-image-to-video": KieModel(
        150, (_prompt(5000), _photos("image_urls", 1), _PORTRAIT, _FRAMES, _NO_MARK, _SIZE)
    ),
    "sora-2-pro-text-to-video": KieModel(150, (_prompt(5000), _PORTRAIT, _FRAMES, _NO_MARK, _SIZE)),
    "kling-2.6/image-to-video": KieModel(
        55,
        (_prompt(1000), _photos("image_urls", 1), _SECONDS_5_OR_10, Field("sound", "flag", required=True)),
        disguised=True,
    ),
    "kling/v3-turbo-image-to-video": KieModel(60, _KLING_TURBO, disguised=True),
    "kling-3.0/video": KieModel(100, _KLING_3, disguised=True),
    "kling/v2-5-turbo-image-to-video-pro": KieModel(
        42, (_prompt(2500), _photo(), _SECONDS_5_OR_10, Field("negative_prompt", "text", most=500)), disguised=True
    ),
    "kling/v2-1-standard": KieModel(25, (_prompt(5000), _photo(), _SECONDS_5_OR_10), disguised=True),
    "bytedance/seedance-2-5": KieModel(
        80, (_prompt(20_000, least=3), *_SEEDANCE), exclusive=_EITHER_FRAME_OR_REFERENCES
    ),
    "bytedance/seedance-2-mini": KieModel(
        20,
        (_prompt(20_000, least=3), *_SEEDANCE, Field("nsfw_checker", "flag")),
        exclusive=_EITHER_FRAME_OR_REFERENCES,
    ),
    "bytedance/seedance-1.5-pro": KieModel(
        28, (_prompt(10_000), _photos("input_urls", 2, required=False), _BYTEDANCE_RATIO, _whole("duration", 4, 12))
    ),
    "bytedance/v1-pro-fast-image-to-video": KieModel(
        16, (_prompt(10_000), _photo(), _SECONDS_5_OR_10, _choice("resolution", "720p", "1080p"))
    ),
    "grok-imagine/image-to-video": KieModel(
        20, (_prompt(5000), _photos("image_urls", 7), _seconds(6, 30), _choice("mode", "fun", "normal", "spicy"))
    ),
    "wan/2-7-image-to-video": KieModel(
        80,
        (_prompt(5000), _photo("first_frame_url"), _whole("duration", 2, 15), _choice("resolution", "720p", "1080p")),
    ),
    "hailuo/2-3-image-to-video-standard": KieModel(
        30, (_prompt(5000), _photo(), _choice("duration", "6", "10"), _choice("resolution", "768P", "1080P"))
    ),
}

_VEO_FIELDS: Final = (
    _prompt(10_000), _photos("imageUrls", 3, required=False),
    _choice("generationType", "TEXT_2_VIDEO", "FIRST_AND_LAST_FRAMES_2_VIDEO", "REFERENCE_2_VIDEO"),
    _choice("aspect_ratio", "16:9", "9:16", "Auto"), _choice("resolution", "720p", "1080p", "4k"),
    _choice("duration", 4, 6, 8), Field("enableTranslation", "flag"),
)  # fmt: skip  # as above
VEO_DEFAULT: Final = "veo3_fast"
VEO_MODELS: Final[dict[str, KieModel]] = {
    "veo3": KieModel(250, _VEO_FIELDS),
    VEO_DEFAULT: KieModel(60, _VEO_FIELDS),
    "veo3_lite": KieModel(30, _VEO_FIELDS),
}

LENGTH: Final = re.compile("[1-9][0-9]?")
PHOTO_FIELDS: Final = ("image_urls", "image_url", "first_frame_url", "input_urls", "reference_image_urls", "imageUrls")


def complaint_about(model: KieModel, order: dict[str, Any]) -> Complaint | None:
    """What is wrong with the fields, the first thing only; None when they will do. Unknown fields are ignored."""
    for field in model.fields:
        value = order.get(field.name)
        if value is None or value in ("", []):
            if field.required:
                return Complaint(500, DISGUISED) if model.disguised else Complaint(422, f"{field.name} is required")
            continue
        complaint = _complaint_about_value(field, value)
        if complaint is not None:
            return complaint
    if model.exclusive is not None and all(order.get(name) for name in model.exclusive):
        return Complaint(422, f"{' and '.join(model.exclusive)} cannot be used together")
    return None


def _complaint_about_value(field: Field, value: object) -> Complaint | None:
    name = field.name
    match field.kind:
        case "choice":
            good = any(value == choice and type(value) is type(choice) for choice in field.choices)
            return None if good else Complaint(500, f"{name} is not within the range of allowed options")
        case "flag":
            return None if isinstance(value, bool) else Complaint(422, f"{name} must be a boolean")
        case "text":
            if not isinstance(value, str):
                return Complaint(422, f"{name} must be a string")
            if not field.least <= len(value) <= field.most:
                return Complaint(422, f"{name} must have between {field.least} and {field.most} characters")
        case "whole":
            if not isinstance(value, int) or isinstance(value, bool):
                return Complaint(422, f"{name} must be an integer")
            if not field.least <= value <= field.most:
                return Complaint(500, f"{name} is not within the range of allowed options")
        case "url":
            return None if _is_url(value) else Complaint(422, f"{name} must be a valid URL")
        case "urls":
            if not isinstance(value, list) or not all(_is_url(url) for url in value):
                return Complaint(422, f"{name} must be an array of valid URLs")
            if len(value) > field.most:
                return Complaint(422, f"{name} must have at most {field.most} items")
    return None


def _is_url(value: object) -> bool:
    return isinstance(value, str) and value.startswith(("http://", "https://"))


def photo_of(order: dict[str, Any]) -> str | None:
    """The address of the first photo in the fields; None when there is none."""
    for name in PHOTO_FIELDS:
        value = order.get(name)
        if value:
            return str(value[0] if isinstance(value, list) else value)
    return None


def seconds_of(order: dict[str, Any]) -> int:
    """How long the video is to be; 5 when nothing is said that makes sense."""
    wanted = order.get("n_frames") or order.get("duration")
    return int(wanted) if isinstance(wanted, (int, str)) and LENGTH.fullmatch(str(wanted)) else 5


def ratio_of(order: dict[str, Any]) -> str | None:
    """The aspect ratio asked for; None when the photo's own is wanted."""
    wanted = order.get("aspect_ratio")
    return None if wanted in (None, "Auto", "adaptive") else str(wanted)
