"""The history of stages: `crm.stagehistory.list` (api-reference/crm/crm-stage-history-list.md)."""

from __future__ import annotations

from typing import Any

from sandbox.crm import listing, moments
from sandbox.crm.access import require_intranet
from sandbox.crm.schema import LEAD, Entity, schema_of
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method

_COLUMNS = {
    "ID": ("id", "int"),
    "TYPE_ID": ("typeId", "int"),
    "OWNER_ID": ("ownerId", "int"),
    "CREATED_TIME": ("createdTime", "datetime"),
    "CATEGORY_ID": ("categoryId", "int"),
    "STAGE_SEMANTIC_ID": ("semantics", "text"),
    "STAGE_ID": ("stageId", "text"),
}
# Parts of the CRM whose stages have no history; the page prints this refusal with status 401.
_WITHOUT = {33: "SHIPMENT_DOCUMENT"}
_LEAD_NAMES = {"STAGE_SEMANTIC_ID": "STATUS_SEMANTIC_ID", "STAGE_ID": "STATUS_ID"}


def _entity(call: Call) -> Entity:
    require_intranet(call)
    number = call.integer("entityTypeId")
    if number in _WITHOUT:
        raise RestError(0, f"{_WITHOUT[number]} entity is not supported", 401)
    try:
        entity = schema_of(call.portal).entity(number)
    except RestError:
        entity = None
    if entity is None or not entity.has_stages:
        raise RestError("ENTITY_TYPE_NOT_SUPPORTED", f"Entity type {number} is not supported")
    return entity


def _columns(entity: Entity) -> dict[str, tuple[str, str]]:
    """Leads call the stage a status and have no funnels."""
    if entity.id != LEAD:
        return _COLUMNS
    return {_LEAD_NAMES.get(name, name): known for name, known in _COLUMNS.items() if name != "CATEGORY_ID"}


@method("crm.stagehistory.list", "crm", cost=0.05)
def stage_history(call: Call) -> Page:
    """A page of history records, ids ascending unless ordered otherwise."""
    entity = _entity(call)
    columns = _columns(entity)
    source = listing.Source(entity.history, listing.operands(columns), any_case=True)
    found = listing.find(call, source, call.mapping("filter"), call.mapping("order"))
    names = [str(name).upper() for name in call.listing("select")]
    chosen = [name for name in columns if not names or "*" in names or name in names]
    return Page([_printed(call, columns, chosen, row) for row in found.rows], found.total, found.start, "items")


def _printed(call: Call, columns: dict[str, tuple[str, str]], chosen: list[str], row: Any) -> dict[str, Any]:
    printed = {name: row[columns[name][0]] for name in chosen}
    if "CREATED_TIME" in printed:
        printed["CREATED_TIME"] = moments.iso(printed["CREATED_TIME"], call.portal.clock.zone)
    return printed
