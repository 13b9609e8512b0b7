"""Scripts without their writer: what stands in, what is made of an answer, what is no script."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.outside import ScriptWish
from domain.script import (
    ENGLISH,
    Language,
    cleaned,
    is_refusal,
    is_written_in,
    script_from_template,
    shortened,
    whole_sentences,
    without_dressing,
)
from domain.templates import Template

TEMPLATE = Template(
    id="zoom",
    title_ru="Наезд",
    title_en="Zoom",
    script="{product} stands on a table. The camera comes closer to {product}.",
    example_ru="Кружка",
    example_en="A mug",
)
RUSSIAN = Language("Russian", "CYRILLIC")
ANY = st.text(st.characters())
OPTIONAL = st.one_of(st.none(), ANY)


def wish(
    *, prompt: str | None = None, product: str | None = None, wishes: str | None = None, length_max: int = 1000
) -> ScriptWish:
    """What a script is to be written from."""
    return ScriptWish(None, prompt, product, wishes, None, length_max)


def test_a_template_names_the_product_and_takes_the_wishes() -> None:
    script = script_from_template(wish(product="A blue mug.", wishes="more steam"), TEMPLATE)
    assert script == "A blue mug stands on a table. The camera comes closer to A blue mug. More steam."


def test_without_a_name_it_is_the_product() -> None:
    assert script_from_template(wish(), TEMPLATE).startswith("The product stands on a table.")


def test_without_a_template_the_persons_own_prompt_is_the_script() -> None:
    script = script_from_template(wish(prompt="A mug falls into snow", product="mug", wishes="slow motion!"), None)
    assert script == "A mug falls into snow. The product: mug. Slow motion!"


def test_without_anything_there_is_a_script_all_the_same() -> None:
    assert is_written_in(script_from_template(wish(), None), ENGLISH)


def test_braces_of_a_person_are_only_braces() -> None:
    assert "{product} {0}" in script_from_template(wish(product="{product} {0}"), TEMPLATE)


@given(OPTIONAL, OPTIONAL, OPTIONAL, st.integers(1, 3000), st.sampled_from([None, TEMPLATE]))
@example(None, "-", None, 2, None)
@example(None, "- !", None, 3000, None)
def test_a_template_always_gives_a_clean_script_within_the_length(
    prompt: str | None, product: str | None, wishes: str | None, length_max: int, template: Template | None
) -> None:
    asked = wish(prompt=prompt, product=product, wishes=wishes, length_max=length_max)
    script = script_from_template(asked, template)
    assert 1 <= len(script) <= length_max
    assert script == cleaned(script)
    script.encode()


@given(ANY, st.integers(1, 200))
def test_a_shortened_text_is_a_beginning_within_the_length(text: str, length_max: int) -> None:
    short = shortened(text, length_max)
    assert len(short) <= length_max
    assert text.strip().startswith(short)
    assert bool(short) == bool(text.strip())


@pytest.mark.parametrize(
    ("length_max", "short"),
    [
        (100, "It turns. It glows, slowly and 1.5 times."),
        (40, "It turns. It glows, slowly and 1.5"),
        (17, "It turns."),
        (19, "It turns. It glows"),
        (8, "It"),
        (2, "It"),
        (1, "I"),
    ],
)
def test_a_text_is_cut_at_a_sentences_end_or_a_words(length_max: int, short: str) -> None:
    assert shortened("It turns. It glows, slowly and 1.5 times.", length_max) == short


def test_whole_sentences_leave_out_what_was_broken_off() -> None:
    assert whole_sentences('It turns. "It glows!" And then the cam') == 'It turns. "It glows!"'
    assert whole_sentences("And then the cam") == ""


@pytest.mark.parametrize(
    "answer",
    [
        "```text\nThe mug turns. It glows.\n```",
        '"The mug turns. It glows."',
        "“The mug turns.\nIt glows.”",
        "**Video script:** The mug turns. It glows.",
        "Here is the script: The mug turns. It glows.",
        "# Script:\nThe mug turns.\n\nIt glows.",
        "- The mug turns.\n- It glows.",
        "\ufeff The mug\x00 turns. \ud800It `glows`. ",
    ],
)
def test_an_answer_is_undressed(answer: str) -> None:
    assert without_dressing(answer) == "The mug turns. It glows."


@given(ANY)
def test_an_undressed_text_can_be_stored(text: str) -> None:
    plain = without_dressing(text)
    plain.encode()
    assert "\x00" not in plain
    assert "\n" not in plain


@pytest.mark.parametrize(
    "text", ["I'm sorry, but I can't help with that.", "Sorry, no.", "I can’t assist with this.", "I cannot do that"]
)
def test_an_answer_that_says_no_is_a_refusal(text: str) -> None:
    assert is_refusal(text)


@pytest.mark.parametrize("text", ["The mug turns.", "It can't be brighter: a lamp glows.", "Ice melts around it."])
def test_a_script_is_no_refusal(text: str) -> None:
    assert not is_refusal(text)


def test_a_script_is_written_in_its_languages_alphabet() -> None:
    english, russian = "The mug turns slowly on the table.", "Кружка медленно поворачивается на столе."
    assert is_written_in(english, ENGLISH)
    assert is_written_in(f"{english} It is called Чайка.", ENGLISH)
    assert not is_written_in(russian, ENGLISH)
    assert is_written_in(russian, RUSSIAN)
    assert not is_written_in("杯子在桌子上慢慢旋转灯光温柔地落在它的边缘上镜头慢慢靠近。", ENGLISH)
    assert not is_written_in("Ok 1234567890 !!! ???? ...", ENGLISH)
