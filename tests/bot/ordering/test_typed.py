"""Answers that are typed: how long they may be, and what becomes of a text that the messenger has parted."""

from __future__ import annotations

import pytest

from bot.ordering.draft import Step
from tests.bot.ordering.person import COFFEE, Person

NOON = 1_700_000_000
"""In Unix time."""


async def types(person: Person, text: str, *, at: int) -> None:
    """Sends a text that the messenger dates so."""
    await person.says(text, message={"date": at})


async def test_what_is_too_long_is_told_by_how_much(anna: Person) -> None:
    await anna.says(photo=COFFEE)
    await types(anna, "я" * 3501, at=NOON)
    assert "на 1 знак " in anna.words
    assert "3\xa0500" in anna.words
    await types(anna, "я" * 3500, at=NOON + 20)
    for number, step in enumerate((Step.PRODUCT, Step.WISHES), start=2):
        assert anna.step == step.state
        await types(anna, "я" * 1003, at=NOON + 20 * number)
        assert "на 3 знака " in anna.words
        assert anna.step == step.state
        await types(anna, "я" * 1000, at=NOON + 20 * number)
    assert anna.step == Step.COUNT.state
    assert len(anna.draft.product_text or "") == len(anna.draft.wishes or "") == 1000


async def test_the_limit_of_a_model_that_takes_less_is_the_models(anna: Person) -> None:
    card = await anna.at_card()
    await anna.taps("Модель", message=card)
    await anna.taps("Kling", message=card)
    await anna.taps("Идея", message=card)
    await anna.taps("Своя идея", message=card)
    assert "До 1\xa0000 знаков" in anna.shows(card)
    await types(anna, "я" * 1001, at=NOON)
    assert "на 1 знак " in anna.words


@pytest.mark.parametrize("step", [Step.IDEA, Step.PRODUCT, Step.WISHES], ids=lambda step: str(step.state))
@pytest.mark.parametrize("first", ["я" * 4096, "я" * 3796, "😀" * 1_900], ids=["whole", "at a space", "in pairs"])
async def test_a_text_that_fills_a_message_is_taken_for_cut_and_its_rest_is_no_answer(
    anna: Person, step: object, first: str
) -> None:
    await anna.says(photo=COFFEE)
    for _ in range((Step.IDEA, Step.PRODUCT, Step.WISHES).index(step)):
        await anna.says("слова")
    before, asked = anna.draft, anna.step
    for at, said in ((NOON, first), (NOON, first), (NOON + 1, "и медленно гаснет")):
        await types(anna, said, at=at)
        assert ("не поместился" if said == first else "продолжение прошлого сообщения") in anna.words
        assert (anna.draft, anna.step) == (before, asked)
    await types(anna, "Короче", at=NOON + 2)
    assert anna.step != asked


async def test_a_beginning_that_a_desktop_cut_at_a_paragraph_has_a_rest_too(anna: Person) -> None:
    await anna.says(photo=COFFEE)
    await types(anna, "я" * 2049, at=NOON)
    assert anna.step == Step.PRODUCT.state
    await types(anna, "и медленно гаснет", at=NOON + 1)
    assert "продолжение прошлого сообщения" in anna.words
    assert (anna.step, anna.draft.product_text) == (Step.PRODUCT.state, None)
    await types(anna, "Кофе", at=NOON + 2)
    assert anna.draft.product_text == "Кофе"


async def test_an_answer_that_took_its_time_is_no_rest(anna: Person) -> None:
    await anna.says(photo=COFFEE)
    await types(anna, "я" * 3500, at=NOON)
    await types(anna, "Кофе", at=NOON + 3)
    assert anna.draft.product_text == "Кофе"
