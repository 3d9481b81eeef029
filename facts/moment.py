"""The moment a robot was given, or the present one."""

from __future__ import annotations

from datetime import datetime

from b24app.errors import Terminal
from rules.business_calendar import Calendar
from rules.decision import Text
from rules.moments import read_moment


def moment_given(text: str | None, now: datetime, calendar: Calendar) -> datetime:
    """The moment in words, the present second for none; Terminal when the words are no moment."""
    if not text or not text.strip():
        return now.replace(microsecond=0)
    try:
        return read_moment(text, calendar.time_zone)
    except (ValueError, OverflowError):
        shown = text[:40]
        raise Terminal(Text(f"«{shown}» не дата и не время", f"“{shown}” is no date and no time")) from None
