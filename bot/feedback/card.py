"""The card of an order: its confirmation, which from then on tells how the videos are coming along.

Of one video it tells what is behind it and where it is, of several a line each, and once for all that their photo
passed; below, what became of the credits.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final, NamedTuple

from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bot.buttons import Again, Cancel, Rework
from bot.feedback.words import ENDED, QUEUED, WITHOUT_VIDEO, about, button, came_late, key, keyboard, menu
from bot.texts import Language, text
from domain.feedback import Progress, Stage
from domain.reasons import Reason
from domain.shown import JobStanding, Wait

UNBROKEN: Final = "\N{NO-BREAK SPACE}"
MINUTE_S: Final = 60
HOURS_FROM_MINUTES: Final = 90
DIGEST_BYTES: Final = 12

PHOTO_PASSED: Final = frozenset({Stage.GENERATING, Stage.SENDING, Stage.READY, Stage.MAYBE_SENT})
MADE: Final = frozenset({Stage.SENDING, Stage.READY, Stage.MAYBE_SENT})
WITH_ATTEMPTS: Final = frozenset({Stage.GENERATING, Stage.SENDING})


class Card(NamedTuple):
    """What a message shows: HTML, and the buttons beneath it."""

    text: str
    keyboard: InlineKeyboardMarkup | None

    @property
    def digest(self) -> str:
        """Differs when the card does."""
        buttons = "" if self.keyboard is None else self.keyboard.model_dump_json(exclude_none=True)
        return blake2b(f"{self.text}\n{buttons}".encode(), digest_size=DIGEST_BYTES).hexdigest()


def card(
    language: Language, order: str, jobs: Sequence[JobStanding], wait: Wait | None, usual_s: int | None = None
) -> Card:
    """The card of an order's jobs, by index. `wait` is that of the first one which is queued, `usual_s` the usual time
    from order to video."""
    ended = all(job.progress.stage in ENDED for job in jobs)
    title = text(language, "status-title-ended" if ended else "status-title", count=len(jobs))
    product = about(jobs[0].queued)
    head = [title] if product is None else [title, text(language, "status-about", about=product)]
    body = _one(language, jobs[0], wait) if len(jobs) == 1 else _several(language, jobs, wait)
    if usual_s is not None and any(is_in_the_making(job.progress) for job in jobs):
        body.append(text(language, "status-usually", time=duration(language, usual_s)))
    return Card("\n".join([*head, "", *body, "", money(language, jobs)]), _buttons(language, order, jobs, ended=ended))


def is_in_the_making(progress: Progress) -> bool:
    """Whether the person waits for the video service, which goes as usual so far."""
    return progress.stage is Stage.GENERATING and progress.attempt == 1


def _one(language: Language, job: JobStanding, wait: Wait | None) -> list[str]:
    progress = job.progress
    told = [] if progress.stage in WITHOUT_VIDEO else steps(progress)
    behind = [text(language, step).replace(" ", UNBROKEN) for step in told]
    lines = [" → ".join(behind)] if behind else []
    if progress.reason is None or came_late(progress):
        return [*lines, stage(language, progress, wait)]
    return [text(language, "status-stage-failed-fully"), text(language, f"status-reason-{key(progress.reason)}")]


def steps(progress: Progress) -> list[str]:
    """The keys of what is behind a video. A script that the service did not write is nobody's news."""
    behind = ["status-step-accepted"]
    if progress.stage is not Stage.ACCEPTED and progress.stage is not Stage.UNKNOWN and not progress.by_template:
        behind.append("status-step-script")
    if progress.photo_passed and progress.stage in PHOTO_PASSED:
        behind.append("status-step-photo")
    if progress.stage in MADE:
        behind.append("status-step-video")
    return behind


def _several(language: Language, jobs: Sequence[JobStanding], wait: Wait | None) -> list[str]:
    lines = [text(language, "status-step-photo")] if _photo_passed(jobs) else []
    for job in jobs:
        said = stage(language, job.progress, wait)
        if job.progress.stage in QUEUED:
            wait = None
        lines.append(f"{job.queued.index + 1} {said}")
    return lines


def _photo_passed(jobs: Sequence[JobStanding]) -> bool:
    """Whether the photo that all videos share passed with one of them, with none it did not, and it is still news."""
    progresses = [job.progress for job in jobs]
    return (
        any(progress.photo_passed for progress in progresses)
        and all(progress.reason is not Reason.PHOTO for progress in progresses)
        and not all(progress.stage in ENDED for progress in progresses)
    )


def stage(language: Language, progress: Progress, wait: Wait | None) -> str:
    """Where a video is, in a few words. `wait` counts for one that is queued."""
    if progress.stage in QUEUED and wait is not None:
        return _queued(language, wait)
    if came_late(progress):
        return text(language, "status-stage-late")
    name = f"status-stage-{key(progress.stage)}"
    if progress.stage is Stage.FAILED:
        assert progress.reason is not None, "a failure has its reason"
        return text(language, name, reason=text(language, f"status-short-{key(progress.reason)}"))
    attempt = {"attempt": progress.attempt, "max": progress.attempts_max}
    if progress.stage is Stage.RESTING:
        return text(language, name, **attempt)
    if progress.stage in WITH_ATTEMPTS and progress.attempt > 1:
        return text(language, f"{name}-again", **attempt)
    return text(language, name)


def _queued(language: Language, wait: Wait) -> str:
    if wait.seconds is None:
        return text(language, "status-place-unknown", place=wait.place)
    return text(language, "status-place-known", place=wait.place, time=duration(language, wait.seconds))


def duration(language: Language, seconds: int) -> str:
    """About how long, in words: minutes rounded up, from an hour and a half on hours."""
    if seconds < MINUTE_S:
        return text(language, "status-time-moment")
    minutes = -(-seconds // MINUTE_S)
    if minutes < HOURS_FROM_MINUTES:
        return text(language, "status-time-minutes", n=minutes)
    return text(language, "status-time-hours", n=-(-minutes // MINUTE_S))


def money(language: Language, jobs: Sequence[JobStanding]) -> str:
    """What became of the order's credits, and of how many."""
    amounts = {"reserved": 0, "spent": 0, "returning": 0, "back": 0}
    for job in jobs:
        progress, price = job.progress, job.queued.price
        if progress.captured:
            amounts["spent"] += price
        elif progress.refunded is not None:
            amounts["back"] += progress.refunded
        else:
            amounts["returning" if progress.stage in WITHOUT_VIDEO else "reserved"] += price
    parts = [text(language, f"status-money-{name}", n=amount) for name, amount in amounts.items() if amount]
    return text(language, "status-money", parts=" · ".join(parts))


def _buttons(
    language: Language, order: str, jobs: Sequence[JobStanding], *, ended: bool
) -> InlineKeyboardMarkup | None:
    queued = sum(job.progress.stage in QUEUED for job in jobs)
    if queued:
        return keyboard([button(language, "status-cancel", Cancel(order=order), count=len(jobs))])
    if not ended:
        return None
    again: list[InlineKeyboardButton] = [
        button(language, "status-again", Again(order=order)),
        button(language, "status-rework", Rework(order=order)),
    ]
    return keyboard(again, [menu(language)])
