"""From what day on a message to a client is late."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from rules.business_calendar import ONE_DAY, Calendar


def late_since(day: date, today: date, lost: Collection[date], calendar: Calendar) -> date:
    """The first workday since `day` on which the message could have gone. `lost` are the days on which it could
    not: another message had them, or it had to wait for its turn."""
    since = calendar.this_or_next_workday(day)
    while since < today and since in lost:
        since = calendar.this_or_next_workday(since + ONE_DAY)
    return since
