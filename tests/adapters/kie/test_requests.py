"""The requests that the catalogue's models are asked with: the exact body of each, and what is not asked for at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.kie.requests import NotOffered, creation, probe
from app.catalogue import packaged_catalogue
from domain.catalogue import FieldValue, Model
from domain.outside import TaskOrder

MODELS = packaged_catalogue().models
GOLDEN = Path(__file__).parents[2] / "golden" / "kie_requests.json"
PHOTO, CALLBACK = "https://files.example/p.jpg", "https://bot.example/hooks/kie/42/j/1/s"


def order(model: Model, **changed: Any) -> TaskOrder:
    """What a task is asked for with, by default with the model's first choices."""
    wished = TaskOrder(model, "A cup of coffee", PHOTO, None, None, CALLBACK)
    return wished._replace(**changed)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_every_model_is_asked_with_exactly_this_body(model: Model) -> None:
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    path, body = creation(order(model))
    assert {"path": path, "body": body} == golden[model.id]


def test_every_golden_body_belongs_to_a_model() -> None:
    assert set(json.loads(GOLDEN.read_text(encoding="utf-8"))) == {model.id for model in MODELS}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_every_choice_of_a_model_reaches_its_request(model: Model) -> None:
    for duration_s in model.durations:
        text = json.dumps(creation(order(model, duration_s=duration_s)).body)
        assert (f'"{duration_s}"' in text) or (f": {duration_s}" in text)
    bodies = [creation(order(model, aspect_ratio=ratio)).body for ratio in model.aspect_ratios]
    assert len({json.dumps(body) for body in bodies}) == len(model.aspect_ratios)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_no_placeholder_is_left(model: Model) -> None:
    text = json.dumps(creation(order(model)).body)
    assert "A cup of coffee" in text
    assert PHOTO in text
    assert "{" not in text.replace('{"', "")


def test_a_photo_may_stand_beside_other_texts_in_a_list() -> None:
    fields: dict[str, FieldValue] = {"prompt": "{prompt}", "refs": ("{photo}", "fixed")}
    model = Model(id="m", name="M", price=1, fields=fields)
    body = creation(order(model, callback_url=None)).body
    assert body == {"model": "m", "input": {"prompt": "A cup of coffee", "refs": [PHOTO, "fixed"]}}


def test_a_prompt_that_looks_like_a_placeholder_is_a_prompt() -> None:
    (kling,) = [model for model in MODELS if model.id == "kling-2.6"]
    body: Any = creation(order(kling, prompt="{photo}")).body
    assert body["input"]["prompt"] == "{photo}"


@pytest.mark.parametrize(
    ("prompt", "kept"), [("x" * 101, "x" * 100), ("🙂" * 60, "🙂" * 50), ("x" + "🙂" * 60, "x" + "🙂" * 49)]
)
def test_a_prompt_is_cut_where_the_service_would_refuse_it(prompt: str, kept: str) -> None:
    body: Any = creation(order(Model(id="m", name="M", price=1, prompt_max=100), prompt=prompt)).body
    assert body["input"]["prompt"] == kept


def test_a_half_letter_in_a_prompt_does_not_stop_it() -> None:
    body: Any = creation(order(Model(id="m", name="M", price=1), prompt="a\ud800b")).body
    assert body["input"]["prompt"] == "a?b"


@pytest.mark.parametrize("changed", [{"duration_s": 7}, {"aspect_ratio": "2:1"}])
def test_a_choice_that_the_model_does_not_list_is_not_offered(changed: dict[str, Any]) -> None:
    (sora,) = [model for model in MODELS if model.id == "sora-2"]
    with pytest.raises(NotOffered, match="sora-2 makes no video of"):
        creation(order(sora, **changed))


def test_where_the_photo_decides_the_shape_a_wish_for_another_is_no_matter() -> None:
    (kling,) = [model for model in MODELS if model.id == "kling-2.6"]
    assert creation(order(kling, aspect_ratio="9:16")) == creation(order(kling))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_a_probe_asks_for_nothing(model: Model) -> None:
    path, body = probe(model)
    assert path == creation(order(model)).path
    assert body in ({"model": model.asked_as, "input": {}}, {"model": model.asked_as})
