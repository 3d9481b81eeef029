"""Smart processes: `crm.type.*` (api-reference/crm/universal/user-defined-object-types)."""

from __future__ import annotations

from typing import Any

from sandbox.crm import types
from sandbox.crm.access import require_crm_admin
from sandbox.crm.fields import upper_name
from sandbox.crm.query import PAGE, Builder, Operand
from sandbox.crm.reading import offset
from sandbox.crm.schema import schema_of
from sandbox.kernel import features
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError, missing
from sandbox.kernel.registry import events, method

events("crm", "ONCRMTYPEADD", "ONCRMTYPEUPDATE", "ONCRMTYPEDELETE")

_COLUMNS = {"id", "title", "code", "createdBy", "entityTypeId", "createdTime", "updatedTime", "updatedBy"}


def _row(call: Call, name: str, value: int) -> dict[str, Any]:
    for row in schema_of(call.portal).types.values():
        if row[name] == value:
            return row
    raise RestError(0, "Смарт-процесс не найден", 400)


def _announce(call: Call, type_id: int, what: str) -> None:
    call.portal.emit(f"ONCRMTYPE{what}", {"FIELDS": {"ID": type_id}}, call)


@method("crm.type.add", "crm", write=True, cost=0.3)
def add(call: Call) -> dict[str, Any]:
    """Creates a smart process with its default funnel and stages."""
    require_crm_admin(call)
    if call.get("fields") is None:
        raise missing("fields")
    text = "Превышено количество смарт-процессов"
    features.require(call.portal, "smart_processes", "CREATE_DYNAMIC_TYPE_RESTRICTED", text)
    fields = call.mapping("fields")
    types.required_title(fields)
    if types.stands_outside(fields):
        raise RestError(0, "Выберите рабочее место, в котором будет расположен смарт-процесс")
    entity_type_id = types.create(call, fields)
    row = _row(call, "entityTypeId", entity_type_id)
    _announce(call, row["id"], "ADD")
    return {"type": types.describe(call.portal, row)}


@method("crm.type.get", "crm")
def get(call: Call) -> dict[str, Any]:
    """A smart process by its `id` (not by the entity type)."""
    require_crm_admin(call)
    return {"type": types.describe(call.portal, _row(call, "id", call.integer("id")))}


@method("crm.type.getByEntityTypeId", "crm")
def by_entity_type(call: Call) -> dict[str, Any]:
    """A smart process by its entity type."""
    require_crm_admin(call)
    return {"type": types.describe(call.portal, _row(call, "entityTypeId", call.integer("entityTypeId")))}


def _operand(name: str) -> Operand | None:
    if name in _COLUMNS:
        kind = "datetime" if name.endswith("Time") else "text" if name in ("title", "code") else "int"
        return Operand(f'"{name}"', kind)
    return Operand(f"json_extract(flags, '$.{name}')", "flag") if name in types.FLAGS else None


@method("crm.type.list", "crm")
def listing(call: Call) -> Page:
    """A page of smart processes, without their relations. Upper-case `ID` is refused here."""
    require_crm_admin(call)
    schema_of(call.portal)
    builder = Builder(_operand, call.portal.clock.zone)
    where, order = builder.where(call.mapping("filter")), builder.order(call.mapping("order"), '"id"')
    rows = call.portal.store.rows(f"SELECT entityTypeId FROM crm_types WHERE {where.sql} ORDER BY {order}", where.args)
    known = schema_of(call.portal).types
    printed = [types.describe(call.portal, known[row[0]], with_relations=False) for row in rows]
    start = offset(call)
    first = max(start, 0)
    return Page(printed[first : first + PAGE], None if start < 0 else len(printed), first, "types")


@method("crm.type.update", "crm", write=True, cost=0.2)
def update(call: Call) -> dict[str, Any]:
    """Changes a smart process; links are replaced as a whole where they are named."""
    require_crm_admin(call)
    text = "Вы не можете изменить настройки смарт-процесса: тариф не позволяет"
    features.require(call.portal, "smart_processes", "UPDATE_DYNAMIC_TYPE_RESTRICTED", text)
    row = _row(call, "id", call.integer("id"))
    types.change(call, row, call.mapping("fields"))
    _announce(call, row["id"], "UPDATE")
    return {"type": types.describe(call.portal, _row(call, "id", row["id"]))}


@method("crm.type.delete", "crm", write=True, cost=0.2)
def delete(call: Call) -> list[Any]:
    """Deletes a smart process that has no items. The official PHP client names the id `entityTypeId`."""
    require_crm_admin(call)
    name = "entityTypeId" if call.get("id") is None and call.get("entityTypeId") is not None else "id"
    row = _row(call, "id", call.integer(name))
    types.destroy(call.portal, row)
    _announce(call, row["id"], "DELETE")
    return []


@method("crm.type.fields", "crm")
def fields(call: Call) -> dict[str, Any]:
    """The fields of a smart process' settings."""
    require_crm_admin(call)
    names = ["id", "title", "code", "createdBy", "entityTypeId", "customSectionId", *types.FLAGS]
    names += ["createdTime", "updatedTime", "updatedBy", "relations", "linkedUserFields", "customSections"]
    return {"fields": {name: _described(name) for name in names}}


def _described(name: str) -> dict[str, Any]:
    kind = "boolean" if name in types.FLAGS else "datetime" if name.endswith("Time") else "string"
    if name in ("id", "entityTypeId", "createdBy", "updatedBy", "customSectionId"):
        kind = "integer"
    return {
        "type": kind,
        "isRequired": name in ("title", "entityTypeId"),
        "isReadOnly": name in ("id", "createdBy", "updatedBy", "createdTime", "updatedTime"),
        "isImmutable": name == "entityTypeId",
        "isMultiple": False,
        "isDynamic": False,
        "title": upper_name(name),
        "upperName": upper_name(name),
    }
