"""Contacts of deals, leads and companies, companies of contacts: `crm.deal.contact.items.*` and its kin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.crm import drafts, items
from sandbox.crm.records import described, parse
from sandbox.crm.schema import COMPANY, CONTACT, LEAD, QUOTE, Entity
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.methods.crm_old import number, refused, translated

_PAIRS = (
    ("deal", 2, "contact"),
    ("quote", 7, "contact"),
    ("lead", 1, "contact"),
    ("company", COMPANY, "contact"),
    ("contact", CONTACT, "company"),
)


# How these methods refuse someone without the right: most of them, leads, estimates.
_DENIED = RestError("ACCESS_DENIED", "Access denied!", 400)
_DENIED_BY = {LEAD: RestError("ACCESS_DENIED", "Insufficient permissions", 400)}
_DENIED_BY[QUOTE] = RestError("ACCESS_DENIED", "Access denied!", 403)


def linking(function: Callable[[Call, Entity], Any], entity_type_id: int) -> Callable[[Call], Any]:
    """The function with the refusals of this family, which are half of the old kind and half of the new."""
    plain = translated(function, entity_type_id)

    def run(call: Call) -> Any:
        try:
            return plain(call)
        except RestError as refusal:
            if refusal.code == "" and refusal.description == "Access denied.":
                raise _DENIED_BY.get(entity_type_id, _DENIED) from None
            if refusal.code == "" and refusal.description == "Not found" and entity_type_id == LEAD:
                raise RestError("NOT_FOUND", "Not found.", 400) from None
            raise

    run.__doc__ = function.__doc__
    return run


def _owner(call: Call, entity: Entity) -> int:
    try:
        item_id = int(call.get("id") or 0)
    except (TypeError, ValueError):
        item_id = 0
    if item_id < 1:
        raise refused("The parameter ownerEntityID is invalid or not defined.")
    items.owned(call, entity, item_id)
    return item_id


def _rows(call: Call, entity: Entity, item_id: int) -> list[Any]:
    if entity.id == CONTACT:
        sql = "SELECT companyId, sort, isPrimary FROM crm_company_links WHERE contactId = ? ORDER BY sort, companyId"
        return call.portal.store.rows(sql, (item_id,))
    if entity.id == COMPANY:
        sql = "SELECT contactId, sort, isPrimary FROM crm_company_links WHERE companyId = ? ORDER BY sort, contactId"
        return call.portal.store.rows(sql, (item_id,))
    sql = (
        "SELECT contactId, sort, isPrimary FROM crm_contact_links WHERE entityTypeId = ? AND entityId = ?"
        " ORDER BY sort, contactId"
    )
    return call.portal.store.rows(sql, (entity.id, item_id))


def _key(entity: Entity) -> str:
    return "COMPANY_ID" if entity.id == CONTACT else "CONTACT_ID"


def get(call: Call, entity: Entity) -> list[dict[str, Any]]:
    """The linked cards with their order and the primary mark."""
    rows = _rows(call, entity, _owner(call, entity))
    return [{_key(entity): r[0], "SORT": r[1], "ROLE_ID": 0, "IS_PRIMARY": r[2]} for r in rows]


def put(call: Call, entity: Entity) -> bool:
    """Replaces the linked cards; the first with IS_PRIMARY = Y, or the first of all, is primary."""
    item_id = _owner(call, entity)
    given = call.get("items")
    if not isinstance(given, (list, dict)):
        raise refused("The parameter items must be array.")
    entries = [entry for entry in call.listing("items") if isinstance(entry, dict)]
    entries.sort(key=lambda entry: (entry.get("IS_PRIMARY") != "Y", int(entry.get("SORT") or 0)))
    _link(call, entity, item_id, [int(entry[_key(entity)]) for entry in entries if entry.get(_key(entity))])
    return True


def clear(call: Call, entity: Entity) -> bool:
    """Removes all links."""
    _link(call, entity, _owner(call, entity), [])
    return True


def _link(call: Call, entity: Entity, item_id: int, linked: list[int]) -> None:
    draft = drafts.Draft(companies=linked) if entity.id == CONTACT else drafts.Draft(contacts=linked)
    items.change(call, entity, item_id, draft)


def add(call: Call, entity: Entity) -> bool:
    """Links one more card."""
    item_id = number(call)
    fields = {key.upper(): value for key, value in call.mapping("fields").items()}
    if not fields.get(_key(entity)):
        raise refused(f"The parameter {_key(entity)} is invalid or not defined.")
    linked, new = [row[0] for row in _rows(call, entity, item_id)], int(fields[_key(entity)])
    if new not in linked:
        _link(call, entity, item_id, [new, *linked] if fields.get("IS_PRIMARY") == "Y" else [*linked, new])
    return True


def remove(call: Call, entity: Entity) -> bool:
    """Removes one link."""
    item_id = number(call)
    fields = {key.upper(): value for key, value in call.mapping("fields").items()}
    gone = int(fields.get(_key(entity)) or 0)
    _link(call, entity, item_id, [row[0] for row in _rows(call, entity, item_id) if row[0] != gone])
    return True


def fields(call: Call, entity: Entity) -> dict[str, Any]:
    """The fields of a link."""
    key = _key(entity)
    title = "Компания" if key == "COMPANY_ID" else "Контакт"
    declared = parse(f"{key} integer req | {title}\nSORT integer | Сортировка\nIS_PRIMARY char | Первичный")
    return {name: described(field) for name, field in declared.items()}


for _name, _entity_type_id, _linked in _PAIRS:
    method(f"crm.{_name}.{_linked}.fields", "crm")(linking(fields, _entity_type_id))
    method(f"crm.{_name}.{_linked}.items.get", "crm")(linking(get, _entity_type_id))
    for _verb, _function in (("items.set", put), ("items.delete", clear), ("add", add), ("delete", remove)):
        method(f"crm.{_name}.{_linked}.{_verb}", "crm", write=True)(linking(_function, _entity_type_id))
