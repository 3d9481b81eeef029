"""Calendars: sections, events with repetitions and guests, resources, who is busy."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness.sandbox import Sandbox
from tests.sandbox_tasks.conftest import Refusal

ANNA, BORIS = 2, 3
MINE = {"type": "user", "ownerId": ANNA}


def add(sandbox: Sandbox, **fields: Any) -> int:
    """Adds an event of an hour on the seventh of April."""
    event = {**MINE, "name": "Встреча", "from": "2026-04-07T10:00:00", "to": "2026-04-07T11:00:00", **fields}
    return int(sandbox.rest("calendar.event.add", event, ANNA))


def days(sandbox: Sandbox, **asked: Any) -> list[str]:
    return [row["DATE_FROM"][:5] for row in sandbox.rest("calendar.event.get", {**MINE, **asked}, ANNA)]


def test_an_event(sandbox: Sandbox, refusal: Refusal) -> None:
    number = add(sandbox)
    row = sandbox.rest("calendar.event.getbyid", {"id": number})
    assert (row["ID"], row["NAME"], row["OWNER_ID"]) == (str(number), "Встреча", str(ANNA))
    assert (row["DATE_FROM"], row["DT_LENGTH"], row["TZ_FROM"]) == ("07.04.2026 10:00:00", 3600, "Europe/Moscow")
    assert sandbox.rest("calendar.event.update", {"id": number, **MINE, "name": "Иначе"}, ANNA) == number
    assert sandbox.rest("calendar.event.getbyid", {"id": number})["NAME"] == "Иначе"
    assert refusal("calendar.event.delete", {"id": number}, BORIS) == (400, "")
    assert sandbox.rest("calendar.event.delete", {"id": number}, ANNA) is True
    assert days(sandbox) == []


def test_a_whole_day(sandbox: Sandbox) -> None:
    number = add(sandbox, **{"from": "2026-04-07", "to": "2026-04-08", "skip_time": "Y"})
    row = sandbox.rest("calendar.event.getbyid", {"id": number})
    assert (row["DT_SKIP_TIME"], row["DT_LENGTH"]) == ("Y", 2 * 86400)


def test_repetitions(sandbox: Sandbox) -> None:
    number = add(sandbox, rrule={"FREQ": "WEEKLY", "BYDAY": ["TU", "TH"], "INTERVAL": 1, "COUNT": 4})
    assert days(sandbox) == ["07.04", "09.04", "14.04", "16.04"]
    rule = sandbox.rest("calendar.event.getbyid", {"id": number}, ANNA)["RRULE"]
    assert (rule["BYDAY"], rule["COUNT"], rule["UNTIL"]) == ({"TU": "TU", "TH": "TH"}, 4, "01.01.2038")
    change = {"id": number, **MINE, "name": "Раз", "recurrence_mode": "this", "current_date_from": "2026-04-09"}
    answer = sandbox.rest("calendar.event.update", change, ANNA)
    assert (answer["id"], answer["originalDate"]) == (number, "09.04.2026 10:00:00")
    rows = sandbox.rest("calendar.event.get", MINE, ANNA)
    assert [row["NAME"] for row in rows] == ["Встреча", "Раз", "Встреча", "Встреча"]


@pytest.mark.parametrize("lacking", ["type", "ownerId", "name", "from", "to"])
def test_required_parameters(refusal: Refusal, lacking: str) -> None:
    event = {**MINE, "name": "x", "from": "2026-04-07", "to": "2026-04-07"}
    del event[lacking]
    assert refusal("calendar.event.add", event, ANNA) == (400, "")


def test_other_refusals(sandbox: Sandbox, refusal: Refusal) -> None:
    event = {**MINE, "name": "x", "from": "2026-04-07", "to": "2026-04-07"}
    assert refusal("calendar.event.add", event, BORIS) == (400, "")
    assert refusal("calendar.event.add", {**event, "section": 999}, ANNA) == (400, "")
    assert refusal("calendar.event.add", {**event, "crm_fields": "CO_1"}, ANNA) == (400, "")
    number = add(sandbox)
    assert refusal("calendar.event.update", {"id": number, **MINE, "recurrence_mode": "x"}, ANNA) == (400, "")


def test_guests_answer(sandbox: Sandbox, refusal: Refusal) -> None:
    number = add(sandbox, is_meeting="Y", attendees=[ANNA, BORIS], host=ANNA)
    assert sandbox.rest("calendar.meeting.status.get", {"eventId": number}, BORIS) == "Q"
    assert sandbox.rest("calendar.meeting.status.set", {"eventId": number, "status": "Y"}, BORIS) is True
    assert sandbox.rest("calendar.meeting.status.get", {"eventId": number}, BORIS) == "Y"
    own = {"type": "user", "ownerId": BORIS}
    assert [row["ID"] for row in sandbox.rest("calendar.event.get", own, BORIS)] == [str(number)]
    assert refusal("calendar.meeting.status.set", {"eventId": number, "status": "H"}, BORIS) == (400, "")
    sandbox.rest("calendar.meeting.status.set", {"eventId": number, "status": "N"}, BORIS)
    assert sandbox.rest("calendar.event.get", own, BORIS) == []


def test_private_events_are_hidden(sandbox: Sandbox) -> None:
    number = add(sandbox, private_event="Y")
    assert sandbox.rest("calendar.event.getbyid", {"id": number}, BORIS) is False


def test_who_is_busy(sandbox: Sandbox) -> None:
    number = add(sandbox)
    add(sandbox, accessibility="free")
    asked = {"users": [ANNA, BORIS], "from": "2026-04-07", "to": "2026-04-07"}
    busy = sandbox.rest("calendar.accessibility.get", asked)
    assert ([row["ID"] for row in busy[str(ANNA)]], busy[str(BORIS)]) == ([str(number)], [])


def test_nearest(sandbox: Sandbox) -> None:
    add(sandbox, **{"from": "2026-04-05T10:00:00", "to": "2026-04-05T11:00:00"})
    ahead = add(sandbox)
    rows = sandbox.rest("calendar.event.get.nearest", {"days": 30, "maxEventsCount": 1}, ANNA)
    assert [row["ID"] for row in rows] == [str(ahead)]


def test_sections(sandbox: Sandbox, refusal: Refusal) -> None:
    number = sandbox.rest("calendar.section.add", {**MINE, "name": "Личный", "export": {"ALLOW": True}}, ANNA)
    add(sandbox, section=number)
    assert days(sandbox, section=[number]) == ["07.04"]
    row = next(row for row in sandbox.rest("calendar.section.get", MINE, ANNA) if row["ID"] == str(number))
    assert (row["CAL_TYPE"], row["EXPORT"], row["PERM"]["edit"]) == ("user", {"ALLOW": True}, True)
    assert sandbox.rest("calendar.section.update", {**MINE, "id": number, "name": "Иной"}, ANNA) == number
    assert refusal("calendar.section.delete", {**MINE, "id": number}, BORIS) == (400, "")
    assert refusal("calendar.section.delete", MINE, ANNA) == (400, "")
    assert sandbox.rest("calendar.section.delete", {**MINE, "id": number}, ANNA) is True
    assert days(sandbox) == []


def test_resources(sandbox: Sandbox, refusal: Refusal) -> None:
    number = sandbox.rest("calendar.resource.add", {"name": "Кабинет"})
    assert refusal("calendar.resource.add", {"name": "Зал"}, ANNA) == (400, "")
    booked = {"type": "resource", "section": number, "name": "Бронь", "from": "2026-04-07", "to": "2026-04-07"}
    booking = sandbox.rest("calendar.event.add", {**booked, "skip_time": "Y"})
    wanted = {"resourceTypeIdList": [number], "from": "2026-04-01", "to": "2026-04-30"}
    (row,) = sandbox.rest("calendar.resource.booking.list", {"filter": wanted})
    assert (row["RESOURCE_BOOKING_ID"], row["SECTION_ID"]) == (str(booking), str(number))
    assert refusal("calendar.resource.booking.list", {"filter": {}}) == (400, "")
    assert sandbox.rest("calendar.resource.update", {"resourceId": number, "name": "Зал"}) == number
    assert [row["NAME"] for row in sandbox.rest("calendar.resource.list")] == ["Зал"]
    assert sandbox.rest("calendar.resource.delete", {"resourceId": number}) is True


def test_own_settings(sandbox: Sandbox, refusal: Refusal) -> None:
    assert sandbox.rest("calendar.user.settings.set", {"settings": {"view": "week", "nothing": 1}}, ANNA) is True
    settings = sandbox.rest("calendar.user.settings.get", {}, ANNA)
    assert (settings["view"], settings["timezoneOffsetUTC"], "nothing" in settings) == ("week", 10800, False)
    assert sandbox.rest("calendar.user.settings.get", {}, BORIS)["view"] == "month"
    assert refusal("calendar.user.settings.set", {}) == (400, "")
