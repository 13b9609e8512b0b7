"""The catalogue: what is packaged is valid, and what is not is refused in one sentence."""

from __future__ import annotations

import pytest

from app.catalogue import SAID_IN_FULL, catalogue_of, packaged_catalogue
from app.settings import SettingsError
from domain.catalogue import Endpoint

MODEL = """[[models]]
id = "m"
name = "M"
price = 1
slug = "maker/m"
endpoint = "jobs"
prompt_max = 1000
durations = [5, 10]
aspect_ratios = ["9:16", "1:1"]
aspect_words = { "1:1" = "square" }
fields = { prompt = "{prompt}", image = ["{photo}"], length = "{duration as text}", shape = "{aspect_ratio}" }
"""


def test_what_is_packaged_offers_at_least_four_models_of_both_families_and_a_welcome() -> None:
    catalogue = packaged_catalogue()
    offered = [model for model in catalogue.models if model.open]
    assert len(offered) >= 4
    assert {model.endpoint for model in offered} == set(Endpoint)
    assert catalogue.welcome >= 1


def test_the_models_that_jobs_name_are_kept_and_sora_is_closed() -> None:
    catalogue = packaged_catalogue()
    assert {"seedance-1.5-pro": True, "kling-2.6": True, "sora-2": False}.items() <= {
        model.id: model.open for model in catalogue.models
    }.items()


def test_the_models_take_different_fields() -> None:
    shapes = {frozenset(model.fields) for model in packaged_catalogue().models if model.open}
    assert len(shapes) >= 4


def test_an_entry_that_spells_everything_out_is_read() -> None:
    (model,) = catalogue_of(MODEL).models
    assert (model.asked_as, model.durations, model.aspect_words) == ("maker/m", (5, 10), {"1:1": "square"})
    assert model.fields["image"] == ("{photo}",)


def without(field: str) -> str:
    """The entry without that line."""
    return "".join(line for line in MODEL.splitlines(keepends=True) if not line.startswith(f"{field} ="))


@pytest.mark.parametrize("field", SAID_IN_FULL)
def test_a_missing_field_is_named(field: str) -> None:
    whose = "model number 1" if field == "id" else "model m"
    with pytest.raises(SettingsError) as refused:
        catalogue_of(without(field))
    assert str(refused.value) == f"catalogue.toml: {whose}: {field} is missing"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("welcome = ", "catalogue.toml is no TOML"),
        ("welcome = 1", "catalogue.toml: models is missing"),
        ("models = []", "catalogue.toml: models is wrong"),
        ("models = 5", "catalogue.toml: models is wrong"),
        ("models = [5]", "catalogue.toml: model number 1: the entry is wrong"),
        (MODEL + "colour = 3", "model m: colour is wrong"),
        (MODEL + MODEL, "there are two models m"),
    ],
)
def test_a_wrong_file_is_told_in_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence) as refused:
        catalogue_of(text)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("line", "instead", "sentence"),
    [
        ("price = 1", "price = 1.5", "price is wrong"),
        ("price = 1", "price = 0", "price is wrong"),
        ("price = 1", "price = true", "price is wrong"),
        ('"{prompt}"', '"{promt}"', "fields.prompt is {promt}, which is none of {prompt}"),
        ('"{prompt}"', '"Say {prompt}"', "fields.prompt is Say {prompt}, which is none of {prompt}"),
        ('"{prompt}"', '"a word"', "fields has no field for a prompt"),
        ('["{photo}"]', '"a word"', "fields has no field for a photo"),
        ('["{photo}"]', "[]", "fields has no field for a photo"),
        ('["{photo}"]', "0.5", "fields.image is neither a text"),
        ('["{photo}"]', "[5]", "fields.image is neither a text"),
        ('"{duration as text}"', '"5"', "durations offers a choice, and fields has none for the duration"),
        ('"{aspect_ratio}"', '"9:16"', "aspect_ratios offers a choice, and fields has none"),
        ('["9:16", "1:1"]', '["9:16"]', "aspect_words has 1:1, which aspect_ratios does not list"),
        ('["9:16", "1:1"]', '["1:1", "1:1"]', "aspect_ratios names one twice"),
        ('["9:16", "1:1"]', '["tall", "1:1"]', "aspect_ratios.0 is wrong"),
        ("[5, 10]", "[5, 5]", "durations names one twice"),
        ("[5, 10]", "[]", "durations is wrong"),
        ("[5, 10]", "[5, 0]", "durations.1 is wrong"),
        ('"jobs"', '"runway"', "endpoint is wrong"),
        ("1000", "0", "prompt_max is wrong"),
        ('"maker/m"', '"a b"', "slug is wrong"),
    ],
)
def test_a_wrong_field_is_named_with_its_model(line: str, instead: str, sentence: str) -> None:
    assert MODEL.count(line) == 1
    with pytest.raises(SettingsError) as refused:
        catalogue_of(MODEL.replace(line, instead))
    assert str(refused.value).startswith(f"catalogue.toml: model m: {sentence}")
    assert "\n" not in str(refused.value)
