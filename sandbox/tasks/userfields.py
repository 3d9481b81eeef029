"""User fields of tasks: their settings, and the values that tasks have in them (api-reference/tasks/user-field)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.kernel.call import Call
from sandbox.kernel.documents import Documents

Row = dict[str, Any]
FIELDS = Documents("task_userfield", first=101)
# The values of a task, under the task's number.
VALUES = Documents("task_values")
ENTITY = "TASKS_TASK"
TYPES = {
    "string": "Строка",
    "integer": "Целое число",
    "double": "Число",
    "boolean": "Да/Нет",
    "enumeration": "Список",
    "datetime": "Дата со временем",
    "date": "Дата",
    "money": "Деньги",
    "url": "Ссылка",
    "address": "Адрес Google карты",
    "file": "Файл",
    "employee": "Привязка к пользователю",
    "crm_status": "Привязка к справочникам CRM",
    "iblock_section": "Привязка к разделам инф. блоков",
    "iblock_element": "Привязка к элементам инф. блоков",
    "crm": "Привязка к элементам CRM",
}
_SETTINGS: dict[str, Row] = {
    "string": {"SIZE": 20, "ROWS": 1, "REGEXP": "", "MIN_LENGTH": 0, "MAX_LENGTH": 0, "DEFAULT_VALUE": ""},
    "integer": {"SIZE": 20, "MIN_VALUE": 0, "MAX_VALUE": 0, "DEFAULT_VALUE": ""},
    "double": {"PRECISION": 4, "SIZE": 20, "MIN_VALUE": 0, "MAX_VALUE": 0, "DEFAULT_VALUE": ""},
    "boolean": {"DEFAULT_VALUE": 0, "DISPLAY": "CHECKBOX", "LABEL": ["", ""], "LABEL_CHECKBOX": ""},
    "enumeration": {"DISPLAY": "LIST", "LIST_HEIGHT": 1, "CAPTION_NO_VALUE": "", "SHOW_NO_VALUE": "Y"},
}
_FLAGS = ("MULTIPLE", "MANDATORY", "SHOW_FILTER", "SHOW_IN_LIST", "EDIT_IN_LIST", "IS_SEARCHABLE")
LABELS = ("EDIT_FORM_LABEL", "LIST_COLUMN_LABEL", "LIST_FILTER_LABEL", "ERROR_MESSAGE", "HELP_MESSAGE")
_OWN: tuple[Row, ...] = (
    {"id": 1, "FIELD_NAME": "UF_CRM_TASK", "USER_TYPE_ID": "crm", "MULTIPLE": "Y"},
    {"id": 2, "FIELD_NAME": "UF_MAIL_MESSAGE", "USER_TYPE_ID": "mail_message", "MULTIPLE": "N"},
    {"id": 3, "FIELD_NAME": "UF_TASK_WEBDAV_FILES", "USER_TYPE_ID": "disk_file", "MULTIPLE": "Y"},
)


def every(call: Call) -> list[Row]:
    """The portal's own fields and those that were added."""
    return [{**_blank(), **row} for row in _OWN] + FIELDS.all(call)


def _blank() -> Row:
    off = dict.fromkeys(_FLAGS, "N")
    return {"XML_ID": "", "SORT": "100", **off, "SETTINGS": [], "labels": {}, "list": []}


def read(given: Mapping[str, Any], kind: str) -> Row:
    """The settings that a client sends for a field of a type."""
    row: Row = {name: str(given[name]) for name in ("XML_ID", "SORT") if given.get(name) is not None}
    row |= {name: "Y" if str(given[name]).upper() in ("Y", "1", "TRUE") else "N" for name in _FLAGS if name in given}
    if isinstance(given.get("SETTINGS"), Mapping):
        row["SETTINGS"] = {**_SETTINGS.get(kind, {}), **given["SETTINGS"]}
    label = given.get("EDIT_FORM_LABEL", given.get("LABEL"))
    if label is not None:
        row["labels"] = dict(label) if isinstance(label, Mapping) else {"ru": str(label), "en": str(label)}
    if isinstance(given.get("LIST"), list):
        row["list"] = [dict(one) for one in given["LIST"]]
    return row


def add(call: Call, name: str, kind: str, row: Row) -> int:
    """Adds a field."""
    base = {**_blank(), "FIELD_NAME": name, "USER_TYPE_ID": kind, "SETTINGS": _SETTINGS.get(kind, {})}
    base |= {"SHOW_IN_LIST": "Y", "EDIT_IN_LIST": "Y"}
    return int(FIELDS.add(call, {**base, **row})["id"])


def printed(row: Row, *, labels: bool) -> Row:
    """A field; `get` also prints its labels."""
    shown: Row = {"ID": str(row["id"]), "ENTITY_ID": ENTITY, "FIELD_NAME": row["FIELD_NAME"]}
    shown |= {name: row[name] for name in ("USER_TYPE_ID", "XML_ID", "SORT", *_FLAGS, "SETTINGS")}
    if row["USER_TYPE_ID"] == "enumeration" and row["list"]:
        shown["LIST"] = row["list"]
    if labels:
        shown |= dict.fromkeys(LABELS, row["labels"])
    return shown


# --- values ---------------------------------------------------------------------------------


def camel(name: str) -> str:
    """`UF_TASK_BUDGET` -> `ufTaskBudget`, as tasks print it."""
    first, *rest = name.lower().split("_")
    return first + "".join(part.capitalize() for part in rest)


def save(call: Call, task: int, fields: Mapping[str, Any]) -> None:
    """Keeps the values of added fields among the fields of a request."""
    given = {str(key).upper(): value for key, value in fields.items()}
    known = {row["FIELD_NAME"]: row for row in FIELDS.all(call)} if any(key.startswith("UF_") for key in given) else {}
    values = {name: given[name] for name in known if name in given}
    if values:
        VALUES.put(call, task, {**_kept(call, task), **values})


def _kept(call: Call, task: int) -> Row:
    found = VALUES.get(call, task) or {}
    return {name: value for name, value in found.items() if name.startswith("UF_")}


def shown(call: Call, task: int, names: list[str]) -> Row:
    """The values of the added fields that are asked for, by name or by `UF_*`."""
    asked = {name.upper() for name in names}
    if not any(name.startswith("UF_") for name in asked):
        return {}
    kept, found = _kept(call, task), {}
    for row in FIELDS.all(call):
        name = row["FIELD_NAME"]
        if name in asked or "UF_*" in asked:
            found[camel(name)] = kept.get(name, [] if row["MULTIPLE"] == "Y" else None)
    return found
