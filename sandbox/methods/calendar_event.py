"""Events of calendars, invitations and who is busy: `calendar.event.*`, `calendar.meeting.status.*`,
`calendar.accessibility.get` (api-reference/calendar)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sandbox.calendar import entries
from sandbox.calendar.arguments import DENIED, employees_only, need, number, place, refused, text, unset
from sandbox.crm import moments
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method

Row = dict[str, Any]
_MODES = ("this", "next", "all", "")
_MONTH = 31 * entries.DAY_SECONDS


def _yes(value: Any) -> bool:
    return str(value).lower() in ("y", "1", "true")


# --- reading what a client sent -------------------------------------------------------------


def _texts(call: Call) -> Row:
    names = ("name", "description", "color", "accessibility", "importance", "location")
    row: Row = {name: text(call, name) for name in names if call.get(name) is not None}
    if call.get("text_color") is not None:
        row["textColor"] = text(call, "text_color")
    if call.get("private_event") is not None:
        row["private"] = _yes(call.get("private_event"))
    if call.get("remind") is not None:
        row["remind"] = [one for one in call.listing("remind") if isinstance(one, dict)]
    if call.get("crm_fields") is not None:
        if not isinstance(call.get("crm_fields"), list | dict):
            raise refused("The list of event links to CRM must be an array")
        row["crm"] = [str(one) for one in call.listing("crm_fields")]
    if call.get("rrule") is not None:
        row["rrule"] = {str(key).upper(): value for key, value in call.mapping("rrule").items()} or None
    return row


def _times(call: Call, before: Row) -> Row:
    """When the event is: `from` and `to` in the event's zones, or `from_ts` and `to_ts`."""
    row: Row = {}
    for name, own in (("timezone_from", "zoneFrom"), ("timezone_to", "zoneTo")):
        if call.get(name):
            row[own] = _zone(call.get(name))
    if call.get("skip_time") is not None:
        row["skipTime"] = _yes(call.get("skip_time"))
    known = {**before, **row}
    for name, zone in (("from", known["zoneFrom"]), ("to", known["zoneTo"])):
        if call.get(f"{name}_ts"):
            row[name] = int(call.get(f"{name}_ts"))
        elif call.get(name):
            try:
                row[name] = entries.moment(call, call.get(name), zone, day=known["skipTime"])
            except RestError:
                raise refused(f'Invalid value for the parameter "{name}"') from None
    return row


def _zone(name: Any) -> str:
    try:
        ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError):
        raise refused("Invalid time zone") from None
    return str(name)


def _guests(call: Call, before: Row) -> Row:
    row: Row = {}
    if call.get("is_meeting") is not None:
        row["isMeeting"] = _yes(call.get("is_meeting"))
    if call.get("host"):
        row["host"] = int(call.get("host"))
    if call.get("meeting") is not None:
        row["meeting"] = {str(k).upper(): v if k == "text" else bool(v) for k, v in call.mapping("meeting").items()}
    meeting, host = row.get("isMeeting", before["isMeeting"]), row.get("host", before["host"])
    if meeting and call.get("attendees") is not None:
        known = {str(one).lstrip("U") for one in call.listing("attendees")} | {str(host)}
        answers = {user: before["guests"].get(user, entries.ASKED) for user in sorted(known, key=int)}
        row["guests"] = {**answers, str(host): entries.HOST}
    elif meeting and not before["guests"]:
        row["guests"] = {str(host): entries.HOST}
    return row


def _section(call: Call, kind: str, owner: int) -> int:
    given = call.get("section")
    if given in (None, "", 0, "0"):
        return int(entries.sections(call, kind, owner)[0]["id"])
    found = entries.SECTIONS.get(call, given)
    if found is None or found["type"] != kind or (found["ownerId"] != owner and kind != "resource"):
        raise refused("You specified an invalid calendar section ID or the user does not have access to it")
    return int(found["id"])


# --- methods --------------------------------------------------------------------------------


@method("calendar.event.add", "calendar", write=True, cost=0.05)
def add(call: Call) -> int:
    """calendar-event-add.md"""
    kind, owner = place(call)
    need(call, "name")
    for name in ("from", "to"):
        if not call.get(name) and not call.get(f"{name}_ts"):
            raise unset(call, name)
    if not entries.may_edit(call, kind, owner):
        raise refused(DENIED)
    row = {**entries.blank(call), **_texts(call), "type": kind, "ownerId": owner}
    row |= _times(call, row)
    row |= _guests(call, row)
    number_ = int(entries.ENTRIES.add(call, row, _section(call, kind, owner))["id"])
    entries.tell(call, "ENTRYADD", number_)
    return number_


@method("calendar.event.update", "calendar", write=True, cost=0.05)
def update(call: Call) -> int | Row:
    """Changes an event, all its repetitions or (`recurrence_mode`) one, or this and those after it."""
    for name in ("id", "type"):
        need(call, name)
    kind, owner = place(call)
    mode = str(call.get("recurrence_mode") or "")
    if mode not in _MODES:
        raise refused("An invalid editing type for the recurring event is specified.")
    before = entries.ENTRIES.get(call, call.get("id"))
    if before is None:
        raise refused("An error occurred while changing the event.")
    if not entries.may_edit(call, before["type"], before["ownerId"]):
        raise refused(DENIED)
    changes = {**_texts(call), **_times(call, before), **_guests(call, before)}
    changes |= {"changedAt": int(call.portal.clock.timestamp()), "version": before["version"] + 1}
    if call.get("section") not in (None, ""):
        changes["section"] = _section(call, kind, owner)
    if mode in ("this", "next") and before["rrule"] and call.get("current_date_from"):
        return _split(call, before, changes, mode)
    entries.ENTRIES.change(call, before, changes)
    entries.tell(call, "ENTRYUPDATE", before["id"])
    return int(before["id"])


def _split(call: Call, before: Row, changes: Row, mode: str) -> Row:
    """One repetition becomes an event of its own, or the rest of them a new series."""
    zone = ZoneInfo(before["zoneFrom"])
    day = datetime.fromtimestamp(moments.seconds(call.get("current_date_from"), zone), zone)
    start = datetime.combine(day.date(), datetime.fromtimestamp(before["from"], zone).timetz())
    shown = day.strftime(entries.SITE_DAY)
    if mode == "this":
        entries.ENTRIES.change(call, before, {"excluded": [*before["excluded"], shown]})
    else:
        entries.ENTRIES.change(call, before, {"rrule": {**before["rrule"], "UNTIL": _day_before(start)}})
    own = {name: value for name, value in before.items() if name not in ("id", "section")}
    own |= {"from": int(start.timestamp()), "to": int(start.timestamp()) + before["to"] - before["from"]}
    own |= {"originalFrom": start.strftime(entries.SITE), "recurrenceOf": before["id"], "excluded": []}
    own["rrule"] = None if mode == "this" else before["rrule"]
    made = entries.ENTRIES.add(call, {**own, **{n: v for n, v in changes.items() if n != "section"}}, before["section"])
    entries.tell(call, "ENTRYADD", made["id"])
    return {
        "originalDate": start.strftime(entries.SITE),
        "originalDavXmlId": before["uid"],
        "instanceTz": before["zoneFrom"],
        "recEventId": made["id"],
        "id": before["id"],
    }


def _day_before(start: datetime) -> str:
    return datetime.fromtimestamp(start.timestamp() - entries.DAY_SECONDS, start.tzinfo).strftime(entries.SITE_DAY)


@method("calendar.event.delete", "calendar", write=True)
def delete(call: Call) -> bool:
    """calendar-event-delete.md"""
    if call.get("id") in (None, ""):
        raise refused("Event id not specified")
    row = entries.ENTRIES.get(call, call.get("id"))
    if row is None or not entries.may_edit(call, row["type"], row["ownerId"]):
        raise refused("An error occurred while deleting the event")
    entries.ENTRIES.remove(call, row["id"])
    entries.tell(call, "ENTRYDELETE", row["id"])
    return True


def _between(call: Call, rows: list[Row], first: float, last: float) -> Iterator[tuple[int, Row]]:
    """Repetitions between two moments with the moment they begin, in their order."""
    found = [(start, row) for row in rows for start in entries.occurrences(call, row, first, last)]
    return iter(sorted(found, key=lambda pair: (pair[0], pair[1]["id"])))


@method("calendar.event.get", "calendar", cost=0.03)
def get(call: Call) -> list[Row]:
    """The events of an owner from a month ago to three months ahead, or between `from` and `to`."""
    employees_only(call)
    kind, owner = place(call)
    zone, now = call.portal.clock.zone, call.portal.clock.timestamp()
    first = moments.seconds(call.get("from"), zone) if call.get("from") else now - _MONTH
    last = moments.seconds(call.get("to"), zone) if call.get("to") else now + 3 * _MONTH
    rows = entries.of_owner(call, kind, owner)
    sections = {str(one) for one in call.listing("section")}
    if sections:
        rows = [row for row in rows if str(row["section"]) in sections]
    return [entries.printed(call, row, start) for start, row in _between(call, rows, first, last)]


@method("calendar.event.get.nearest", "calendar", cost=0.03)
def nearest(call: Call) -> list[Row]:
    """The next events of the caller, or of a calendar."""
    employees_only(call)
    kind, owner = str(call.get("type") or "user"), int(call.get("ownerId") or call.user)
    now, days = call.portal.clock.timestamp(), int(call.get("days") or 60)
    rows = entries.of_owner(call, kind, owner)
    found = [entries.printed(call, row, start) for start, row in _between(call, rows, now, now + days * 86400)]
    return found[: int(call.get("maxEventsCount") or 0) or None]


@method("calendar.event.getbyid", "calendar")
def get_by_id(call: Call) -> Row | bool:
    """One event; false when there is none."""
    employees_only(call)
    row = entries.ENTRIES.get(call, number(call, "id"))
    return entries.printed(call, row) if row is not None and entries.seen_by(call, row) else False


@method("calendar.meeting.status.get", "calendar")
def status_get(call: Call) -> str | None:
    """The caller's answer to an invitation."""
    row = entries.ENTRIES.get(call, number(call, "eventId"))
    if row is None:
        raise refused("An error occurred while retrieving the status")
    status = entries.status_of(row, call.user)
    return entries.YES if status == entries.HOST else status


@method("calendar.meeting.status.set", "calendar", write=True)
def status_set(call: Call) -> bool:
    """Answers an invitation: Y, N or Q."""
    number_, status = number(call, "eventId"), str(need(call, "status"))
    if status not in (entries.YES, entries.NO, entries.ASKED):
        raise refused('Invalid value for the parameter "status"')
    row = entries.ENTRIES.get(call, number_)
    if row is not None and entries.status_of(row, call.user) not in (None, entries.HOST):
        entries.ENTRIES.change(call, row, {"guests": {**row["guests"], str(call.user): status}})
        entries.tell(call, "ENTRYUPDATE", row["id"])
    return True


@method("calendar.accessibility.get", "calendar", cost=0.03)
def accessibility(call: Call) -> dict[str, list[Row]]:
    """What the users have in their calendars between two days, both included."""
    employees_only(call)
    zone = call.portal.clock.zone
    first = moments.seconds(need(call, "from"), zone)
    last = moments.seconds(need(call, "to"), zone) + entries.DAY_SECONDS - 1
    need(call, "users")
    found: dict[str, list[Row]] = {}
    for user in call.listing("users"):
        rows = [row for row in entries.of_owner(call, "user", int(user)) if row["accessibility"] != "free"]
        found[str(user)] = [_busy(call, row, start) for start, row in _between(call, rows, first, last)]
    return found


def _busy(call: Call, row: Row, start: int) -> Row:
    shown = entries.printed(call, row, start)
    names = ("ID", "NAME", "DATE_FROM", "DATE_TO", "DATE_FROM_TS_UTC", "DATE_TO_TS_UTC", "~USER_OFFSET_FROM")
    rest = ("~USER_OFFSET_TO", "DT_SKIP_TIME", "TZ_FROM", "TZ_TO", "ACCESSIBILITY", "IMPORTANCE", "EVENT_TYPE")
    return {name: shown[name] for name in (*names, *rest)}
