"""User field settings: `userfieldconfig.*` (api-reference/crm/universal/userfieldconfig)."""

from __future__ import annotations

from typing import Any

from sandbox.crm import userfields
from sandbox.crm.query import PAGE, Builder, Operand
from sandbox.crm.reading import offset
from sandbox.crm.schema import UserField, schema_of
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError, missing
from sandbox.kernel.registry import method
from sandbox.methods.userfieldtype import all_types, user_types

# Labels other than these two are not processed on add (userfieldconfig-add.md).
_ON_ADD = ("xmlId", "sort", "multiple", "mandatory", "showFilter", "editInList", "isSearchable", "settings", "enum")
_COLUMNS = {
    "id": "int",
    "entityId": "text",
    "fieldName": "text",
    "userTypeId": "text",
    "xmlId": "text",
    "sort": "int",
    "multiple": "text",
    "mandatory": "text",
    "showFilter": "text",
    "showInList": "text",
    "editInList": "text",
    "isSearchable": "text",
}


def _check_module(call: Call) -> None:
    module = str(call.need("moduleId"))
    if module != "crm":
        raise userfields.refused("No settings for UserFieldAccess")
    if call.scope is not None and "crm" not in call.scope:
        raise userfields.refused("The current method required more scopes. (crm)")


def _require_admin(call: Call, text: str) -> None:
    if call.source in ("rest", "act") and not call.portal.is_admin(call.user):
        raise userfields.refused(text)


def _found(call: Call, text: str) -> UserField:
    field = userfields.find(call.portal, call.integer("id"))
    if field is None:
        raise userfields.refused(text)
    return field


@method("userfieldconfig.add", "userfieldconfig", write=True, cost=0.2)
def add(call: Call) -> dict[str, Any]:
    """Creates a user field: `field{entityId*, fieldName*, userTypeId*, ...}`."""
    _check_module(call)
    _require_admin(call, "Доступ запрещен")
    if call.get("field") is None:
        raise missing("field")
    config = call.mapping("field")
    for name, upper in (("userTypeId", "USER_TYPE_ID"), ("fieldName", "FIELD_NAME")):
        if not config.get(name):
            raise userfields.refused(f"The '{upper}' field is not found.")
    entity, name = str(config.get("entityId") or ""), str(config["fieldName"])
    if schema_of(call.portal).of_user_fields(entity) is None and entity != "CRM_REQUISITE":
        raise userfields.refused("Вы не можете создавать пользовательские поля")
    userfields.check_name(entity, name)
    taken = {key: config[key] for key in (*_ON_ADD, "editFormLabel", "helpMessage") if key in config}
    user_type = str(config["userTypeId"])
    user_type = user_types(call.portal, call.app).get(user_type, user_type)
    number = userfields.create(call, entity, name, user_type, taken)
    return _again(call, number)


def _again(call: Call, number: int) -> dict[str, Any]:
    field = userfields.find(call.portal, number)
    if field is None:
        raise RestError("", "Fail to create new user field")
    return {"field": userfields.describe(call.portal, field)}


@method("userfieldconfig.get", "userfieldconfig")
def get(call: Call) -> dict[str, Any]:
    """One field with labels in all languages and its list values."""
    _check_module(call)
    field = _found(call, "У вас нет прав на просмотр настроек пользовательского поля")
    return {"field": userfields.describe(call.portal, field)}


@method("userfieldconfig.list", "userfieldconfig")
def listing(call: Call) -> Page:
    """A page of fields; labels only in the language that `select` asks for, list values never."""
    _check_module(call)
    schema_of(call.portal)
    builder = Builder(_operand, call.portal.clock.zone)
    where = builder.where(call.mapping("filter"))
    order = builder.order(call.mapping("order") or {"sort": "ASC", "id": "ASC"}, '"id"')
    rows = call.portal.store.rows(f"SELECT id FROM crm_userfields WHERE {where.sql} ORDER BY {order}", where.args)
    start = offset(call)
    first = max(start, 0)
    chosen = [userfields.find(call.portal, row[0]) for row in rows[first : first + PAGE]]
    printed = [_selected(call, field) for field in chosen if field is not None]
    return Page(printed, None if start < 0 else len(rows), first, "fields")


def _operand(name: str) -> Operand | None:
    return Operand(f'"{name}"', _COLUMNS[name]) if name in _COLUMNS else None


def _selected(call: Call, field: UserField) -> dict[str, Any]:
    select = call.get("select")
    language = select.get("language") if isinstance(select, dict) else None
    names = [str(name) for name in call.listing("select")]
    full = userfields.describe(call.portal, field, languages=(str(language),) if language else ())
    full.pop("enum", None)
    if not language:
        for name in ("languageId", *userfields.LABELS):
            full.pop(name)
    elif isinstance(select, dict):
        names = [str(value) for key, value in select.items() if key != "language"]
        names += ["languageId", *userfields.LABELS]
    if not names or "*" in names:
        return full
    return {name: value for name, value in full.items() if name in names or name == "id"}


@method("userfieldconfig.update", "userfieldconfig", write=True, cost=0.2)
def update(call: Call) -> dict[str, Any]:
    """Changes a field; its name, type and multiplicity stay as they are."""
    _check_module(call)
    text = "Вы не можете изменять настройки пользовательского поля"
    _require_admin(call, text)
    field = _found(call, text)
    userfields.change(call, field, call.mapping("field"))
    return _again(call, field.id)


@method("userfieldconfig.delete", "userfieldconfig", write=True, cost=0.2)
def delete(call: Call) -> None:
    """Deletes a field with its values; the answer is null."""
    _check_module(call)
    text = "Вы не можете удалить пользовательское поле"
    _require_admin(call, text)
    userfields.remove(call, _found(call, text))


@method("userfieldconfig.getTypes", "userfieldconfig")
def get_types(call: Call) -> dict[str, Any]:
    """The types a field may have."""
    _check_module(call)
    known = {**userfields.TYPES, **all_types(call.portal)}
    return {"types": {name: {"userTypeId": name, "description": title} for name, title in known.items()}}
