"""Which requisites a deal, an estimate, an invoice or a smart process uses: `crm.requisite.link.*`."""

from __future__ import annotations

from typing import Any

from sandbox.crm import items, requisites
from sandbox.crm.declarations import SYSTEM
from sandbox.crm.records import Row, positive, refused
from sandbox.crm.requisites import BANK_DETAILS, LINKS, REQUISITES
from sandbox.crm.schema import COMPANY, CONTACT, LEAD, Entity, schema_of
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.methods.crm_requisite import fields_of

_SIDES = ("REQUISITE_ID", "BANK_DETAIL_ID", "MC_REQUISITE_ID", "MC_BANK_DETAIL_ID")


def _object(call: Call, entity_type_id: int, item_id: int) -> tuple[Entity, Row]:
    """The object of a link; leads, contacts and companies have none."""
    try:
        if entity_type_id in (LEAD, CONTACT, COMPANY):
            raise refused("Entity is not found")
        entity = schema_of(call.portal).entity(entity_type_id)
        return entity, items.owned(call, entity, item_id)
    except RestError as refusal:
        denied = refusal.code == "ACCESS_DENIED"
        raise refused("Access denied." if denied else "Entity is not found") from None


def _sides(fields: dict[str, Any]) -> Row:
    """All four ids are required, and 0 is one of them."""
    row: Row = {}
    for name in _SIDES:
        text = str(fields.get(name, "")).strip()
        if not text.isdigit():
            raise refused(f"{name} is not defined or invalid.")
        row[name] = int(text)
    return row


def _check(call: Call, entity: Entity, item: Row, sides: Row) -> None:
    store = call.portal.store
    client = _client(call, entity, item)
    for prefix, owners, whose in (("", client, ""), ("MC_", _my_company(entity, item), " of your company")):
        number, bank = sides[f"{prefix}REQUISITE_ID"], sides[f"{prefix}BANK_DETAIL_ID"]
        if number:
            requisite = REQUISITES.find(store, number)
            if requisite is None:
                raise refused(f"The Requisite{whose} with ID '{number}' is not found")
            if owners and (requisite["ENTITY_TYPE_ID"], requisite["ENTITY_ID"]) not in owners:
                kind, owner = owners[0]
                title = "your company" if prefix else "Company" if kind == COMPANY else "Contact"
                raise refused(f"The Requisite with ID '{number}' is not assigned to {title} with ID '{owner}'")
        if bank:
            detail = BANK_DETAILS.find(store, bank)
            if detail is None:
                raise refused(f"The BankDetail{whose} with ID '{bank}' is not found")
            if detail["ENTITY_ID"] != number:
                text = f"The BankDetail{whose} with ID '{bank}' is not assigned to Requisite{whose} with ID '{number}'"
                raise refused(text)


def _client(call: Call, entity: Entity, item: Row) -> list[tuple[int, int]]:
    """The company and the contact of an object, the company first."""
    found = [(COMPANY, item.get("companyId")), (CONTACT, item.get("contactId"))]
    return [(kind, int(number)) for kind, number in found if number]


def _my_company(entity: Entity, item: Row) -> list[tuple[int, int]]:
    return [(COMPANY, int(item["mycompanyId"]))] if item.get("mycompanyId") else []


def _known(call: Call, entity_type_id: int, item_id: int) -> Row | None:
    sql = "SELECT * FROM crm_requisite_links WHERE ENTITY_TYPE_ID = ? AND ENTITY_ID = ?"
    row = call.portal.store.one(sql, (entity_type_id, item_id))
    return dict(row) if row is not None else None


@method("crm.requisite.link.register", "crm", write=True)
def register(call: Call) -> bool:
    """Sets the four requisites of an object, in place of what it had."""
    given = fields_of(call)
    pair = (
        positive(given.get("ENTITY_TYPE_ID"), "ENTITY_TYPE_ID"),
        positive(given.get("ENTITY_ID"), "ENTITY_ID"),
    )
    sides = _sides(given)
    _check(call, *_object(call, *pair), sides)
    known = _known(call, *pair)
    if known is None:
        LINKS.insert(call, {"ENTITY_TYPE_ID": pair[0], "ENTITY_ID": pair[1], **sides})
    else:
        LINKS.change(call, known, sides)
    return True


def _named(call: Call) -> tuple[int, int]:
    return positive(call.get("entityTypeId"), "entityTypeId"), positive(call.get("entityId"), "entityId")


@method("crm.requisite.link.get", "crm")
def get(call: Call) -> dict[str, Any]:
    """The requisites of an object."""
    pair = _named(call)
    known = _known(call, *pair)
    if known is None:
        raise refused("Not found")
    _object(call, *pair)
    return requisites.printed_link(call, known, numbers=True)


@method("crm.requisite.link.list", "crm")
def listing(call: Call) -> Page:
    """A page of links."""
    requisites.readable(call, *(number for number in SYSTEM if number not in (LEAD, CONTACT, COMPANY)))
    return LINKS.page(call)


@method("crm.requisite.link.unregister", "crm", write=True)
def unregister(call: Call) -> bool:
    """Forgets the requisites of an object."""
    known = _known(call, *_named(call))
    if known is not None:
        LINKS.delete(call.portal.store, known["ID"])
    return True


@method("crm.requisite.link.fields", "crm")
def fields(call: Call) -> dict[str, Any]:
    """The fields of a link."""
    return LINKS.describe(call.portal)
