"""The catalogue: which models are offered, what a video of each costs in credits, and how each is asked for.

The services' models take different fields of different types, so an entry carries a template of its request: a field's
value is a constant, or a placeholder for what the video is made from. Durations are in seconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from domain.refusals import UnknownModel
from domain.shapes import Amount, Id, Value, Whole, Words

Slug = Annotated[str, Field(strict=True, pattern=r"^[A-Za-z0-9._/-]{1,100}$")]
FieldName = Annotated[str, Field(strict=True, pattern=r"^[A-Za-z_]{1,50}$")]
FieldValue = str | bool | int | tuple[str, ...]
AspectRatio = Annotated[str, Field(strict=True, pattern=r"^[1-9][0-9]?:[1-9][0-9]?$")]
Seconds = Annotated[int, Field(strict=True, ge=1, le=60)]
Length = Annotated[int, Field(strict=True, ge=100, le=100_000)]


class Endpoint(StrEnum):
    """Which of the service's families of addresses and shapes the model belongs to."""

    JOBS = "jobs"
    VEO = "veo"


class Placeholder(StrEnum):
    """What a field can stand for, written out in the template."""

    PROMPT = "{prompt}"
    PHOTO = "{photo}"
    """The photo's address."""
    DURATION_TEXT = "{duration as text}"
    DURATION_NUMBER = "{duration as number}"
    ASPECT_RATIO = "{aspect_ratio}"


DURATIONS: Final = {Placeholder.DURATION_TEXT, Placeholder.DURATION_NUMBER}
ANY_BRACE: Final = re.compile(r"[{}]")

THE_USUAL_FIELDS: Final[Mapping[str, FieldValue]] = {
    "prompt": Placeholder.PROMPT.value,
    "image_urls": (Placeholder.PHOTO.value,),
}


class Model(Value):
    """One model that can make a video. `price` in credits per video, `prompt_max` in characters.

    `slug` is the service's name for it; None: the same as ours. Of `durations` and `aspect_ratios` the first is the
    default; without aspect ratios the video has the photo's. `aspect_words` are the service's words for ours, where
    they differ. `fields` is the template of the request.
    """

    id: Id
    name: Words
    price: Amount
    open: bool = True
    slug: Slug | None = None
    endpoint: Endpoint = Endpoint.JOBS
    prompt_max: Length = 1000
    durations: tuple[Seconds, ...] = Field(default=(5,), min_length=1)
    aspect_ratios: tuple[AspectRatio, ...] = ()
    aspect_words: Mapping[AspectRatio, str] = Field(default_factory=dict)
    fields: Mapping[FieldName, FieldValue] = Field(default=THE_USUAL_FIELDS)

    @property
    def asked_as(self) -> str:
        """The service's name for the model."""
        return self.slug or self.id

    @model_validator(mode="after")
    def _choices_are_told_apart(self) -> Self:
        for field in ("durations", "aspect_ratios"):
            values = getattr(self, field)
            if len(set(values)) < len(values):
                raise ValueError(f"{field} names one twice")
        for ratio in self.aspect_words:
            if ratio not in self.aspect_ratios:
                raise ValueError(f"aspect_words has {ratio}, which aspect_ratios does not list")
        return self

    @model_validator(mode="after")
    def _template_can_be_filled(self) -> Self:
        used = set(_placeholders(self.fields))
        for needed, field in ((Placeholder.PROMPT, "a prompt"), (Placeholder.PHOTO, "a photo")):
            if needed not in used:
                raise ValueError(f"fields has no field for {field}, none is {needed}")
        if len(self.durations) > 1 and not used & DURATIONS:
            raise ValueError("durations offers a choice, and fields has none for the duration")
        if len(self.aspect_ratios) > 1 and Placeholder.ASPECT_RATIO not in used:
            raise ValueError("aspect_ratios offers a choice, and fields has none for the aspect ratio")
        if not self.aspect_ratios and Placeholder.ASPECT_RATIO in used:
            raise ValueError(f"aspect_ratios is empty, and a field is {Placeholder.ASPECT_RATIO}")
        return self


class Catalogue(Value):
    """Everything on offer. `welcome` in credits, given once to every new account."""

    models: tuple[Model, ...] = Field(min_length=1)
    welcome: Whole = 1

    def model(self, model_id: str) -> Model:
        """The entry of that id. Raises UnknownModel when there is none or it is closed."""
        entry = self.entry(model_id)
        if entry is None or not entry.open:
            raise UnknownModel(model_id)
        return entry

    def entry(self, model_id: str) -> Model | None:
        """The entry of that id, open or closed: what was asked for yesterday is still looked up today."""
        return next((model for model in self.models if model.id == model_id), None)


def _placeholders(fields: Mapping[str, FieldValue]) -> Iterator[Placeholder]:
    for name, value in fields.items():
        for text in (value,) if isinstance(value, str) else value if isinstance(value, tuple) else ():
            if ANY_BRACE.search(text):
                try:
                    yield Placeholder(text)
                except ValueError as error:
                    known = ", ".join(Placeholder)
                    raise ValueError(f"fields.{name} is {text}, which is none of {known}") from error
