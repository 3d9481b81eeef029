"""Workdays, moments and deadlines, at every border of a year and through clock changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from rules.business_calendar import Calendar
from tests.rules.small_portal import HOLIDAYS, at, utc

SETTINGS = {
    "time_zone": "Europe/Moscow",
    "work_time_start": "9",
    "work_time_end": "18",
    "week_holidays": ["SA", "SU"],
    "year_holidays": HOLIDAYS,
    "year_workdays": "",
}


def calendar(**changes: object) -> Calendar:
    return Calendar.from_settings({**SETTINGS, **changes})


def year(number: int) -> Iterator[date]:
    day = date(number, 1, 1)
    while day.year == number:
        yield day
        day += timedelta(days=1)


@pytest.mark.parametrize("number", [2024, 2026, 2027])
def test_every_day_of_a_year(number: int) -> None:
    portal = calendar()
    holidays = {tuple(map(int, reversed(word.split(".")))) for word in HOLIDAYS.split(",")}
    for day in year(number):
        assert portal.is_workday(day) == (day.weekday() < 5 and (day.month, day.day) not in holidays)


def test_shifts_through_a_year_reach_the_nearest_workday() -> None:
    portal = calendar()
    for day in year(2026):
        later, earlier = portal.this_or_next_workday(day), portal.this_or_previous_workday(day)
        assert earlier <= day <= later
        assert portal.is_workday(later) and portal.is_workday(earlier)
        assert not any(portal.is_workday(day + timedelta(days=n)) for n in range((later - day).days))
        assert not any(portal.is_workday(day - timedelta(days=n)) for n in range((day - earlier).days))


def test_adding_workdays_counts_them() -> None:
    portal = calendar()
    for day in year(2026):
        end = portal.add_workdays(day, 3)
        between = [day + timedelta(days=n) for n in range(1, (end - day).days + 1)]
        assert sum(map(portal.is_workday, between)) == 3
        assert portal.is_workday(end)


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        ("2026-04-10", 0, "2026-04-10"),
        ("2026-04-10", 1, "2026-04-13"),
        ("2026-04-11", 1, "2026-04-13"),
        ("2026-04-30", 1, "2026-05-04"),
        ("2025-12-31", 1, "2026-01-09"),
    ],
)
def test_workdays_later(start: str, count: int, end: str) -> None:
    assert calendar().add_workdays(date.fromisoformat(start), count) == date.fromisoformat(end)


def test_a_named_workday_beats_weekend_and_holiday() -> None:
    portal = calendar(year_workdays="11.04, 1.05")
    assert portal.is_workday(date(2026, 4, 11)) and portal.is_workday(date(2026, 5, 1))
    assert not portal.is_workday(date(2026, 4, 12))


@pytest.mark.parametrize(
    ("now", "deadline"),
    [
        ("2026-04-13 00:00", "2026-04-13 18:00"),
        ("2026-04-13 17:59", "2026-04-13 18:00"),
        ("2026-04-13 18:00", "2026-04-14 18:00"),
        ("2026-04-17 20:00", "2026-04-20 18:00"),
        ("2026-04-18 11:00", "2026-04-20 18:00"),
        ("2026-04-30 18:30", "2026-05-04 18:00"),
    ],
)
def test_the_deadline_of_today(now: str, deadline: str) -> None:
    assert calendar().closest_end_of_work(at(now)) == utc(deadline)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("9", time(9)), ("9.30", time(9, 30)), ("09:15", time(9, 15)), (10, time(10)), ("24", time(23, 59))],
)
def test_hours_as_portals_print_them(typed: object, expected: time) -> None:
    assert calendar(work_time_end=typed).work_end == expected


def test_odd_words_among_the_holidays_are_passed_over() -> None:
    portal = calendar(year_holidays="1.05; 9.05\nМай, 07.01, 2026", week_holidays=["su", "XX"])
    assert portal.year_holidays == {(5, 1), (5, 9), (1, 7)}
    assert portal.week_holidays == {6}


def test_empty_settings_give_ordinary_days() -> None:
    portal = Calendar.from_settings({"time_zone": "UTC"})
    assert portal.is_workday(date(2026, 4, 11)) and portal.work_end == time(18)


def test_a_calendar_without_workdays_does_not_hang() -> None:
    portal = calendar(week_holidays=["MO", "TU", "WE", "TH", "FR", "SA", "SU"])
    assert portal.this_or_next_workday(date(2026, 4, 11)) == date(2026, 4, 11)


@pytest.mark.parametrize(
    ("zone", "day", "begins"),
    [
        ("Europe/Moscow", "2026-04-13", "2026-04-12T21:00"),
        ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00"),
        ("Europe/Berlin", "2026-03-30", "2026-03-29T22:00"),
        ("Europe/Berlin", "2026-10-26", "2026-10-25T23:00"),
        # Clocks in Beirut skip midnight: the day begins at one o'clock.
        ("Asia/Beirut", "2026-03-29", "2026-03-28T22:00"),
        ("Asia/Kamchatka", "2026-04-13", "2026-04-12T12:00"),
    ],
)
def test_a_day_begins_by_the_portals_clock(zone: str, day: str, begins: str) -> None:
    portal = calendar(time_zone=zone)
    moment = portal.start_of_day(date.fromisoformat(day))
    assert moment == datetime.fromisoformat(begins).replace(tzinfo=UTC)
    assert portal.local_day(moment) == date.fromisoformat(day)
    assert portal.local_day(moment - timedelta(seconds=1)) < date.fromisoformat(day)


def test_every_moment_belongs_to_the_day_that_has_begun() -> None:
    portal = calendar(time_zone="America/Santiago")
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    while moment.year == 2026:
        day = portal.local_day(moment)
        assert portal.start_of_day(day) <= moment < portal.start_of_day(day + timedelta(days=1))
        moment += timedelta(hours=7)


def test_moments_are_the_same_seen_from_anywhere() -> None:
    evening = datetime(2026, 4, 13, 18, 0, tzinfo=ZoneInfo("Asia/Kamchatka"))
    assert calendar().moment(date(2026, 4, 13), time(9)) == evening
