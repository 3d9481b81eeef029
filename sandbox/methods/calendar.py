"""Settings of the calendar and of its users: `calendar.settings.get`, `calendar.user.settings.*`."""

from __future__ import annotations

from typing import Any

from sandbox.calendar.entries import sections
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method

_DEFAULTS: dict[str, Any] = {
    "work_time_start": "9",
    "work_time_end": "18",
    "year_holidays": "1.01,2.01,3.01,4.01,5.01,6.01,7.01,8.01,23.02,8.03,1.05,9.05,12.06,4.11",
    "year_workdays": "",
    "week_holidays": ["SA", "SU"],
    "week_start": "MO",
    "user_name_template": "#NAME# #LAST_NAME#",
    "sync_by_push": False,
    "user_show_login": True,
    "path_to_user": "/company/personal/user/#user_id#/",
    "path_to_user_calendar": "/company/personal/user/#user_id#/calendar/",
    "path_to_group": "/workgroups/group/#group_id#/",
    "path_to_group_calendar": "/workgroups/group/#group_id#/calendar/",
    "path_to_vr": "",
    "path_to_rm": "",
    "rm_iblock_type": "",
    "rm_iblock_id": "",
    "dep_manager_sub": True,
    "denied_superpose_types": [],
    "pathes_for_sites": "",
    "forum_id": "8",
    "rm_for_sites": True,
    "path_to_type_company_calendar": "",
    "path_to_type_location": "",
    "path_to_type_open_event": "",
}
_OWN: dict[str, Any] = {
    "view": "month",
    "showDeclined": True,
    "denyBusyInvitation": False,
    "collapseOffHours": "N",
    "showWeekNumbers": "N",
    "showTasks": "Y",
    "syncTasks": "N",
    "showCompletedTasks": "N",
    "lastUsedSection": "false",
    "sendFromEmail": "",
    "syncPeriodPast": "3",
    "syncPeriodFuture": "12",
    "defaultReminders": {"fullDay": [{"type": "min", "count": 15}], "withTime": [{"type": "min", "count": 15}]},
}


@method("calendar.settings.get", "calendar")
def settings_get(call: Call) -> dict[str, Any]:
    """The calendar's settings; the portal's setting `calendar` overrides any of them."""
    return {**_DEFAULTS, **(call.portal.store.setting("calendar") or {})}


@method("calendar.user.settings.get", "calendar")
def user_settings_get(call: Call) -> dict[str, Any]:
    """The caller's own settings."""
    first = str(sections(call, "user", call.user)[0]["id"])
    zone, portal = call.portal.clock.zone, settings_get(call)
    offset = call.portal.now().utcoffset()
    found = {**_OWN, "meetSection": first, "crmSection": first, "defaultSections": {f"user{call.user}": first}}
    found |= call.portal.store.setting(f"calendar.user.{call.user}") or {}
    found |= {"timezoneName": str(zone), "timezoneOffsetUTC": int(offset.total_seconds()) if offset else 0}
    hours = {name: f"{portal[name]}.00" for name in ("work_time_start", "work_time_end")}
    return {**found, "timezoneDefaultName": "", **hours}


@method("calendar.user.settings.set", "calendar", write=True)
def user_settings_set(call: Call) -> bool:
    """Keeps the caller's settings; unknown names are ignored."""
    if call.get("settings") is None:
        text = 'The required parameter "settings" for the method "calendar.user.settings.set" is not set'
        raise RestError("", text, 400)
    known = {*_OWN, "meetSection", "crmSection", "defaultSections"}
    given = {name: value for name, value in call.mapping("settings").items() if name in known}
    name = f"calendar.user.{call.user}"
    call.portal.store.set_setting(name, {**(call.portal.store.setting(name) or {}), **given})
    return True
