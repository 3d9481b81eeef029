"""Bookings and the waiting list: `booking.v1.booking.*`, `booking.v1.waitlist.*` (api-reference/booking)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sandbox.booking import objects
from sandbox.booking.objects import BOOKINGS, CLIENT_TYPES, RESOURCES, WAITING, Row, refused
from sandbox.kernel.call import Call
from sandbox.kernel.documents import Documents
from sandbox.kernel.registry import method

_NO_BOOKING = (1021, "Booking not found")
_NO_WAITING = (1040, "Wait list not found")
_PERIOD = (422, "Invalid date period")
_EMPTY = (1018, "Empty resource collection")


# --- reading --------------------------------------------------------------------------------


def _end(given: Any) -> Row:
    if not isinstance(given, Mapping):
        raise refused(*_PERIOD)
    objects.require(given, ("timestamp", "timezone"))
    if not str(given["timestamp"]).isdigit():
        raise refused(*_PERIOD)
    return {"timestamp": int(given["timestamp"]), "timezone": str(given["timezone"])}


def _period(given: Any) -> Row:
    if not isinstance(given, Mapping):
        raise refused(*_PERIOD)
    objects.require(given, ("from", "to"))
    period = {name: _end(given[name]) for name in ("from", "to")}
    if period["from"]["timestamp"] >= period["to"]["timestamp"]:
        raise refused(*_PERIOD)
    return period


def _read(call: Call, given: Row, empty: tuple[int, str] = _EMPTY) -> Row:
    row: Row = {name: given[name] for name in ("name", "description") if name in given}
    if "resourceIds" in given:
        numbers = given["resourceIds"] if isinstance(given["resourceIds"], list) else []
        if not numbers or any(RESOURCES.get(call, number) is None for number in numbers):
            raise refused(*empty)
        row["resourceIds"] = [int(number) for number in numbers]
    if "datePeriod" in given:
        row["datePeriod"] = _period(given["datePeriod"])
    return row


def _printed(row: Row) -> Row:
    return {name: row[name] for name in ("datePeriod", "description", "id", "name", "resourceIds")}


# --- bookings -------------------------------------------------------------------------------


def _add(call: Call, row: Row, clients: list[Row], outer: list[Row]) -> int:
    blank = {"name": "", "description": None, "clients": clients, "externalData": outer}
    number = int(BOOKINGS.add(call, {**blank, **row})["id"])
    objects.tell(call, "ADD", number)
    return number


@method("booking.v1.booking.add", "booking", write=True)
def add(call: Call) -> dict[str, int]:
    """booking-v1-booking-add.md"""
    given = objects.fields_of(call)
    objects.require(given, ("datePeriod",))
    row = _read(call, {"resourceIds": [], **given})
    if _taken(call, row):
        raise refused(*_EMPTY)
    return {"id": _add(call, row, [], [])}


@method("booking.v1.booking.get", "booking")
def get(call: Call) -> dict[str, Row]:
    """booking-v1-booking-get.md"""
    return {"booking": _printed(objects.found(call, BOOKINGS, "id", *_NO_BOOKING))}


@method("booking.v1.booking.list", "booking")
def booking_list(call: Call) -> dict[str, list[Row]]:
    """Bookings that touch a period (`within`) or belong to clients (`client`)."""
    wanted, order = objects.filter_and_order(call)
    rows = BOOKINGS.all(call)
    if wanted.get("resourceIds") is not None:
        asked_for = _read(call, {"resourceIds": wanted["resourceIds"]})["resourceIds"]
        rows = [row for row in rows if set(asked_for) & set(row["resourceIds"])]
    if wanted.get("within"):
        first, last = _within(wanted["within"])
        rows = [row for row in rows if _moment(row, "from") < last and _moment(row, "to") > first]
    if wanted.get("client"):
        asked = [_client(one) for one in dict(wanted["client"]).get("entities") or []]
        if not asked:
            raise refused(0, "Required fields: entities")
        rows = [row for row in rows if any(one in row["clients"] for one in asked)]
    rows = [{**row, "dateFrom": _moment(row, "from"), "dateTo": _moment(row, "to")} for row in rows]
    return {"booking": [_printed(row) for row in objects.ordered(rows, order, ("id", "dateFrom", "dateTo"))]}


def _moment(row: Row, end: str) -> int:
    return int(row["datePeriod"][end]["timestamp"])


def _within(given: Any) -> tuple[int, int]:
    if not isinstance(given, Mapping):
        raise refused(*_PERIOD)
    objects.require(given, ("dateFrom", "dateTo"))
    ends = [str(given[name]) for name in ("dateFrom", "dateTo")]
    if not all(end.isdigit() for end in ends) or int(ends[0]) > int(ends[1]):
        raise refused(*_PERIOD)
    return int(ends[0]), int(ends[1])


@method("booking.v1.booking.update", "booking", write=True)
def update(call: Call) -> bool:
    """booking-v1-booking-update.md"""
    given = objects.fields_of(call)
    row = objects.found(call, BOOKINGS, "id", 1019, "Booking not found")
    BOOKINGS.change(call, row, _read(call, given))
    objects.tell(call, "UPDATE", row["id"])
    return True


@method("booking.v1.booking.delete", "booking", write=True)
def delete(call: Call) -> bool:
    """Deletes a booking; one that does not exist is no error on the page."""
    row = BOOKINGS.get(call, call.integer("id"))
    if row is not None:
        BOOKINGS.remove(call, row["id"])
        objects.tell(call, "DELETE", row["id"])
    return True


@method("booking.v1.booking.createfromwaitlist", "booking", write=True)
def create_from_waiting(call: Call) -> int:
    """Makes a booking of an entry of the waiting list, which leaves the list."""
    lost = (1038, "wait list item not found")
    entry = objects.found(call, WAITING, "waitListId", *lost)
    given = objects.fields_of(call)
    objects.require(given, ("datePeriod",))
    row = _read(call, {"resourceIds": [], **given}, lost)
    if _taken(call, row):
        raise refused(*lost)
    number = _add(call, row, entry["clients"], entry["externalData"])
    WAITING.remove(call, entry["id"])
    objects.tell(call, "WAITLISTITEMDELETE", entry["id"])
    return number


def _taken(call: Call, row: Row) -> bool:
    first, last = _moment(row, "from"), _moment(row, "to")
    meanwhile = [one for one in BOOKINGS.all(call) if _moment(one, "from") < last and _moment(one, "to") > first]
    return any(set(one["resourceIds"]) & set(row["resourceIds"]) for one in meanwhile)


# --- the waiting list -----------------------------------------------------------------------


def _wait(call: Call, note: Any, clients: list[Row], outer: list[Row]) -> int:
    row = {"note": note, "at": int(call.portal.clock.timestamp()), "clients": clients, "externalData": outer}
    number = int(WAITING.add(call, row)["id"])
    objects.tell(call, "WAITLISTITEMADD", number)
    return number


@method("booking.v1.waitlist.add", "booking", write=True)
def waiting_add(call: Call) -> dict[str, int]:
    """booking-v1-waitlist-add.md"""
    return {"id": _wait(call, objects.fields_of(call).get("note"), [], [])}


@method("booking.v1.waitlist.get", "booking")
def waiting_get(call: Call) -> dict[str, Row]:
    """booking-v1-waitlist-get.md"""
    row = objects.found(call, WAITING, "id", *_NO_WAITING)
    return {"waitList": {"id": row["id"], "note": row["note"]}}


@method("booking.v1.waitlist.list", "booking")
def waiting_list(call: Call) -> dict[str, list[Row]]:
    """The waiting list, or what was added to it between two days."""
    wanted, _ = objects.filter_and_order(call)
    rows = WAITING.all(call)
    if wanted.get("createdWithin") is not None:
        given = wanted["createdWithin"] if isinstance(wanted["createdWithin"], Mapping) else {}
        objects.require(given, ("from", "to"))
        first, last = (_day(call, given[name]) for name in ("from", "to"))
        rows = [row for row in rows if first <= row["at"] < last]
    return {"waitList": [{"id": row["id"], "note": row["note"]} for row in rows]}


def _day(call: Call, text: Any) -> float:
    try:
        day = datetime.strptime(str(text), "%d.%m.%Y").replace(tzinfo=call.portal.clock.zone)
    except ValueError:
        raise refused(422, "Invalid date") from None
    return day.timestamp()


@method("booking.v1.waitlist.update", "booking", write=True)
def waiting_update(call: Call) -> bool:
    """booking-v1-waitlist-update.md"""
    given = objects.fields_of(call)
    row = objects.found(call, WAITING, "id", *_NO_WAITING)
    WAITING.change(call, row, {"note": given.get("note", row["note"])})
    objects.tell(call, "WAITLISTITEMUPDATE", row["id"])
    return True


@method("booking.v1.waitlist.delete", "booking", write=True)
def waiting_delete(call: Call) -> bool:
    """booking-v1-waitlist-delete.md"""
    row = objects.found(call, WAITING, "id", 1036, "wait list item not found")
    WAITING.remove(call, row["id"])
    objects.tell(call, "WAITLISTITEMDELETE", row["id"])
    return True


@method("booking.v1.waitlist.createfrombooking", "booking", write=True)
def waiting_from_booking(call: Call) -> int:
    """Moves a booking to the waiting list."""
    row = objects.found(call, BOOKINGS, "bookingId", 1037, "booking not found")
    number = _wait(call, row["description"], row["clients"], row["externalData"])
    BOOKINGS.remove(call, row["id"])
    objects.tell(call, "DELETE", row["id"])
    return number


# --- clients and outer objects of both ------------------------------------------------------


def _client(given: Any) -> Row:
    """A client: of a request of `client.set` the type is an object, of a filter it lies flat."""
    one = dict(given) if isinstance(given, Mapping) else {}
    if "type" not in one and "code" in one:
        one = {"id": one.get("id"), "type": {"code": one["code"], "module": one.get("module")}}
    objects.require(one, ("id", "type"))
    kind = dict(one["type"]) if isinstance(one["type"], Mapping) else {}
    objects.require(kind, ("code", "module"))
    return {"id": int(one["id"]), "type": {"code": str(kind["code"]), "module": str(kind["module"])}}


def _outer(given: Any) -> Row:
    one = dict(given) if isinstance(given, Mapping) else {}
    objects.require(one, ("moduleId", "entityTypeId", "value"))
    return {name: str(one[name]) for name in ("entityTypeId", "moduleId", "value")}


def _serve(stem: str, kind: Documents, name: str, refusal: tuple[int, str], listed: str, what: str) -> None:
    """Registers set, list and unset of the clients and the outer objects of one kind of rows."""

    def change(call: Call, changes: Row) -> bool:
        row = objects.found(call, kind, name, *refusal)
        kind.change(call, row, changes)
        objects.tell(call, what, row["id"])
        return True

    @method(f"booking.v1.{stem}.client.set", "booking", write=True)
    def client_set(call: Call) -> bool:
        return change(call, {"clients": [_client(one) for one in objects.rows_of(call, "clients")]})

    @method(f"booking.v1.{stem}.client.list", "booking")
    def client_list(call: Call) -> dict[str, list[Row]]:
        return {listed: objects.found(call, kind, name, *refusal)["clients"]}

    @method(f"booking.v1.{stem}.client.unset", "booking", write=True)
    def client_unset(call: Call) -> bool:
        return change(call, {"clients": []})

    @method(f"booking.v1.{stem}.externalData.set", "booking", write=True)
    def outer_set(call: Call) -> bool:
        return change(call, {"externalData": [_outer(one) for one in objects.rows_of(call, "externalData")]})

    @method(f"booking.v1.{stem}.externalData.list", "booking")
    def outer_list(call: Call) -> dict[str, list[Row]]:
        return {"externalData": objects.found(call, kind, name, *refusal)["externalData"]}

    @method(f"booking.v1.{stem}.externalData.unset", "booking", write=True)
    def outer_unset(call: Call) -> bool:
        return change(call, {"externalData": []})


_serve("booking", BOOKINGS, "bookingId", _NO_BOOKING, "bookingClient", "UPDATE")
_serve("waitlist", WAITING, "waitListId", _NO_WAITING, "waitListClient", "WAITLISTITEMUPDATE")


@method("booking.v1.clienttype.list", "booking")
def client_types(call: Call) -> dict[str, list[dict[str, str]]]:
    """Who may be a client."""
    return {"clientType": CLIENT_TYPES}
