"""Events of calendars and of online booking."""

from __future__ import annotations

from tests.harness.receiver import Receiver
from tests.harness.sandbox import Sandbox

PERIOD = {
    "from": {"timestamp": "1775548800", "timezone": "Europe/Moscow"},
    "to": {"timestamp": "1775552400", "timezone": "Europe/Moscow"},
}


def bind(sandbox: Sandbox, receiver: Receiver, *codes: str) -> None:
    """An application that listens to the events."""
    sandbox.control("install", {"client_id": "local.e", "client_secret": "s", "handler_url": receiver.url()})
    token = sandbox.control("open", {"client_id": "local.e"})["fields"]["AUTH_ID"]
    for code in codes:
        sandbox.rest("event.bind", {"event": code, "handler": receiver.url("/events")}, token=token)


def told(receiver: Receiver, count: int, name: str) -> list[tuple[str, str]]:
    """Codes and numbers of what was received, by code."""
    return sorted((one.form["event"], one.form[f"data[{name}]"]) for one in receiver.wait(count))


def test_a_calendar(sandbox: Sandbox, receiver: Receiver) -> None:
    codes = [f"ONCALENDAR{what}{verb}" for what in ("ENTRY", "SECTION") for verb in ("ADD", "UPDATE", "DELETE")]
    bind(sandbox, receiver, *codes)
    owner = {"type": "user", "ownerId": 1}
    section = sandbox.rest("calendar.section.add", {**owner, "name": "Дела"})
    times = {"from": "2026-04-07T10:00:00", "to": "2026-04-07T11:00:00"}
    event = sandbox.rest("calendar.event.add", {**owner, **times, "name": "Звонок", "section": section})
    sandbox.rest("calendar.event.update", {**owner, "id": event, "name": "Встреча"})
    sandbox.rest("calendar.event.delete", {"id": event})
    sandbox.rest("calendar.section.update", {**owner, "id": section, "name": "Работа"})
    sandbox.rest("calendar.section.delete", {**owner, "id": section})
    numbers = {"ENTRY": str(event), "SECTION": str(section)}
    assert told(receiver, 6, "id") == sorted(
        (code, numbers["ENTRY" if "ENTRY" in code else "SECTION"]) for code in codes
    )


def test_online_booking(sandbox: Sandbox, receiver: Receiver) -> None:
    codes = ["ONBOOKINGADD", "ONBOOKINGUPDATE", "ONBOOKINGDELETE", "ONBOOKINGRESOURCEADD", "ONBOOKINGWAITLISTITEMADD"]
    bind(sandbox, receiver, *codes)
    resource = sandbox.rest("booking.v1.resource.add", {"fields": {"name": "Зал", "typeId": 1}})["id"]
    fields = {"resourceIds": [resource], "datePeriod": PERIOD}
    booking = sandbox.rest("booking.v1.booking.add", {"fields": fields})["id"]
    sandbox.rest("booking.v1.booking.update", {"id": booking, "fields": {"name": "Стрижка"}})
    waiting = sandbox.rest("booking.v1.waitlist.createfrombooking", {"bookingId": booking})
    numbers = {"ONBOOKINGRESOURCEADD": str(resource), "ONBOOKINGWAITLISTITEMADD": str(waiting)}
    assert told(receiver, 5, "ID") == sorted((code, numbers.get(code, str(booking))) for code in codes)
