"""Control of working time: `timeman.timecontrol.*` (api-reference/timeman/timecontrol)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sandbox.kernel.call import Call
from sandbox.kernel.documents import Documents
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.messenger import people
from sandbox.messenger.dialogs import truth, whole
from sandbox.messenger.people import Person
from sandbox.social import workdays
from sandbox.social.workdays import Workday

_REPORTS = Documents("timeman.report", "record")
_DEFAULTS: dict[str, Any] = {
    "active": False,
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


def _settings(call: Call) -> dict[str, Any]:
    return {**_DEFAULTS, **call.portal.store.setting("timeman.control", {})}


def _require_admin(call: Call) -> None:
    if not call.portal.is_admin(call.user):
        raise RestError("ACCESS_ERROR", "You don't have access to use this method")


@method("timeman.timecontrol.settings.get", "timeman")
def settings_get(call: Call) -> dict[str, Any]:
    """The settings of the control."""
    _require_admin(call)
    return _settings(call)


@method("timeman.timecontrol.settings.set", "timeman", write=True)
def settings_set(call: Call) -> bool:
    """Changes the settings that are sent."""
    _require_admin(call)
    changed: dict[str, Any] = {}
    for name, default in _DEFAULTS.items():
        value = call.get(name.upper())
        if value is None:
            continue
        if isinstance(default, bool):
            changed[name] = truth(value)
        elif isinstance(default, int):
            changed[name] = whole(value)
        elif isinstance(default, list):
            changed[name] = [whole(user) for user in call.listing(name.upper())]
        elif value in ("all", "user", "none"):
            changed[name] = value
    call.portal.store.set_setting("timeman.control", {**_settings(call), **changed})
    return True


def _led(call: Call) -> list[Any]:
    """The departments whose people the caller sees: all for administrators, one's own for a head."""
    rows = call.portal.store.rows("SELECT id, name, head FROM departments ORDER BY id")
    return [row for row in rows if call.portal.is_admin(call.user) or row["head"] == call.user]


@method("timeman.timecontrol.reports.settings.get", "timeman")
def reports_settings(call: Call) -> dict[str, Any]:
    """What the page of reports shows to the caller."""
    admin, led = call.portal.is_admin(call.user), _led(call)
    head = any(row["head"] == call.user for row in led)
    return {
        "active": _settings(call)["active"],
        "user_id": call.user,
        "user_admin": admin,
        "user_head": head,
        "departments": [{"id": str(row["id"]), "name": row["name"]} for row in led],
        "minimum_idle_for_report": _settings(call)["minimum_idle_for_report"],
        "report_view_type": "head" if admin or head else "simple",
    }


def _person(call: Call, person: Person) -> dict[str, Any]:
    shown = people.printed(call.portal, person)
    names = ("id", "name", "first_name", "last_name", "work_position", "avatar")
    last = {"personal_gender": shown["gender"], "last_activity_date": shown["last_activity_date"]}
    return {**{name: shown[name] for name in names}, **last}


@method("timeman.timecontrol.reports.users.get", "timeman")
def reports_users(call: Call) -> list[dict[str, Any]]:
    """The people whose reports the caller may see, of one department or of all."""
    led = {row["id"] for row in _led(call)}
    wanted = whole(call.get("DEPARTMENT_ID"))
    if wanted:
        led &= {wanted}
    rows = call.portal.store.rows("SELECT id FROM users WHERE active = 1 ORDER BY id")
    known = people.of(call.portal.store, [row["id"] for row in rows])
    own = {} if wanted and led else {call.user: known[call.user]}
    below = {number: person for number, person in known.items() if led & set(person.departments)}
    return [_person(call, person) for _, person in sorted({**own, **below}.items())]


def _has_reports(call: Call) -> bool:
    """Whether the settings give the caller the simple or the full report."""
    return call.portal.is_admin(call.user) or any(_has_report(call, name) for name in ("simple", "full"))


def _has_report(call: Call, name: str) -> bool:
    settings = _settings(call)
    kind = settings[f"report_{name}_type"]
    return kind == "all" or (kind == "user" and call.user in settings[f"report_{name}_users"])


def _may_see(call: Call, user: int) -> bool:
    person = people.find(call.portal.store, user)
    led = {row["id"] for row in _led(call)}
    return person is not None and (user == call.user or bool(led & set(person.departments)))


@method("timeman.timecontrol.reports.get", "timeman", partial="only opening and closing of days are registered")
def reports_get(call: Call) -> dict[str, Any]:
    """An employee's month: the days with what was registered in them."""
    if not _has_reports(call):
        raise RestError("ACCESS_ERROR", "You don't have access to this method")
    user, month, year = (whole(call.get(name)) for name in ("USER_ID", "MONTH", "YEAR"))
    person = people.find(call.portal.store, user)
    if person is None or not _may_see(call, user):
        raise RestError("USER_ACCESS_ERROR", "You don't have access to report for this user")
    if not 1 <= month <= len(_MONTHS) or not year:
        raise RestError("PARAMS_ERROR", "MONTH and YEAR are required")
    first, following = workdays.month(call, year, month)
    days = workdays.between(call.portal.store, user, first, following) if _settings(call)["active"] else []
    norm = (whole(call.get("WORKDAY_HOURS")) or 8) * 3600
    iso = call.portal.clock.iso_at
    shown = _person(call, person)
    return {
        "report": {
            "month_title": _MONTHS[month - 1],
            "date_start": iso(first),
            "date_finish": iso(following - 1),
            "days": [_day(call, day, norm) for day in days],
        },
        "user": {"id": shown.pop("id"), "active": person.active, **shown},
    }


def _day(call: Call, day: Workday, norm: int) -> dict[str, Any]:
    date = datetime.fromtimestamp(day.start, call.portal.clock.zone)
    worked, iso = workdays.duration(day), call.portal.clock.iso_at
    moments = [("TM_START", day.start, day.id * 2 - 1)]
    if day.finish is not None:
        moments.append(("TM_END", day.finish, day.id * 2))
    return {
        "index": date.strftime("%Y%m%d"),
        "day_title": date.strftime("%d.%m.%Y"),
        "workday_date_start": iso(day.start),
        "workday_date_finish": iso(day.finish) if day.finish else "",
        "workday_complete": day.finish is not None,
        "workday_time_leaks_user": day.leaks,
        "workday_time_leaks_final": max(0, norm - worked),
        "workday_duration": worked,
        "workday_duration_final": worked,
        "workday_duration_config": norm,
        "reports": [_report(call, day, kind, moment, number) for kind, moment, number in moments],
        "workday_time_leaks_real": day.leaks,
    }


def _report(call: Call, day: Workday, kind: str, moment: int, number: int) -> dict[str, Any]:
    told = _REPORTS.of(call, number)
    at = call.portal.clock.iso_at(moment)
    return {
        "id": str(number),
        "user_id": str(day.user),
        "type": kind,
        "date_start": at,
        "date_finish": at,
        "duration": 0,
        "active": False,
        "entry_id": str(day.id),
        "report_type": told[-1]["type"] if told else "NONE",
        "report_text": told[-1]["text"] if told else None,
        "system_text": None,
        "source_start": "TM_EVENT",
        "source_finish": "TM_EVENT",
        "ip_start": "",
        "ip_finish": "",
        "ip_start_network": False,
        "ip_finish_network": False,
    }


@method("timeman.timecontrol.report.add", "timeman", write=True)
def report_add(call: Call) -> bool:
    """Says what one did in a registered absence."""
    number = whole(call.get("REPORT_ID")) or whole(call.get("ID"))
    day = call.portal.store.one("SELECT user FROM workdays WHERE id = ?", ((number + 1) // 2,))
    user = whole(call.get("USER_ID")) or call.user
    if day is None or day["user"] != user or (user != call.user and not call.portal.is_admin(call.user)):
        raise RestError("ACCESS_ERROR", "You don't have access for this report")
    text = str(call.get("TEXT") or "").strip()
    if not text:
        raise RestError("TEXT_EMPTY", "Text can't be empty")
    kind = "WORK" if str(call.get("TYPE") or "").upper() == "WORK" else "PRIVATE"
    _REPORTS.add(call, {"text": text, "type": kind}, number)
    return True
