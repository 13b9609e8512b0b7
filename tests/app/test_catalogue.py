"""The catalogue: what is packaged is valid, and what is not is refused in one sentence."""

from __future__ import annotations

import pytest

from app.catalogue import catalogue_of, packaged_catalogue
from app.settings import SettingsError

MODEL = '[[models]]\nid = "m"\nname = "M"\nprice = 1\n'


def test_what_is_packaged_offers_at_least_two_models_and_a_welcome() -> None:
    catalogue = packaged_catalogue()
    assert len([model for model in catalogue.models if model.open]) >= 2
    assert catalogue.welcome >= 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("welcome = ", "catalogue.toml is no TOML"),
        ("welcome = 1", "models is wrong"),
        (MODEL.replace("price = 1", "price = 1.5"), "models.0.price is wrong"),
        (MODEL.replace("price = 1", "price = 0"), "models.0.price is wrong"),
        (MODEL + "colour = 3", "models.0.colour is wrong"),
        (MODEL + MODEL, "there are two models m"),
    ],
)
def test_a_wrong_entry_is_named(text: str, sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence) as refused:
        catalogue_of(text)
    assert "\n" not in str(refused.value)
