"""Working time: `timeman.*` (api-reference/timeman)."""

from __future__ import annotations

import ipaddress
import json
from datetime import datetime
from typing import Any

from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.messenger.dialogs import whole
from sandbox.social import workdays
from sandbox.social.workdays import Workday

_RANGES = [
    {"ip_range": "10.0.0.0-10.255.255.255", "name": "10.x.x.x"},
    {"ip_range": "172.16.0.0-172.31.255.255", "name": "172.x.x.x"},
    {"ip_range": "192.168.0.0-192.168.255.255", "name": "192.168.x.x"},
]


def _user(call: Call) -> int:
    """The employee of USER_ID, the caller without it; others are for administrators."""
    number = whole(call.get("USER_ID")) or call.user
    known = call.portal.store.value("SELECT 1 FROM users WHERE id = ? AND active = 1", (number,))
    if not known or (number != call.user and not call.portal.is_admin(call.user)):
        raise RestError("", "User not found")
    return number


def clock(seconds: int) -> str:
    """Seconds as `09:37:04`."""
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _printed(call: Call, day: Workday | None) -> dict[str, Any]:
    iso = call.portal.clock.iso_at
    offset = call.portal.now().utcoffset()
    return {
        "STATUS": workdays.status(call, day),
        "TIME_START": iso(day.start) if day else None,
        "TIME_FINISH": iso(day.finish) if day and day.finish else None,
        "DURATION": clock(workdays.duration(day) if day else 0),
        "TIME_LEAKS": clock(day.leaks if day else 0),
        "ACTIVE": bool(day and not day.changed),
        "IP_OPEN": "",
        "IP_CLOSE": "",
        "LAT_OPEN": day.latOpen if day else 0,
        "LON_OPEN": day.lonOpen if day else 0,
        "LAT_CLOSE": day.latClose if day else 0,
        "LON_CLOSE": day.lonClose if day else 0,
        "TZ_OFFSET": int(offset.total_seconds()) if offset else 0,
    }


def _time(call: Call, like: int, text: str) -> int | None:
    """TIME of a request; its date must be the one of `like`."""
    value = call.get("TIME")
    if value in (None, ""):
        return None
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise RestError("WRONG_DATETIME_FORMAT", "Wrong datetime format") from None
    stamp = int((moment if moment.tzinfo else moment.replace(tzinfo=call.portal.clock.zone)).timestamp())
    if not workdays.same_day(call, stamp, like):
        raise RestError("WRONG_DATETIME", text)
    return stamp


def _place(call: Call, when: str) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for name, column in (("LAT", f"lat{when}"), ("LON", f"lon{when}")):
        try:
            columns[column] = float(call.get(name) or 0)
        except (TypeError, ValueError):
            columns[column] = 0.0
    return columns


@method("timeman.open", "timeman", write=True)
def open_day(call: Call) -> dict[str, Any]:
    """Begins a day, or goes on with a paused or closed one of today."""
    user, now = _user(call), int(call.portal.clock.timestamp())
    day = workdays.last(call.portal.store, user)
    state = workdays.status(call, day)
    if day is not None and state == "PAUSED":
        if call.get("TIME") not in (None, ""):
            raise RestError("TIME", "Unable to set time, work day is paused")
        return _printed(call, workdays.go_on(call, day))
    given = _time(call, now, "Day open date should correspond to the current date")
    if day is not None and state == "OPENED":
        return _printed(call, day)
    if day is not None and state == "CLOSED" and workdays.same_day(call, day.start, now):
        return _printed(call, workdays.go_on(call, day))
    if day is not None and state == "EXPIRED":
        workdays.close(call, day, workdays.default_finish(call, day))
    report = {"changed": int(given is not None), "report": str(call.get("REPORT") or "")}
    return _printed(call, workdays.begin(call, user, given or now, **report, **_place(call, "Open")))


@method("timeman.pause", "timeman", write=True)
def pause(call: Call) -> dict[str, Any]:
    """Begins a break."""
    day = workdays.last(call.portal.store, _user(call))
    if day is not None and workdays.status(call, day) in ("OPENED", "CLOSED"):
        day = workdays.pause(call, day)
    return _printed(call, day)


@method("timeman.close", "timeman", write=True)
def close(call: Call) -> dict[str, Any]:
    """Ends the day."""
    day = workdays.last(call.portal.store, _user(call))
    if day is None or workdays.status(call, day) == "CLOSED":
        return _printed(call, day)
    given = _time(call, day.start, "Day close date should correspond to the day open date")
    expired = workdays.status(call, day) == "EXPIRED"
    usual = workdays.default_finish(call, day) if expired else int(call.portal.clock.timestamp())
    changed = {"changed": int(given is not None or bool(day.changed))}
    return _printed(call, workdays.close(call, day, given or usual, **changed, **_place(call, "Close")))


@method("timeman.status", "timeman")
def status(call: Call) -> dict[str, Any]:
    """What the day is in now."""
    day = workdays.last(call.portal.store, _user(call))
    shown = _printed(call, day)
    if day is not None and shown["STATUS"] == "EXPIRED":
        shown["TIME_FINISH_DEFAULT"] = call.portal.clock.iso_at(workdays.default_finish(call, day))
    return shown


@method("timeman.settings", "timeman")
def settings(call: Call) -> dict[str, Any]:
    """The settings of an employee's working time."""
    user = _user(call)
    return {
        "UF_TIMEMAN": True,
        "UF_TM_FREE": False,
        "UF_TM_MAX_START": "09:15:00",
        "UF_TM_MIN_FINISH": "17:45:00",
        "UF_TM_MIN_DURATION": "08:00:00",
        "UF_TM_ALLOWED_DELTA": "00:15:00",
        "ADMIN": call.portal.is_admin(user),
    }


def _rules() -> dict[str, Any]:
    """What counts as a violation of the schedule; -1 is "not watched"."""
    told = ("FIXED_START_END", "FIXED_PER_RECORD", "FIXED_EDIT_WORKTIME", "FIXED_PERIODIC")
    notified = {key: ["U1"] for key in told}
    unused = ("MAX_OFFSET_START", "MIN_OFFSET_END", "RELATIVE_START_FROM", "RELATIVE_START_TO")
    more = ("RELATIVE_END_FROM", "RELATIVE_END_TO", "MAX_SHIFT_START_DELAY")
    return {
        "ID": 1,
        "SCHEDULE_ID": 1,
        "ENTITY_CODE": "UA",
        "MAX_EXACT_START": workdays.BEGINS + 59,
        "MIN_EXACT_END": workdays.ENDS,
        **dict.fromkeys((*unused, *more), -1),
        "MIN_DAY_DURATION": 28800,
        "MAX_ALLOWED_TO_EDIT_WORK_TIME": 300,
        "MAX_WORK_TIME_LACK_FOR_PERIOD": 3600,
        "PERIOD_TIME_LACK_AGENT_ID": 0,
        "MISSED_SHIFT_START": 0,
        "USERS_TO_NOTIFY": {**notified, "SHIFT_DELAY": [], "SHIFT_MISSED_START": []},
    }


@method("timeman.schedule.get", "timeman")
def schedule(call: Call) -> dict[str, Any] | list[Any]:
    """The schedule of the portal has number 1; there are no others."""
    if whole(call.get("id")) != 1:
        return []
    shift = {"ID": 1, "NAME": "", "BREAK_DURATION": workdays.BREAK, "WORK_TIME_START": workdays.BEGINS}
    return {
        "ID": 1,
        "NAME": "Для всех сотрудников",
        "SCHEDULE_TYPE": "FIXED",
        "REPORT_PERIOD": "MONTH",
        "REPORT_PERIOD_OPTIONS": {"START_WEEK_DAY": 0},
        "CALENDAR_ID": 1,
        "ALLOWED_DEVICES": {"browser": True},
        "DELETED": "0",
        "IS_FOR_ALL_USERS": True,
        "WORKTIME_RESTRICTIONS": ["[]"],
        "CONTROLLED_ACTIONS": 3,
        "UPDATED_BY": 1,
        "DELETED_BY": 0,
        "DELETED_AT": "",
        "CREATED_BY": 0,
        "CREATED_AT": "2020-01-01T00:00:00+03:00",
        "SHIFTS": [{**shift, "WORK_TIME_END": workdays.ENDS, "WORK_DAYS": "12345", "SCHEDULE_ID": 1, "DELETED": False}],
        "CALENDAR": {"ID": 1, "NAME": "", "PARENT_CALENDAR_ID": 0, "SYSTEM_CODE": "", "EXCLUSIONS": []},
        "SCHEDULE_VIOLATION_RULES": _rules(),
    }


def _require_admin(call: Call) -> None:
    if not call.portal.is_admin(call.user):
        raise RestError("ACCESS_ERROR", "You don't have access to use this method")


@method("timeman.networkrange.get", "timeman")
def ranges_get(call: Call) -> list[dict[str, str]]:
    """The ranges of the office network."""
    _require_admin(call)
    found: list[dict[str, str]] = call.portal.store.setting("timeman.ranges", _RANGES)
    return found


def _bounds(text: str) -> tuple[int, int] | None:
    """A range `10.0.0.0-10.255.255.255` as two numbers, None for text that is none."""
    low, _, high = text.partition("-")
    try:
        first, last = ipaddress.ip_address(low.strip()), ipaddress.ip_address((high or low).strip())
    except ValueError:
        return None
    return (int(first), int(last)) if int(first) <= int(last) else None


@method("timeman.networkrange.set", "timeman", write=True)
def ranges_set(call: Call) -> dict[str, Any]:
    """Replaces the ranges; wrong ones are named and nothing is saved."""
    _require_admin(call)
    value = call.get("RANGES")
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = None
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise RestError("INVALID_FORMAT", "A wrong format for the RANGES field is passed")
    given = [{"ip_range": str(entry.get("ip_range")), "name": str(entry.get("name") or "")} for entry in value]
    bad = [entry for entry in given if _bounds(entry["ip_range"]) is None]
    if bad:
        return {"result": False, "error_ranges": bad}
    call.portal.store.set_setting("timeman.ranges", given)
    return {"result": True}


@method("timeman.networkrange.check", "timeman")
def ranges_check(call: Call) -> dict[str, str] | bool:
    """The range an address is in; false for one of none."""
    _require_admin(call)
    try:
        address = ipaddress.ip_address(str(call.get("IP") or "127.0.0.1"))
    except ValueError:
        raise RestError("INVALID_FORMAT", "A wrong format for the IP field is passed") from None
    for entry in ranges_get(call):
        bounds = _bounds(entry["ip_range"])
        if bounds is not None and bounds[0] <= int(address) <= bounds[1]:
            return {"ip": str(address), "range": entry["ip_range"], "name": entry["name"]}
    return False
