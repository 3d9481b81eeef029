"""The business calendar: the portal's own, the official one of a country, and the administrator's exceptions."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import holidays

from b24app.declare import Reader
from rules.business_calendar import Calendar

YEARS_BACK, YEARS_AHEAD = 5, 2
"""debts of older years have no workdays left to shift; nothing is planned further ahead"""


def read_calendar(reader: Reader) -> Calendar:
    """The calendar by which the portal works.

    The portal's list of holidays counts (`dd.mm`, the same every year). Where it is empty, or
    `calendar.holidays` says `country`, the official calendar of `calendar.country` stands in its place,
    with the working days that it moves. `calendar.days_off` and `calendar.workdays` win over both.
    """
    settings, limits = dict(reader.calendar()), reader.limits
    country, source = limits.text("calendar.country"), limits.text("calendar.holidays")
    by_country = bool(country) and (source == "country" or not settings.get("year_holidays"))
    if by_country:
        settings["year_holidays"] = ""
    calendar = Calendar.from_settings(settings)
    if by_country:
        year = calendar.local_day(reader.now).year
        calendar = calendar.with_dates(*official_days(country, year))
    return calendar.with_dates(limits.dates("calendar.days_off"), limits.dates("calendar.workdays"))


@lru_cache(maxsize=64)
def official_days(country: str, year: int) -> tuple[frozenset[date], frozenset[date]]:
    """The days off and the working weekends of a country, some years around one."""
    years = range(year - YEARS_BACK, year + YEARS_AHEAD + 1)
    official = holidays.country_holidays(country, years=years)
    return frozenset(official), frozenset(day for day in official.weekend_workdays if day.year in years)
