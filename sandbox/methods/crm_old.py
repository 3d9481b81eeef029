"""The frozen twins `crm.lead|deal|contact|company.*`: upper-case names, strings out, errors with an empty code."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sandbox.crm import access, drafts, items, printing, reading, simple
from sandbox.crm.fields import Field
from sandbox.crm.query import Builder, Operand
from sandbox.crm.records import described, parse
from sandbox.crm.schema import COMPANY, CONTACT, LEAD, QUOTE, Entity, schema_of
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method

_LINKED = {
    LEAD: "CONTACT_ID crm_contact dep | Контакт\nCONTACT_IDS crm_contact multi | CONTACT_IDS",
    CONTACT: "COMPANY_IDS crm_company multi | COMPANY_IDS",
    COMPANY: "CONTACT_ID crm_contact multi | Контакт",
}
NAMES = {"lead": 1, "deal": 2, "contact": 3, "company": 4, "quote": 7}
# What deleting an object that is not there says; the others say "Not found".
_ABSENT = {
    COMPANY: ("", "Company is not found"),
    CONTACT: ("ERROR_CORE", "Element not found"),
    QUOTE: ("ERROR_CORE", "Element not found"),
}
_MAIL = re.compile(r"[^@\s]+@[^@\s]+")
_MULTIFIELDS = {"PHONE": "Телефон", "EMAIL": "E-mail", "WEB": "Сайт", "IM": "Мессенджер", "LINK": "LINK"}
_TEXTS = {"NOT_FOUND": "Not found", "ACCESS_DENIED": "Access denied."}


def refused(text: str) -> RestError:
    """The refusals of the old methods: an empty code and a text."""
    return RestError("", text, 400)


def translated(function: Callable[[Call, Entity], Any], entity_type_id: int) -> Callable[[Call], Any]:
    """The function with the refusals of the new methods turned into the old ones."""

    def run(call: Call) -> Any:
        try:
            return function(call, schema_of(call.portal).entity(entity_type_id))
        except RestError as refusal:
            if refusal.code in ("", "ERROR_CORE") or refusal.status != 400:
                raise
            raise refused(_TEXTS.get(str(refusal.code), refusal.description)) from None

    run.__doc__ = function.__doc__
    return run


def number(call: Call) -> int:
    """The `id` of an old method: a positive whole number."""
    try:
        found = int(call.get("id") or 0)
    except (TypeError, ValueError):
        found = 0
    if found <= 0:
        raise refused("ID is not defined or invalid.")
    return found


def fields_of(call: Call) -> dict[str, Any]:
    """The `fields` of an old method: an object, possibly empty."""
    given = call.get("fields")
    if given not in (None, "") and not isinstance(given, (dict, list)):
        raise refused("Parameter 'fields' must be array.")
    return call.mapping("fields")


def add(call: Call, entity: Entity) -> int:
    """Creates an item; returns its id."""
    fields = fields_of(call)
    _check_mails(fields)
    return items.create(call, entity, drafts.of_old(call, entity, fields))


def _check_mails(fields: dict[str, Any]) -> None:
    """An e-mail that is none is refused (crm-company-add.md, crm-contact-add.md)."""
    given = next((value for key, value in fields.items() if key.upper() == "EMAIL"), None)
    entries = list(given.values()) if isinstance(given, dict) else given if isinstance(given, list) else []
    for entry in entries:
        value = str(entry.get("VALUE") or "") if isinstance(entry, dict) else str(entry or "")
        if value and not _MAIL.fullmatch(value.strip()):
            raise RestError("ERROR_CORE", 'Поле "E-mail" содержит некорректный адрес', 400)


def get(call: Call, entity: Entity) -> dict[str, Any]:
    """An item as a flat object with all its phones and e-mails."""
    item = reading.one(call, entity, number(call), "old")
    if entity.id == LEAD and simple.is_simple(call):
        raise refused("Not found")
    return item


def _ahead(entity_type_id: int) -> Callable[[list[Call]], None]:
    """Reads the items of many calls of a `get` at once."""

    def read(calls: list[Call]) -> None:
        portal = calls[0].portal
        reading.ahead(portal, schema_of(portal).entity(entity_type_id), map(number, calls), "old")

    return read


def update(call: Call, entity: Entity) -> bool:
    """Changes an item; the funnel of a deal cannot be changed here."""
    item_id, fields = number(call), fields_of(call)
    _check_mails(fields)
    draft = drafts.of_old(call, entity, fields)
    draft.columns.pop("categoryId", None)
    items.change(call, entity, item_id, draft)
    return True


def delete(call: Call, entity: Entity) -> bool:
    """Deletes an item."""
    item_id = number(call)
    absent = _ABSENT.get(entity.id)
    if absent is not None and items.stored(call.portal.store, entity, item_id) is None:
        raise RestError(*absent)
    items.remove(call, entity, item_id)
    return True


def listing(call: Call, entity: Entity) -> Page:
    """A page of items; unknown fields of the filter are skipped."""
    for name in ("filter", "order"):
        given = call.get(name)
        if given not in (None, "") and not isinstance(given, (dict, list)):
            raise refused(f"Parameter '{name}' must be array.")
    if entity.schema.access and access.mode_of(call, entity) == "none":
        raise refused("Access denied.")
    zone = call.portal.clock.zone
    chosen = printing.old_plan(entity, [str(name) for name in call.listing("select")], zone)
    builder = Builder(lambda name: _operand(entity, name), zone, error="", lenient=True)
    where = reading.restricted(call, entity, builder.where(call.mapping("filter")))
    order = builder.order(call.mapping("order"), '"id"')
    rows, total, start = reading.read(call, entity, chosen, where, order)
    return Page(printing.old_items(call.portal.store, entity, chosen, rows), total, start)


def _operand(entity: Entity, name: str) -> Operand | None:
    upper = name.upper()
    if upper in ("PHONE", "EMAIL") and entity.has_multifields:
        return reading.multifield(entity, upper)
    field = entity.old.get(upper)
    return reading.operand(entity, field) if field else None


def fields(call: Call, entity: Entity) -> dict[str, Any]:
    """The fields of a type by their upper-case names."""
    access.require_crm(call)
    found = {}
    for name, field in entity.old.items():
        entry = field.describe()
        entry.pop("upperName", None)
        if field.type == "boolean" and not field.user_field:
            entry["type"] = "char"
        found[name] = entry
    return found | _linked_fields(entity)


def _linked_fields(entity: Entity) -> dict[str, Any]:
    """The fields that are kept in other tables: contacts, companies, phones and e-mails."""
    linked = parse(_LINKED.get(entity.id, "CONTACT_IDS crm_contact multi | CONTACT_IDS"))
    many = {name: Field(name, name, "crm_multifield", title, multiple=True) for name, title in _MULTIFIELDS.items()}
    found = {**linked, **(many if entity.has_multifields else {})}
    return {name: described(field) for name, field in found.items()}


def _register(name: str, entity_type_id: int) -> None:
    writing = {"add": add, "update": update, "delete": delete}
    for verb, function in writing.items():
        method(f"crm.{name}.{verb}", "crm", write=True, cost=0.1)(translated(function, entity_type_id))
    method(f"crm.{name}.get", "crm", ahead=_ahead(entity_type_id))(translated(get, entity_type_id))
    method(f"crm.{name}.list", "crm")(translated(listing, entity_type_id))
    method(f"crm.{name}.fields", "crm")(translated(fields, entity_type_id))


for _name, _entity_type_id in NAMES.items():
    _register(_name, _entity_type_id)
