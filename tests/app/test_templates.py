"""The templates: what is packaged is valid, and what is not is refused in one sentence."""

from __future__ import annotations

import pytest

from app.settings import SettingsError
from app.templates import packaged_templates, templates_of
from domain.script import ENGLISH, is_written_in
from domain.templates import PRODUCT

SCRIPT = "{product} stands on a table and the camera comes closer."
TITLES = 'title_ru = "Тест"\ntitle_en = "T"'
ONE = f'[[templates]]\nid = "t"\n{TITLES}\nscript = "{SCRIPT}"\nexample_ru = "e"\nexample_en = "e"\n'


def test_what_is_packaged_offers_six_to_eight_ideas_in_two_languages() -> None:
    templates = packaged_templates()
    assert 6 <= len(templates) <= 8
    assert [template.id for template in templates.values()] == list(templates)
    assert len({template.title_ru for template in templates.values()}) == len(templates)
    assert len({template.title_en for template in templates.values()}) == len(templates)
    for template in templates.values():
        assert not is_written_in(template.example_ru, ENGLISH)
        assert is_written_in(template.example_en, ENGLISH)


def test_every_packaged_script_is_english_and_names_the_product() -> None:
    for template in packaged_templates().values():
        assert PRODUCT in template.script
        script = template.script_for("Mug")
        assert PRODUCT not in script
        assert is_written_in(script, ENGLISH)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("templates = ", "templates.toml is no TOML"),
        ("", "templates is wrong"),
        ("templates = []", "templates is wrong"),
        (ONE.replace("{product}", "It"), "templates.0.script is wrong"),
        (ONE.replace("{product}", "{product} {wishes}"), "templates.0.script is wrong"),
        (ONE.replace('id = "t"', 'id = "t t"'), "templates.0.id is wrong"),
        (ONE.replace('example_en = "e"', ""), "templates.0.example_en is wrong"),
        (ONE + 'colour = "red"', "templates.0.colour is wrong"),
        (ONE + ONE, "there are two templates t"),
    ],
)
def test_a_wrong_entry_is_named(text: str, sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence) as refused:
        templates_of(text)
    assert "\n" not in str(refused.value)
