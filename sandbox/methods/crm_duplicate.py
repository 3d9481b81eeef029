"""Duplicates: `crm.duplicate.findbycomm`, `crm.entity.mergeBatch` (api-reference/crm/duplicates)."""

from __future__ import annotations

from typing import Any

from sandbox.crm import access, bindings, items, multifields
from sandbox.crm.conflicts import conflicts
from sandbox.crm.merge import merge
from sandbox.crm.schema import COMPANY, CONTACT, DEAL, INVOICE, LEAD, Entity, schema_of
from sandbox.kernel import features
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method

_ORDER = (("LEAD", LEAD), ("CONTACT", CONTACT), ("COMPANY", COMPANY))
_LIMIT = 20
FIRST_SMART_PROCESS = 128
_MERGED = (LEAD, DEAL, CONTACT, COMPANY, 7, INVOICE)
_UNMERGED = {5: "INVOICE", 8: "REQUISITE", 14: "ORDER"}


@method("crm.duplicate.findbycomm", "crm")
def find_by_comm(call: Call) -> dict[str, list[int]] | list[Any]:
    """Leads, contacts and companies by phones or e-mails; twenty hits in one type hide the next types."""
    kind = str(call.get("type") or "").upper()
    if not kind:
        raise RestError("Communication type is not defined", "Parameter 'type' is required.")
    if kind not in ("PHONE", "EMAIL"):
        raise RestError(f"Communication type '{kind}' is not supported in current context", "")
    values = [str(value) for value in call.listing("values")]
    if not values:
        raise RestError("Communication values is not defined", "Parameter 'values' is required.")
    if len(values) > _LIMIT:
        raise RestError("Communication values exceed the limit of 20", "")
    only = str(call.get("entity_type") or "").upper()
    asked = [(name, entity_type_id) for name, entity_type_id in _ORDER if not only or only == name]
    schema = schema_of(call.portal)
    modes = {name: access.mode_of(call, schema.entity(entity_type_id)) for name, entity_type_id in asked}
    if asked and set(modes.values()) == {"none"}:
        raise RestError("Access denied", "Access denied", 403)
    result: dict[str, list[int]] = {}
    for name, entity_type_id in asked:
        found = _found(call, kind, values, entity_type_id)
        if found:
            result[name] = found
        if len(found) >= _LIMIT:
            break
    # PHP prints an empty map as an empty list.
    return result or []


def _found(call: Call, kind: str, values: list[str], entity_type_id: int) -> list[int]:
    hits = [i for value in values for i in multifields.find(call.portal.store, kind, value, entity_type_id)]
    seen = [number for number in dict.fromkeys(hits) if bindings.permitted(call, (entity_type_id, number))]
    return seen[:_LIMIT]


def _refused(text: str, status: int = 400) -> RestError:
    return RestError(0, text, status)


def _type(call: Call, given: Any) -> Entity:
    """The object type whose cards can be merged."""
    if given in (None, "", 0, "0"):
        raise _refused("The parameter entityTypeId is required.")
    number = int(given) if str(given).isdigit() else 0
    if number in _UNMERGED or (number < FIRST_SMART_PROCESS and number not in _MERGED):
        raise _refused(f"Entity type {_UNMERGED.get(number, given)} is not supported")
    try:
        return schema_of(call.portal).entity(number)
    except RestError:
        raise _refused(f"Entity type {given} is not supported") from None


def _ids(given: Any) -> list[int]:
    """The ids of the call without repetitions."""
    values = given if isinstance(given, list) else [given] if given not in (None, "") else []
    ids = list(dict.fromkeys(int(one) for one in values if str(one).isdigit() and int(one) > 0))
    if not ids:
        raise _refused("The parameter entityIds does not contains valid elements.")
    if len(ids) < 2:
        raise _refused("The parameter entityIds must contains at least two elements.")
    return ids


def _card(call: Call, entity: Entity, number: int) -> dict[str, Any]:
    """A card the caller may change."""
    row = items.stored(call.portal.store, entity, number)
    if row is None:
        raise _refused("Owner was not found")
    if not access.allowed(call, entity, row["assignedById"]):
        raise _refused("Access denied", 403)
    return row


@method("crm.entity.mergeBatch", "crm", write=True, cost=0.5)
def merge_batch(call: Call) -> dict[str, Any]:
    """Merges items of one type: the first id survives, the deleted ones are told. Fields with different
    values are a CONFLICT, and nothing is done (crm-entity-merge-batch.md)."""
    features.require(call.portal, "merging", "CRM_FEATURE_RESTRICTION_ERROR", "Тариф не позволяет объединять карточки")
    params = call.mapping("params")
    entity, ids = _type(call, params.get("entityTypeId")), _ids(params.get("entityIds"))
    if conflicts(entity, [_card(call, entity, number) for number in ids]):
        return {"STATUS": "CONFLICT", "ENTITY_IDS": []}
    merge(call.portal, {"entityTypeId": entity.id, "main": ids[0], "others": ids[1:], "as": call.user})
    return {"STATUS": "SUCCESS", "ENTITY_IDS": ids[1:]}
