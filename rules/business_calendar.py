"""The portal's business calendar: workdays, the moments a day begins and work ends, deadlines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
"""The codes of `calendar.settings.get`, in the order of `date.weekday()`."""

ONE_DAY = timedelta(days=1)
YEAR = 366
"""How far a workday is looked for: a calendar without any workday must not hang a rule."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Working days and hours in the portal's time zone.

    `year_holidays` and `year_workdays` are (month, day) pairs, repeated every year, as the portal keeps
    them; a day named a workday is one even when it is a weekend or a holiday. `days_off` and `workdays`
    are dates of one year: holidays that a country moves, and what the administrator typed. They win.
    Vendor: api-reference/calendar/calendar-settings-get.md.
    """

    time_zone: ZoneInfo
    week_holidays: frozenset[int]
    year_holidays: frozenset[tuple[int, int]]
    year_workdays: frozenset[tuple[int, int]]
    work_end: time
    days_off: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Calendar:
        """Reads what `calendar.settings.get` answers, and `time_zone` (an IANA name)."""
        return cls(
            time_zone=ZoneInfo(str(settings["time_zone"])),
            week_holidays=_weekdays(settings.get("week_holidays") or ()),
            year_holidays=_days_of_year(settings.get("year_holidays") or ""),
            year_workdays=_days_of_year(settings.get("year_workdays") or ""),
            work_end=_clock(settings.get("work_time_end") or "18"),
        )

    def with_dates(self, days_off: Iterable[date], workdays: Iterable[date]) -> Calendar:
        """The same calendar with dates that are days off or workdays whatever it said before."""
        off, on = frozenset(days_off), frozenset(workdays)
        return replace(self, days_off=(self.days_off - on) | (off - on), workdays=(self.workdays - off) | on)

    def local_day(self, moment: datetime) -> date:
        """The portal's date at a moment."""
        return moment.astimezone(self.time_zone).date()

    def start_of_day(self, day: date) -> datetime:
        """The first moment of a portal's day, in UTC; where the clocks skip midnight, the first one there is."""
        return self.moment(day, time.min)

    def moment(self, day: date, clock: time) -> datetime:
        """A time of a portal's day, in UTC."""
        return datetime.combine(day, clock, tzinfo=self.time_zone).astimezone(UTC)

    def end_of_work(self, day: date) -> datetime:
        """When work ends on a day, in UTC."""
        return self.moment(day, self.work_end)

    def is_workday(self, day: date) -> bool:
        """Whether people work on this day."""
        if day in self.workdays:
            return True
        if day in self.days_off:
            return False
        named = (day.month, day.day)
        if named in self.year_workdays:
            return True
        return named not in self.year_holidays and day.weekday() not in self.week_holidays

    def this_or_next_workday(self, day: date) -> date:
        """The day itself if it is a workday, else the first one after it."""
        return self._search(day, ONE_DAY)

    def this_or_previous_workday(self, day: date) -> date:
        """The day itself if it is a workday, else the last one before it."""
        return self._search(day, -ONE_DAY)

    def add_workdays(self, day: date, count: int) -> date:
        """The workday that is `count` workdays after a day, which itself is not counted."""
        for _ in range(count):
            day = self.this_or_next_workday(day + ONE_DAY)
        return day

    def closest_end_of_work(self, now: datetime) -> datetime:
        """The end of the working day that is going on or comes next: the deadline of "today"."""
        today = self.local_day(now)
        if self.is_workday(today) and now < self.end_of_work(today):
            return self.end_of_work(today)
        return self.end_of_work(self.this_or_next_workday(today + ONE_DAY))

    def _search(self, day: date, step: timedelta) -> date:
        found = day
        for _ in range(YEAR):
            if self.is_workday(found):
                return found
            found += step
        return day


def _weekdays(codes: Iterable[str]) -> frozenset[int]:
    return frozenset(WEEKDAYS.index(code) for code in map(str.upper, codes) if code in WEEKDAYS)


def _days_of_year(text: str | Iterable[str]) -> frozenset[tuple[int, int]]:
    """`1.01, 23.02` as (month, day); a human typed it in a portal's form, so odd words are passed over."""
    words = text if isinstance(text, str) else " ".join(text)
    pairs = re.findall(r"(?<![\d.])(\d{1,2})\.(\d{1,2})(?![\d])", words)
    return frozenset((int(month), int(day)) for day, month in pairs)


def _clock(text: str | int | float) -> time:
    """`9`, `9.30`, `09:00` as a time of day; midnight at the end of a day is its last minute."""
    hours, _, minutes = str(text).replace(":", ".").partition(".")
    hour, minute = int(hours), int((minutes or "0").ljust(2, "0")[:2])
    return time(23, 59) if hour > time.max.hour else time(hour, minute)
