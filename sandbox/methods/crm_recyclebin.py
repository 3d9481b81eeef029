"""The recycle bin of the CRM: commands of the control side, since REST has no methods for it."""

from __future__ import annotations

from typing import Any

from sandbox.crm import items, recyclebin, rows
from sandbox.crm.schema import schema_of
from sandbox.kernel.call import Call
from sandbox.kernel.registry import method


@method("sandbox.crm.bin")
def contents(call: Call) -> list[dict[str, Any]]:
    """What lies in the bin; not for REST clients."""
    call.require_inside()
    return recyclebin.contents(call.portal.store)


@method("sandbox.crm.restore", write=True)
def restore(call: Call) -> int:
    """A person takes item `id` of `entityTypeId` back; returns its new id: portals make the item anew.

    Its times and authors stay, its event is that of a new item, no automation runs. Requisites,
    activities and payments do not come back. Not for REST clients.
    """
    call.require_inside()
    entity = schema_of(call.portal).entity(call.integer("entityTypeId"))
    found = recyclebin.take(call.portal.store, entity, call.integer("id"))
    if found is None:
        raise items.not_found()
    draft, products = found
    call.notes["import"] = True
    number = items.create(call, entity, draft)
    rows.replace(call.portal.store, entity.id, number, products)
    return number
