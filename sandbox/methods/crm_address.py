"""Addresses of requisites and leads: `crm.address.*` (api-reference/crm/requisites/addresses)."""

from __future__ import annotations

from typing import Any

from sandbox.crm import requisites
from sandbox.crm.records import Row, positive, refused
from sandbox.crm.requisites import ADDRESSES, REQUISITE_TYPE, REQUISITES
from sandbox.crm.schema import COMPANY, CONTACT, LEAD
from sandbox.kernel.call import Call, Page
from sandbox.kernel.registry import events, method
from sandbox.methods.crm_requisite import fields_of

events("crm", "ONCRMADDRESSREGISTER", "ONCRMADDRESSUNREGISTER")
# crm/auxiliary/enum/crm-enum-address-type.md
TYPES = (11, 1, 6, 4, 8, 9)
_KEY = ("TYPE_ID", "ENTITY_TYPE_ID", "ENTITY_ID")


def _anchor(call: Call, fields: dict[str, Any]) -> Row:
    """The key of the address that `fields` name, with the object that people see it on."""
    kind = positive(fields.get("TYPE_ID"), "TYPE_ID")
    if kind not in TYPES:
        raise refused("TYPE_ID is not defined or invalid.")
    owner_type = positive(fields.get("ENTITY_TYPE_ID"), "ENTITY_TYPE_ID")
    if owner_type not in (LEAD, REQUISITE_TYPE):
        raise refused("ENTITY_TYPE_ID is not defined or invalid.")
    owner = positive(fields.get("ENTITY_ID"), "ENTITY_ID")
    key = {"TYPE_ID": kind, "ENTITY_TYPE_ID": owner_type, "ENTITY_ID": owner}
    if owner_type == LEAD:
        if not call.portal.store.value("SELECT 1 FROM crm_1 WHERE id = ?", (owner,)):
            raise refused("ENTITY_ID is not defined or invalid.")
        requisites.owner(call, LEAD, owner)
        return {**key, "ANCHOR_TYPE_ID": LEAD, "ANCHOR_ID": owner}
    if REQUISITES.find(call.portal.store, owner) is None:
        raise refused("ENTITY_ID is not defined or invalid.")
    requisite = requisites.need(call, owner)
    return {**key, "ANCHOR_TYPE_ID": requisite["ENTITY_TYPE_ID"], "ANCHOR_ID": requisite["ENTITY_ID"]}


def _known(call: Call, anchor: Row) -> Row | None:
    row = call.portal.store.one(
        "SELECT * FROM crm_addresses WHERE TYPE_ID = ? AND ENTITY_TYPE_ID = ? AND ENTITY_ID = ?",
        tuple(anchor[name] for name in _KEY),
    )
    return dict(row) if row is not None else None


def _announce(call: Call, anchor: Row, what: str) -> None:
    names = (*_KEY, "ANCHOR_ID", "ANCHOR_TYPE_ID")
    call.portal.emit(f"ONCRMADDRESS{what}", {"FIELDS": {name: anchor[name] for name in names}}, call)


@method("crm.address.add", "crm", write=True, cost=0.05)
def add(call: Call) -> bool:
    """Gives a requisite or a lead an address of a type it has none of yet."""
    given = fields_of(call)
    anchor = _anchor(call, given)
    if _known(call, anchor) is not None:
        raise refused("TypeAddress exists")
    row = {**ADDRESSES.read(call, given, creating=True), **anchor}
    number = ADDRESSES.insert(call, row)
    if not row.get("LOC_ADDR_ID"):
        call.portal.store.execute("UPDATE crm_addresses SET LOC_ADDR_ID = ? WHERE ID = ?", (number, number))
    _announce(call, anchor, "REGISTER")
    return True


@method("crm.address.update", "crm", write=True, cost=0.05)
def update(call: Call) -> bool:
    """Changes an address; its type and owner name it."""
    given = fields_of(call)
    anchor = _anchor(call, given)
    row = _known(call, anchor)
    if row is None:
        raise refused("TypeAddress not found")
    if ADDRESSES.change(call, row, ADDRESSES.read(call, given, creating=False)):
        _announce(call, anchor, "REGISTER")
    return True


@method("crm.address.delete", "crm", write=True, cost=0.05)
def delete(call: Call) -> bool:
    """Deletes an address."""
    anchor = _anchor(call, fields_of(call))
    row = _known(call, anchor)
    if row is None:
        raise refused("TypeAddress not found")
    ADDRESSES.delete(call.portal.store, row["ID"])
    _announce(call, anchor, "UNREGISTER")
    return True


@method("crm.address.list", "crm")
def listing(call: Call) -> Page:
    """A page of addresses."""
    requisites.readable(call, LEAD, CONTACT, COMPANY)
    return ADDRESSES.page(call)


@method("crm.address.fields", "crm")
def fields(call: Call) -> dict[str, Any]:
    """The fields of an address."""
    return ADDRESSES.describe(call.portal)
