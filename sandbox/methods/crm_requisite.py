"""Requisites of companies and contacts with their bank details: `crm.requisite.*`, `crm.requisite.bankdetail.*`."""

from __future__ import annotations

from typing import Any

from sandbox.crm import requisites
from sandbox.crm.records import Row, Table, positive, refused
from sandbox.crm.requisites import BANK_DETAILS, PRESETS, REQUISITES
from sandbox.crm.schema import COMPANY, CONTACT
from sandbox.kernel.call import Call, Page
from sandbox.kernel.registry import events, method

events("crm", *(f"ONCRM{name}{what}" for name in ("REQUISITE", "BANKDETAIL") for what in ("ADD", "UPDATE", "DELETE")))
_DEFAULTS: Row = {"ACTIVE": "Y", "SORT": 500}


def fields_of(call: Call) -> dict[str, Any]:
    """The `fields` of a request by upper-case names; something else than an object is refused."""
    if not isinstance(call.get("fields"), (dict, list)):
        raise refused("Parameter 'fields' must be array.")
    return {key.upper(): value for key, value in call.mapping("fields").items()}


def _announce(call: Call, table: Table, number: int, what: str) -> None:
    name = "REQUISITE" if table is REQUISITES else "BANKDETAIL"
    call.portal.emit(f"ONCRM{name}{what}", {"FIELDS": {"ID": number}}, call)


@method("crm.requisite.add", "crm", write=True, cost=0.05)
def add(call: Call) -> int:
    """Adds a requisite to a company or a contact; returns the id."""
    fields = fields_of(call)
    kind = positive(fields.get("ENTITY_TYPE_ID"), "ENTITY_TYPE_ID")
    owner = positive(fields.get("ENTITY_ID"), "ENTITY_ID")
    preset = positive(fields.get("PRESET_ID"), "PRESET_ID")
    if kind not in (CONTACT, COMPANY):
        raise refused("ENTITY_TYPE_ID is not defined or invalid.")
    requisites.owner(call, kind, owner)
    known = PRESETS.find(call.portal.store, preset)
    if known is None:
        raise refused("PRESET_ID is not defined or invalid.")
    defaults = {**_DEFAULTS, "ADDRESS_ONLY": "N", "RQ_VAT_PAYER": "N", "NAME": known["NAME"]}
    number = REQUISITES.insert(call, {**defaults, **REQUISITES.read(call, fields, creating=True)})
    _announce(call, REQUISITES, number, "ADD")
    return number


@method("crm.requisite.get", "crm")
def get(call: Call) -> dict[str, Any]:
    """One requisite."""
    return REQUISITES.printed(call.portal, requisites.need(call, positive(call.get("id"), "ID")))


@method("crm.requisite.list", "crm")
def listing(call: Call) -> Page:
    """A page of requisites."""
    requisites.readable(call)
    return REQUISITES.page(call)


@method("crm.requisite.update", "crm", write=True, cost=0.05)
def update(call: Call) -> bool:
    """Changes a requisite; its owner and preset stay."""
    row = requisites.need(call, positive(call.get("id"), "ID"))
    if REQUISITES.change(call, row, REQUISITES.read(call, fields_of(call), creating=False)):
        _announce(call, REQUISITES, row["ID"], "UPDATE")
    return True


@method("crm.requisite.delete", "crm", write=True, cost=0.05)
def delete(call: Call) -> bool:
    """Deletes a requisite with its bank details and addresses."""
    number = requisites.need(call, positive(call.get("id"), "ID"))["ID"]
    requisites.destroy(call.portal.store, number)
    _announce(call, REQUISITES, number, "DELETE")
    return True


@method("crm.requisite.fields", "crm")
def fields(call: Call) -> dict[str, Any]:
    """The fields of a requisite, user fields included."""
    return REQUISITES.describe(call.portal)


# --- bank details ------------------------------------------------------------------------------


def _bank_detail(call: Call) -> Row:
    row = BANK_DETAILS.need(call.portal.store, positive(call.get("id"), "ID"))
    requisites.need(call, row["ENTITY_ID"])
    return row


@method("crm.requisite.bankdetail.add", "crm", write=True, cost=0.05)
def bank_add(call: Call) -> int:
    """Adds bank details to a requisite; the country is that of its template unless it is named."""
    given = fields_of(call)
    owner = positive(given.get("ENTITY_ID"), "ENTITY_ID")
    if REQUISITES.find(call.portal.store, owner) is None:
        raise refused("ENTITY_ID is not defined or invalid.")
    requisite = requisites.need(call, owner)
    if not str(given.get("NAME") or "").strip():
        raise refused("NAME is not defined or invalid.")
    preset = PRESETS.find(call.portal.store, requisite["PRESET_ID"])
    country = {"COUNTRY_ID": preset["COUNTRY_ID"] if preset else 1}
    number = BANK_DETAILS.insert(call, {**_DEFAULTS, **country, **BANK_DETAILS.read(call, given, creating=True)})
    _announce(call, BANK_DETAILS, number, "ADD")
    return number


@method("crm.requisite.bankdetail.get", "crm")
def bank_get(call: Call) -> dict[str, Any]:
    """One set of bank details."""
    return BANK_DETAILS.printed(call.portal, _bank_detail(call))


@method("crm.requisite.bankdetail.list", "crm")
def bank_list(call: Call) -> Page:
    """A page of bank details."""
    requisites.readable(call)
    return BANK_DETAILS.page(call)


@method("crm.requisite.bankdetail.update", "crm", write=True, cost=0.05)
def bank_update(call: Call) -> bool:
    """Changes bank details."""
    row = _bank_detail(call)
    if BANK_DETAILS.change(call, row, BANK_DETAILS.read(call, fields_of(call), creating=False)):
        _announce(call, BANK_DETAILS, row["ID"], "UPDATE")
    return True


@method("crm.requisite.bankdetail.delete", "crm", write=True, cost=0.05)
def bank_delete(call: Call) -> bool:
    """Deletes bank details."""
    number = _bank_detail(call)["ID"]
    BANK_DETAILS.delete(call.portal.store, number)
    _announce(call, BANK_DETAILS, number, "DELETE")
    return True


@method("crm.requisite.bankdetail.fields", "crm")
def bank_fields(call: Call) -> dict[str, Any]:
    """The fields of bank details."""
    return BANK_DETAILS.describe(call.portal)
