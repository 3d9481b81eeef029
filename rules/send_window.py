"""When clients may be written to: the hours of `send_window` on workdays, by the portal's clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from rules.business_calendar import ONE_DAY, Calendar
from rules.limits import Limits


@dataclass(frozen=True, slots=True)
class SendWindow:
    """From the first hour up to the last one. Hours that end before they begin last till midnight."""

    calendar: Calendar
    begins: time
    ends: time

    @classmethod
    def of(cls, calendar: Calendar, limits: Limits) -> SendWindow:
        """The window of the setting `send_window` (`09:00-18:00`)."""
        begins, _, ends = limits.text("send_window").partition("-")
        return cls(calendar, time.fromisoformat(begins.strip()), time.fromisoformat(ends.strip()))

    def opening(self, day: date) -> datetime:
        """When it opens on this day, or on the first workday after it."""
        return self.calendar.moment(self.calendar.this_or_next_workday(day), self.begins)

    def closing(self, day: date) -> datetime:
        """When it closes on a day, if it opens at all."""
        if self.ends > self.begins:
            return self.calendar.moment(day, self.ends)
        return self.calendar.start_of_day(day + ONE_DAY)

    def is_open(self, moment: datetime) -> bool:
        """Whether a message may go at this moment."""
        day = self.calendar.local_day(moment)
        return self.calendar.is_workday(day) and self.opening(day) <= moment < self.closing(day)

    def from_moment(self, moment: datetime) -> datetime:
        """The first moment at or after this one at which a message may go."""
        return moment if self.is_open(moment) else self.next_opening(moment)

    def next_opening(self, moment: datetime) -> datetime:
        """When it opens next after this moment."""
        day = self.calendar.local_day(moment)
        today = self.opening(day)
        return today if today > moment else self.opening(day + ONE_DAY)
