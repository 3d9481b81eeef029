"""User fields by the old methods: `crm.deal.userfield.*` and its kin, `user.userfield.*`, `crm.userfield.*`.

Sources: crm/deals/user-defined-fields, crm/requisites/user-fields, user/userfields, crm/universal/user-defined-fields.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.crm import userfields
from sandbox.crm.access import require_settings
from sandbox.crm.declarations import SYSTEM
from sandbox.crm.schema import UserField, schema_of
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.kernel.rows import matches, ordered, paged
from sandbox.methods.crm_old import fields_of, number, refused
from sandbox.methods.userfieldtype import all_types, user_types

_CONFIG = {
    "XML_ID": "xmlId",
    "SORT": "sort",
    "MULTIPLE": "multiple",
    "MANDATORY": "mandatory",
    "SHOW_FILTER": "showFilter",
    "SHOW_IN_LIST": "showInList",
    "EDIT_IN_LIST": "editInList",
    "IS_SEARCHABLE": "isSearchable",
    "SETTINGS": "settings",
    "LIST": "enum",
    "EDIT_FORM_LABEL": "editFormLabel",
    "LIST_COLUMN_LABEL": "listColumnLabel",
    "LIST_FILTER_LABEL": "listFilterLabel",
    "ERROR_MESSAGE": "errorMessage",
    "HELP_MESSAGE": "helpMessage",
}


@dataclass(frozen=True, slots=True)
class Family:
    """The methods `{name}.userfield.*` of one kind of objects; `prefix` begins the names of its fields."""

    name: str
    entity: str
    prefix: str = "UF_CRM_"
    scope: str = "crm"


FAMILIES = (
    *(Family(f"crm.{d.code.lower()}", d.user_fields) for n, d in SYSTEM.items() if n in (1, 2, 3, 4, 7)),
    Family("crm.requisite", "CRM_REQUISITE"),
    Family("user", "USER", "UF_USR_", "user.userfield"),
)


def _core(function: Callable[[], Any]) -> Any:
    """Runs what both kinds of methods share; the old ones print its refusals with the code ERROR_CORE."""
    try:
        return function()
    except RestError as refusal:
        raise RestError(refusal.code or "ERROR_CORE", refusal.description, refusal.status) from None


def _config(fields: dict[str, Any]) -> dict[str, Any]:
    config = {name: fields[old] for old, name in _CONFIG.items() if old in fields}
    if fields.get("LABEL"):
        for name in userfields.LABELS:
            config.setdefault(name, fields["LABEL"])
    return config


def _name(family: Family, given: str) -> str:
    """`MANAGER_NOTE`, `UF_MANAGER_NOTE` and `UF_CRM_MANAGER_NOTE` are one name."""
    upper = given.upper()
    full = upper if upper.startswith(family.prefix) else family.prefix + upper.removeprefix("UF_")
    if len(full) > 50:
        raise RestError("ERROR_CORE", "Field name is too long (more than 50 characters).")
    if not re.fullmatch(r"[A-Z0-9_]+", full):
        text = "Field name contains invalid characters. Allowed characters are: A-Z, 0-9 and _."
        raise RestError("ERROR_CORE", text)
    return full


def add(family: Family, call: Call) -> int:
    """Creates a user field; returns its id."""
    require_settings(call)
    fields = {key.upper(): value for key, value in fields_of(call).items()}
    if family.entity == "USER" and fields.get("USER_TYPE_ID") == "":
        # What is sent empty has a refusal of its own (user-userfield-add.md).
        raise RestError("ERROR_ARGUMENT", "Argument 'USER_TYPE_ID' is null or empty", argument="USER_TYPE_ID")
    for name in ("USER_TYPE_ID", "FIELD_NAME"):
        if not fields.get(name):
            raise refused(f"The '{name}' field is not found.")
    name, user_type = _name(family, str(fields["FIELD_NAME"])), str(fields["USER_TYPE_ID"])
    known = user_types(call.portal, call.app).get(user_type, user_type)
    return int(_core(lambda: userfields.create(call, family.entity, name, known, _config(fields))))


def _found(family: Family, call: Call, absent: str = "ERROR_NOT_FOUND") -> UserField:
    wanted = number(call)
    field = userfields.find(call.portal, wanted)
    if field is not None and field.entity == family.entity:
        return field
    if family.entity == "USER":
        raise refused("Access denied.")
    raise RestError(absent, f"The entity with ID '{wanted}' is not found.")


def _absent(family: Family) -> str:
    """The code for a field that is not there when it shall be changed (crm-requisite-userfield-update.md)."""
    return "" if family.entity == "CRM_REQUISITE" else "ERROR_NOT_FOUND"


def get(family: Family, call: Call) -> dict[str, Any]:
    """One field with labels in all languages."""
    return userfields.describe_old(call.portal, _found(family, call))


def listing(family: Family, call: Call) -> Page:
    """A page of fields; with LANG in the filter labels are texts in that language."""
    for name in ("order", "filter"):
        if call.get(name) not in (None, "") and not isinstance(call.get(name), (dict, list)):
            raise refused(f"Parameter '{name}' must be array")
    if family.entity == "USER":
        require_settings(call)
    wanted = {key.upper(): value for key, value in call.mapping("filter").items()}
    language = wanted.pop("LANG", None)
    known = schema_of(call.portal).user_fields.get(family.entity, [])
    printed = [userfields.describe_old(call.portal, field, language=language) for field in known]
    passed = [row for row in printed if matches(row, wanted)]
    for name, direction in reversed((call.mapping("order") or {"SORT": "ASC", "ID": "ASC"}).items()):
        passed = ordered(passed, name, str(direction))
    return paged(call, passed)


def update(family: Family, call: Call) -> bool:
    """Changes a field."""
    require_settings(call)
    given = fields_of(call)
    field = _found(family, call, _absent(family))
    config = _config({key.upper(): value for key, value in given.items()})
    _core(lambda: userfields.change(call, field, config))
    return True


def delete(family: Family, call: Call) -> bool:
    """Deletes a field with its values."""
    require_settings(call)
    userfields.remove(call, _found(family, call, _absent(family)))
    return True


def _bound(function: Callable[[Family, Call], Any], family: Family) -> Callable[[Call], Any]:
    def run(call: Call) -> Any:
        return function(family, call)

    run.__doc__ = function.__doc__
    return run


for _family in FAMILIES:
    for _verb, _writer in (("add", add), ("update", update), ("delete", delete)):
        method(f"{_family.name}.userfield.{_verb}", _family.scope, write=True)(_bound(_writer, _family))
    method(f"{_family.name}.userfield.list", _family.scope)(_bound(listing, _family))
    if _family.entity != "USER":
        method(f"{_family.name}.userfield.get", _family.scope)(_bound(get, _family))


# --- descriptions ------------------------------------------------------------------------------

_Described = tuple[tuple[str, str, str, dict[str, bool]], ...]
# crm-userfield-fields.md: name, type, title, what marks it carries.
_FIELDS: _Described = (
    ("ID", "int", "ID", {"isReadOnly": True}),
    ("ENTITY_ID", "string", "Объект", {"isImmutable": True}),
    ("FIELD_NAME", "string", "Код", {"isImmutable": True}),
    ("USER_TYPE_ID", "string", "Тип данных", {"isImmutable": True}),
    ("XML_ID", "string", "Внешний код", {}),
    ("SORT", "int", "Сортировка", {}),
    ("MULTIPLE", "char", "Множественное", {}),
    ("MANDATORY", "char", "Обязательное", {}),
    ("SHOW_FILTER", "char", "Показывать в фильтре списка", {}),
    ("SHOW_IN_LIST", "char", "Показывать в списке", {}),
    ("EDIT_IN_LIST", "char", "Разрешить редактирование пользователем", {}),
    ("IS_SEARCHABLE", "char", "Значения поля участвуют в поиске", {}),
    ("EDIT_FORM_LABEL", "string", "Подпись в форме редактирования", {}),
    ("LIST_COLUMN_LABEL", "string", "Заголовок в списке", {}),
    ("LIST_FILTER_LABEL", "string", "Подпись фильтра в списке", {}),
    ("ERROR_MESSAGE", "string", "Сообщение об ошибке", {}),
    ("HELP_MESSAGE", "string", "Помощь", {}),
    ("LIST", "uf_enum_element", "Элементы списка", {"isMultiple": True}),
    ("SETTINGS", "object", "Дополнительные настройки (зависят от типа)", {}),
)
_ENUM: _Described = (
    ("ID", "int", "ID", {"isReadOnly": True}),
    ("SORT", "int", "Сортировка", {}),
    ("VALUE", "string", "Значение", {}),
    ("DEF", "string", "Значение по умолчанию", {}),
    ("DEL", "string", "Признак удаления элемента", {}),
)
_DEFAULT, _DISPLAY = "Значение по умолчанию", "Внешний вид"
_LINKED = (
    ("IBLOCK_TYPE_ID", "string", "Тип инфоблока"),
    ("IBLOCK_ID", "string", "Инфоблок"),
    ("DEFAULT_VALUE", "string", _DEFAULT),
    ("DISPLAY", "string", _DISPLAY),
    ("LIST_HEIGHT", "int", "Высота списка"),
    ("ACTIVE_FILTER", "char", "Только активные"),
)
_SETTINGS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "string": (("DEFAULT_VALUE", "string", _DEFAULT), ("ROWS", "int", "Количество строк")),
    "integer": (("DEFAULT_VALUE", "int", _DEFAULT),),
    "double": (("DEFAULT_VALUE", "double", _DEFAULT), ("PRECISION", "int", "Точность")),
    "boolean": (("DEFAULT_VALUE", "int", _DEFAULT), ("DISPLAY", "string", _DISPLAY)),
    "datetime": (("DEFAULT_VALUE", "datetime", _DEFAULT),),
    "date": (("DEFAULT_VALUE", "date", _DEFAULT),),
    "enumeration": (("DISPLAY", "string", _DISPLAY), ("LIST_HEIGHT", "int", "Высота списка")),
    "iblock_section": _LINKED,
    "iblock_element": _LINKED,
    "crm_status": (("ENTITY_TYPE", "string", "Тип справочника"),),
    "crm": tuple((name, "char", name) for name in ("LEAD", "CONTACT", "COMPANY", "DEAL")),
}


@method("crm.userfield.fields", "crm")
def fields(call: Call) -> dict[str, Any]:
    """The fields of a user field's settings."""
    return {name: {"type": kind, "title": title, **marks} for name, kind, title, marks in _FIELDS}


@method("crm.userfield.enumeration.fields", "crm")
def enumeration_fields(call: Call) -> dict[str, Any]:
    """The fields of a list value."""
    return {name: {"type": kind, "title": title, **marks} for name, kind, title, marks in _ENUM}


@method("crm.userfield.settings.fields", "crm")
def settings_fields(call: Call) -> dict[str, Any]:
    """The settings that a type of user fields has."""
    if not call.get("type"):
        raise refused("Parameter 'type' is not specified or empty.")
    found = _SETTINGS.get(str(call.get("type")), ())
    return {name: {"type": kind, "title": title} for name, kind, title in found}


@method("crm.userfield.types", "crm")
def types(call: Call) -> list[dict[str, str]]:
    """The types a user field may have."""
    known = {**userfields.TYPES, **all_types(call.portal)}
    return [{"ID": name, "title": title} for name, title in known.items()]
