"""Repetitions of an event: which days a rule means (iCalendar's RRULE, as far as the vendor's form goes)."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
# However endless a rule is, nobody looks further.
_HORIZON = timedelta(days=366 * 5)


@dataclass(frozen=True, slots=True)
class Rule:
    """`every` is DAILY, WEEKLY, MONTHLY or YEARLY; `days` are numbers of weekdays of a weekly rule."""

    every: str
    interval: int
    count: int | None
    until: date | None
    days: tuple[int, ...]

    def starts(self, first: date) -> Iterator[date]:
        """The days on which the event begins, the first of them included."""
        last = min(self.until or date.max, first + _HORIZON)
        for i, day in enumerate(self._days(first)):
            if day > last or (self.count is not None and i >= self.count):
                return
            yield day

    def _days(self, first: date) -> Iterator[date]:
        step = 0
        while True:
            if self.every == "WEEKLY" and self.days:
                monday = first - timedelta(days=first.weekday()) + timedelta(weeks=step * self.interval)
                yield from (day for n in self.days if (day := monday + timedelta(days=n)) >= first)
            else:
                yield self._shifted(first, step * self.interval)
            step += 1

    def _shifted(self, first: date, steps: int) -> date:
        if self.every == "DAILY":
            return first + timedelta(days=steps)
        if self.every == "WEEKLY":
            return first + timedelta(weeks=steps)
        months = first.month - 1 + (steps if self.every == "MONTHLY" else 12 * steps)
        year, month = first.year + months // 12, months % 12 + 1
        return date(year, month, min(first.day, calendar.monthrange(year, month)[1]))


def rule_of(given: dict[str, Any] | None, until: date | None) -> Rule | None:
    """The rule of an event's RRULE; None for an event that does not repeat."""
    if not given or given.get("FREQ") not in ("DAILY", "WEEKLY", "MONTHLY", "YEARLY"):
        return None
    days = given.get("BYDAY") or {}
    names = days if isinstance(days, list) else list(days) if isinstance(days, dict) else str(days).split(",")
    numbers = tuple(sorted(DAYS.index(name) for name in names if name in DAYS))
    count = int(given["COUNT"]) if given.get("COUNT") else None
    return Rule(given["FREQ"], max(1, int(given.get("INTERVAL") or 1)), count, until, numbers)
