"""The official calendar of a country with its moved workdays, and the administrator's exceptions."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from config.preset import load_preset
from facts.calendar import official_days, read_calendar
from rules.business_calendar import Calendar
from rules.deferral import due_day
from tests.rules.small_portal import HOLIDAYS, SmallPortal, at


class Empty(SmallPortal):
    """A portal on which nobody has listed holidays."""

    holidays = ""

    def calendar(self) -> dict[str, Any]:
        return {**super().calendar(), "year_holidays": self.holidays}


def russian(year: int, **settings: Any) -> Calendar:
    return read_calendar(Empty(at(f"{year}-06-01 10:00"), settings=settings))


def rests(calendar: Calendar, year: int) -> set[str]:
    """Weekdays without work, and weekend days with it (with a plus)."""
    day, found = date(year, 1, 1), set()
    while day.year == year:
        if calendar.is_workday(day) != (day.weekday() < 5):
            found.add(("" if day.weekday() < 5 else "+") + day.strftime("%d.%m"))
        day += timedelta(days=1)
    return found


# The production calendars as the government has published them.
YEARS = {
    2024: "01.01 02.01 03.01 04.01 05.01 08.01 23.02 08.03 29.04 30.04 01.05 09.05 10.05 12.06 04.11 30.12 31.12 "
    "+27.04 +02.11 +28.12",
    2025: "01.01 02.01 03.01 06.01 07.01 08.01 01.05 02.05 08.05 09.05 12.06 13.06 03.11 04.11 31.12 +01.11",
    2026: "01.01 02.01 05.01 06.01 07.01 08.01 09.01 23.02 09.03 01.05 11.05 12.06 04.11 31.12",
}
WORKDAYS = {2024: 248, 2025: 247, 2026: 247}


@pytest.mark.parametrize("year", YEARS)
def test_a_whole_year_with_its_moved_days(year: int) -> None:
    calendar = russian(year)
    assert rests(calendar, year) == set(YEARS[year].split())
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(365 + (year % 4 == 0))]
    assert sum(map(calendar.is_workday, days)) == WORKDAYS[year]


@pytest.mark.parametrize(
    ("shipped", "days", "due"),
    [
        # The long holidays of January and May, and a working Saturday.
        ("2025-12-26", 5, "2026-01-12"),
        ("2025-12-24", 7, "2026-01-12"),
        ("2025-12-23", 7, "2025-12-30"),
        ("2026-04-24", 7, "2026-05-04"),
        ("2026-05-01", 8, "2026-05-12"),
        ("2025-04-24", 7, "2025-05-05"),
        ("2025-05-01", 7, "2025-05-12"),
        ("2025-10-25", 7, "2025-11-01"),
        ("2025-10-26", 7, "2025-11-05"),
    ],
)
def test_due_days_by_the_official_calendar(shipped: str, days: int, due: str) -> None:
    portal = Empty(at("2026-01-01 10:00"))
    found = due_day(date.fromisoformat(shipped), days, read_calendar(portal), portal.limits)
    assert found == date.fromisoformat(due)


def test_the_portals_own_list_wins() -> None:
    portal = SmallPortal(at("2026-04-06 10:00"))
    assert read_calendar(portal) == Calendar.from_settings(portal.calendar())
    assert read_calendar(portal).is_workday(date(2026, 1, 9)), "a day off in the official calendar only"


def test_the_countrys_calendar_can_stand_in_place_of_the_portals_list() -> None:
    portal = SmallPortal(at("2025-04-06 10:00"), settings={"calendar.holidays": "country"})
    assert rests(read_calendar(portal), 2025) == set(YEARS[2025].split())


def test_without_a_country_only_the_portal_counts() -> None:
    assert rests(russian(2026, **{"calendar.country": ""}), 2026) == set()


def test_another_country() -> None:
    calendar = russian(2026, **{"calendar.country": "BY"})
    assert not calendar.is_workday(date(2026, 7, 3)) and calendar.is_workday(date(2026, 4, 25))


def test_the_administrators_dates_win() -> None:
    settings = {"calendar.days_off": "2026-04-17, 2026-04-18", "calendar.workdays": "2026-05-01"}
    for holidays in ("", HOLIDAYS):
        portal = Empty(at("2026-04-06 10:00"), settings=settings)
        portal.holidays = holidays
        calendar = read_calendar(portal)
        assert not calendar.is_workday(date(2026, 4, 17)) and calendar.is_workday(date(2026, 5, 1))
        assert calendar.add_workdays(date(2026, 4, 16), 1) == date(2026, 4, 20)


def test_every_country_that_may_be_chosen_has_a_calendar() -> None:
    for country in filter(None, load_preset("food_distribution").limits["calendar.country"].choices):
        days_off, _ = official_days(country, 2026)
        assert len([day for day in days_off if day.year == 2026]) >= 5


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("2026-05-08 2026-05-02,2026-05-02", "2026-05-02, 2026-05-08"), ("", ""), (" 2026-01-09 ", "2026-01-09")],
)
def test_dates_are_put_in_order(typed: str, kept: str) -> None:
    assert load_preset("food_distribution").limits["calendar.days_off"].read(typed) == kept


@pytest.mark.parametrize("typed", ["2026-02-31", "02.05.2026", "May"])
def test_what_is_no_date_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="is not a date"):
        load_preset("food_distribution").limits["calendar.days_off"].read(typed)
