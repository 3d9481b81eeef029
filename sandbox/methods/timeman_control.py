"""Control of working time: networks, settings and reports (api-reference/timeman/networkrange, timecontrol)."""

from __future__ import annotations

import calendar
import ipaddress
import json
from datetime import datetime
from typing import Any

from sandbox.kernel.call import Call
from sandbox.kernel.documents import Documents
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.timeman import days
from sandbox.timeman.days import Row

REPORTS = Documents("work_report", "user")
_RANGES = (
    ("10.0.0.0-10.255.255.255", "10.x.x.x"),
    ("172.16.0.0-172.31.255.255", "172.x.x.x"),
    ("192.168.0.0-192.168.255.255", "192.168.x.x"),
)
_SETTINGS: Row = {
    "active": True,
    "minimum_idle_for_report": 15,
    "register_offline": True,
    "register_idle": True,
    "register_desktop": True,
    "report_request_type": "all",
    "report_request_users": [],
    "report_simple_type": "all",
    "report_simple_users": [],
    "report_full_type": "all",
    "report_full_users": [],
}
_MONTHS = (
    *("Январь", "Февраль", "Март", "Апрель", "Май", "Июнь"),
    *("Июль", "Август", "Сентябрь", "Октябрь", "Ноябрь", "Декабрь"),
)


def _admin(call: Call) -> None:
    if call.source in ("rest", "act") and not call.portal.is_admin(call.user):
        raise RestError("ACCESS_ERROR", "You don't have access to use this method", 400)


# --- networks -------------------------------------------------------------------------------


def _ranges(call: Call) -> list[Row]:
    kept = call.portal.store.setting("timeman.ranges")
    return list(kept) if kept is not None else [{"ip_range": part, "name": name} for part, name in _RANGES]


def _ends(text: str) -> tuple[int, int] | None:
    first, _, last = text.partition("-")
    try:
        return int(ipaddress.IPv4Address(first.strip())), int(ipaddress.IPv4Address((last or first).strip()))
    except ValueError:
        return None


@method("timeman.networkrange.get", "timeman")
def range_get(call: Call) -> list[Row]:
    """The office's networks."""
    _admin(call)
    return _ranges(call)


@method("timeman.networkrange.set", "timeman", write=True)
def range_set(call: Call) -> Row:
    """Replaces the office's networks, unless one of them is none."""
    _admin(call)
    given = call.get("RANGES")
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            given = None
    rows = list(given.values()) if isinstance(given, dict) else given
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise RestError("INVALID_FORMAT", "A wrong format for the RANGES field is passed", 400)
    wrong = [row for row in rows if _ends(str(row.get("ip_range") or "")) is None]
    if wrong:
        return {"result": False, "error_ranges": wrong}
    kept = [{"ip_range": str(row["ip_range"]), "name": str(row.get("name") or "")} for row in rows]
    call.portal.store.set_setting("timeman.ranges", kept)
    return {"result": True}


@method("timeman.networkrange.check", "timeman")
def range_check(call: Call) -> Row | bool:
    """In which network an address (the caller's without IP) lies."""
    _admin(call)
    address = str(call.get("IP") or "127.0.0.1")
    own = _ends(address)
    for row in _ranges(call):
        ends = _ends(row["ip_range"])
        if own and ends and ends[0] <= own[0] <= ends[1]:
            return {"ip": address, "range": row["ip_range"], "name": row["name"]}
    return False


# --- settings -------------------------------------------------------------------------------


def _settings(call: Call) -> Row:
    return {**_SETTINGS, **(call.portal.store.setting("timeman.control") or {})}


@method("timeman.timecontrol.settings.get", "timeman")
def settings_get(call: Call) -> Row:
    """timeman-timecontrol-settings-get.md"""
    _admin(call)
    return _settings(call)


@method("timeman.timecontrol.settings.set", "timeman", write=True)
def settings_set(call: Call) -> bool:
    """timeman-timecontrol-settings-set.md: what does not come stays."""
    _admin(call)
    changes = {name: _like(_SETTINGS[name], call.get(name)) for name in _SETTINGS if call.get(name) is not None}
    call.portal.store.set_setting("timeman.control", {**_settings(call), **changes})
    return True


def _like(first: Any, value: Any) -> Any:
    """A value in the type of the setting's first value."""
    if isinstance(first, bool):
        return str(value).lower() in ("1", "true", "y")
    if isinstance(first, list):
        return [int(one) for one in (value if isinstance(value, list) else [value])]
    return int(value) if isinstance(first, int) else str(value)


# --- reports --------------------------------------------------------------------------------


@method("timeman.timecontrol.reports.settings.get", "timeman")
def report_settings(call: Call) -> Row:
    """Whose reports the caller sees."""
    rows = call.portal.store.rows("SELECT id, name FROM departments WHERE head = ? ORDER BY id", (call.user,))
    admin = call.portal.is_admin(call.user)
    if admin:
        rows = call.portal.store.rows("SELECT id, name FROM departments ORDER BY id")
    known = _settings(call)
    return {
        "active": known["active"],
        "user_id": call.user,
        "user_admin": admin,
        "user_head": bool(rows),
        "departments": [{"id": str(row["id"]), "name": row["name"]} for row in rows],
        "minimum_idle_for_report": known["minimum_idle_for_report"],
        "report_view_type": "head" if rows else "full",
    }


def _user(call: Call, number: int) -> Row:
    row = call.portal.store.one("SELECT * FROM users WHERE id = ?", (number,))
    if row is None:
        raise RestError("USER_ACCESS_ERROR", "You don't have access to report for this user", 400)
    return {
        "id": number,
        "name": " ".join(part for part in (row["name"], row["last_name"]) if part),
        "first_name": row["name"] or "",
        "last_name": row["last_name"] or "",
        "work_position": row["work_position"] or "",
        "avatar": "",
        "personal_gender": "",
        "last_activity_date": row["last_login"] or call.portal.clock.iso(),
    }


@method("timeman.timecontrol.reports.users.get", "timeman")
def report_users(call: Call) -> list[Row]:
    """The employees whose reports the caller sees, of all departments or of one."""
    rows = call.portal.store.rows("SELECT id, departments FROM users WHERE active = 1 ORDER BY id")
    wanted = call.get("DEPARTMENT_ID")
    if wanted:
        rows = [row for row in rows if int(wanted) in json.loads(row["departments"] or "[]")]
    return [_user(call, row["id"]) for row in rows if days.may_manage(call, row["id"])]


@method("timeman.timecontrol.reports.get", "timeman", partial="absences are not registered, days are")
def reports(call: Call) -> Row:
    """The days of an employee in a month."""
    user, month, year = call.integer("USER_ID"), call.integer("MONTH"), call.integer("YEAR")
    if not days.may_manage(call, user):
        raise RestError("USER_ACCESS_ERROR", "You don't have access to report for this user", 400)
    shown = _user(call, user)
    zone, last = call.portal.clock.zone, calendar.monthrange(year, month)[1]
    first, final = datetime(year, month, 1, tzinfo=zone), datetime(year, month, last, 23, 59, 59, tzinfo=zone)
    rows = [day for day in days.DAYS.of(call, user) if first.timestamp() <= day["start"] <= final.timestamp()]
    planned = int(call.get("WORKDAY_HOURS") or 8) * 3600
    report = {"month_title": _MONTHS[month - 1], "date_start": first.isoformat(), "date_finish": final.isoformat()}
    person = {"id": user, "active": True, **shown}
    return {"report": {**report, "days": [_day(call, day, planned) for day in rows]}, "user": person}


def _day(call: Call, day: Row, planned: int) -> Row:
    start = datetime.fromtimestamp(day["start"], call.portal.clock.zone)
    worked = days.worked(day)
    return {
        "index": start.strftime("%Y%m%d"),
        "day_title": start.strftime("%d.%m.%Y"),
        "workday_date_start": start.isoformat(),
        "workday_date_finish": days.when(call, day["finish"]),
        "workday_complete": day["finish"] is not None,
        "workday_time_leaks_user": day["leaks"],
        "workday_time_leaks_real": 0,
        "workday_time_leaks_final": max(0, planned - worked),
        "workday_duration": worked,
        "workday_duration_final": worked,
        "workday_duration_config": planned,
        "reports": [_line(call, day, "TM_START", day["start"])]
        + ([_line(call, day, "TM_END", day["finish"])] if day["finish"] is not None else []),
    }


def _line(call: Call, day: Row, kind: str, at: int) -> Row:
    number = day["id"] * 2 - (kind == "TM_START")
    told = REPORTS.get(call, number) or {"type": "WORK", "text": ""}
    return {
        "id": str(number),
        "user_id": str(day["user"]),
        "type": kind,
        "date_start": days.when(call, at),
        "date_finish": days.when(call, at),
        "duration": 0,
        "active": False,
        "entry_id": str(day["id"]),
        "report_type": told["type"],
        "report_text": told["text"],
        "system_text": None,
        "source_start": "TM_EVENT",
        "source_finish": "TM_EVENT",
        "ip_start": "127.0.0.1",
        "ip_finish": "127.0.0.1",
        "ip_start_network": False,
        "ip_finish_network": False,
    }


@method("timeman.timecontrol.report.add", "timeman", write=True)
def report_add(call: Call) -> bool:
    """Explains a line of the reports."""
    number = call.get("REPORT_ID", call.get("ID"))
    user = int(call.get("USER_ID") or call.user)
    day = days.DAYS.get(call, (int(number) + 1) // 2) if str(number or "").isdigit() else None
    if day is None or day["user"] != user or (user != call.user and not call.portal.is_admin(call.user)):
        raise RestError("ACCESS_ERROR", "You don't have access for this report", 400)
    if not str(call.get("TEXT") or "").strip():
        raise RestError("TEXT_EMPTY", "Text can't be empty", 400)
    kind = "WORK" if str(call.get("TYPE") or "").upper() == "WORK" else "PRIVATE"
    told = {"text": str(call.get("TEXT")), "type": kind}
    before = REPORTS.get(call, number)
    if before is not None:
        REPORTS.change(call, before, told)
        return True
    call.forced_id = int(number)
    REPORTS.add(call, told, user)
    return True
