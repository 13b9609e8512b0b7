"""What stands under a delivered video."""

from __future__ import annotations

from typing import Any

import pytest

from bot.buttons import Again, AsFile, Go, Place, Rework
from bot.feedback.captions import VideoCaption, caption
from bot.texts import Language
from domain.shapes import Forgotten
from tests.bot.feedback.lives import ORDER, read
from tests.bot.feedback.test_card import taps
from tests.domain import samples as s

JOB = f"{ORDER}.1"


def under(language: Language = Language.RU, **fields: Any) -> VideoCaption:
    """What stands under the second video of three."""
    return caption(language, JOB, s.queued(**{"order": ORDER, "index": 1, "count": 3, **fields}))


def test_a_video_is_named_and_numbered() -> None:
    assert read(under(product_text="кружка <с паром>").text) == "🎬 кружка <с паром> · 2 из 3"
    assert read(under(Language.EN, index=0, count=1, product_text="a mug").text) == "🎬 a mug"


@pytest.mark.parametrize("nothing", [None, Forgotten(), "  "])
@pytest.mark.parametrize("language", Language)
def test_a_video_of_which_nothing_is_known_has_words(nothing: Any, language: Language) -> None:
    assert len(read(under(language, product_text=nothing).text)) > 10


def test_a_video_leads_on() -> None:
    buttons = [Again(order=ORDER), Rework(order=ORDER), AsFile(job=JOB), Go(place=Place.MENU)]
    assert taps(under().keyboard) == [button.pack() for button in buttons]


def test_an_order_that_came_from_no_card_leads_to_the_menu() -> None:
    assert taps(under(order=f"demo:{'x' * 200}").keyboard) == [Go(place=Place.MENU).pack()]


@pytest.mark.parametrize("language", Language)
def test_a_caption_fits_under_a_video(language: Language) -> None:
    said = under(language, product_text="<&>" * 1_000)
    assert len(said.text) <= 1_024
    assert read(said.link_text).startswith(read(said.text))
