"""Fields of lists: system ones and properties, with their settings and list values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.infoblocks.blocks import Block
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.store import Store, declare

declare(
    """
    CREATE TABLE IF NOT EXISTS list_fields (id INTEGER PRIMARY KEY AUTOINCREMENT, block INTEGER NOT NULL,
        system TEXT NOT NULL DEFAULT '', code TEXT, type TEXT NOT NULL, name TEXT NOT NULL,
        sort INTEGER NOT NULL DEFAULT 500, required TEXT NOT NULL DEFAULT 'N', multiple TEXT NOT NULL DEFAULT 'N',
        initial TEXT, settings TEXT NOT NULL DEFAULT '{}', userSettings TEXT, rowCount INTEGER NOT NULL DEFAULT 1,
        colCount INTEGER NOT NULL DEFAULT 30, linked INTEGER);
    CREATE INDEX IF NOT EXISTS list_fields_block ON list_fields (block);
    CREATE TABLE IF NOT EXISTS list_enums (id INTEGER PRIMARY KEY AUTOINCREMENT, field INTEGER NOT NULL,
        value TEXT NOT NULL, sort INTEGER NOT NULL DEFAULT 500);
    CREATE INDEX IF NOT EXISTS list_enums_field ON list_enums (field);
    """
)
SYSTEM = {
    "SORT": "Сортировка",
    "ACTIVE_FROM": "Начало активности",
    "ACTIVE_TO": "Окончание активности",
    "PREVIEW_PICTURE": "Картинка для анонса",
    "PREVIEW_TEXT": "Текст для анонса",
    "DETAIL_PICTURE": "Детальная картинка",
    "DETAIL_TEXT": "Детальный текст",
    "DATE_CREATE": "Дата создания",
    "CREATED_BY": "Кем создан",
    "TIMESTAMP_X": "Дата изменения",
    "MODIFIED_BY": "Кем изменен",
}
CUSTOM = {
    "S": "Строка",
    "N": "Число",
    "L": "Список",
    "F": "Файл",
    "G": "Привязка к разделам",
    "E": "Привязка к элементам",
    "S:Date": "Дата",
    "S:DateTime": "Дата/Время",
    "S:HTML": "HTML/текст",
    "E:EList": "Привязка к элементам в виде списка",
    "N:Sequence": "Счетчик",
    "S:ECrm": "Привязка к элементам CRM",
    "S:Money": "Деньги",
    "S:DiskFile": "Файл (Диск)",
    "S:map_yandex": "Привязка к Яндекс.Карте",
    "S:employee": "Привязка к сотруднику",
}
_SETTINGS = {
    "SHOW_ADD_FORM": "Y",
    "SHOW_EDIT_FORM": "Y",
    "ADD_READ_ONLY_FIELD": "N",
    "EDIT_READ_ONLY_FIELD": "N",
    "SHOW_FIELD_PREVIEW": "N",
}
_LINKS = ("G", "E", "E:EList")


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A field; `system` is its name for a system one, "" for a property."""

    id: int
    block: int
    system: str
    code: str | None
    type: str
    name: str
    sort: int
    required: str
    multiple: str
    initial: Any
    settings: dict[str, str]
    userSettings: dict[str, Any] | None
    rowCount: int
    colCount: int
    linked: int | None

    @property
    def key(self) -> str:
        """What clients call it: `NAME`, `PROPERTY_12`."""
        return self.system or f"PROPERTY_{self.id}"


def _field(row: Any) -> Field:
    values = dict(row)
    values["settings"] = {**_SETTINGS, **json.loads(row["settings"])}
    values["userSettings"] = json.loads(row["userSettings"]) if row["userSettings"] else None
    values["initial"] = json.loads(row["initial"]) if row["initial"] else None
    return Field(**values)


def of(store: Store, block: int) -> list[Field]:
    """The fields of a list by their order."""
    return [_field(row) for row in store.rows("SELECT * FROM list_fields WHERE block = ? ORDER BY sort, id", (block,))]


def find(store: Store, block: int, key: str) -> Field | None:
    """A field by `NAME`, `PROPERTY_12`, or the bare number of a property."""
    text = key.upper()
    return next((f for f in of(store, block) if f.key == text or (not f.system and str(f.id) == text)), None)


def enums(store: Store, field: int) -> dict[str, str]:
    """The values of a field of the type List, by id."""
    rows = store.rows("SELECT id, value FROM list_enums WHERE field = ? ORDER BY sort, id", (field,))
    return {str(row["id"]): row["value"] for row in rows}


def add_name(call: Call, block: int) -> None:
    """Every list has the field NAME."""
    row = {"block": block, "system": "NAME", "type": "NAME", "name": "Название", "required": "Y", "sort": 10}
    call.portal.store.insert("list_fields", row)


def _columns(given: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that FIELDS set."""
    row: dict[str, Any] = {}
    for name, column in (("NAME", "name"), ("CODE", "code")):
        if given.get(name) not in (None, ""):
            row[column] = str(given[name])
    for name, column in (("IS_REQUIRED", "required"), ("MULTIPLE", "multiple")):
        if given.get(name) is not None:
            row[column] = "Y" if str(given[name]).upper() == "Y" else "N"
    for name, column in (("SORT", "sort"), ("ROW_COUNT", "rowCount"), ("COL_COUNT", "colCount")):
        if str(given.get(name) or "").isdigit():
            row[column] = int(given[name])
    if str(given.get("LINK_IBLOCK_ID") or "").isdigit():
        row["linked"] = int(given["LINK_IBLOCK_ID"])
    for name, column in (
        ("DEFAULT_VALUE", "initial"),
        ("USER_TYPE_SETTINGS", "userSettings"),
        ("SETTINGS", "settings"),
    ):
        if given.get(name) not in (None, "", [], {}):
            row[column] = json.dumps(given[name], ensure_ascii=False)
    return row


def add(call: Call, block: Block, given: Mapping[str, Any]) -> Field:
    """Makes a field out of FIELDS (lists-field-add.md)."""
    store, kind, code = call.portal.store, str(given.get("TYPE") or ""), str(given.get("CODE") or "")
    _check(given, "ERROR_SAVE_FIELD")
    if kind in SYSTEM or kind == "NAME":
        if find(store, block.id, kind) is not None:
            raise RestError("ERROR_SAVE_FIELD", "Property already exists")
        row = {"block": block.id, "system": kind, "type": kind, **_columns({**given, "CODE": "", "MULTIPLE": "N"})}
    elif kind in CUSTOM:
        if not code:
            raise RestError("ERROR_SAVE_FIELD", "Please fill the code fields")
        if any(field.code == code for field in of(store, block.id)):
            raise RestError("ERROR_SAVE_FIELD", "Property already exists")
        _check_link(store, kind, given, "ERROR_SAVE_FIELD")
        row = {"block": block.id, "type": kind, **_columns(given)}
    else:
        raise RestError("ERROR_SAVE_FIELD", "Error saving the field")
    if call.forced_id is not None:
        row["id"] = call.forced_id
    number = store.insert("list_fields", row)
    _save_enums(store, number, kind, given)
    return _field(store.one("SELECT * FROM list_fields WHERE id = ?", (number,)))


def _check(given: Mapping[str, Any], error: str) -> None:
    if not str(given.get("NAME") or "").strip():
        raise RestError(error, "Please fill the name field")
    settings = given.get("SETTINGS")
    locked = isinstance(settings, Mapping) and settings.get("ADD_READ_ONLY_FIELD") == "Y"
    if locked and given.get("DEFAULT_VALUE") in (None, ""):
        raise RestError(error, f"The default value of the field '{given['NAME']}' is required")


def _check_link(store: Store, kind: str, given: Mapping[str, Any], error: str) -> None:
    if kind not in _LINKS:
        return
    number = str(given.get("LINK_IBLOCK_ID") or "")
    if not number.isdigit() or not store.value("SELECT 1 FROM list_blocks WHERE id = ?", (int(number),)):
        raise RestError(error, f"Incorrect lists specified for '{given.get('NAME')}' property")


def change(call: Call, field: Field, given: Mapping[str, Any]) -> None:
    """Changes a field; its type stays."""
    _check(given, "ERROR_UPDATE_FIELD")
    if str(given.get("TYPE") or field.type) != field.type:
        raise RestError("ERROR_UPDATE_FIELD", "Error updating the field.")
    store = call.portal.store
    if "LINK_IBLOCK_ID" in given:
        _check_link(store, field.type, given, "ERROR_UPDATE_FIELD")
    row = _columns(given)
    if field.system:
        row.pop("code", None)
        row["multiple"] = "N"
    sets = ", ".join(f"{name} = ?" for name in row)
    store.execute(f"UPDATE list_fields SET {sets} WHERE id = ?", (*row.values(), field.id))
    _save_enums(store, field.id, field.type, given)


def _save_enums(store: Store, number: int, kind: str, given: Mapping[str, Any]) -> None:
    """LIST replaces the values (known ids stay), LIST_TEXT_VALUES adds lines; LIST_DEF and DEF name the default."""
    if kind != "L":
        return
    wanted = given.get("LIST")
    wishes = given.get("LIST_DEF")
    initial = [str(v) for v in (wishes.values() if isinstance(wishes, Mapping) else wishes or [])]
    chosen: list[str] = []
    if isinstance(wanted, (Mapping, list)) and wanted:
        chosen = _replace_enums(store, number, wanted, initial)
    lines = str(given.get("LIST_TEXT_VALUES") or "").replace("\r", "").split("\n")
    for i, line in enumerate(text for text in map(str.strip, lines) if text):
        store.insert("list_enums", {"field": number, "value": line, "sort": 1000 + i * 10})
    if chosen:
        store.execute("UPDATE list_fields SET initial = ? WHERE id = ?", (json.dumps(chosen[0]), number))


def _replace_enums(store: Store, number: int, wanted: Any, initial: list[str]) -> list[str]:
    entries = wanted.items() if isinstance(wanted, Mapping) else enumerate(wanted)
    known, kept, chosen = enums(store, number), set(), []
    for i, (key, entry) in enumerate(entries):
        given = entry if isinstance(entry, Mapping) else {"VALUE": entry}
        value = str(given.get("VALUE") or "").strip()
        if not value:
            continue
        sort = int(given.get("SORT") or (i + 1) * 10)
        if str(key) in known:
            store.execute("UPDATE list_enums SET value = ?, sort = ? WHERE id = ?", (value, sort, int(key)))
            enum = str(key)
        else:
            enum = str(store.insert("list_enums", {"field": number, "value": value, "sort": sort}))
        kept.add(enum)
        if str(key) in initial or str(given.get("DEF") or "").upper() == "Y":
            chosen.append(enum)
    for gone in set(known) - kept:
        store.execute("DELETE FROM list_enums WHERE id = ?", (int(gone),))
    return chosen


def remove(store: Store, field: Field) -> None:
    """Deletes a field with its values; NAME stays, no list can be without it."""
    if field.system == "NAME":
        return
    store.execute("DELETE FROM list_fields WHERE id = ?", (field.id,))
    store.execute("DELETE FROM list_enums WHERE field = ?", (field.id,))
    store.execute("DELETE FROM list_values WHERE field = ?", (field.id,))


def printed(store: Store, field: Field) -> dict[str, Any]:
    """A field as lists.field.get prints it."""
    base, _, user_type = field.type.partition(":")
    shown: dict[str, Any] = {
        "FIELD_ID": field.key,
        "SORT": field.sort,
        "NAME": field.name,
        "IS_REQUIRED": field.required,
        "MULTIPLE": field.multiple,
        "DEFAULT_VALUE": field.initial,
        "TYPE": field.type,
        "PROPERTY_TYPE": False if field.system else base,
        "PROPERTY_USER_TYPE": False,
        "CODE": field.code,
        "ID": field.key if field.system else str(field.id),
        "LINK_IBLOCK_ID": str(field.linked) if field.linked else None,
        "ROW_COUNT": str(field.rowCount),
        "COL_COUNT": str(field.colCount),
        "USER_TYPE_SETTINGS": field.userSettings,
        "SETTINGS": field.settings,
    }
    if user_type:
        shown["PROPERTY_USER_TYPE"] = {
            "PROPERTY_TYPE": base,
            "USER_TYPE": user_type,
            "DESCRIPTION": CUSTOM.get(field.type, ""),
        }
    if field.type == "L":
        shown["DISPLAY_VALUES_FORM"] = enums(store, field.id)
    return shown
