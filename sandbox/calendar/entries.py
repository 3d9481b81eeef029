"""Events of calendars: how they are kept, found and printed (api-reference/calendar/calendar-event)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.calendar.recurrence import DAYS, rule_of
from sandbox.crm import moments
from sandbox.kernel.call import Call
from sandbox.kernel.documents import Documents
from sandbox.kernel.registry import events

Row = dict[str, Any]
SECTIONS = Documents("calendar_section")
ENTRIES = Documents("calendar_event", "section")
SITE = "%d.%m.%Y %H:%M:%S"
SITE_DAY = "%d.%m.%Y"
HOST, YES, NO, ASKED = "H", "Y", "N", "Q"
DAY_SECONDS = 86400
# The end of a rule that has none.
_ENDLESS = date(2038, 1, 1)

events("calendar", "ONCALENDARENTRYADD", "ONCALENDARENTRYUPDATE", "ONCALENDARENTRYDELETE")
events("calendar", "ONCALENDARSECTIONADD", "ONCALENDARSECTIONUPDATE", "ONCALENDARSECTIONDELETE")


def tell(call: Call, what: str, number: int) -> None:
    """Sends an event of the calendar (`ENTRYADD`, `SECTIONDELETE`, ...)."""
    call.portal.emit(f"ONCALENDAR{what}", {"id": number}, call)


# --- sections -------------------------------------------------------------------------------


def add_section(call: Call, row: Row) -> Row:
    """Adds a calendar."""
    now = int(call.portal.clock.timestamp())
    blank = {"name": "", "description": "", "color": "#9cbeee", "textColor": "", "export": {"ALLOW": True}}
    return SECTIONS.add(call, {**blank, "createdBy": call.user, "at": now, "changedAt": now, **row})


def sections(call: Call, kind: str, owner: int) -> list[Row]:
    """The calendars of an owner; a user has one from the beginning."""
    found = [one for one in SECTIONS.all(call) if (one["type"], one["ownerId"]) == (kind, owner)]
    if not found and kind == "user":
        known = call.portal.store.one("SELECT name, last_name FROM users WHERE id = ?", (owner,))
        if known is not None:
            name = " ".join(part for part in (known["name"], known["last_name"]) if part)
            found = [add_section(call, {"type": kind, "ownerId": owner, "name": name})]
    return found


def may_edit(call: Call, kind: str, owner: int) -> bool:
    """Whether the caller may change the calendars of an owner."""
    free = call.source not in ("rest", "act") or call.portal.is_admin(call.user)
    return free or (kind == "user" and owner == call.user) or kind == "group"


# --- events ---------------------------------------------------------------------------------


def occurrences(call: Call, row: Row, first: float, last: float) -> Iterator[int]:
    """When the event begins (Unix seconds), as often as it touches the time between two moments."""
    length = row["to"] - row["from"] + (DAY_SECONDS if row["skipTime"] else 0)
    zone = ZoneInfo(row["zoneFrom"])
    begin = datetime.fromtimestamp(row["from"], zone)
    rule = rule_of(row["rrule"], _day(row["rrule"].get("UNTIL")) if row["rrule"] else None)
    excluded = set(row["excluded"])
    for day in rule.starts(begin.date()) if rule else (begin.date(),):
        start = int(datetime.combine(day, begin.time(), zone).timestamp())
        if start > last:
            return
        if start + length >= first and day.strftime(SITE_DAY) not in excluded:
            yield start


def _day(text: str | None) -> date | None:
    if not text:
        return None
    return datetime.strptime(text[:10], SITE_DAY if text[2:3] == "." else "%Y-%m-%d").replace(tzinfo=UTC).date()


def guests(row: Row) -> dict[str, str]:
    """Guests and their answers by user; the host is one of them."""
    found: dict[str, str] = row["guests"]
    return found


def status_of(row: Row, user: int) -> str | None:
    """What a user has answered to the invitation."""
    return guests(row).get(str(user)) if row["isMeeting"] else None


def seen_by(call: Call, row: Row) -> bool:
    """Whether the caller may see an event: private ones only their owners and guests."""
    return not row["private"] or may_edit(call, row["type"], row["ownerId"]) or str(call.user) in guests(row)


def of_owner(call: Call, kind: str, owner: int) -> list[Row]:
    """The events in an owner's calendars, and those that the user was invited to."""
    mine = [row for row in ENTRIES.all(call) if (row["type"], row["ownerId"]) == (kind, owner)]
    if kind == "user":
        invited = [row for row in ENTRIES.all(call) if row["isMeeting"] and str(owner) in guests(row)]
        mine += [row for row in invited if row not in mine and guests(row)[str(owner)] != NO]
    return [row for row in mine if seen_by(call, row)]


def _offset(moment: datetime) -> int:
    offset = moment.utcoffset()
    return int(offset.total_seconds()) if offset else 0


def printed(call: Call, row: Row, start: int | None = None) -> Row:
    """An event as it is read; `start` is the repetition that is meant."""
    zone_from, zone_to = ZoneInfo(row["zoneFrom"]), ZoneInfo(row["zoneTo"])
    begin_at = row["from"] if start is None else start
    begin = datetime.fromtimestamp(begin_at, zone_from)
    end = datetime.fromtimestamp(begin_at + row["to"] - row["from"], zone_to)
    site = call.portal.clock.zone
    shown: Row = {
        "ID": str(row["id"]),
        "PARENT_ID": str(row["id"]),
        "DELETED": "N",
        "CAL_TYPE": row["type"],
        "OWNER_ID": str(row["ownerId"]),
        "NAME": row["name"],
        "DATE_FROM": begin.strftime(SITE),
        "DATE_TO": end.strftime(SITE),
        "ORIGINAL_DATE_FROM": row["originalFrom"],
        "TZ_FROM": row["zoneFrom"],
        "TZ_TO": row["zoneTo"],
        "TZ_OFFSET_FROM": str(_offset(begin)),
        "TZ_OFFSET_TO": str(_offset(end)),
        "DATE_FROM_TS_UTC": str(int(begin.timestamp())),
        "DATE_TO_TS_UTC": str(int(end.timestamp())),
        "DT_SKIP_TIME": "Y" if row["skipTime"] else "N",
        "DT_LENGTH": row["to"] - row["from"] + (DAY_SECONDS if row["skipTime"] else 0),
        "EVENT_TYPE": row["eventType"],
        "CREATED_BY": str(row["createdBy"]),
        "DATE_CREATE": datetime.fromtimestamp(row["at"], site).strftime(SITE),
        "TIMESTAMP_X": datetime.fromtimestamp(row["changedAt"], site).strftime(SITE),
        "DESCRIPTION": row["description"],
        "PRIVATE_EVENT": "1" if row["private"] else "",
        "ACCESSIBILITY": row["accessibility"],
        "IMPORTANCE": row["importance"],
    }
    return {**shown, **_meeting(call, row), **_rest(row, begin, end)}


def _meeting(call: Call, row: Row) -> Row:
    answers = guests(row)
    host = str(row["host"])
    listed = [{"id": int(user), "entryId": str(row["id"]), "status": answer} for user, answer in answers.items()]
    meeting = {"HOST_NAME": _name(call, row["host"]), "NOTIFY": False, "REINVITE": False, "ALLOW_INVITE": False}
    meeting |= {"HIDE_GUESTS": False, **row["meeting"], "MEETING_CREATOR": row["host"], "LANGUAGE_ID": "ru"}
    own = answers.get(str(call.user), HOST if host == str(call.user) else None)
    return {
        "IS_MEETING": row["isMeeting"],
        "MEETING_STATUS": own if row["isMeeting"] else None,
        "MEETING_HOST": host if row["isMeeting"] else "0",
        "MEETING": {**meeting, "MAIL_FROM": ""},
        "ATTENDEES_CODES": [f"U{user}" for user in answers] if row["isMeeting"] else [],
        "ATTENDEE_LIST": listed if row["isMeeting"] else [],
        "attendeesEntityList": [{"entityId": "user", "id": int(user)} for user in answers],
    }


def _rest(row: Row, begin: datetime, end: datetime) -> Row:
    form = "%a %b %d %Y" if row["skipTime"] else "%a %b %d %Y %H:%M:%S"
    return {
        "LOCATION": row["location"],
        "REMIND": row["remind"],
        "COLOR": row["color"],
        "RRULE": _rule(row, begin.tzinfo) if row["rrule"] else "",
        "EXDATE": ";".join(row["excluded"]),
        "DAV_XML_ID": row["uid"],
        "G_EVENT_ID": "",
        "DAV_EXCH_LABEL": "",
        "CAL_DAV_LABEL": "",
        "VERSION": str(row["version"]),
        "RECURRENCE_ID": row["recurrenceOf"],
        "RELATIONS": None,
        "SECTION_ID": str(row["section"]),
        "SYNC_STATUS": None,
        "UF_CRM_CAL_EVENT": row["crm"] or False,
        "UF_WEBDAV_CAL_EVENT": False,
        "SECTION_DAV_XML_ID": None,
        "DATE_FROM_FORMATTED": begin.strftime(form),
        "DATE_TO_FORMATTED": end.strftime(form),
        "SECT_ID": str(row["section"]),
        "COLLAB_ID": None,
        "~RRULE_DESCRIPTION": "",
        "~DESCRIPTION": row["description"],
        "~USER_OFFSET_FROM": 0,
        "~USER_OFFSET_TO": 0,
    }


def _rule(row: Row, zone: Any) -> Row:
    """A rule with its days as a map and its end in three spellings."""
    given = row["rrule"]
    rule = rule_of(given, None)
    until = _day(given.get("UNTIL")) or _ENDLESS
    text = until.strftime(SITE_DAY)
    shown: Row = {"FREQ": given.get("FREQ"), "INTERVAL": rule.interval if rule else 1}
    if rule and rule.days:
        shown["BYDAY"] = {DAYS[number]: DAYS[number] for number in rule.days}
    if rule and rule.count:
        shown["COUNT"] = rule.count
    end = datetime(until.year, until.month, until.day, tzinfo=zone)
    return {**shown, "UNTIL": text, "~UNTIL": text, "UNTIL_TS": int(end.timestamp())}


def _name(call: Call, user: int) -> str:
    row = call.portal.store.one("SELECT name, last_name FROM users WHERE id = ?", (user,))
    return " ".join(part for part in (row["name"], row["last_name"]) if part) if row else ""


def blank(call: Call) -> Row:
    """An event before a client has said anything of it."""
    now, zone = int(call.portal.clock.timestamp()), str(call.portal.clock.zone)
    texts = dict.fromkeys(("description", "color", "textColor", "location"), "")
    return {
        **texts,
        "accessibility": "busy",
        "importance": "normal",
        "private": False,
        "skipTime": False,
        "zoneFrom": zone,
        "zoneTo": zone,
        "eventType": None,
        "originalFrom": None,
        "recurrenceOf": None,
        "rrule": None,
        "excluded": [],
        "remind": [],
        "crm": [],
        "isMeeting": False,
        "meeting": {},
        "guests": {},
        "host": call.user,
        "createdBy": call.user,
        "at": now,
        "changedAt": now,
        "version": 1,
        "uid": f"{uuid.uuid4().hex}@sandbox",
    }


def moment(call: Call, value: Any, zone: str, *, day: bool) -> int:
    """A moment of an event in its time zone, in Unix seconds; of a whole day its midnight."""
    seconds = moments.seconds(value, ZoneInfo(zone))
    if not day:
        return seconds
    begin = datetime.fromtimestamp(seconds, ZoneInfo(zone))
    return int((begin - timedelta(hours=begin.hour, minutes=begin.minute, seconds=begin.second)).timestamp())
