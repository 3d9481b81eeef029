"""User fields: made, changed and deleted with their columns and list values, described in both spellings."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from sandbox.crm import tables
from sandbox.crm.fields import SQL_TYPES, storage_of
from sandbox.crm.schema import UserField, schema_of, touch
from sandbox.crm.values import flag
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Portal
from sandbox.kernel.registry import events

TYPES: dict[str, str] = {
    "crm": "Привязка к элементам CRM",
    "crm_status": "Привязка к справочникам CRM",
    "money": "Деньги",
    "employee": "Привязка к сотруднику",
    "string": "Строка",
    "integer": "Целое число",
    "double": "Число",
    "datetime": "Дата со временем",
    "date": "Дата",
    "boolean": "Да/Нет",
    "address": "Адрес",
    "url": "Ссылка",
    "file": "Файл",
    "enumeration": "Список",
    "iblock_section": "Привязка к разделам инф. блоков",
    "iblock_element": "Привязка к элементам инф. блоков",
    "resourcebooking": "Бронирование ресурсов",
}
_DATES = {"DEFAULT_VALUE": {"TYPE": "NONE", "VALUE": ""}}
_SETTINGS: dict[str, dict[str, Any]] = {
    "string": {"SIZE": 20, "ROWS": 1, "REGEXP": "", "MIN_LENGTH": 0, "MAX_LENGTH": 0, "DEFAULT_VALUE": ""},
    "url": {"POPUP": "Y", "SIZE": 20, "MIN_LENGTH": 0, "MAX_LENGTH": 0, "DEFAULT_VALUE": "", "ROWS": 1},
    "integer": {"SIZE": 20, "MIN_VALUE": 0, "MAX_VALUE": 0, "DEFAULT_VALUE": None},
    "double": {"PRECISION": 2, "SIZE": 20, "MIN_VALUE": 0, "MAX_VALUE": 0, "DEFAULT_VALUE": None},
    "boolean": {"DEFAULT_VALUE": 0, "DISPLAY": "CHECKBOX", "LABEL": ["", ""], "LABEL_CHECKBOX": ""},
    "date": _DATES,
    "datetime": {**_DATES, "USE_SECOND": "Y", "USE_TIMEZONE": "N"},
    "money": {"DEFAULT_VALUE": ""},
    "address": {"SHOW_MAP": "Y"},
    "enumeration": {"DISPLAY": "LIST", "LIST_HEIGHT": 1, "CAPTION_NO_VALUE": "", "SHOW_NO_VALUE": "Y"},
    "file": {
        "SIZE": 20,
        "LIST_WIDTH": 0,
        "LIST_HEIGHT": 0,
        "MAX_SHOW_SIZE": 0,
        "MAX_ALLOWED_SIZE": 0,
        "EXTENSIONS": [],
        "TARGET_BLANK": "Y",
    },
    "crm_status": {"ENTITY_TYPE": ""},
}
LABELS = ("editFormLabel", "listColumnLabel", "listFilterLabel", "errorMessage", "helpMessage")
# crm/deals/user-defined-fields/crm-deal-userfield-get.md: every language a cloud portal speaks.
LANGUAGES = tuple("ar br de en fr hi id in it ja kz la ms pl ru sc tc th tr ua vn".split())  # noqa: SIM905
_NAME = re.compile(r"UF_[A-Z0-9_]+")

_EVENT_NAMES = {
    "CRM_LEAD": "LEAD",
    "CRM_DEAL": "DEAL",
    "CRM_CONTACT": "CONTACT",
    "CRM_COMPANY": "COMPANY",
    "CRM_QUOTE": "QUOTE",
    "CRM_REQUISITE": "REQUISITE",
}
events(
    "crm",
    *(
        f"ONCRM{name}USERFIELD{what}"
        for name in (*_EVENT_NAMES.values(), "TYPE")
        for what in ("ADD", "UPDATE", "DELETE", "SETENUMVALUES")
    ),
)


def refused(text: str) -> RestError:
    """The refusals of user field methods carry an empty code (userfieldconfig-add.md)."""
    return RestError("", text, 400)


def _announce(call: Call, entity: str, name: str, number: int, what: str) -> None:
    if not entity.startswith("CRM_"):
        return
    code = f"ONCRM{_EVENT_NAMES.get(entity, 'TYPE')}USERFIELD{what}"
    call.portal.emit(code, {"FIELDS": {"ID": number, "ENTITY_ID": entity, "FIELD_NAME": name}}, call)


def known_type(user_type: str) -> bool:
    """Whether a field of this type may be made; `rest_*` types come from applications."""
    return user_type in TYPES or user_type.startswith("rest_")


def create(call: Call, entity: str, name: str, user_type: str, config: Mapping[str, Any]) -> int:
    """Makes a user field with its column and list values; returns its id."""
    portal = call.portal
    entity_type_id = schema_of(portal).of_user_fields(entity)
    if any(field.name == name for field in schema_of(portal).user_fields.get(entity, [])):
        raise refused(f"Поле {name} для объекта {entity} уже существует.")
    if not known_type(user_type):
        raise refused("Указан неверный пользовательский тип.")
    multiple = flag(config.get("multiple", "N"))
    row = {
        "entityId": entity,
        "fieldName": name,
        "userTypeId": user_type,
        "xmlId": config.get("xmlId") or None,
        "sort": int(config.get("sort") or 100),
        "multiple": multiple,
        "mandatory": flag(config.get("mandatory", "N")),
        "showFilter": _filter_mark(config.get("showFilter", "N")),
        "showInList": flag(config.get("showInList", "Y")),
        "editInList": flag(config.get("editInList", "Y")),
        "isSearchable": flag(config.get("isSearchable", "N")),
        "settings": json.dumps(
            {**_SETTINGS.get(user_type, {}), **_mapping(config.get("settings"))}, ensure_ascii=False
        ),
        "labels": json.dumps({k: _label(config[k]) for k in LABELS if config.get(k)}, ensure_ascii=False),
    }
    if call.forced_id is not None:
        row["id"] = call.forced_id
    number = portal.store.insert("crm_userfields", row)
    if entity_type_id is not None:
        storage = storage_of(user_type, user_field=True, multiple=multiple == "Y")
        tables.add_column(portal.store, entity_type_id, name, SQL_TYPES[storage])
    if user_type == "enumeration":
        set_enum(portal, number, config.get("enum"))
    touch(portal)
    _announce(call, entity, name, number, "ADD")
    return number


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _filter_mark(value: Any) -> str:
    text = str(value).upper()
    return text if text in ("N", "I", "E", "S") else flag(value)


def _label(value: Any) -> dict[str, str]:
    """A label as a map of languages; one text is the label in all of them."""
    if isinstance(value, Mapping):
        return {str(language): str(text) for language, text in value.items()}
    return {language: str(value) for language in LANGUAGES}


def check_name(entity: str, name: str) -> None:
    """The rules for a new name: `UF_{entity}_...`, capital letters, digits, `_`, at most 50."""
    if not name.startswith(f"UF_{entity}_") and not (name.startswith("UF_CRM_") and not entity[4:].isdigit()):
        raise refused("Вы не можете создавать пользовательские поля")
    if not _NAME.fullmatch(name):
        raise refused("Имя поля содержит недопустимые символы")
    if len(name) > 50:
        raise refused("Имя поля слишком длинное")


def set_enum(portal: Portal, number: int, values: Any) -> bool:
    """Adds, changes (`id`) and deletes (`del` = Y) list values; says whether anything was asked."""
    given = values.values() if isinstance(values, Mapping) else values if isinstance(values, list) else []
    entries = [_plain(entry) for entry in given if isinstance(entry, Mapping)]
    _check_unique(portal, number, entries)
    for position, entry in enumerate(entries, 1):
        _set_value(portal, number, position, entry)
    return bool(entries)


def _plain(entry: Mapping[str, Any]) -> dict[str, Any]:
    """A list value with its keys in one spelling: `XML_ID` and `xmlId` are `xmlid`."""
    return {str(key).replace("_", "").lower(): value for key, value in entry.items()}


def _check_unique(portal: Portal, number: int, entries: list[dict[str, Any]]) -> None:
    """External codes are unique among the values of a field."""
    named = {str(entry["id"]) for entry in entries if entry.get("id")}
    taken = {str(row["xmlId"]) for row in enum_rows(portal, number) if str(row["id"]) not in named}
    for entry in entries:
        code = str(entry.get("xmlid") or "")
        if code and code in taken:
            raise refused(f"List item with value XML_ID={code} already exists.")
        taken.add(code)


def _set_value(portal: Portal, number: int, position: int, entry: Mapping[str, Any]) -> None:
    store, known = portal.store, entry.get("id")
    if known and flag(entry.get("del", "N")) == "Y":
        store.execute("DELETE FROM crm_enums WHERE id = ? AND userFieldId = ?", (int(known), number))
        return
    columns: dict[str, Any] = {name: str(entry[name]) for name in ("value", "def") if entry.get(name) is not None}
    if entry.get("sort") is not None:
        columns["sort"] = int(entry["sort"])
    if entry.get("xmlid"):
        columns["xmlId"] = str(entry["xmlid"])
    if known:
        sets = ", ".join(f"{name} = ?" for name in columns)
        if sets:
            store.execute(
                f"UPDATE crm_enums SET {sets} WHERE id = ? AND userFieldId = ?", (*columns.values(), known, number)
            )
        return
    if not str(entry.get("value") or "").strip():
        return
    digest = hashlib.md5(f"{number}:{position}:{entry['value']}".encode(), usedforsecurity=False).hexdigest()
    store.insert("crm_enums", {"xmlId": digest, "sort": position * 100, "def": "N", **columns, "userFieldId": number})


def change(call: Call, field: UserField, config: Mapping[str, Any]) -> None:
    """Changes the settings that may be changed; the name, the type and `multiple` stay."""
    row = field.row
    values: dict[str, Any] = {}
    for name in ("mandatory", "showInList", "editInList", "isSearchable"):
        if name in config:
            values[name] = flag(config[name])
    if "showFilter" in config:
        values["showFilter"] = _filter_mark(config["showFilter"])
    if "sort" in config:
        values["sort"] = int(config["sort"])
    if "xmlId" in config:
        values["xmlId"] = config["xmlId"]
    if "settings" in config:
        values["settings"] = json.dumps({**row["settings"], **_mapping(config["settings"])}, ensure_ascii=False)
    labels = {name: _label(config[name]) for name in LABELS if config.get(name)}
    if labels:
        values["labels"] = json.dumps({**row["labels"], **labels}, ensure_ascii=False)
    if values:
        sets = ", ".join(f"{name} = ?" for name in values)
        call.portal.store.execute(f"UPDATE crm_userfields SET {sets} WHERE id = ?", (*values.values(), field.id))
    enum_changed = field.type == "enumeration" and set_enum(call.portal, field.id, config.get("enum"))
    touch(call.portal)
    _announce(call, field.entity, field.name, field.id, "UPDATE")
    if enum_changed:
        _announce(call, field.entity, field.name, field.id, "SETENUMVALUES")


def remove(call: Call, field: UserField) -> None:
    """Deletes a user field with its values."""
    entity_type_id = schema_of(call.portal).of_user_fields(field.entity)
    if entity_type_id is not None:
        tables.drop_column(call.portal.store, entity_type_id, field.name)
    call.portal.store.execute("DELETE FROM crm_userfields WHERE id = ?", (field.id,))
    call.portal.store.execute("DELETE FROM crm_enums WHERE userFieldId = ?", (field.id,))
    touch(call.portal)
    _announce(call, field.entity, field.name, field.id, "DELETE")


def find(portal: Portal, number: int) -> UserField | None:
    """A user field by its id."""
    groups = schema_of(portal).user_fields.values()
    return next((field for group in groups for field in group if field.id == number), None)


def enum_rows(portal: Portal, number: int) -> list[dict[str, Any]]:
    """The list values of a field in their order."""
    return [
        dict(r) for r in portal.store.rows("SELECT * FROM crm_enums WHERE userFieldId = ? ORDER BY sort, id", (number,))
    ]


def describe(portal: Portal, field: UserField, *, languages: tuple[str, ...] = LANGUAGES) -> dict[str, Any]:
    """A field as userfieldconfig.* prints it: strings, labels by language."""
    row = field.row
    described: dict[str, Any] = {
        "id": str(field.id),
        **{name: row[name] for name in ("entityId", "fieldName", "userTypeId", "xmlId")},
        "sort": str(row["sort"]),
        **{n: row[n] for n in ("multiple", "mandatory", "showFilter", "showInList", "editInList", "isSearchable")},
        "settings": row["settings"],
        "languageId": {language: language for language in languages},
    }
    for name in LABELS:
        labels = row["labels"].get(name, {})
        described[name] = {language: labels.get(language) for language in languages}
    if field.type == "enumeration":
        described["enum"] = [
            {
                "id": str(e["id"]),
                "userFieldId": str(field.id),
                "value": e["value"],
                "def": e["def"],
                "sort": str(e["sort"]),
                "xmlId": e["xmlId"],
            }
            for e in enum_rows(portal, field.id)
        ]
    return described


def describe_old(portal: Portal, field: UserField, *, language: str | None = None) -> dict[str, Any]:
    """A field as crm.deal.userfield.* prints it; with a language labels are plain texts."""
    row = field.row
    described: dict[str, Any] = {
        "ID": str(field.id),
        "ENTITY_ID": field.entity,
        "FIELD_NAME": field.name,
        "USER_TYPE_ID": field.type,
        "XML_ID": row["xmlId"],
        "SORT": str(row["sort"]),
        "MULTIPLE": row["multiple"],
        "MANDATORY": row["mandatory"],
        "SHOW_FILTER": row["showFilter"],
        "SHOW_IN_LIST": row["showInList"],
        "EDIT_IN_LIST": row["editInList"],
        "IS_SEARCHABLE": row["isSearchable"],
        "SETTINGS": row["settings"],
    }
    names = ("EDIT_FORM_LABEL", "LIST_COLUMN_LABEL", "LIST_FILTER_LABEL", "ERROR_MESSAGE", "HELP_MESSAGE")
    for old, name in zip(names, LABELS, strict=True):
        labels = row["labels"].get(name, {})
        described[old] = labels.get(language) if language else {code: labels.get(code, "") for code in LANGUAGES}
    if field.type == "enumeration":
        described["LIST"] = [
            {"ID": str(e["id"]), "SORT": str(e["sort"]), "VALUE": e["value"], "DEF": e["def"], "XML_ID": e["xmlId"]}
            for e in enum_rows(portal, field.id)
        ]
    return described
