"""Further fields that duplicates are looked for by: `crm.duplicate.volatileType.*`."""

from __future__ import annotations

from typing import Any

from sandbox.crm.schema import COMPANY, CONTACT, LEAD, schema_of
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.kernel.store import declare

declare(
    "CREATE TABLE IF NOT EXISTS crm_volatile_types (id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " entityTypeId INTEGER NOT NULL, fieldCode TEXT NOT NULL, UNIQUE (entityTypeId, fieldCode))"
)
_TYPES = (LEAD, CONTACT, COMPANY)
_MOST = 7
_KINDS = frozenset({"string", "text", "url", "double", "integer", "date", "datetime", "address", "money"})
# Details of requisites, for those who have them.
_REQUISITES = (("RQ.RU.INN", "Реквизиты: ИНН"), ("RQ.RU.NAME", "Реквизиты: название"), ("RQ.EN.NAME", "Реквизиты: имя"))
_FIRST = ("TITLE", "NAME", "LAST_NAME", "SECOND_NAME", "ADDRESS")
_NOT_ASKED = ("ID", "OPENED", "COMMENTS", "ORIGINATOR_ID", "ORIGIN_ID", "ORIGIN_VERSION")


def _require_admin(call: Call) -> None:
    if call.source in ("rest", "act") and not call.portal.is_admin(call.user):
        raise RestError("ACCESS_DENIED", "Access denied", 400)


def _available(call: Call, entity_type_id: int) -> dict[str, str]:
    """The fields of a type that can be compared: code -> title."""
    found: dict[str, str] = {}
    for name, field in schema_of(call.portal).entity(entity_type_id).old.items():
        plain = field.type in _KINDS and not field.multiple and not field.read_only
        if plain and name not in _NOT_ASKED and not name.startswith("UTM_"):
            found[name] = field.title or name
    ordered = {name: found[name] for name in (*_FIRST, *found) if name in found}
    return ordered if entity_type_id == LEAD else {**ordered, **dict(_REQUISITES)}


@method("crm.duplicate.volatileType.fields", "crm")
def fields(call: Call) -> list[dict[str, Any]]:
    """The fields duplicates can be looked for by, of one type or of all three."""
    _require_admin(call)
    asked = int(call.get("entityTypeId") or 0)
    return [
        {"entityTypeId": entity_type_id, "fieldCode": code, "fieldTitle": title}
        for entity_type_id in _TYPES
        if asked in (0, entity_type_id)
        for code, title in _available(call, entity_type_id).items()
    ]


@method("crm.duplicate.volatileType.list", "crm")
def listing(call: Call) -> list[dict[str, Any]]:
    """The fields duplicates are looked for by now."""
    _require_admin(call)
    rows = call.portal.store.rows("SELECT id, entityTypeId, fieldCode FROM crm_volatile_types ORDER BY id")
    return [dict(row) for row in rows]


@method("crm.duplicate.volatileType.register", "crm", write=True)
def register(call: Call) -> dict[str, int]:
    """Adds a field, seven at most for all types together; a known one keeps its record."""
    entity_type_id, code = call.integer("entityTypeId"), str(call.need("fieldCode"))
    _require_admin(call)
    store = call.portal.store
    if entity_type_id not in _TYPES or code not in _available(call, entity_type_id):
        raise RestError("FIELD_NOT_FOUND", "Field not found", 400)
    sql = "SELECT id FROM crm_volatile_types WHERE entityTypeId = ? AND fieldCode = ?"
    known = store.value(sql, (entity_type_id, code))
    if known is not None:
        return {"id": int(known)}
    if store.value("SELECT count(*) FROM crm_volatile_types") >= _MOST:
        text = "There is already a maximum number of volatile types"
        raise RestError("MAX_TYPES_COUNT_EXCEEDED", text, 400)
    return {"id": store.insert("crm_volatile_types", {"entityTypeId": entity_type_id, "fieldCode": code})}


@method("crm.duplicate.volatileType.unregister", "crm", write=True)
def unregister(call: Call) -> bool:
    """Takes a field away."""
    number = call.integer("id")
    _require_admin(call)
    if not call.portal.store.execute("DELETE FROM crm_volatile_types WHERE id = ?", (number,)).rowcount:
        raise RestError("TYPE_IS_NOT_ASSIGNED", "This type is not assigned", 400)
    return True
