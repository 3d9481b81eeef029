"""Duplicates: `crm.duplicate.findbycomm`, `crm.entity.mergeBatch` (api-reference/crm/duplicates)."""

from __future__ import annotations

from typing import Any

from sandbox.crm import multifields
from sandbox.crm.merge import merge
from sandbox.crm.schema import COMPANY, CONTACT, LEAD
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method

_ORDER = (("LEAD", LEAD), ("CONTACT", CONTACT), ("COMPANY", COMPANY))
_LIMIT = 20


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
    result: dict[str, list[int]] = {}
    for name, entity_type_id in _ORDER:
        if only and only != name:
            continue
        found = _found(call, kind, values, entity_type_id)
        if found:
            result[name] = found
        if len(found) >= _LIMIT:
            break
    # PHP prints an empty map as an empty list.
    return result or []


def _found(call: Call, kind: str, values: list[str], entity_type_id: int) -> list[int]:
    hits = [i for value in values for i in multifields.find(call.portal.store, kind, value, entity_type_id)]
    return list(dict.fromkeys(hits))[:_LIMIT]


@method("crm.entity.mergeBatch", "crm", write=True, cost=0.5)
def merge_batch(call: Call) -> dict[str, Any]:
    """Merges items of one type: the first id survives (crm-entity-merge-batch.md)."""
    params = call.mapping("params")
    ids = [int(number) for number in params.get("entityIds") or []]
    if len(ids) < 2 or not params.get("entityTypeId"):
        raise RestError(0, "The parameter entityIds must contains at least two elements.", 400)
    body = {"entityTypeId": params["entityTypeId"], "main": ids[0], "others": ids[1:], "as": call.user}
    merge(call.portal, body)
    return {"STATUS": "SUCCESS", "ENTITY_IDS": ids}
