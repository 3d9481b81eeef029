"""Moments as business processes of the portal write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

_PRINTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:\s+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_ZONE = re.compile(r"\s*\[[^\]]*\]$")


def read_moment(text: str, zone: ZoneInfo) -> datetime:
    """`06.04.2026 11:00:00`, `2026-04-06T11:00:00+03:00` or a day, by the portal's clock where it names no
    other one; ValueError for anything else. The portal may put the employee's offset behind: `... [10800]`."""
    plain = _ZONE.sub("", text.strip())
    if match := _PRINTED.fullmatch(plain):
        day, month, year, hour, minute, second = (int(part or 0) for part in match.groups())
        return datetime(year, month, day, hour, minute, second, tzinfo=zone).astimezone(UTC)
    moment = datetime.fromisoformat(plain)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
