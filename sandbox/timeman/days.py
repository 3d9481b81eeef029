"""Working days: opened, paused, closed; how they are printed (api-reference/timeman/base)."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from sandbox.kernel.call import Call
from sandbox.kernel.documents import Documents
from sandbox.kernel.errors import RestError

Row = dict[str, Any]
DAYS = Documents("workday", "user")
OPENED, PAUSED, CLOSED, EXPIRED = "OPENED", "PAUSED", "CLOSED", "EXPIRED"


def user_of(call: Call) -> int:
    """The employee of USER_ID, the caller without it; unknown ones are refused with an empty code."""
    given = call.get("USER_ID")
    if given in (None, ""):
        return call.user
    if str(given).isdigit():
        row = call.portal.store.one("SELECT id FROM users WHERE id = ?", (int(given),))
        if row is not None and may_manage(call, int(given)):
            return int(given)
    raise RestError("", "User not found", 400)


def may_manage(call: Call, user: int) -> bool:
    """Whether the caller may see and change an employee's days: one's own, an administrator all,
    a head those of the department."""
    if user == call.user or call.source not in ("rest", "act") or call.portal.is_admin(call.user):
        return True
    return user in subordinates(call, call.user)


def subordinates(call: Call, head: int) -> set[int]:
    """The employees of the departments that the user heads."""
    store = call.portal.store
    headed = {row["id"] for row in store.rows("SELECT id FROM departments WHERE head = ?", (head,))}
    rows = store.rows("SELECT id, departments FROM users WHERE active = 1") if headed else []
    return {row["id"] for row in rows if headed & set(json.loads(row["departments"] or "[]"))}


def last(call: Call, user: int) -> Row | None:
    """The latest day of an employee."""
    rows = DAYS.of(call, user)
    return rows[-1] if rows else None


def status(call: Call, day: Row | None) -> str:
    """The state of a day; one that was opened before today and not closed has expired."""
    if day is None or (day["finish"] is not None and day["pausedAt"] is None):
        return CLOSED
    if _date(call, day["start"]) != call.portal.now().date():
        return EXPIRED
    return PAUSED if day["pausedAt"] is not None else OPENED


def _date(call: Call, seconds: int) -> Any:
    return datetime.fromtimestamp(seconds, call.portal.clock.zone).date()


def begin(call: Call, user: int, start: int, marks: Row) -> Row:
    """Opens a new day."""
    blank: Row = {"start": start, "finish": None, "leaks": 0, "pausedAt": None, "reports": [], "approved": True}
    return DAYS.add(call, {**blank, **marks}, user)


def resume(call: Call, day: Row, now: int) -> Row:
    """Goes on after a pause, or after the day was closed already; the gap is a leak."""
    since = day["pausedAt"] if day["pausedAt"] is not None else day["finish"]
    return DAYS.change(call, day, {"leaks": day["leaks"] + now - since, "pausedAt": None, "finish": None})


def pause(call: Call, day: Row, now: int) -> Row:
    """Stops the day for a while."""
    return DAYS.change(call, day, {"pausedAt": now})


def close(call: Call, day: Row, finish: int, marks: Row) -> Row:
    """Ends a day; a pause it was in is a leak."""
    leaks = day["leaks"] + (finish - day["pausedAt"] if day["pausedAt"] is not None else 0)
    return DAYS.change(call, day, {"finish": finish, "leaks": max(0, leaks), "pausedAt": None, **marks})


def worked(day: Row) -> int:
    """The seconds of work of a closed day, 0 of one that goes on."""
    return max(0, day["finish"] - day["start"] - day["leaks"]) if day["finish"] is not None else 0


def clock(seconds: int) -> str:
    """Seconds as `HH:MM:SS`."""
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def when(call: Call, seconds: int | None) -> str | None:
    """A moment as REST prints it."""
    return None if seconds is None else datetime.fromtimestamp(seconds, call.portal.clock.zone).isoformat()


def printed(call: Call, day: Row | None) -> Row:
    """A day as open, pause, close and status answer; without any day only that it is closed."""
    offset = call.portal.now().utcoffset() or timedelta()
    known = day or {"start": None, "finish": None, "leaks": 0}
    return {
        "STATUS": status(call, day),
        "TIME_START": when(call, known["start"]),
        "TIME_FINISH": when(call, known["finish"]),
        "DURATION": clock(worked(known)),
        "TIME_LEAKS": clock(known["leaks"]),
        "ACTIVE": bool(day) and not known.get("approved", True),
        "IP_OPEN": known.get("ipOpen", ""),
        "IP_CLOSE": known.get("ipClose", ""),
        "LAT_OPEN": known.get("latOpen", 0),
        "LON_OPEN": known.get("lonOpen", 0),
        "LAT_CLOSE": known.get("latClose", 0),
        "LON_CLOSE": known.get("lonClose", 0),
        "TZ_OFFSET": int(offset.total_seconds()),
    }
