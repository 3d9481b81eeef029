"""The working calendar: `calendar.settings.get` (api-reference/calendar/calendar-settings-get.md)."""

from __future__ import annotations

from typing import Any

from sandbox.kernel.call import Call
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


@method("calendar.settings.get", "calendar")
def settings_get(call: Call) -> dict[str, Any]:
    """The calendar's settings; the portal's setting `calendar` overrides any of them."""
    return {**_DEFAULTS, **(call.portal.store.setting("calendar") or {})}
