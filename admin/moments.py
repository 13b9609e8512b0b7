"""Moments as a person writes and reads them: in the zone of `--zone`, else of TZ, else of the machine."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from admin.office import WrongUse
from domain.log import Recorded

Until = int | datetime | None
"""The end of a look back: a position of the account's shard, a moment, or now."""


def zone_named(name: str | None) -> tzinfo | None:
    """The zone of that name; None is the machine's own. Raises WrongUse."""
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError) as error:
        msg = f"--zone {name} is no zone this machine knows, such as Europe/Moscow or UTC"
        raise WrongUse(msg) from error


def moment_of(text: str, zone: tzinfo | None, *, option: str) -> datetime:
    """The moment of an ISO text; without an offset it is local, and a date alone is its midnight. Raises WrongUse."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=zone).astimezone(zone) if moment.tzinfo is None else moment.astimezone(zone)
    except (ValueError, OverflowError) as error:
        msg = f"{option} {text} is no moment such as 2026-01-31T18:30 or 2026-01-31T18:30+03:00"
        raise WrongUse(msg) from error


def end_of(text: str | None, zone: str | None) -> datetime | None:
    """What `--expires` says: a moment to come, if any. Raises WrongUse."""
    if text is None:
        return None
    end = moment_of(text, zone_named(zone), option="--expires")
    if end <= datetime.now(UTC):
        msg = f"--expires {text} is past"
        raise WrongUse(msg)
    return end


def until_of(text: str | None, zone: tzinfo | None) -> Until:
    """What `--at` says: digits alone are a position. Raises WrongUse."""
    if text is None:
        return None
    if text.isascii() and text.isdigit():
        return int(text)
    return moment_of(text, zone, option="--at")


def is_past(recorded: Recorded, until: Until) -> bool:
    """Whether the event comes after the end of the look back."""
    match until:
        case None:
            return False
        case datetime():
            return recorded.recorded_at > until
        case _:
            return recorded.position > until


def shown(moment: datetime) -> str:
    """The moment to the second, for people."""
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def shown_until(until: Until) -> str:
    """The end of the look back, in words that leave nothing open."""
    match until:
        case None:
            return "now"
        case datetime():
            return f"at {until.isoformat(sep=' ', timespec='seconds')}"
        case _:
            return f"at position {until}"
