"""Fields that must be filled before a card comes to a stage.

REST cannot set this (the card's settings of a real portal do), the control side can; crm.item.update
checks it when the stage changes inside of a funnel (crm-item-update.md).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.crm import links, multifields
from sandbox.crm.fields import Field
from sandbox.crm.schema import Entity, Status, schema_of
from sandbox.kernel import behaviour
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Portal
from sandbox.kernel.store import declare

declare(
    "CREATE TABLE IF NOT EXISTS crm_required (entityTypeId INTEGER NOT NULL, stageId TEXT NOT NULL,"
    " field TEXT NOT NULL, PRIMARY KEY (entityTypeId, stageId, field)) WITHOUT ROWID"
)


def require(portal: Portal, body: Mapping[str, Any]) -> list[str]:
    """Sets on which stages a field is required: `{"entityTypeId", "categoryId", "field", "stages"}`,
    or `"from"` for a stage and all that come after it but the failed ones. Returns the stages;
    none takes the requirement away in this funnel."""
    entity = schema_of(portal).entity(int(body["entityTypeId"]))
    name = _field(entity, str(body["field"])).name
    stages = entity.stages(int(body.get("categoryId") or 0))
    wanted = {str(code) for code in body.get("stages") or ()}
    if body.get("from"):
        codes = [stage.code for stage in stages]
        if body["from"] not in codes:
            raise RestError("NOT_FOUND", f"There is no stage {body['from']}", 404)
        wanted |= {stage.code for stage in stages[codes.index(body["from"]) :] if stage.semantics != "F"}
    for stage in stages:
        key = (entity.id, stage.code, name)
        portal.store.execute("DELETE FROM crm_required WHERE entityTypeId = ? AND stageId = ? AND field = ?", key)
        if stage.code in wanted:
            portal.store.execute("INSERT INTO crm_required VALUES (?, ?, ?)", key)
    return sorted(wanted)


def _field(entity: Entity, name: str) -> Field:
    """A field by any of its spellings."""
    for spelled in (entity.fields, entity.spelled(True), entity.old):
        if name in spelled:
            return spelled[name]
    if name == "fm" or name.lower() in ("phone", "email"):
        return Field(name.lower(), None, "crm_multifield", name)
    raise RestError("NOT_FOUND", f"There is no field {name}", 404)


def of_stage(portal: Portal, entity_type_id: int, stage: str) -> list[str]:
    """The names of the fields that a stage requires, as crm.item.* spells them."""
    rows = portal.store.rows(
        "SELECT field FROM crm_required WHERE entityTypeId = ? AND stageId = ? ORDER BY field", (entity_type_id, stage)
    )
    return [row["field"] for row in rows]


def check_new(call: Call, entity: Entity, row: Mapping[str, Any], stage: Status | None) -> None:
    """Refuses a new card without what its stage requires (crm-item-add.md); mandatory user fields are
    asked for only when that is switched on: most clients that add cards do not know of them."""
    mandatory = behaviour.on(call.portal, "mandatory_on_add")
    if stage is not None or mandatory:
        check(call, entity, row, stage, mandatory=mandatory)


def check(call: Call, entity: Entity, row: Mapping[str, Any], stage: Status | None, *, mandatory: bool = True) -> None:
    """Refuses a card that comes to a stage without what is required there, or without a mandatory
    user field; automation and fixtures are not asked."""
    if call.source in ("robot", "system") or call.notes.get("silent") or call.notes.get("import"):
        return
    if behaviour.on(call.portal, "required_on_stage_off"):
        return
    names = [name for name, field in entity.fields.items() if field.user_field and field.required] if mandatory else []
    of_this = of_stage(call.portal, entity.id, stage.code) if stage is not None else []
    for name in dict.fromkeys([*names, *of_this]):
        field = _field(entity, name)
        if _empty(_value(call, entity, row, field)):
            raise refusal(call, field)


def refusal(call: Call, field: Field) -> RestError:
    """What crm.item.* answers (crm-item-batch-import.md shows it); the old methods have no codes."""
    text = f'Поле "{field.title or field.name}" обязательно для заполнения'
    return RestError("CRM_FIELD_ERROR_REQUIRED" if call.method.lower().startswith("crm.item.") else "", text)


def _value(call: Call, entity: Entity, row: Mapping[str, Any], field: Field) -> Any:
    store, item_id = call.portal.store, int(row["id"])
    if field.name == "contactIds":
        return links.contacts_of(store, entity.id, [item_id]).get(item_id, [])
    if field.type == "crm_multifield":
        entries = multifields.of(store, entity.id, [item_id]).get(item_id, [])
        return [one for one in entries if field.name in ("fm", one.kind.lower())]
    value = row.get(field.column or field.name)
    return json.loads(value) if field.multiple and isinstance(value, str) and value.startswith("[") else value


def _empty(value: Any) -> bool:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return not value
    return value in (None, "", 0, "0")
