"""Messages about ends: each that is due is said, grouped by reason, when its credits are back and not before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.buttons import Again, Go, Place, Resent, Rework
from bot.feedback.ends import End, ends
from bot.feedback.told import NOTHING_TOLD, Told
from bot.texts import Language
from domain.feedback import Progress, Stage
from domain.reasons import Reason
from domain.shapes import Event
from tests.bot.feedback.lives import ORDER, PRICE, Life, orders, progress_in, read, standing, standings
from tests.bot.feedback.test_card import taps
from tests.domain.samples import NOON

EVERYWHERE: Final = pytest.mark.parametrize("language", Language)
SOON: Final = NOON + timedelta(minutes=1)
SUPPORT: Final = Go(place=Place.SUPPORT).pack()
MENU: Final = Go(place=Place.MENU).pack()


def due(
    *progresses: Progress,
    told: Told = NOTHING_TOLD,
    now: datetime = SOON,
    news_at: datetime = NOON,
    language: Language = Language.RU,
) -> list[End]:
    """What is due of videos that ended at noon."""
    count = len(progresses)
    jobs = [standing(one, index=index, count=count, ended_at=NOON) for index, one in enumerate(progresses)]
    return list(ends(language, ORDER, jobs, told, now=now, news_at=news_at))


@EVERYWHERE
@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("count", [1, 3])
def test_every_reason_has_its_message_with_a_way_to_try_again(reason: Reason, count: int, language: Language) -> None:
    (end,) = due(*[progress_in(Stage.FAILED, reason=reason)] * count, language=language)
    assert str(PRICE * count) in read(end.text)
    buttons = taps(end.keyboard)
    assert Again(order=ORDER).pack() in buttons
    assert buttons[-1] == MENU
    assert (Rework(order=ORDER).pack() in buttons) == (reason in {Reason.PHOTO, Reason.TEXT, Reason.MODEL_OFF})


def test_what_is_our_fault_leads_to_support_and_what_is_not_does_not() -> None:
    led = {reason for reason in Reason if SUPPORT in taps(due(progress_in(Stage.FAILED, reason=reason))[0].keyboard)}
    assert led == {Reason.OURS, Reason.UNANSWERED, Reason.DELIVERY}


def test_a_failure_is_told_in_words() -> None:
    (end,) = due(progress_in(Stage.FAILED, reason=Reason.TEXT))
    assert read(end.text).splitlines() == [
        "❌ Видео не получилось",
        "Модель не принимает такой текст. Опишите товар и пожелания другими словами.",
        "",
        "💳 2 кредита вернулись на ваш счёт.",
    ]


def test_failures_of_one_reason_are_one_message() -> None:
    busy, text = (progress_in(Stage.FAILED, reason=reason) for reason in (Reason.BUSY, Reason.TEXT))
    first, second = due(busy, text, progress_in(Stage.READY), busy)
    assert [read(end.text).splitlines()[0] for end in (first, second)] == [
        "❌ Не получилось видео 2 из 4",
        "❌ Не получились видео 1, 4 из 4",
    ]
    assert "4 кредита вернулись" in second.text
    assert (first.told.failed, second.told.failed) == ((1,), (0, 1, 3))


def test_nothing_is_said_of_a_failure_before_its_credits_are_back() -> None:
    assert due(progress_in(Stage.FAILED, refunded=False)) == []


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage not in {Stage.FAILED, Stage.MAYBE_SENT}])
def test_other_stages_need_no_message(stage: Stage) -> None:
    assert due(*[progress_in(stage)] * 3) == []


@EVERYWHERE
@pytest.mark.parametrize("count", [1, 3])
def test_a_video_that_may_not_have_arrived_can_be_asked_for_again(count: int, language: Language) -> None:
    said = due(*[progress_in(Stage.MAYBE_SENT)] * count, language=language)
    assert [taps(end.keyboard) for end in said] == [
        [Resent(job=f"{ORDER}.{index}").pack(), SUPPORT, MENU] for index in range(count)
    ]
    assert len({read(end.text) for end in said}) == count
    assert due(*[progress_in(Stage.MAYBE_SENT)] * count, told=said[-1].told) == []


@EVERYWHERE
def test_a_late_video_is_offered_once(language: Language) -> None:
    late = replace(progress_in(Stage.FAILED), late="late.mp4")
    failure, offer = due(late, language=language)
    assert failure.told.failed == offer.told.late == (0,)
    assert taps(offer.keyboard) == [Resent(job=f"{ORDER}.0").pack(), MENU]
    assert read(offer.text) != read(failure.text)
    assert due(late, told=offer.told) == []
    assert due(replace(progress_in(Stage.READY), late="late.mp4")) == []


def test_ends_older_than_an_hour_are_not_told_and_a_late_video_counts_from_its_coming() -> None:
    failed, unsure = progress_in(Stage.FAILED), progress_in(Stage.MAYBE_SENT)
    hour, too_late = NOON + timedelta(hours=1), NOON + timedelta(hours=1, seconds=1)
    assert len(due(failed, unsure, now=hour)) == 2
    assert due(failed, unsure, now=too_late) == []
    late = replace(failed, late="late.mp4")
    assert [end.told.late for end in due(late, now=too_late, news_at=too_late)] == [(0,)]
    assert due(late, now=too_late) == []


@pytest.mark.parametrize("told", [NOTHING_TOLD, Told(failed=(0, 2), unsure=(1,), card="ab", card_gone=True)])
def test_what_was_told_can_be_kept(told: Told) -> None:
    assert Told.model_validate_json(told.model_dump_json()) == told
    assert Told.model_validate({}) == NOTHING_TOLD


def named(before: Told, after: Told) -> list[tuple[str, int]]:
    """The videos that a message was about."""
    kinds = ("failed", "unsure", "late")
    return [(kind, index) for kind in kinds for index in set(getattr(after, kind)) - set(getattr(before, kind))]


def deserved(every: Sequence[Sequence[Event]]) -> set[tuple[str, int]]:
    """What must have been said in the end."""
    found = set()
    for index, job in enumerate(standings(every)):
        progress = job.progress
        found |= {("failed", index)} if progress.stage is Stage.FAILED and progress.refunded is not None else set()
        found |= {("unsure", index)} if progress.stage is Stage.MAYBE_SENT else set()
        is_void = progress.stage in {Stage.FAILED, Stage.CANCELLED}
        found |= {("late", index)} if is_void and progress.late is not None else set()
    return found


@given(orders(), st.data(), st.booleans())
def test_every_end_is_told_once_and_after_kills_between_saying_and_keeping_at_least_once(
    every: Sequence[Life], data: st.DataObject, with_kills: bool
) -> None:
    told, said, kills = NOTHING_TOLD, Counter[tuple[str, int]](), 0
    so_far = [1] * len(every)
    draw = data.draw
    while True:
        jobs = standings([life[:length] for life, length in zip(every, so_far, strict=True)])
        killed = False
        before = told
        for end in ends(Language.EN, ORDER, jobs, told, now=SOON, news_at=NOON):
            said.update(named(before, end.told))
            killed = with_kills and kills < 5 and draw(st.booleans())
            if killed:
                kills += 1
                break
            before = told = end.told
        left = [index for index, life in enumerate(every) if so_far[index] < len(life)]
        if not left and not killed:
            break
        for index in left:
            so_far[index] = draw(st.integers(so_far[index], len(every[index])))
        if left and not killed:
            so_far[left[0]] = max(so_far[left[0]], min(so_far[left[0]] + 1, len(every[left[0]])))
    assert set(said) == deserved(every)
    assert all(times <= 1 + kills for times in said.values())
