"""What is on offer."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from domain.catalogue import Catalogue, Model
from domain.refusals import UnknownModel

SORA = Model(id="sora-2", name="Sora 2", price=1)
CLOSED = Model(id="old", name="Old", price=2, open=False)
CATALOGUE = Catalogue(models=(SORA, CLOSED), welcome=1)


def test_an_open_model_is_found_by_its_id() -> None:
    assert CATALOGUE.model("sora-2") == SORA


@pytest.mark.parametrize("model", ["old", "never-heard-of", ""])
def test_a_closed_or_unknown_model_is_refused_by_its_name(model: str) -> None:
    with pytest.raises(UnknownModel) as refused:
        CATALOGUE.model(model)
    assert refused.value.model == model


def test_a_catalogue_offers_something() -> None:
    with pytest.raises(ValidationError):
        Catalogue(models=())


@pytest.mark.parametrize("price", [0, -1, 1.5, True, "1"])
def test_a_video_costs_whole_credits(price: object) -> None:
    with pytest.raises(ValidationError):
        Model.model_validate({"id": "m", "name": "M", "price": price})


def test_a_closed_model_is_still_known_by_its_entry() -> None:
    assert CATALOGUE.entry("old") == CLOSED
    assert CATALOGUE.entry("never-heard-of") is None


def test_a_model_is_asked_for_by_its_own_id_unless_the_service_names_it_otherwise() -> None:
    assert SORA.asked_as == "sora-2"
    assert Model(id="sora-2", name="Sora 2", price=1, slug="openai/sora-2").asked_as == "openai/sora-2"


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"prompt": "{prompt}"},
        {"image": "{photo}"},
        {"prompt": "{prompt}", "image": "{photo}", "shape": "{aspect_ratio}"},
        {"prompt": "{prompt}", "image": "{photo}", "colour": "{colour}"},
        {"prompt": "{prompt}", "image": ("{photo}", "{")},
    ],
)
def test_a_template_that_cannot_be_filled_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Model.model_validate({"id": "m", "name": "M", "price": 1, "fields": fields})


def test_a_welcome_may_be_nothing() -> None:
    assert Catalogue(models=(SORA,), welcome=0).welcome == 0
