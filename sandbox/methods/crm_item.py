"""The universal methods `crm.item.*` (api-reference/crm/universal)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from sandbox.crm import access, drafts, items, known_bugs, reading
from sandbox.crm.schema import Entity, schema_of, with_dictionary
from sandbox.crm.values import truth
from sandbox.kernel import features
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError, missing
from sandbox.kernel.registry import method

_IMPORT_LIMIT = 20
FIRST_SMART_PROCESS = 128
_OWN_TIMES = ("createdTime", "updatedTime", "movedTime", "createdBy", "updatedBy", "movedBy")


def entity_of(call: Call) -> Entity:
    """The object type that `entityTypeId` names; only employees of the company may use it."""
    access.require_intranet(call)
    return schema_of(call.portal).entity(call.integer("entityTypeId"))


def _original(call: Call) -> bool:
    return truth(call.get("useOriginalUfNames", "N"))


def _fields(call: Call) -> dict[str, Any]:
    if call.get("fields") is None:
        raise missing("fields")
    return call.mapping("fields")


def _by_plan(call: Call, entity: Entity, code: str, text: str) -> None:
    """Smart processes are not in every plan."""
    if entity.id >= FIRST_SMART_PROCESS:
        features.require(call.portal, "smart_processes", code, text)


@method("crm.item.fields", "crm")
def fields(call: Call) -> dict[str, Any]:
    """The fields of a type with their settings."""
    entity = entity_of(call)
    if entity.schema.access and access.mode_of(call, entity) == "none":
        raise access.denied()
    spelled = entity.spelled(_original(call))
    described = {name: with_dictionary(entity, field).describe() for name, field in spelled.items()}
    for user_field in entity.schema.user_fields.get(entity.declaration.user_fields, []):
        name = next(n for n, field in spelled.items() if field.column == user_field.name)
        if user_field.type == "enumeration":
            described[name]["items"] = enum_items(call, user_field.id)
        described[name]["settings"] = user_field.row["settings"]
    if "contactIds" in described:
        described["contacts"] = {**described["contactIds"], "title": "CONTACTS", "upperName": "CONTACTS"}
    return {"fields": described}


def enum_items(call: Call, user_field_id: int) -> list[dict[str, str]]:
    """The list values of a user field as crm.item.fields prints them."""
    sql = "SELECT id, value FROM crm_enums WHERE userFieldId = ? ORDER BY sort, id"
    return [{"ID": str(row["id"]), "VALUE": row["value"]} for row in call.portal.store.rows(sql, (user_field_id,))]


def _spelling(original: bool) -> reading.Spelling:
    return "original" if original else "item"


Asked = tuple[int, reading.Spelling, int]
"""Which item, of which type and how printed."""


def _asked(call: Call) -> Asked:
    """What a crm.item.get asks for; in a batch it is read ahead and once more when the command runs."""
    asked: Asked | None = call.notes.get("asked")
    if asked is None:
        number = call.integer("entityTypeId")
        schema_of(call.portal).entity(number)
        asked = call.notes["asked"] = (number, _spelling(_original(call)), call.integer("id"))
    return asked


def _ahead(calls: list[Call]) -> None:
    """The items of many crm.item.get at once."""
    portal, alike = calls[0].portal, defaultdict[tuple[int, reading.Spelling], list[int]](list)
    for call in calls:
        number, spelling, item_id = _asked(call)
        alike[number, spelling].append(item_id)
    for (number, spelling), ids in alike.items():
        reading.ahead(portal, schema_of(portal).entity(number), ids, spelling)


@method("crm.item.get", "crm", ahead=_ahead)
def get(call: Call) -> dict[str, Any]:
    """One item."""
    access.require_intranet(call)
    number, spelling, item_id = _asked(call)
    return {"item": reading.one(call, schema_of(call.portal).entity(number), item_id, spelling)}


@method("crm.item.list", "crm", cost=0.05)
def listing(call: Call) -> Page:
    """A page of items."""
    known_bugs.pass_by_atom_dates(call)
    return reading.page(call, entity_of(call), original=_original(call))


@method("crm.item.add", "crm", write=True, cost=0.1)
def add(call: Call) -> dict[str, Any]:
    """Creates an item."""
    entity, original = entity_of(call), _original(call)
    _by_plan(call, entity, "CREATE_DYNAMIC_ITEM_RESTRICTED", "Вы не можете создать элемент: тариф не позволяет")
    draft = drafts.of_item(call, entity, _fields(call), original=original)
    item_id = items.create(call, entity, draft)
    return {"item": reading.one(call, entity, item_id, _spelling(original))}


@method("crm.item.update", "crm", write=True, cost=0.1)
def update(call: Call) -> dict[str, Any]:
    """Changes an item; an update that changes nothing is not saved."""
    entity, original, item_id = entity_of(call), _original(call), call.integer("id")
    _by_plan(call, entity, "UPDATE_DYNAMIC_ITEM_RESTRICTED", "Вы не можете изменить элемент: тариф не позволяет")
    draft = drafts.of_item(call, entity, _fields(call), original=original)
    known_bugs.keep_company(call, entity, draft)
    items.change(call, entity, item_id, draft)
    return {"item": reading.one(call, entity, item_id, _spelling(original))}


@method("crm.item.delete", "crm", write=True, cost=0.05)
def delete(call: Call) -> list[Any]:
    """Deletes an item; the answer is an empty list."""
    items.remove(call, entity_of(call), call.integer("id"))
    return []


def _import_one(call: Call, entity: Entity, fields: dict[str, Any], *, original: bool) -> int:
    """Adds an item as it was elsewhere: an administrator may set times and authors; no automation runs."""
    if call.source in ("rest", "act") and not call.portal.is_admin(call.user):
        kept = [name for name in _OWN_TIMES if name in fields]
        if kept:
            raise RestError("CRM_FIELD_ERROR_VALUE_NOT_VALID", f'Неверное значение поля "{kept[0]}"')
    _by_plan(call, entity, "CREATE_DYNAMIC_ITEM_RESTRICTED", "Вы не можете создать элемент: тариф не позволяет")
    call.notes["import"] = True
    draft = drafts.of_item(call, entity, fields, original=original)
    if not call.notes.get("silent"):
        _check_times(draft.columns, call.portal.clock.timestamp())
    return items.create(call, entity, draft)


def _check_times(columns: Mapping[str, Any], now: float) -> None:
    """The restrictions for dates of an import but one (crm/universal/import/index.md): an item may be created
    before others that are there, so that histories can be imported in any order."""
    created, updated, moved = (columns.get(name) for name in ("createdTime", "updatedTime", "movedTime"))
    wrong = {
        "createdTime": created is not None and created > now,
        "updatedTime": updated is not None and not (created or updated) <= updated <= now,
        "movedTime": moved is not None and not (created or moved) <= moved <= (updated or now),
    }
    for name in (name for name, is_wrong in wrong.items() if is_wrong):
        raise RestError("CRM_FIELD_ERROR_VALUE_NOT_VALID", f'Неверное значение поля "{name}"')


@method(
    "crm.item.import", "crm", write=True, cost=0.1, partial="an item may be created earlier than those that are there"
)
def import_item(call: Call) -> dict[str, Any]:
    """Adds one item without automation (crm/universal/import/crm-item-import.md)."""
    entity = entity_of(call)
    return {"item": {"id": _import_one(call, entity, _fields(call), original=_original(call))}}


@method("crm.item.batchImport", "crm", write=True, cost=0.5, partial="as crm.item.import")
def batch_import(call: Call) -> dict[str, Any]:
    """Adds up to twenty items; a refused one does not stop the others (crm-item-batch-import.md)."""
    entity, original, data = entity_of(call), _original(call), call.listing("data")
    if len(data) > _IMPORT_LIMIT:
        raise RestError("MAX_IMPORT_BATCH_SIZE_EXCEEDED", "Нельзя импортировать больше 20 элементов")
    if entity.schema.access and access.mode_of(call, entity) == "none":
        raise access.denied()
    _by_plan(call, entity, "CREATE_DYNAMIC_ITEM_RESTRICTED", "Вы не можете создать элемент: тариф не позволяет")
    return {"items": [_import_or_refuse(call, entity, fields, original) for fields in data]}


def _import_or_refuse(call: Call, entity: Entity, fields: Any, original: bool) -> dict[str, Any]:
    try:
        given = dict(fields) if isinstance(fields, dict) else {}
        return {"item": {"id": _import_one(call, entity, given, original=original)}}
    except RestError as refusal:
        return refusal.body()
