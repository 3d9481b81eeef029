"""Online booking: resources, bookings, the waiting list."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness.sandbox import Sandbox
from tests.sandbox_tasks.conftest import Refusal

HOUR = 3600
START = 1775548800


def period(start: int = START, end: int = START + HOUR) -> dict[str, Any]:
    """The time of a booking."""
    zone = "Europe/Moscow"
    return {"from": {"timestamp": str(start), "timezone": zone}, "to": {"timestamp": str(end), "timezone": zone}}


@pytest.fixture
def resource(sandbox: Sandbox) -> int:
    return int(sandbox.rest("booking.v1.resource.add", {"fields": {"name": "Зал", "typeId": 1}})["id"])


@pytest.fixture
def booking(sandbox: Sandbox, resource: int) -> int:
    fields = {"name": "Стрижка", "resourceIds": [resource], "datePeriod": period()}
    return int(sandbox.rest("booking.v1.booking.add", {"fields": fields})["id"])


def test_resources(sandbox: Sandbox, resource: int, refusal: Refusal) -> None:
    row = sandbox.rest("booking.v1.resource.get", {"id": resource})["resource"]
    assert (row["name"], row["typeId"], row["isMain"], row["reminderNotificationDelay"]) == ("Зал", 1, "Y", -1)
    fields = {"isMain": "N", "infoDelay": 60}
    assert sandbox.rest("booking.v1.resource.update", {"id": resource, "fields": fields}) is True
    listed = sandbox.rest("booking.v1.resource.list", {"FILTER": {"searchQuery": "за"}, "ORDER": {"ID": "desc"}})
    assert [(row["isMain"], row["infoNotificationDelay"]) for row in listed["resource"]] == [("N", 60)]
    assert refusal("booking.v1.resource.list", {"ORDER": "ASC"}) == (400, "")
    assert sandbox.rest("booking.v1.resource.delete", {"id": resource}) is True
    assert refusal("booking.v1.resource.get", {"id": resource}) == (400, 1009)
    assert refusal("booking.v1.resource.delete", {"id": resource}) == (400, 1008)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, 100),
        ({"typeId": 1}, 0),
        ({"name": "x"}, 1006),
        ({"name": "x", "typeId": 99}, 1013),
        ({"name": "x", "typeId": 1, "isMain": "?"}, 422),
    ],
)
def test_refused_resources(refusal: Refusal, fields: dict[str, Any], code: int) -> None:
    assert refusal("booking.v1.resource.add", {"fields": fields}) == (400, code)


def test_types(sandbox: Sandbox, refusal: Refusal) -> None:
    number = sandbox.rest("booking.v1.resourceType.add", {"fields": {"name": "Авто", "code": "car"}})["id"]
    assert sandbox.rest("booking.v1.resourceType.get", {"id": number})["resourceType"]["code"] == "car"
    assert refusal("booking.v1.resourceType.add", {"fields": {"name": "x", "code": "car"}}) == (400, 1010)
    change = {"id": number, "fields": {"code": "equipment"}}
    assert refusal("booking.v1.resourceType.update", change) == (400, 1011)
    listed = sandbox.rest("booking.v1.resourceType.list", {"FILTER": {"code": "car"}})["resource"]
    assert [row["id"] for row in listed] == [number]
    assert sandbox.rest("booking.v1.resourceType.delete", {"id": number}) is True
    assert refusal("booking.v1.resourceType.get", {"id": number}) == (400, 1013)


def test_working_hours(sandbox: Sandbox, resource: int, refusal: Refusal) -> None:
    slot = {"from": 540, "to": 1080, "timezone": "Europe/Moscow", "weekDays": ["Mon"], "slotSize": 60}
    assert sandbox.rest("booking.v1.resource.slots.set", {"resourceId": resource, "slots": [slot]}) is True
    (row,) = sandbox.rest("booking.v1.resource.slots.list", {"resourceId": resource})["slots"]
    assert {**slot, "id": row["id"]} == row
    assert refusal("booking.v1.resource.slots.set", {"resourceId": resource, "slots": [{"from": 1}]}) == (400, 0)
    assert sandbox.rest("booking.v1.resource.slots.unset", {"resourceId": resource}) is True
    assert refusal("booking.v1.resource.slots.list", {"resourceId": 99}) == (400, 1009)


def test_bookings(sandbox: Sandbox, resource: int, booking: int, refusal: Refusal) -> None:
    row = sandbox.rest("booking.v1.booking.get", {"id": booking})["booking"]
    assert row["datePeriod"]["from"] == {"timestamp": START, "timezone": "Europe/Moscow"}
    assert (row["resourceIds"], row["description"]) == ([resource], None)
    within = {"within": {"dateFrom": str(START), "dateTo": str(START + 10)}}
    assert len(sandbox.rest("booking.v1.booking.list", {"FILTER": within})["booking"]) == 1
    within["within"]["dateFrom"] = str(START + HOUR)
    assert refusal("booking.v1.booking.list", {"FILTER": within}) == (400, 422)
    assert sandbox.rest("booking.v1.booking.update", {"id": booking, "fields": {"name": "Иначе"}}) is True
    assert refusal("booking.v1.booking.update", {"id": 99, "fields": {"name": "x"}}) == (400, 1019)
    assert sandbox.rest("booking.v1.booking.delete", {"id": booking}) is True
    assert refusal("booking.v1.booking.get", {"id": booking}) == (400, 1021)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"datePeriod": period()}, 1018),
        ({"datePeriod": period(), "resourceIds": [99]}, 1018),
        ({"name": "x"}, 0),
        ({"datePeriod": period(START, START), "resourceIds": [1]}, 422),
    ],
)
def test_refused_bookings(resource: int, refusal: Refusal, fields: dict[str, Any], code: int) -> None:
    assert refusal("booking.v1.booking.add", {"fields": fields}) == (400, code)


def test_a_resource_is_booked_once_at_a_time(sandbox: Sandbox, resource: int, booking: int, refusal: Refusal) -> None:
    taken = {"resourceIds": [resource], "datePeriod": period(START + HOUR // 2, START + 2 * HOUR)}
    assert refusal("booking.v1.booking.add", {"fields": taken}) == (400, 1018)
    later = taken | {"datePeriod": period(START + HOUR, START + 2 * HOUR)}
    assert sandbox.rest("booking.v1.booking.add", {"fields": later})["id"] > booking


def test_clients_and_outer_objects(sandbox: Sandbox, booking: int, refusal: Refusal) -> None:
    kind = sandbox.rest("booking.v1.clienttype.list")["clientType"][1]
    client = {"id": 7, "type": kind}
    assert sandbox.rest("booking.v1.booking.client.set", {"bookingId": booking, "clients": [client]}) is True
    assert sandbox.rest("booking.v1.booking.client.list", {"bookingId": booking}) == {"bookingClient": [client]}
    by_client = {"client": {"entities": [{"code": "CONTACT", "module": "crm", "id": 7}]}}
    assert len(sandbox.rest("booking.v1.booking.list", {"FILTER": by_client})["booking"]) == 1
    outer = {"moduleId": "crm", "entityTypeId": "DEAL", "value": "1"}
    assert sandbox.rest("booking.v1.booking.externalData.set", {"bookingId": booking, "externalData": [outer]}) is True
    assert sandbox.rest("booking.v1.booking.externalData.list", {"bookingId": booking}) == {"externalData": [outer]}
    assert sandbox.rest("booking.v1.booking.client.unset", {"bookingId": booking}) is True
    assert sandbox.rest("booking.v1.booking.client.list", {"bookingId": booking}) == {"bookingClient": []}
    assert refusal("booking.v1.booking.client.list", {"bookingId": 99}) == (400, 1021)
    assert refusal("booking.v1.booking.client.set", {"bookingId": booking, "clients": [{"id": 1}]}) == (400, 0)


def test_the_waiting_list(sandbox: Sandbox, resource: int, booking: int, refusal: Refusal) -> None:
    number = sandbox.rest("booking.v1.waitlist.createfrombooking", {"bookingId": booking})
    assert refusal("booking.v1.booking.get", {"id": booking}) == (400, 1021)
    other = sandbox.rest("booking.v1.waitlist.add", {"fields": {"note": "перезвонить"}})["id"]
    today = {"createdWithin": {"from": "06.04.2026", "to": "07.04.2026"}}
    listed = sandbox.rest("booking.v1.waitlist.list", {"filter": today})["waitList"]
    assert [row["id"] for row in listed] == [number, other]
    assert refusal("booking.v1.waitlist.list", {"filter": {"createdWithin": {"from": "x", "to": "y"}}}) == (400, 422)
    assert sandbox.rest("booking.v1.waitlist.update", {"id": other, "fields": {"note": "позже"}}) is True
    assert sandbox.rest("booking.v1.waitlist.get", {"id": other}) == {"waitList": {"id": other, "note": "позже"}}
    fields = {"resourceIds": [resource], "datePeriod": period()}
    made = sandbox.rest("booking.v1.booking.createfromwaitlist", {"waitListId": number, "fields": fields})
    assert sandbox.rest("booking.v1.booking.get", {"id": made})["booking"]["resourceIds"] == [resource]
    taken = {"waitListId": other, "fields": fields}
    assert refusal("booking.v1.booking.createfromwaitlist", taken) == (400, 1038)
    assert sandbox.rest("booking.v1.waitlist.delete", {"id": other}) is True
    assert refusal("booking.v1.waitlist.delete", {"id": other}) == (400, 1036)
