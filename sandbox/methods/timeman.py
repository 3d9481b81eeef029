"""Working days: `timeman.open`, `pause`, `close`, `status`, settings, the schedule, records in REST 3.0."""

from __future__ import annotations

from typing import Any

from sandbox.crm import moments
from sandbox.kernel import dto
from sandbox.kernel.call import Call
from sandbox.kernel.dto import Dto, describe, props_of
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.kernel.v3 import denied, invalid, method_v3, refusal
from sandbox.timeman import days
from sandbox.timeman.days import CLOSED, EXPIRED, OPENED, PAUSED, Row

_SETTINGS: Row = {
    "UF_TIMEMAN": True,
    "UF_TM_FREE": False,
    "UF_TM_MAX_START": "09:15:00",
    "UF_TM_MIN_FINISH": "17:45:00",
    "UF_TM_MIN_DURATION": "08:00:00",
    "UF_TM_ALLOWED_DELTA": "00:15:00",
}


def _settings(call: Call) -> Row:
    """The rules of working days; the portal's setting `timeman` overrides any of them."""
    return {**_SETTINGS, **(call.portal.store.setting("timeman") or {})}


def _place(call: Call, end: str) -> Row:
    marks = {"LAT": f"lat{end}", "LON": f"lon{end}"}
    return {own: float(call.get(name)) for name, own in marks.items() if call.get(name) not in (None, "")}


def _given(call: Call) -> int | None:
    """The moment of TIME, which must be explained unless the employee's time is free."""
    value = call.get("TIME")
    if value in (None, ""):
        return None
    try:
        at = moments.seconds(value, call.portal.clock.zone)
    except RestError:
        raise RestError("WRONG_DATETIME", "Wrong format of the TIME field", 400) from None
    if not call.get("REPORT") and not _settings(call)["UF_TM_FREE"]:
        raise RestError("", "A report is required to change the time", 400)
    return at


def _same_day(call: Call, first: int, second: int) -> bool:
    zone = call.portal.clock.zone
    return moments.iso(first, zone)[:10] == moments.iso(second, zone)[:10]


@method("timeman.open", "timeman", write=True)
def opened(call: Call) -> Row:
    """Begins a day, or goes on after a pause or the day's end."""
    user, now = days.user_of(call), int(call.portal.clock.timestamp())
    day = days.last(call, user)
    state = days.status(call, day)
    if call.get("TIME") not in (None, "") and state in (PAUSED, OPENED):
        raise RestError("TIME", "Unable to set time, work day is paused", 400)
    at = _given(call)
    if at is not None and not _same_day(call, at, now):
        raise RestError("WRONG_DATETIME", "Day open date should correspond to the current date", 400)
    if day is not None and state == EXPIRED:
        days.close(call, day, day["pausedAt"] or now, {})
    elif day is not None and (state == PAUSED or (at is None and _same_day(call, day["start"], now))):
        return days.printed(call, day if state == OPENED else days.resume(call, day, now))
    return days.printed(call, days.begin(call, user, at or now, _place(call, "Open")))


@method("timeman.pause", "timeman", write=True)
def paused(call: Call) -> Row:
    """Stops an open day for a while."""
    day = days.last(call, days.user_of(call))
    if day is not None and days.status(call, day) == OPENED:
        day = days.pause(call, day, int(call.portal.clock.timestamp()))
    return days.printed(call, day)


@method("timeman.close", "timeman", write=True)
def closed(call: Call) -> Row:
    """Ends a day."""
    day, at = days.last(call, days.user_of(call)), _given(call)
    if day is None or days.status(call, day) == CLOSED:
        return days.printed(call, day)
    finish = at or int(call.portal.clock.timestamp())
    if (at is not None or days.status(call, day) == EXPIRED) and not _same_day(call, day["start"], finish):
        raise RestError("WRONG_DATETIME", "Day close date should correspond to the day open date", 400)
    return days.printed(call, days.close(call, day, finish, _place(call, "Close")))


@method("timeman.status", "timeman")
def status(call: Call) -> Row:
    """The day of an employee as it is now; an expired one also has the end that it should have had."""
    day = days.last(call, days.user_of(call))
    shown = days.printed(call, day)
    if day is not None and shown["STATUS"] == EXPIRED:
        finish = f"{moments.iso(day['start'], call.portal.clock.zone)[:10]}T18:00:00"
        shown["TIME_FINISH_DEFAULT"] = moments.iso(
            moments.seconds(finish, call.portal.clock.zone), call.portal.clock.zone
        )
    return shown


@method("timeman.settings", "timeman")
def settings(call: Call) -> Row:
    """The rules of an employee's working days."""
    user = days.user_of(call)
    return {**_settings(call), "ADMIN": call.portal.is_admin(user)}


@method("timeman.schedule.get", "timeman")
def schedule(call: Call) -> Row | list[Any]:
    """The schedule of all employees, which is number 1; there are no others."""
    if str(call.get("id") or "") != "1":
        return []
    nobody = ("FIXED_START_END", "FIXED_PER_RECORD", "FIXED_EDIT_WORKTIME", "FIXED_PERIODIC")
    unset = ("MAX_OFFSET_START", "MIN_OFFSET_END", "RELATIVE_START_FROM", "RELATIVE_START_TO", "RELATIVE_END_FROM")
    rules = {"ID": 1, "SCHEDULE_ID": 1, "ENTITY_CODE": "UA", "MAX_EXACT_START": 33300, "MIN_EXACT_END": 63900}
    rules |= {**dict.fromkeys((*unset, "RELATIVE_END_TO", "MAX_SHIFT_START_DELAY"), -1), "MIN_DAY_DURATION": 28800}
    rules |= {"MAX_ALLOWED_TO_EDIT_WORK_TIME": 900, "MAX_WORK_TIME_LACK_FOR_PERIOD": -1}
    rules |= {"PERIOD_TIME_LACK_AGENT_ID": 0, "MISSED_SHIFT_START": 0}
    notified: Row = {name: ["U1"] for name in nobody} | {"SHIFT_DELAY": [], "SHIFT_MISSED_START": []}
    shift = {"ID": 1, "NAME": "", "BREAK_DURATION": 3600, "WORK_TIME_START": 32400, "WORK_TIME_END": 64800}
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
        "CREATED_AT": "2019-09-19T21:22:22+03:00",
        "SHIFTS": [{**shift, "WORK_DAYS": "12345", "SCHEDULE_ID": 1, "DELETED": False}],
        "CALENDAR": {"ID": 1, "NAME": "", "PARENT_CALENDAR_ID": 0, "SYSTEM_CODE": "", "EXCLUSIONS": []},
        "SCHEDULE_VIOLATION_RULES": {**rules, "USERS_TO_NOTIFY": notified},
    }


# --- REST 3.0 -------------------------------------------------------------------------------

RECORD = Dto(
    "RecordDto",
    props_of(
        """
        id int s
        userId int fs
        startTime DateTime fs
        endTime DateTime s
        duration int s
        breakLength int
        state object
        isApproved bool
        """
    ),
)
describe("timeman.record", "timeman", RECORD)


@method_v3("timeman.record.list", "timeman", "filter:any select:any order:any pagination:any")
def record_list(call: Call) -> dict[str, Any]:
    """The days of the one employee that the filter must name."""
    asked = [one.value for one in dto.filter_of(call, RECORD).conditions() if one.prop.name == "userId"]
    users = {user for value in asked for user in (value if isinstance(value, list) else [value])}
    if not users:
        raise invalid(("filter.userId", "Required field `filter.userId` is not specified"))
    if len(users) > 1:
        raise refusal("INVALIDFILTER", "Multiple different `userId` values were provided in one request")
    user = users.pop()
    if not days.may_manage(call, user):
        raise denied()
    return dto.page(call, RECORD, [_record(call, user, day) for day in days.DAYS.of(call, user)])


def _record(call: Call, user: int, day: Row) -> Row:
    return {
        "id": day["id"],
        "userId": user,
        "startTime": days.when(call, day["start"]),
        "endTime": days.when(call, day["finish"]),
        "duration": days.worked(day),
        "breakLength": day["leaks"],
        "state": days.status(call, day),
        "isApproved": day["approved"],
    }
