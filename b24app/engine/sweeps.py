"""Sweeps: a look at every subject of some handlers, window by window, at a time of the portal's day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from b24app.declare import Sweep

CURSOR = "sweep."
WINDOW = 20_000
"""subjects of one stretch at most: enough that pages are full"""
NARROWEST = 200
ROWS = 70_000
"""rows of one stretch, with everything linked to it, that may be held at once (about 5 kB each)"""
SAMPLE = 50
NOISE = 50
"""objects that may come or go while a sweep counts"""


@dataclass
class SweepReport:
    """What a sweep came to. In a dry run `commands` is what would be sent and `sample` shows some of it."""

    name: str
    dry_run: bool
    subjects: int = 0
    decisions: int = 0
    commands: int = 0
    errors: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    sample: list[dict[str, Any]] = field(default_factory=list)


def is_due(sweep: Sweep, cursor: Mapping[str, Any] | None, since: datetime, now: datetime, time_zone: str) -> bool:
    """Whether a sweep has to run: it was begun and not finished, or its moment has passed since the
    last time. One that never ran counts from `since`."""
    if cursor is not None and cursor.get("run"):
        return True
    last = since if cursor is None else datetime.fromisoformat(cursor["last"])
    if sweep.every_minutes is not None:
        return now >= last + timedelta(minutes=sweep.every_minutes)
    return last_moment(time.fromisoformat(sweep.at or "00:00"), now, time_zone) > last


def contained(due: Sequence[Sweep]) -> dict[str, str]:
    """Which of the sweeps that are due are part of another one, and of which: after downtime the night's look at
    everything need not be followed by the morning's look at some of it."""
    wholes = [sweep for sweep in due if sweep.only is None]
    found: dict[str, str] = {}
    for sweep in due:
        whole = next((one for one in wholes if set(one.handlers) > set(sweep.handlers)), None)
        if whole is not None:
            found[sweep.name] = whole.name
    return found


def last_moment(at: time, now: datetime, time_zone: str) -> datetime:
    """The last time the portal's wall clock showed `at`."""
    zone = ZoneInfo(time_zone)
    today = now.astimezone(zone).date()
    moment = datetime.combine(today, at, zone)
    return moment if moment <= now else datetime.combine(today - timedelta(days=1), at, zone)
