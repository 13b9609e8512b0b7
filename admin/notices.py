"""What the demo's people hear of their jobs and their photos, in English. The bot has words of its own."""

from __future__ import annotations

from typing import Final

from admin.words import credits_in_words
from domain.feedback import Notice, Progress
from domain.photo import PhotoFault, PhotoRefused
from domain.reasons import Reason

REASONS: Final = {
    Reason.PHOTO: "the model's rules do not allow this photo, another one helps",
    Reason.TEXT: "the model's rules do not allow this text, other words help",
    Reason.MODEL_OFF: "the model is not offered at the moment, another one helps",
    Reason.BUSY: "the service has too much to do, later helps",
    Reason.SERVICE: "the service stumbled as often as we tried, later helps",
    Reason.QUEUE: "it waited too long for its turn",
    Reason.TIME: "it took longer than it may",
    Reason.UNANSWERED: "the service never said whether it took it",
    Reason.DELIVERY: "the video could not be sent",
    Reason.OURS: "something of ours is wrong, support helps",
}

FAULTS: Final = {
    PhotoFault.EMPTY: "there is not one byte in it",
    PhotoFault.TOO_LARGE: "it has {was} bytes and may have {limit}",
    PhotoFault.NOT_AN_IMAGE: "it is no image",
    PhotoFault.UNSUPPORTED_FORMAT: "it is neither JPEG nor PNG nor WebP",
    PhotoFault.ANIMATED: "it moves",
    PhotoFault.BROKEN: "it cannot be read to its end",
    PhotoFault.TOO_SMALL: "its shorter side has {was} pixels and needs {limit}",
    PhotoFault.TOO_MANY_PIXELS: "it has {was} pixels and may have {limit}",
}

NOTICES: Final = {
    Notice.ACCEPTED: "accepted",
    Notice.GENERATING: "being made{again}{writer}",
    Notice.PHOTO_PASSED: "the photo passed",
    Notice.PHOTO_REFUSED: "PHOTO REFUSED: {reason}",
    Notice.RETRYING: "the service stumbled; attempt {attempt} of {attempts} follows by itself",
    Notice.SENDING: "made and stored; being sent",
    Notice.SENDING_AGAIN: "sending failed; the same file is sent again, attempt {attempt} of {attempts}",
    Notice.READY: "HERE IT IS",
    Notice.MAYBE_SENT: "sent, though nobody knows whether it arrived",
    Notice.FAILED: "FAILED: {reason}",
    Notice.CANCELLED: "cancelled",
    Notice.REFUNDED: "{refunded} back",
    Notice.LATE_VIDEO: "a video came after all, for free",
}


def heard(notice: Notice, progress: Progress) -> str:
    """The notice in words, as of the progress that led to it."""
    return NOTICES[notice].format(
        attempt=progress.attempt,
        attempts=progress.attempts_max,
        again=f", attempt {progress.attempt} of {progress.attempts_max}" if progress.attempt > 1 else "",
        writer=" from the template's words, as nobody wrote a script" if progress.by_template else "",
        reason="" if progress.reason is None else REASONS[progress.reason],
        refunded=credits_in_words(progress.refunded or 0),
    )


def fault_in_words(refused: PhotoRefused) -> str:
    """Why the file is no photo for us."""
    return FAULTS[refused.fault].format(was=refused.was, limit=refused.limit)
