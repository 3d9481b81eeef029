"""Calendars and resources: `calendar.section.*`, `calendar.resource.*` (api-reference/calendar)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sandbox.calendar import entries
from sandbox.calendar.arguments import DENIED, employees_only, need, number, place, refused, text, unset
from sandbox.crm import moments
from sandbox.kernel.call import Call
from sandbox.kernel.registry import method

Row = dict[str, Any]
_TEXTS = (("name", "name"), ("description", "description"), ("color", "color"), ("text_color", "textColor"))
_STAMP = "%Y-%m-%d %H:%M:%S"


def _read(call: Call, *, creating: bool) -> Row:
    row: Row = {}
    for name, own in (
        ("name", "name"),
        ("description", "description"),
        ("color", "color"),
        ("text_color", "textColor"),
    ):
        if call.get(name) is not None:
            row[own] = text(call, name)
    if creating and not row.get("name"):
        raise refused('Invalid value for the parameter "name"')
    if call.get("export") is not None:
        given = call.mapping("export")
        row["export"] = {**given, "ALLOW": str(given.get("ALLOW")).lower() in ("1", "true", "y")}
    return row


def _own(call: Call, kind: str, owner: int) -> Row:
    given = call.get("id")
    if given in (None, ""):
        raise refused("Section ID is not set")
    section = entries.SECTIONS.get(call, given)
    if section is None or (section["type"], section["ownerId"]) != (kind, owner):
        raise refused(DENIED)
    if not entries.may_edit(call, kind, owner):
        raise refused(DENIED)
    return section


@method("calendar.section.add", "calendar", write=True)
def section_add(call: Call) -> int:
    """calendar-section-add.md"""
    kind, owner = place(call)
    row = _read(call, creating=True)
    if not entries.may_edit(call, kind, owner):
        raise refused(DENIED)
    number_ = int(entries.add_section(call, {**row, "type": kind, "ownerId": owner})["id"])
    entries.tell(call, "SECTIONADD", number_)
    return number_


@method("calendar.section.update", "calendar", write=True)
def section_update(call: Call) -> int:
    """calendar-section-update.md"""
    section = _own(call, *place(call))
    changes = {**_read(call, creating=False), "changedAt": int(call.portal.clock.timestamp())}
    entries.SECTIONS.change(call, section, changes)
    entries.tell(call, "SECTIONUPDATE", section["id"])
    return int(section["id"])


@method("calendar.section.delete", "calendar", write=True)
def section_delete(call: Call) -> bool:
    """Deletes a calendar with its events."""
    section = _own(call, *place(call))
    entries.ENTRIES.clear(call, section["id"])
    entries.SECTIONS.remove(call, section["id"])
    entries.tell(call, "SECTIONDELETE", section["id"])
    return True


@method("calendar.section.get", "calendar")
def section_get(call: Call) -> list[Row]:
    """calendar-section-get.md"""
    employees_only(call)
    kind, owner = place(call)
    return [_section(call, row) for row in entries.sections(call, kind, owner)]


def _section(call: Call, row: Row) -> Row:
    zone, edit = call.portal.clock.zone, entries.may_edit(call, row["type"], row["ownerId"])
    view = dict.fromkeys(("view_time", "view_title", "view_full"), True)
    return {
        "ID": str(row["id"]),
        "NAME": row["name"],
        "GAPI_CALENDAR_ID": None,
        "DESCRIPTION": row["description"],
        "COLOR": row["color"],
        "TEXT_COLOR": row["textColor"],
        "EXPORT": row["export"],
        "CAL_TYPE": row["type"],
        "OWNER_ID": str(row["ownerId"]),
        "CREATED_BY": str(row["createdBy"]),
        "DATE_CREATE": datetime.fromtimestamp(row["at"], zone).strftime(_STAMP),
        "TIMESTAMP_X": datetime.fromtimestamp(row["changedAt"], zone).strftime(_STAMP),
        "CAL_DAV_CON": None,
        "SYNC_TOKEN": None,
        "PAGE_TOKEN": None,
        "EXTERNAL_TYPE": "local",
        "ACCESS": {"G2": 13, f"U{row['createdBy']}": 19},
        "IS_COLLAB": False,
        "PERM": {**view, **dict.fromkeys(("add", "edit", "edit_section", "access"), edit)},
    }


# --- resources ------------------------------------------------------------------------------


def _resource(call: Call) -> Row:
    row = entries.SECTIONS.get(call, number(call, "resourceId"))
    if row is None or row["type"] != "resource":
        raise refused("An error occurred while accessing the resource")
    return row


def _manage(call: Call) -> None:
    if call.source in ("rest", "act") and not call.portal.is_admin(call.user):
        raise refused(DENIED)


@method("calendar.resource.add", "calendar", write=True)
def resource_add(call: Call) -> int:
    """Adds a resource, which is a calendar of a type of its own."""
    name = need(call, "name")
    _manage(call)
    return int(entries.add_section(call, {"name": str(name), "type": "resource", "ownerId": 0})["id"])


@method("calendar.resource.update", "calendar", write=True)
def resource_update(call: Call) -> int:
    """Renames a resource."""
    need(call, "resourceId")
    name = need(call, "name")
    _manage(call)
    row = _resource(call)
    entries.SECTIONS.change(call, row, {"name": str(name)})
    return int(row["id"])


@method("calendar.resource.delete", "calendar", write=True)
def resource_delete(call: Call) -> bool:
    """Deletes a resource with its bookings."""
    need(call, "resourceId")
    _manage(call)
    row = _resource(call)
    entries.ENTRIES.clear(call, row["id"])
    entries.SECTIONS.remove(call, row["id"])
    return True


@method("calendar.resource.list", "calendar")
def resource_list(call: Call) -> list[Row]:
    """All resources."""
    employees_only(call)
    rows = [row for row in entries.SECTIONS.all(call) if row["type"] == "resource"]
    return [{"ID": str(row["id"]), "NAME": row["name"], "CREATED_BY": str(row["createdBy"])} for row in rows]


@method("calendar.resource.booking.list", "calendar", partial="bookings made through fields of CRM cards are absent")
def booking_list(call: Call) -> list[Row]:
    """Bookings by the resources and a time, or by their own numbers."""
    employees_only(call)
    wanted = call.mapping("filter")
    sections = {str(one) for one in _list(wanted.get("resourceTypeIdList"))}
    numbers = {str(one) for one in _list(wanted.get("resourceIdList"))}
    if not sections and not numbers:
        raise unset(call, "filter['resourceTypeIdList']")
    zone, now = call.portal.clock.zone, call.portal.clock.timestamp()
    first = moments.seconds(wanted["from"], zone) if wanted.get("from") else now - 31 * entries.DAY_SECONDS
    last = moments.seconds(wanted["to"], zone) if wanted.get("to") else now + 92 * entries.DAY_SECONDS
    rows = [row for row in entries.ENTRIES.all(call) if row["type"] == "resource"]
    if numbers:
        rows = [row for row in rows if str(row["id"]) in numbers]
    else:
        rows = [row for row in rows if str(row["section"]) in sections]
        rows = [row for row in rows if any(entries.occurrences(call, row, first, last))]
    return [_booking(call, row) for row in rows]


def _list(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []


# What an event prints and a booking does not.
_UNPRINTED = (
    *("ORIGINAL_DATE_FROM", "PRIVATE_EVENT", "ACCESSIBILITY", "IMPORTANCE", "MEETING", "ATTENDEES_CODES", "LOCATION"),
    *("ATTENDEE_LIST", "attendeesEntityList", "REMIND", "COLOR", "RRULE", "EXDATE", "DAV_XML_ID", "G_EVENT_ID"),
    *("DAV_EXCH_LABEL", "CAL_DAV_LABEL", "RECURRENCE_ID", "RELATIONS", "SYNC_STATUS", "UF_CRM_CAL_EVENT"),
    *("UF_WEBDAV_CAL_EVENT", "SECTION_DAV_XML_ID", "COLLAB_ID"),
)


def _booking(call: Call, row: Row) -> Row:
    shown = {name: value for name, value in entries.printed(call, row).items() if name[0] != "~"}
    for name in _UNPRINTED:
        del shown[name]
    return {**shown, "EVENT_TYPE": "#resourcebooking#", "MEETING_STATUS": "Y", "RESOURCE_BOOKING_ID": str(row["id"])}
