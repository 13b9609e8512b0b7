"""Why a job ended without a video, as its user is told. The class says what we do about it, the reason what we say."""

from __future__ import annotations

from enum import StrEnum

from domain.failures import FailureClass


class Reason(StrEnum):
    """The closed list of what a user can hear. Each has its words on every screen."""

    PHOTO = "photo"
    """The model's rules do not allow this photo; another one helps."""

    TEXT = "text"
    """The model's rules do not allow this text; other words help."""

    MODEL_OFF = "model_off"
    """The model is not offered at the moment; another one helps."""

    BUSY = "busy"
    """The service has too much to do; later helps."""

    SERVICE = "service"
    """The service stumbled, as often as we tried; later helps."""

    QUEUE = "queue"
    """The job waited longer than anybody should."""

    TIME = "time"
    """The generation took longer than it may."""

    UNANSWERED = "unanswered"
    """The service never said whether it took the job."""

    DELIVERY = "delivery"
    """The video is there and could not be sent."""

    OURS = "ours"
    """Something of ours is wrong, money among it; support is named."""


def reason_of(failure: FailureClass, *, about_photo: bool = False, model_off: bool = False) -> Reason:
    """What the user hears of a failed generation."""
    if model_off:
        return Reason.MODEL_OFF
    match failure:
        case FailureClass.USER_VIOLATION:
            return Reason.PHOTO if about_photo else Reason.TEXT
        case FailureClass.RATE_LIMIT:
            return Reason.BUSY
        case FailureClass.TEMPORARY:
            return Reason.SERVICE
        case FailureClass.BILLING | FailureClass.UNKNOWN:
            return Reason.OURS
