"""Dates and times of the CRM: read from what clients send, stored as numbers, printed as REST does.

A moment is stored as Unix seconds, a date as `YYYY-MM-DD`. REST prints a date field as midnight
UTC in the portal's zone, `2024-06-18T03:00:00+03:00` in Moscow (see the samples of crm.item.get).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_QUARTER = 900
# The minutes and seconds of an hour, printed.
_TICKS = [f"{minute:02}:{second:02}" for minute in range(60) for second in range(60)]
_RUSSIAN = re.compile(r"(\d{2})\.(\d{2})\.(\d{4})(?: (\d{2}):(\d{2})(?::(\d{2}))?)?")


def iso(seconds: int, zone: ZoneInfo) -> str:
    """A moment as REST prints it, in the portal's zone."""
    quarter = _quarter(seconds // _QUARTER, zone)
    if quarter is None:
        return datetime.fromtimestamp(int(seconds), zone).isoformat()
    hour, begun, offset = quarter
    return f"{hour}{_TICKS[begun + int(seconds % _QUARTER)]}{offset}"


@lru_cache(maxsize=16)
def printer(zone: ZoneInfo) -> Callable[[int | None], str | None]:
    """`iso` for one zone, null included; an object's moments are often the same one, those of a page too."""
    return lru_cache(maxsize=16384)(lambda seconds: None if seconds is None else iso(seconds, zone))


@lru_cache(maxsize=16)
def date_printer(zone: ZoneInfo) -> Callable[[str | None], str | None]:
    """The same for days."""
    return lru_cache(maxsize=16384)(lambda day: None if day is None else iso_date(day, zone))


@lru_cache(maxsize=65536)
def _quarter(number: int, zone: ZoneInfo) -> tuple[str, int, str] | None:
    """The quarter of an hour of a moment: its date and hour, the seconds of the hour that are over, the offset
    of the zone. None where clocks were not ahead by whole quarters, as before 1920."""
    moment = datetime.fromtimestamp(number * _QUARTER, zone)
    ahead = moment.utcoffset() or timedelta()
    if ahead.total_seconds() % _QUARTER:
        return None
    printed = moment.isoformat()
    return printed[:14], moment.minute * 60, printed[19:]


@lru_cache(maxsize=16384)
def iso_date(day: str, zone: ZoneInfo) -> str:
    """A date as REST prints it: midnight UTC in the portal's zone."""
    return datetime.fromisoformat(day).replace(tzinfo=UTC).astimezone(zone).isoformat()


def parse(value: object, zone: ZoneInfo) -> datetime:
    """Reads ISO 8601 (with or without offset) or `DD.MM.YYYY [HH:MM:SS]`; ValueError for anything else.

    A value without an offset is in the portal's zone.
    """
    text = str(value).strip()
    russian = _RUSSIAN.fullmatch(text)
    if russian:
        day, month, year, *clock = (int(part or 0) for part in russian.groups())
        moment = datetime(year, month, day, clock[0], clock[1], clock[2], tzinfo=zone)
    else:
        moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


@lru_cache(maxsize=4096)
def _seconds(text: str, zone: ZoneInfo) -> int:
    return int(parse(text, zone).timestamp())


def seconds(value: object, zone: ZoneInfo) -> int:
    """What a client sent for a datetime, as Unix seconds; ValueError when it is none."""
    return _seconds(str(value), zone)


@lru_cache(maxsize=4096)
def _day(text: str, zone: ZoneInfo) -> str:
    return parse(text, zone).astimezone(zone).date().isoformat()


def day(value: object, zone: ZoneInfo) -> str:
    """What a client sent for a date, as `YYYY-MM-DD` in the portal's zone; ValueError when it is none."""
    return _day(str(value), zone)
