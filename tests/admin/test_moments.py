"""Moments as people write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from admin.moments import moment_of, shown_until, until_of, zone_named
from admin.office import WrongUse

MOSCOW = ZoneInfo("Europe/Moscow")


def test_digits_are_a_position() -> None:
    assert until_of("17", MOSCOW) == 17


def test_nothing_is_now() -> None:
    assert until_of(None, MOSCOW) is None
    assert shown_until(None) == "now"


def test_a_moment_without_an_offset_is_local() -> None:
    assert until_of("2026-01-31T18:30", MOSCOW) == datetime(2026, 1, 31, 15, 30, tzinfo=UTC)


def test_a_date_is_its_midnight() -> None:
    assert until_of("2026-01-31", MOSCOW) == datetime(2026, 1, 30, 21, tzinfo=UTC)


def test_an_offset_is_heeded_and_shown_in_the_readers_zone() -> None:
    moment = moment_of("2026-01-31T18:30+05:00", MOSCOW, option="--at")
    assert moment == datetime(2026, 1, 31, 18, 30, tzinfo=timezone(timedelta(hours=5)))
    assert shown_until(moment) == "at 2026-01-31 16:30:00+03:00"


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "31.01.2026", "-5", "١٢", ""])
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(WrongUse, match="is no moment such as 2026-01-31T18:30"):
        until_of(text, MOSCOW)


@pytest.mark.parametrize("name", ["Mars/Olympus", "../etc/passwd", "", "/etc/localtime"])
def test_an_unknown_zone_is_refused_with_an_example(name: str) -> None:
    with pytest.raises(WrongUse, match="such as Europe/Moscow"):
        zone_named(name)


def test_no_zone_is_the_machines() -> None:
    assert zone_named(None) is None
    assert zone_named("Europe/Moscow") == MOSCOW
