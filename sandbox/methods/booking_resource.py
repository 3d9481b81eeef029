"""Resources of bookings, their types and working hours: `booking.v1.resource.*`, `booking.v1.resourceType.*`."""

from __future__ import annotations

from typing import Any

from sandbox.booking import objects
from sandbox.booking.objects import RESOURCES, SLOTS, TYPES, UNSAID, Row, refused
from sandbox.kernel.call import Call
from sandbox.kernel.registry import method

_FIRST = (("equipment", "Оборудование"), ("specialist", "Специалист"), ("room", "Помещение"))
# What a resource prints and its type does not.
_OWN = ("isInfoNotificationOn", "templateTypeInfo")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


# --- types ----------------------------------------------------------------------------------


def _types(call: Call) -> list[Row]:
    """The types of resources; a new portal has a few."""
    if not call.portal.store.setting("booking.types"):
        call.portal.store.set_setting("booking.types", True)
        for code, name in _FIRST:
            TYPES.add(call, {**UNSAID, "code": code, "name": name, "moduleId": "booking"})
    return TYPES.all(call)


def _type(row: Row) -> Row:
    shown = {name: row[name] for name in UNSAID if name not in _OWN}
    return {"code": row["code"], "id": row["id"], "name": row["name"], **shown}


def _code_is_free(call: Call, code: Any, number: int, refusal: int) -> None:
    if any(row["code"] == code and row["id"] != number for row in _types(call)):
        raise refused(refusal, f"Resource type with code {code} already exists")


@method("booking.v1.resourceType.add", "booking", write=True)
def type_add(call: Call) -> dict[str, int]:
    """booking-v1-resourcetype-add.md"""
    given = objects.fields_of(call)
    objects.require(given, ("name", "code"))
    _code_is_free(call, given["code"], 0, 1010)
    row = {**UNSAID, **objects.notifications(given), "moduleId": "booking"}
    made = TYPES.add(call, {**row, "name": str(given["name"]), "code": str(given["code"])})
    objects.tell(call, "RESOURCETYPEADD", made["id"])
    return {"id": made["id"]}


@method("booking.v1.resourceType.get", "booking")
def type_get(call: Call) -> dict[str, Row]:
    """booking-v1-resourcetype-get.md"""
    _types(call)
    return {"resourceType": _type(objects.found(call, TYPES, "id", 1013, "Resource type not found"))}


@method("booking.v1.resourceType.list", "booking")
def type_list(call: Call) -> dict[str, list[Row]]:
    """booking-v1-resourcetype-list.md: the list is called `resource` there, too."""
    wanted, order = objects.filter_and_order(call)
    rows = objects.ordered(objects.matching(_types(call), wanted, "name"), order, ("id", "name", "code"))
    return {"resource": [_type(row) for row in rows]}


@method("booking.v1.resourceType.update", "booking", write=True)
def type_update(call: Call) -> bool:
    """booking-v1-resourcetype-update.md"""
    _types(call)
    given, number = objects.fields_of(call), call.integer("id")
    row = TYPES.get(call, number)
    if row is None:
        raise refused(1007, "Resource type not found")
    if "code" in given:
        _code_is_free(call, given["code"], number, 1011)
    changes = objects.notifications(given) | {name: str(given[name]) for name in ("name", "code") if name in given}
    TYPES.change(call, row, changes)
    objects.tell(call, "RESOURCETYPEUPDATE", number)
    return True


@method("booking.v1.resourceType.delete", "booking", write=True)
def type_delete(call: Call) -> bool:
    """booking-v1-resourcetype-delete.md"""
    _types(call)
    row = objects.found(call, TYPES, "id", 1012, "Resource type has not been found")
    TYPES.remove(call, row["id"])
    objects.tell(call, "RESOURCETYPEDELETE", row["id"])
    return True


# --- resources ------------------------------------------------------------------------------


def _resource(row: Row) -> Row:
    own = {name: row[name] for name in ("description", "id", "isMain", "name", "typeId")}
    return {**own, **{name: row[name] for name in UNSAID}}


def _read(call: Call, given: Row) -> Row:
    row = {**objects.notifications(given), **objects.flag(given, "isMain")}
    row |= {name: given[name] for name in ("name", "description") if name in given}
    if given.get("typeId") is not None:
        _types(call)
        if TYPES.get(call, given["typeId"]) is None:
            raise refused(1013, f"Resource type with id {given['typeId']} does not exist")
        row["typeId"] = int(given["typeId"])
    return row


@method("booking.v1.resource.add", "booking", write=True)
def resource_add(call: Call) -> dict[str, int]:
    """booking-v1-resource-add.md"""
    given = objects.fields_of(call)
    objects.require(given, ("name",))
    if not given.get("typeId"):
        raise refused(1006, "ResourceType not found")
    row = {**UNSAID, "description": None, "isMain": "Y", **_read(call, given)}
    made = RESOURCES.add(call, row)
    objects.tell(call, "RESOURCEADD", made["id"])
    return {"id": made["id"]}


@method("booking.v1.resource.get", "booking")
def resource_get(call: Call) -> dict[str, Row]:
    """booking-v1-resource-get.md"""
    return {"resource": _resource(objects.found(call, RESOURCES, "id", 1009, "Resource not found"))}


@method("booking.v1.resource.list", "booking")
def resource_list(call: Call) -> dict[str, list[Row]]:
    """booking-v1-resource-list.md"""
    wanted, order = objects.filter_and_order(call)
    rows = objects.ordered(objects.matching(RESOURCES.all(call), wanted, "name"), order, ("id", "name"))
    return {"resource": [_resource(row) for row in rows]}


@method("booking.v1.resource.update", "booking", write=True)
def resource_update(call: Call) -> bool:
    """booking-v1-resource-update.md"""
    given = objects.fields_of(call)
    row = objects.found(call, RESOURCES, "id", 1007, "Resource not found")
    RESOURCES.change(call, row, _read(call, given))
    objects.tell(call, "RESOURCEUPDATE", row["id"])
    return True


@method("booking.v1.resource.delete", "booking", write=True)
def resource_delete(call: Call) -> bool:
    """booking-v1-resource-delete.md"""
    row = objects.found(call, RESOURCES, "id", 1008, "Resource has not been found")
    SLOTS.clear(call, row["id"])
    RESOURCES.remove(call, row["id"])
    objects.tell(call, "RESOURCEDELETE", row["id"])
    return True


# --- working hours --------------------------------------------------------------------------


def _slot(given: Any) -> Row:
    slot = dict(given) if isinstance(given, dict) else {}
    objects.require(slot, ("from", "to", "timezone", "weekDays", "slotSize"))
    days = slot["weekDays"] if isinstance(slot["weekDays"], list) else [slot["weekDays"]]
    if not set(days) <= set(_DAYS):
        raise refused(422, "Invalid value of the field weekDays")
    numbers = {name: int(slot[name]) for name in ("from", "to", "slotSize")}
    return {**numbers, "timezone": str(slot["timezone"]), "weekDays": days}


def _of(call: Call) -> Row:
    return objects.found(call, RESOURCES, "resourceId", 1009, "Resource not found")


@method("booking.v1.resource.slots.set", "booking", write=True)
def slots_set(call: Call) -> bool:
    """Sets the working hours of a resource, in minutes of the day; they replace those before."""
    given, row = objects.rows_of(call, "slots"), _of(call)
    slots = [_slot(one) for one in given]
    SLOTS.clear(call, row["id"])
    for slot in slots:
        SLOTS.add(call, slot, row["id"])
    return True


@method("booking.v1.resource.slots.list", "booking")
def slots_list(call: Call) -> dict[str, list[Row]]:
    """The working hours of a resource."""
    names = ("from", "id", "slotSize", "timezone", "to", "weekDays")
    return {"slots": [{name: slot[name] for name in names} for slot in SLOTS.of(call, _of(call)["id"])]}


@method("booking.v1.resource.slots.unset", "booking", write=True)
def slots_unset(call: Call) -> bool:
    """Takes the working hours of a resource away."""
    SLOTS.clear(call, _of(call)["id"])
    return True
