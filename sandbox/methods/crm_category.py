"""Funnels: `crm.category.*` (api-reference/crm/universal/category)."""

from __future__ import annotations

from typing import Any

from sandbox.crm import tables, types
from sandbox.crm.access import mode_of, require_crm_admin
from sandbox.crm.fields import upper_name
from sandbox.crm.schema import DEAL, LEAD, Category, Entity, schema_of, touch
from sandbox.crm.values import truth
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError, missing
from sandbox.kernel.registry import method


def _entity(call: Call) -> Entity:
    entity = schema_of(call.portal).entity(call.integer("entityTypeId"))
    if entity.id == LEAD:
        raise RestError("ENTITY_TYPE_NOT_SUPPORTED", "Entity type LEAD is not supported")
    return entity


def _category(entity: Entity, number: int) -> Category:
    found = next((c for c in entity.schema.categories(entity.id) if c.id == number), None)
    if found is None:
        raise RestError("NOT_FOUND", "Элемент не найден")
    return found


def _printed(entity: Entity, category: Category) -> dict[str, Any]:
    printed: dict[str, Any] = {
        "id": category.id,
        "name": category.name,
        "sort": category.sort,
        "entityTypeId": entity.id,
        "isDefault": "Y" if category.default else "N",
    }
    if entity.id == DEAL and category.id:
        printed |= {"originId": category.origin_id, "originatorId": category.originator_id}
    elif entity.id != DEAL:
        printed |= {"isSystem": "N", "code": ""}
    return printed


def _sort(value: Any, default: int) -> int:
    try:
        return max(0, int(value))
    except (TypeError, ValueError):
        return default


@method("crm.category.list", "crm")
def listing(call: Call) -> Page:
    """All funnels of a type, without paging."""
    entity = _entity(call)
    printed = [_printed(entity, category) for category in entity.schema.categories(entity.id)]
    return Page(printed, len(printed), 0, "categories", size=max(len(printed), 1))


@method("crm.category.get", "crm")
def get(call: Call) -> dict[str, Any]:
    """One funnel."""
    entity = _entity(call)
    if entity.schema.access and mode_of(call, entity) == "none":
        raise RestError("ACCESS_DENIED", "Доступ запрещен")
    return {"category": _printed(entity, _category(entity, call.integer("id")))}


@method("crm.category.add", "crm", write=True, cost=0.2)
def add(call: Call) -> dict[str, Any]:
    """Creates a funnel with the stages every new funnel has."""
    require_crm_admin(call)
    entity = _entity(call)
    if call.get("fields") is None:
        raise missing("fields")
    fields = call.mapping("fields")
    if not str(fields.get("name") or "").strip():
        raise RestError(0, "Поле 'NAME' обязательно для заполнения")
    if truth(fields.get("isSystem", "N")):
        raise RestError("ADDING_DISABLED", "Добавление системной воронки запрещено")
    number = call.forced_id if call.forced_id is not None else types.next_category_id(entity.schema, entity.id)
    row = {
        "entityTypeId": entity.id,
        "id": number,
        "name": str(fields["name"]).strip()[:255],
        "sort": _sort(fields.get("sort"), 500),
        "originId": str(fields.get("originId") or ""),
        "originatorId": str(fields.get("originatorId") or ""),
        "createdTime": int(call.portal.clock.timestamp()),
    }
    call.portal.store.insert("crm_categories", row)
    if entity.has_stages:
        types.plant_stages(call.portal, entity.id, number)
    _make_default(call, entity, number, fields)
    touch(call.portal)
    return _again(call, entity.id, number)


def _make_default(call: Call, entity: Entity, number: int, fields: dict[str, Any]) -> None:
    if entity.id == DEAL or not truth(fields.get("isDefault", "N")):
        return
    if entity.has_multifields:
        raise RestError(0, "Default client category does not support updating default state")
    call.portal.store.execute(
        "UPDATE crm_categories SET isDefault = CASE id WHEN ? THEN 'Y' ELSE 'N' END WHERE entityTypeId = ?",
        (number, entity.id),
    )


def _again(call: Call, entity_type_id: int, number: int) -> dict[str, Any]:
    entity = schema_of(call.portal).entity(entity_type_id)
    return {"category": _printed(entity, _category(entity, number))}


@method("crm.category.update", "crm", write=True, cost=0.1)
def update(call: Call) -> dict[str, Any]:
    """Renames, sorts a funnel, or makes it the default one."""
    require_crm_admin(call)
    entity, fields = _entity(call), call.mapping("fields")
    category = _category(entity, call.integer("id"))
    name = str(fields.get("name") or category.name)
    sort = _sort(fields.get("sort"), category.sort) if "sort" in fields else category.sort
    call.portal.store.execute(
        "UPDATE crm_categories SET name = ?, sort = ?, originId = ?, originatorId = ?"
        " WHERE entityTypeId = ? AND id = ?",
        (
            name,
            sort,
            str(fields.get("originId", category.origin_id)),
            str(fields.get("originatorId", category.originator_id)),
            entity.id,
            category.id,
        ),
    )
    _make_default(call, entity, category.id, fields)
    touch(call.portal)
    return _again(call, entity.id, category.id)


@method("crm.category.delete", "crm", write=True, cost=0.1)
def delete(call: Call) -> None:
    """Deletes an empty funnel that is not the default one; the answer is null."""
    require_crm_admin(call)
    entity = _entity(call)
    category = _category(entity, call.integer("id"))
    deal = entity.id == DEAL
    if category.default:
        text = "Нельзя удалить воронку по умолчанию" if deal else "Это воронка по умолчанию"
        raise RestError(0 if deal else "BX_ERROR", text)
    table = tables.item_table(entity.id)
    if call.portal.store.value(f'SELECT 1 FROM "{table}" WHERE "categoryId" = ? LIMIT 1', (category.id,)):
        text = (
            f"Найдены сделки, связанные с воронкой {category.name}"
            if deal
            else "Найдены элементы, связанные с воронкой"
        )
        raise RestError(0 if deal else "BX_ERROR", text)
    store = call.portal.store
    store.execute("DELETE FROM crm_categories WHERE entityTypeId = ? AND id = ?", (entity.id, category.id))
    store.execute("DELETE FROM crm_statuses WHERE entityId = ?", (entity.dictionary(category.id),))
    touch(call.portal)


@method("crm.category.fields", "crm")
def fields(call: Call) -> dict[str, Any]:
    """The fields of a funnel."""
    entity = _entity(call)
    kinds = {"id": "integer", "name": "string", "sort": "integer", "entityTypeId": "integer", "isDefault": "boolean"}
    kinds |= {"originId": "string", "originatorId": "string"} if entity.id == DEAL else {"code": "string"}
    return {
        "fields": {
            name: {
                "type": kind,
                "isRequired": name == "entityTypeId",
                "isReadOnly": name in ("id", "entityTypeId") or (name == "isDefault" and entity.id == DEAL),
                "isImmutable": False,
                "isMultiple": False,
                "isDynamic": False,
                "title": upper_name(name),
                "upperName": upper_name(name),
            }
            for name, kind in kinds.items()
        }
    }
