"""The request for a task, made of the catalogue's template. Every field is sent, whatever defaults are documented."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from domain.catalogue import Endpoint, FieldValue, Model, Placeholder
from domain.outside import TaskOrder

CREATE: Final = {Endpoint.JOBS: "/api/v1/jobs/createTask", Endpoint.VEO: "/api/v1/veo/generate"}
LOOK_UP: Final = {Endpoint.JOBS: "/api/v1/jobs/recordInfo", Endpoint.VEO: "/api/v1/veo/record-info"}


class Request(NamedTuple):
    """Where to post what."""

    path: str
    body: Mapping[str, object]


class NotOffered(Exception):
    """The model does not make such a video; ordering anew helps. The sentence says what it does not do."""


def creation(order: TaskOrder) -> Request:
    """The request that creates the task. A prompt that is too long is cut. Raises NotOffered."""
    model = order.model
    duration_s = model.durations[0] if order.duration_s is None else order.duration_s
    if duration_s not in model.durations:
        raise NotOffered(f"{model.id} makes no video of {duration_s} s")
    filled: dict[str, str | int] = {
        Placeholder.PROMPT: _cut(order.prompt, model.prompt_max),
        Placeholder.PHOTO: order.photo_url,
        Placeholder.DURATION_TEXT: str(duration_s),
        Placeholder.DURATION_NUMBER: duration_s,
    }
    ratio = order.aspect_ratio or next(iter(model.aspect_ratios), None)
    if ratio is not None and model.aspect_ratios:
        if ratio not in model.aspect_ratios:
            raise NotOffered(f"{model.id} makes no video of {ratio}")
        filled[Placeholder.ASPECT_RATIO] = model.aspect_words.get(ratio, ratio)
    fields = {name: _filled(value, filled) for name, value in model.fields.items()}
    return _request(model, fields, order.callback_url)


def probe(model: Model) -> Request:
    """A request that asks for nothing, so it creates nothing: the way it is refused says whether the model is there."""
    return _request(model, {}, None)


def _request(model: Model, fields: Mapping[str, object], callback_url: str | None) -> Request:
    callback = {} if callback_url is None else {"callBackUrl": callback_url}
    if model.endpoint is Endpoint.VEO:
        return Request(CREATE[Endpoint.VEO], {"model": model.asked_as, **callback, **fields})
    return Request(CREATE[Endpoint.JOBS], {"model": model.asked_as, **callback, "input": fields})


def _filled(value: FieldValue, filled: Mapping[str, str | int]) -> object:
    if isinstance(value, tuple):
        return [filled.get(text, text) for text in value]
    return filled.get(value, value) if isinstance(value, str) else value


def _cut(text: str, length_max: int) -> str:
    """At most so many UTF-16 units: servers in Java and JavaScript count a smiley as two."""
    return text.encode("utf-16-le", "replace")[: 2 * length_max].decode("utf-16-le", "ignore")
