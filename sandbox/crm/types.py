"""Smart processes: their creation with a funnel and stages, their links to other types, their description."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sandbox.crm import moments, seeds, solutions, tables
from sandbox.crm.declarations import SYSTEM, smart_process
from sandbox.crm.schema import COMPANY, CONTACT, Schema, name_events, schema_of, touch
from sandbox.crm.values import flag, truth
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Portal

# Switch -> value when crm.type.add does not name it (crm-type-add.md).
FLAGS: dict[str, str] = {
    "isCategoriesEnabled": "N",
    "isStagesEnabled": "N",
    "isBeginCloseDatesEnabled": "N",
    "isClientEnabled": "N",
    "isUseInUserfieldEnabled": "N",
    "isLinkWithProductsEnabled": "N",
    "isMycompanyEnabled": "N",
    "isDocumentsEnabled": "N",
    "isSourceEnabled": "N",
    "isObserversEnabled": "N",
    "isRecyclebinEnabled": "N",
    "isAutomationEnabled": "N",
    "isBizProcEnabled": "N",
    "isSetOpenPermissions": "Y",
    "isPaymentsEnabled": "N",
    "isCountersEnabled": "N",
}
LINKED = ("CALENDAR_EVENT|UF_CRM_CAL_EVENT", "TASKS_TASK|UF_CRM_TASK", "TASKS_TASK_TEMPLATE|UF_CRM_TASK")
FIRST_ID = 5


def create(call: Call, fields: Mapping[str, Any]) -> int:
    """Makes a smart process with its default funnel; returns its entity type id."""
    portal, schema = call.portal, schema_of(call.portal)
    _check_plan(portal, schema)
    entity_type_id = _entity_type_id(schema, fields.get("entityTypeId") or call.notes.get("entityTypeId"))
    now = int(portal.clock.timestamp())
    type_id = call.forced_id or max([FIRST_ID - 1, *(r["id"] for r in schema.types.values())]) + 1
    title = str(fields["title"])
    row = {
        "id": type_id,
        "entityTypeId": entity_type_id,
        "title": title,
        "code": str(fields.get("code") or ""),
        "flags": json.dumps({name: flag(fields.get(name, default)) for name, default in FLAGS.items()}),
        "linked": json.dumps(_linked(fields, {})),
        "createdBy": call.user,
        "updatedBy": call.user,
        "createdTime": now,
        "updatedTime": now,
    }
    portal.store.insert("crm_types", row)
    tables.create_type(portal.store, entity_type_id, smart_process(entity_type_id, type_id, title))
    _first_funnel(portal, entity_type_id)
    _predefined(portal, entity_type_id, flag(fields.get("isClientEnabled", "N")))
    relate(portal, entity_type_id, fields.get("relations"))
    _settle(portal, type_id, fields)
    name_events(entity_type_id)
    touch(portal)
    return entity_type_id


def _settle(portal: Portal, type_id: int, fields: Mapping[str, Any]) -> None:
    """Moves a smart process to the digital workplace that `customSectionId` names; an empty one takes it out."""
    if "customSectionId" in fields:
        wanted = str(fields["customSectionId"] or "")
        solutions.move(portal.store, type_id, int(wanted) if wanted.isdigit() else None)


def _check_plan(portal: Portal, schema: Schema) -> None:
    """The setting `plan.spa_limit` says how many smart processes the plan allows; None is no limit."""
    limit = portal.store.setting("plan.spa_limit")
    if limit is not None and len(schema.types) >= int(limit):
        raise RestError("CREATE_DYNAMIC_TYPE_RESTRICTED", "Превышено максимальное количество смарт-процессов")


def _entity_type_id(schema: Schema, wanted: Any) -> int:
    if not wanted:
        free: Iterator[int] = (n for n in (*range(128, 193), *range(1030, 100000, 2)) if n not in schema.types)
        return next(free)
    number = int(str(wanted))
    allowed = 128 <= number <= 192 or (number >= 1030 and number % 2 == 0)
    if not allowed or number in schema.types:
        raise RestError("INVALID_ARG_VALUE", "entityTypeId is out of allowed range")
    return number


def next_category_id(schema: Schema, entity_type_id: int) -> int:
    """Deal funnels count on their own; those of invoices and smart processes share one sequence."""
    group = [t for t in schema.all_types() if (t == 2) == (entity_type_id == 2)]
    used = [category.id for t in group for category in schema.categories(t)]
    return max(used, default=0) + 1


def _first_funnel(portal: Portal, entity_type_id: int) -> None:
    category = next_category_id(schema_of(portal), entity_type_id)
    row = {"entityTypeId": entity_type_id, "id": category, "name": "Общая", "isDefault": "Y"}
    portal.store.insert("crm_categories", {**row, "createdTime": int(portal.clock.timestamp())})
    plant_stages(portal, entity_type_id, category)


def plant_stages(portal: Portal, entity_type_id: int, category: int) -> None:
    """Writes the stages that a new funnel starts with."""
    if entity_type_id == 2:
        seeds.add_stages(portal.store, f"DEAL_STAGE_{category}", f"C{category}:", category, seeds.DEAL_STAGES)
        return
    invoice = entity_type_id == 31
    name = f"SMART_INVOICE_STAGE_{category}" if invoice else f"DYNAMIC_{entity_type_id}_STAGE_{category}"
    stages = seeds.INVOICE_STAGES if invoice else seeds.SMART_STAGES
    seeds.add_stages(portal.store, name, f"DT{entity_type_id}_{category}:", category, stages)


def _predefined(portal: Portal, entity_type_id: int, client: str) -> None:
    """The "Client" switch links a type to contacts and companies by itself."""
    for parent in (CONTACT, COMPANY):
        portal.store.execute(
            "DELETE FROM crm_relations WHERE parentTypeId = ? AND childTypeId = ? AND isPredefined = 'Y'",
            (parent, entity_type_id),
        )
        if client == "Y":
            portal.store.execute(
                "INSERT OR REPLACE INTO crm_relations VALUES (?, ?, 'Y', 'Y')", (parent, entity_type_id)
            )


def relate(portal: Portal, entity_type_id: int, relations: Any) -> None:
    """Replaces a type's links: parents give it `parentId{N}`, children get `parentId{this}`.

    A side that is not named stays as it was; predefined links cannot be changed.
    """
    if not isinstance(relations, Mapping):
        return
    for side, mine in (("parent", "childTypeId"), ("child", "parentTypeId")):
        if side not in relations:
            continue
        portal.store.execute(f"DELETE FROM crm_relations WHERE {mine} = ? AND isPredefined = 'N'", (entity_type_id,))
        for entry in _entries(relations[side]):
            linked = int(entry["entityTypeId"])
            pair = (linked, entity_type_id) if side == "parent" else (entity_type_id, linked)
            # Y and N do not work here, only "true" (crm-type-add.md).
            listed = str(entry.get("isChildrenListEnabled", "")).lower() in ("true", "1")
            _link(portal, *pair, "Y" if listed else "N")


def _entries(value: Any) -> Iterable[Mapping[str, Any]]:
    found = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else []
    return [entry for entry in found if isinstance(entry, Mapping) and entry.get("entityTypeId")]


def _link(portal: Portal, parent: int, child: int, listed: str) -> None:
    known = {*SYSTEM, *schema_of(portal).types, parent, child}
    if parent not in known or child not in known:
        return
    portal.store.execute("INSERT OR IGNORE INTO crm_relations VALUES (?, ?, ?, 'N')", (parent, child, listed))
    tables.add_column(portal.store, child, f"parentId{parent}", "INTEGER", index=True)


def _linked(fields: Mapping[str, Any], before: Mapping[str, str]) -> dict[str, str]:
    """`linkedUserFields` wants the texts "true" and "false": Y and N do not work there."""
    given = fields.get("linkedUserFields")
    given = given if isinstance(given, Mapping) else {}
    return {
        name: ("Y" if str(given[name]).lower() in ("true", "1") else "N") if name in given else before.get(name, "N")
        for name in LINKED
    }


def change(call: Call, row: dict[str, Any], fields: Mapping[str, Any]) -> None:
    """Applies crm.type.update: only what is named changes."""
    flags = {name: flag(fields[name]) if name in fields else value for name, value in row["flags"].items()}
    values = {
        "title": str(fields.get("title") or row["title"]),
        "flags": json.dumps(flags),
        "linked": json.dumps(_linked(fields, json.loads(row["linked"]))),
        "updatedBy": call.user,
        "updatedTime": int(call.portal.clock.timestamp()),
    }
    sets = ", ".join(f"{name} = ?" for name in values)
    call.portal.store.execute(f"UPDATE crm_types SET {sets} WHERE id = ?", (*values.values(), row["id"]))
    _predefined(call.portal, row["entityTypeId"], flags["isClientEnabled"])
    relate(call.portal, row["entityTypeId"], fields.get("relations"))
    _settle(call.portal, row["id"], fields)
    touch(call.portal)


def destroy(portal: Portal, row: dict[str, Any]) -> None:
    """Deletes a smart process without items; its funnels, stages, links and user fields go with it."""
    store, entity_type_id = portal.store, row["entityTypeId"]
    if store.value(f'SELECT 1 FROM "{tables.item_table(entity_type_id)}" LIMIT 1'):
        raise RestError("BX_ERROR", "Нельзя удалить смарт-процесс, в котором есть элементы")
    store.execute(f'DROP TABLE "{tables.item_table(entity_type_id)}"')
    store.execute(f'DROP TABLE IF EXISTS "{tables.history_table(entity_type_id)}"')
    store.execute("DELETE FROM crm_statuses WHERE entityId GLOB ?", (f"DYNAMIC_{entity_type_id}_STAGE_*",))
    store.execute("DELETE FROM crm_categories WHERE entityTypeId = ?", (entity_type_id,))
    store.execute("DELETE FROM crm_relations WHERE ? IN (parentTypeId, childTypeId)", (entity_type_id,))
    solutions.move(store, row["id"], None)
    fields = "SELECT id FROM crm_userfields WHERE entityId = ?"
    store.execute(f"DELETE FROM crm_enums WHERE userFieldId IN ({fields})", (f"CRM_{row['id']}",))
    store.execute("DELETE FROM crm_userfields WHERE entityId = ?", (f"CRM_{row['id']}",))
    store.execute("DELETE FROM crm_types WHERE id = ?", (row["id"],))
    touch(portal)


def describe(portal: Portal, row: dict[str, Any], *, with_relations: bool = True) -> dict[str, Any]:
    """A type as crm.type.* prints it (api-reference/crm/data-types.md, `type`)."""
    zone = portal.clock.zone
    described = {
        "id": row["id"],
        "title": row["title"],
        "code": row["code"],
        "createdBy": row["createdBy"],
        "entityTypeId": row["entityTypeId"],
        "customSectionId": solutions.of_type(portal.store, row["id"]),
        **row["flags"],
        "createdTime": moments.iso(row["createdTime"], zone),
        "updatedTime": moments.iso(row["updatedTime"], zone),
        "updatedBy": row["updatedBy"],
    }
    if with_relations:
        described["relations"] = _relations(schema_of(portal), row["entityTypeId"])
        described["linkedUserFields"] = json.loads(row["linked"])
        described["customSections"] = solutions.choice(portal.store, row["id"])
    return described


def _relations(schema: Schema, entity_type_id: int) -> dict[str, list[dict[str, Any]]]:
    def side(mine: str, other: str) -> list[dict[str, Any]]:
        return [
            {
                "entityTypeId": r[other],
                "isChildrenListEnabled": r["isChildrenListEnabled"],
                "isPredefined": r["isPredefined"],
            }
            for r in schema.relations
            if r[mine] == entity_type_id
        ]

    return {"parent": side("childTypeId", "parentTypeId"), "child": side("parentTypeId", "childTypeId")}


def required_title(fields: Mapping[str, Any]) -> None:
    """Refuses a type without a title."""
    if not str(fields.get("title") or "").strip():
        raise RestError(100, "Could not find value for parameter {title}")


def stands_outside(fields: Mapping[str, Any]) -> bool:
    """Whether a type is asked for outside the CRM without a workplace to put it in."""
    return truth(fields.get("isExternal", "N")) and not fields.get("customSectionId")
