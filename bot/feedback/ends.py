"""New messages about how the videos of an order ended, when the person would not learn it otherwise.

A failure is told once its credits are back, for that is what is said. A delivered video speaks for itself, and who
cancelled knows it. What is older than an hour is not told any more: the card says it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from aiogram.types import InlineKeyboardMarkup

from bot.buttons import Again, Go, Place, Resent, Rework
from bot.feedback.told import Told
from bot.feedback.words import button, came_late, key, keyboard, menu
from bot.texts import Language, text
from domain.feedback import Stage
from domain.reasons import Reason
from domain.shown import JobStanding

TOLD_WITHIN: Final = timedelta(hours=1)

CURED_BY_CHANGE: Final = frozenset({Reason.PHOTO, Reason.TEXT, Reason.MODEL_OFF})
"""The same order would meet the same no."""

FOR_SUPPORT: Final = frozenset({Reason.OURS, Reason.UNANSWERED, Reason.DELIVERY})
"""Where the person has done nothing wrong, and waiting need not help: support is named."""


class End(NamedTuple):
    """A message that an order deserves. `told` is what its person was told once it is said."""

    text: str
    keyboard: InlineKeyboardMarkup
    told: Told


def ends(
    language: Language, order: str, jobs: Sequence[JobStanding], told: Told, *, now: datetime, news_at: datetime
) -> Iterator[End]:
    """The messages that are due, in order; each counts on those before it being said.

    `jobs` are the order's by index, `news_at` is when the last thing happened to it.
    """
    fresh = [job for job in jobs if job.ended_at is None or now - job.ended_at <= TOLD_WITHIN]
    for reason in Reason:
        failed = [job for job in fresh if _failed(job, told) and job.progress.reason is reason]
        if failed:
            told = told.model_copy(update={"failed": _with(told.failed, failed)})
            yield End(_failure(language, failed, len(jobs), reason), _after_failure(language, order, reason), told)
    for job in fresh:
        if job.progress.stage is Stage.MAYBE_SENT and job.queued.index not in told.unsure:
            told = told.model_copy(update={"unsure": _with(told.unsure, [job])})
            yield End(_of_one(language, "status-end-unsure", job, len(jobs)), _unsure(language, job), told)
    for job in jobs if now - news_at <= TOLD_WITHIN else ():
        if came_late(job.progress) and job.queued.index not in told.late:
            told = told.model_copy(update={"late": _with(told.late, [job])})
            yield End(_of_one(language, "status-end-late", job, len(jobs)), _late(language, job), told)


def _failed(job: JobStanding, told: Told) -> bool:
    """Whether it failed, its credits are back, and nobody has said so."""
    progress = job.progress
    return progress.stage is Stage.FAILED and progress.refunded is not None and job.queued.index not in told.failed


def _with(indexes: tuple[int, ...], jobs: Sequence[JobStanding]) -> tuple[int, ...]:
    return tuple(sorted({*indexes, *(job.queued.index for job in jobs)}))


def _failure(language: Language, failed: Sequence[JobStanding], count: int, reason: Reason) -> str:
    numbers = ", ".join(str(job.queued.index + 1) for job in failed)
    title = (
        text(language, "status-end-failed")
        if count == 1
        else text(language, "status-end-failed-some", failed=len(failed), numbers=numbers, count=count)
    )
    back = sum(job.progress.refunded or 0 for job in failed)
    return "\n".join(
        [title, text(language, f"status-reason-{key(reason)}"), "", text(language, "status-end-back", n=back)]
    )


def _of_one(language: Language, name: str, job: JobStanding, count: int) -> str:
    if count == 1:
        return text(language, name)
    return text(language, f"{name}-some", number=job.queued.index + 1, count=count)


def _after_failure(language: Language, order: str, reason: Reason) -> InlineKeyboardMarkup:
    rows = [[button(language, "status-retry", Again(order=order))]]
    if reason in CURED_BY_CHANGE:
        rows.insert(0, [button(language, "status-rework", Rework(order=order))])
    if reason in FOR_SUPPORT:
        rows.append([button(language, "go-support", Go(place=Place.SUPPORT))])
    return keyboard(*rows, [menu(language)])


def _unsure(language: Language, job: JobStanding) -> InlineKeyboardMarkup:
    again = button(language, "status-send-again", Resent(job=job.job))
    return keyboard([again], [button(language, "go-support", Go(place=Place.SUPPORT)), menu(language)])


def _late(language: Language, job: JobStanding) -> InlineKeyboardMarkup:
    return keyboard([button(language, "status-take", Resent(job=job.job))], [menu(language)])
