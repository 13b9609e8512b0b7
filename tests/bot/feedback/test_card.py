"""The card of an order: words for every state, one line a video, true amounts, and the buttons that make sense."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any, Final

import pytest
from aiogram.types import InlineKeyboardMarkup
from hypothesis import given
from hypothesis import strategies as st

from bot.buttons import Again, Cancel, Go, Rework
from bot.feedback.card import UNBROKEN, Card, card, duration
from bot.feedback.words import ABOUT_MAX
from bot.texts import Language
from domain.feedback import Progress, Stage
from domain.reasons import Reason
from domain.shown import JobStanding, Wait
from tests.bot.feedback.lives import ORDER, PRICE, WAITS, Life, orders, progress_in, read, standing, standings

EVERYWHERE: Final = pytest.mark.parametrize("language", Language)
ENDS: Final = [Stage.READY, Stage.MAYBE_SENT, Stage.FAILED, Stage.CANCELLED]


def of(
    *progresses: Progress, wait: Wait | None = None, language: Language = Language.RU, **fields: Any
) -> tuple[str, list[str]]:
    """What a person reads on the card of videos that are so far, line by line without the head; and the buttons."""
    count = len(progresses)
    jobs = [standing(one, index=index, count=count, **fields) for index, one in enumerate(progresses)]
    shown = card(language, ORDER, jobs, wait)
    return read(shown.text), taps(shown.keyboard)


def taps(keyboard: InlineKeyboardMarkup | None) -> list[str]:
    """What the buttons say when they are tapped."""
    found = [button for row in keyboard.inline_keyboard for button in row] if keyboard else []
    assert all(len((button.callback_data or "").encode()) <= 64 for button in found)
    return [button.callback_data or "" for button in found]


@EVERYWHERE
@pytest.mark.parametrize("stage", Stage)
def test_every_stage_has_its_words_alone_and_among_others(stage: Stage, language: Language) -> None:
    for attempt in (1, 2, 3):
        alone, _ = of(progress_in(stage, attempt=attempt), language=language)
        among, _ = of(*[progress_in(stage, attempt=attempt)] * 3, language=language)
        assert len(alone.splitlines()) >= 5
        assert [line[:2] for line in among.splitlines() if line[:1].isdecimal()] == ["1 ", "2 ", "3 "]


@EVERYWHERE
def test_no_two_reasons_read_the_same(language: Language) -> None:
    alone = {of(progress_in(Stage.FAILED, reason=reason), language=language)[0] for reason in Reason}
    among = {of(*[progress_in(Stage.FAILED, reason=reason)] * 3, language=language)[0] for reason in Reason}
    assert (len(alone), len(among)) == (len(Reason), len(Reason))


def test_no_two_stages_read_the_same_but_the_two_in_line() -> None:
    among = {of(progress_in(stage), progress_in(stage))[0] for stage in Stage}
    assert len(among) == len(Stage) - 1


def test_a_card_of_three_says_where_each_is() -> None:
    made = progress_in(Stage.GENERATING, attempt=2)
    words, _ = of(progress_in(Stage.READY), made, progress_in(Stage.ACCEPTED), wait=Wait(4, 100), product_text="кружка")
    assert words.splitlines() == [
        "🎬 Заказ принят: 3 видео",
        "📦 кружка",
        "",
        "1 ✅ доставлено",
        "2 🎨 создаётся, попытка 2 из 3",
        "3 ⏳ в очереди, 4-е, до видео около 2 минут",
        "",
        "💳 Кредиты: отложено 4 · потрачено 2",
    ]


def test_a_card_of_three_says_once_that_the_photo_passed_until_all_is_over() -> None:
    waits, made = progress_in(Stage.WRITTEN), Progress(stage=Stage.GENERATING, photo_passed=True)
    sent = Progress(stage=Stage.READY, photo_passed=True, captured=True)
    refused = progress_in(Stage.FAILED, reason=Reason.PHOTO)

    def told(*progresses: Progress) -> list[str]:
        words, _ = of(*progresses, product_text=None)
        return words.splitlines()[2:-2]

    assert told(made, made, waits) == ["✅ фото подошло", "1 🎨 создаётся", "2 🎨 создаётся", "3 ⏳ в очереди"]
    assert told(sent, sent, waits) == ["✅ фото подошло", "1 ✅ доставлено", "2 ✅ доставлено", "3 ⏳ в очереди"]
    assert told(waits, waits) == ["1 ⏳ в очереди", "2 ⏳ в очереди"]
    assert told(sent, sent) == ["1 ✅ доставлено", "2 ✅ доставлено"]
    assert told(made, refused) == ["1 🎨 создаётся", "2 ❌ не получилось: фото не подошло"]


def test_a_card_of_one_says_what_is_behind_it() -> None:
    words, _ = of(Progress(stage=Stage.SENDING, photo_passed=True), language=Language.EN, product_text=None)
    assert words.splitlines() == [
        "🎬 Order accepted",
        "",
        " → ".join(f"✅ {step}".replace(" ", UNBROKEN) for step in ("accepted", "script", "photo passed", "made")),
        "📤 being sent",
        "",
        "💳 Credits: 2 reserved",
    ]


def test_a_card_of_one_says_fully_why_it_failed_and_that_the_credits_are_on_their_way() -> None:
    words, _ = of(progress_in(Stage.FAILED, reason=Reason.TEXT, refunded=False), product_text=None)
    assert words.splitlines()[2:] == [
        "❌ не получилось",
        "Модель не принимает такой текст. Опишите товар и пожелания другими словами.",
        "",
        "💳 Кредиты: возвращается 2",
    ]


@EVERYWHERE
def test_a_script_that_the_template_gave_is_not_mentioned(language: Language) -> None:
    written, _ = of(Progress(stage=Stage.GENERATING), language=language)
    given_by_template, _ = of(Progress(stage=Stage.GENERATING, by_template=True), language=language)
    assert len(written.split("→")) == len(given_by_template.split("→")) + 1


@EVERYWHERE
def test_a_wait_of_which_nothing_is_known_says_so(language: Language) -> None:
    words = {of(progress_in(Stage.ACCEPTED), wait=wait, language=language)[0] for wait in (None, Wait(7, None))}
    assert len(words) == 2
    assert len({word for word in words if "7" in word and any(no in word for no in ("неизвестно", "not known"))}) == 1


def test_while_a_video_is_made_as_usual_the_usual_time_is_told_once() -> None:
    made = [standing(progress_in(Stage.GENERATING), index=index, count=2) for index in range(2)]
    words = read(card(Language.RU, ORDER, made, None, 110).text)
    assert words.count("⏱ От заказа до видео обычно проходит около 2 минут") == 1
    for stage, attempt in ((Stage.GENERATING, 2), (Stage.ACCEPTED, 1), (Stage.SENDING, 1), (Stage.READY, 1)):
        other = [standing(progress_in(stage, attempt=attempt), index=0, count=1)]
        assert "обычно" not in read(card(Language.RU, ORDER, other, None, 110).text)


def test_only_the_first_in_line_has_the_place() -> None:
    words, _ = of(*[progress_in(Stage.WRITTEN)] * 3, wait=Wait(9, 60))
    assert [line for line in words.splitlines() if line[:1].isdecimal()] == [
        "1 ⏳ в очереди, 9-е, до видео около 1 минуты",
        "2 ⏳ в очереди",
        "3 ⏳ в очереди",
    ]


@pytest.mark.parametrize(
    ("seconds", "russian", "english"),
    [
        (0, "меньше минуты", "less than a minute"),
        (59, "меньше минуты", "less than a minute"),
        (60, "около 1 минуты", "about 1 minute"),
        (61, "около 2 минут", "about 2 minutes"),
        (21 * 60, "около 21 минуты", "about 21 minutes"),
        (89 * 60, "около 89 минут", "about 89 minutes"),
        (90 * 60, "около 2 часов", "about 2 hours"),
        (60 * 60 * 24, "около 24 часов", "about 24 hours"),
    ],
)
def test_times_are_told_about(seconds: int, russian: str, english: str) -> None:
    assert (duration(Language.RU, seconds), duration(Language.EN, seconds)) == (russian, english)


@pytest.mark.parametrize(("first", "second"), list(product(Stage, Stage)))
def test_cancel_is_offered_while_something_is_queued_and_another_one_when_all_is_over(
    first: Stage, second: Stage
) -> None:
    _, buttons = of(progress_in(first), progress_in(second))
    if {first, second} & {Stage.ACCEPTED, Stage.WRITTEN}:
        assert buttons == [Cancel(order=ORDER).pack()]
    elif first in ENDS and second in ENDS:
        assert buttons == [
            Again(order=ORDER).pack(),
            Rework(order=ORDER).pack(),
            Go.model_validate({"place": "menu"}).pack(),
        ]
    else:
        assert buttons == []


def test_a_late_video_takes_the_failures_place() -> None:
    failed = progress_in(Stage.FAILED)
    late = Progress(stage=Stage.FAILED, reason=Reason.TIME, refunded=PRICE, late="late.mp4")
    words, _ = of(failed, late)
    assert words.splitlines()[-3] == "2 🎁 пришло позже, уже бесплатно"


def test_a_product_is_named_in_one_short_line_as_it_was_written() -> None:
    words, _ = of(progress_in(Stage.READY), product_text=" a <b>mug</b>\n& more ")
    assert words.splitlines()[1] == "📦 a <b>mug</b> & more"
    words, _ = of(progress_in(Stage.READY), product_text="длинно " * 100)
    assert len(words.splitlines()[1]) <= len("📦 ") + ABOUT_MAX


def amounts(words: str) -> list[int]:
    """The numbers of the last line."""
    return [int(part) for part in words.splitlines()[-1].replace(",", "").split() if part.isdecimal()]


@given(orders(), st.data(), st.none() | WAITS, st.sampled_from(Language))
def test_whatever_happens_the_card_can_be_shown_and_accounts_for_every_credit(
    every: Sequence[Life], data: st.DataObject, wait: Wait | None, language: Language
) -> None:
    so_far = [life[: data.draw(st.integers(1, len(life)))] for life in every]
    jobs: list[JobStanding] = standings(so_far)
    shown: Card = card(language, ORDER, jobs, wait)
    words = read(shown.text)
    assert sum(amounts(words)) == PRICE * len(jobs)
    assert len(taps(shown.keyboard)) <= 3


@given(orders(), st.sampled_from(Language))
def test_a_card_differs_when_its_digest_does(every: Sequence[Life], language: Language) -> None:
    before, after = (card(language, ORDER, standings(some), None) for some in ([life[:1] for life in every], every))
    assert (before.digest == after.digest) == (before == after)
