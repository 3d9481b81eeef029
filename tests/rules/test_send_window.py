"""When clients may be written to: hours, workdays and clock changes."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from rules.business_calendar import Calendar
from rules.limits import Limits
from rules.send_window import SendWindow
from tests.rules.small_portal import at
from tests.rules.test_business_calendar import SETTINGS, calendar


def window(hours: str = "09:00-18:00", portal: Calendar | None = None) -> SendWindow:
    return SendWindow.of(portal or calendar(), Limits({"send_window": hours}))


@pytest.mark.parametrize(
    ("now", "is_open", "from_moment", "next_opening"),
    [
        ("2026-04-13 08:59", False, "2026-04-13 09:00", "2026-04-13 09:00"),
        ("2026-04-13 09:00", True, "2026-04-13 09:00", "2026-04-14 09:00"),
        ("2026-04-13 17:59", True, "2026-04-13 17:59", "2026-04-14 09:00"),
        ("2026-04-13 18:00", False, "2026-04-14 09:00", "2026-04-14 09:00"),
        ("2026-04-13 00:00", False, "2026-04-13 09:00", "2026-04-13 09:00"),
        ("2026-04-10 20:00", False, "2026-04-13 09:00", "2026-04-13 09:00"),
        ("2026-04-11 12:00", False, "2026-04-13 09:00", "2026-04-13 09:00"),
        ("2026-04-30 18:00", False, "2026-05-04 09:00", "2026-05-04 09:00"),
        ("2026-05-01 12:00", False, "2026-05-04 09:00", "2026-05-04 09:00"),
        ("2025-12-31 23:59", False, "2026-01-09 09:00", "2026-01-09 09:00"),
    ],
)
def test_moments(now: str, is_open: bool, from_moment: str, next_opening: str) -> None:
    hours, moment = window(), at(now)
    assert hours.is_open(moment) == is_open
    assert hours.from_moment(moment) == at(from_moment)
    assert hours.next_opening(moment) == at(next_opening)


def test_the_hours_are_those_of_the_portals_clock_before_and_after_it_changes() -> None:
    zone = ZoneInfo("Europe/Berlin")
    hours = window(portal=Calendar.from_settings({**SETTINGS, "time_zone": "Europe/Berlin"}))
    assert hours.opening(date(2026, 3, 27)) == datetime(2026, 3, 27, 9, tzinfo=zone)
    assert hours.next_opening(datetime(2026, 3, 27, 12, tzinfo=zone)).isoformat() == "2026-03-30T07:00:00+00:00"
    assert hours.next_opening(datetime(2026, 10, 23, 12, tzinfo=zone)).isoformat() == "2026-10-26T08:00:00+00:00"


def test_hours_up_to_midnight() -> None:
    hours = window("10:00-00:00")
    assert hours.is_open(at("2026-04-13 23:59")) and not hours.is_open(at("2026-04-14 00:00"))
