"""Elements of lists: their columns, and the values of their properties."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sandbox.disk import objects
from sandbox.disk.attached import READERS
from sandbox.infoblocks import blocks, fields
from sandbox.infoblocks.blocks import Block, stamp
from sandbox.infoblocks.fields import Field
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.rows import matches
from sandbox.kernel.store import Store, declare
from sandbox.plain import files

declare(
    """
    CREATE TABLE IF NOT EXISTS list_elements (id INTEGER PRIMARY KEY AUTOINCREMENT, block INTEGER NOT NULL,
        section INTEGER, code TEXT NOT NULL, name TEXT NOT NULL, system TEXT NOT NULL DEFAULT '{}',
        created INTEGER NOT NULL, modified INTEGER NOT NULL, createdBy INTEGER NOT NULL, modifiedBy INTEGER NOT NULL);
    CREATE UNIQUE INDEX IF NOT EXISTS list_elements_code ON list_elements (block, code);
    CREATE TABLE IF NOT EXISTS list_values (id INTEGER PRIMARY KEY AUTOINCREMENT, element INTEGER NOT NULL,
        field INTEGER NOT NULL, value TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS list_values_element ON list_values (element, field);
    """
)
_KEPT = ("SORT", "ACTIVE_FROM", "ACTIVE_TO", "PREVIEW_TEXT", "DETAIL_TEXT", "PREVIEW_PICTURE", "DETAIL_PICTURE")
_ID_TYPES = ("G", "E", "E:EList", "S:employee")
_CONNECTOR = "Bitrix\\Disk\\Uf\\IblockConnector"
Row = dict[str, Any]


def wrong(text: str) -> RestError:
    """A value that its field does not take."""
    return RestError("ERROR_ELEMENT_FIELD_VALUE", text)


def _reads_list(call: Call, number: int) -> bool:
    block = blocks.get(call.portal.store, number)
    return block is not None and blocks.may(call, block, blocks.READ)


READERS[_CONNECTOR] = _reads_list


def _several(field: Field, value: Any) -> list[Any]:
    """What was sent for a property as a list: `[1, 2]`, `{"n0": 1}`, `{"n0": {"VALUE": 1}}` or one value."""
    if value in (None, "", [], {}):
        return []
    single = field.type in ("S:HTML", "F") or field.multiple != "Y"
    if isinstance(value, Mapping):
        if field.type == "S:HTML" and "TEXT" in value:
            return [value]
        if "fileData" in value or "VALUE" in value:
            return [value.get("fileData", value.get("VALUE"))]
        value = list(value.values())
    elif isinstance(value, list) and field.type == "F" and _is_file(value):
        return [value]
    found = value if isinstance(value, list) else [value]
    plain = [v["VALUE"] if isinstance(v, Mapping) and "VALUE" in v else v for v in found]
    return plain[:1] if single and field.multiple != "Y" else plain


def _is_file(value: list[Any]) -> bool:
    return len(value) == 2 and all(isinstance(part, str) for part in value)


def _stored(call: Call, field: Field, value: Any) -> str:
    """A value as it is kept and printed; what the type does not take is refused."""
    store = call.portal.store
    if field.type == "F":
        return _file(store, value)
    if field.type == "S:HTML":
        html = value if isinstance(value, Mapping) else {"TEXT": str(value), "TYPE": "HTML"}
        return json.dumps({"TEXT": str(html.get("TEXT") or ""), "TYPE": str(html.get("TYPE") or "HTML")})
    if isinstance(value, (list, Mapping)):
        raise wrong(f"Incorrect value of the field '{field.name}'")
    text = str(value)
    if field.type == "S:DiskFile":
        number = text.lstrip("n")
        file = objects.get(store, int(number)) if number.isdigit() else None
        if file is None or file.type != "file":
            raise wrong(f"Incorrect value of the field '{field.name}'")
        return str(objects.attach(call, file.id, "lists", _CONNECTOR, field.block))
    _check(store, field, text)
    return text


def _check(store: Store, field: Field, text: str) -> None:
    good = True
    if field.type in ("N", "N:Sequence"):
        good = text.replace(",", ".").removeprefix("-").replace(".", "", 1).isdigit()
    elif field.type == "L":
        good = text in fields.enums(store, field.id)
    elif field.type in _ID_TYPES:
        good = text.isdigit()
    if not good:
        raise wrong(f"Incorrect value of the field '{field.name}'")


def _file(store: Store, value: Any) -> str:
    """A file as base64, or as a name and base64; ids of files are refused."""
    if isinstance(value, int) or (isinstance(value, str) and value.isdigit()):
        raise wrong("Writing file values by ID is not supported")
    sent = [str(part) for part in value] if isinstance(value, list) else ["file", str(value)]
    if len(sent) != 2 or not sent[1]:
        raise wrong("Incorrect file")
    return str(files.keep(store, sent[0], files.decoded(sent[1]))["id"])


def _split(call: Call, block: Block, given: Mapping[str, Any]) -> tuple[Row, dict[Field, list[str]]]:
    """FIELDS as columns and as values of properties; required properties must be there."""
    row: Row = {}
    values: dict[Field, list[str]] = {}
    sent = {str(name).upper(): value for name, value in given.items()}
    for field in fields.of(call.portal.store, block.id):
        value = sent.get(field.key)
        if field.system:
            continue
        if value is None and field.code:
            value = sent.get(f"PROPERTY_{field.code.upper()}")
        found = [_stored(call, field, one) for one in _several(field, value)]
        if not found and field.required == "Y":
            raise RestError("ERROR_ADD_ELEMENT", f"Не заполнено обязательное поле «{field.name}».")
        values[field] = found
    system = {name: sent[name] for name in _KEPT if sent.get(name) not in (None, "")}
    row["system"] = json.dumps(system, ensure_ascii=False)
    return row, values


def _name(given: Mapping[str, Any], error: str) -> str:
    name = str({str(k).upper(): v for k, v in given.items()}.get("NAME") or "").strip()
    if not name:
        raise RestError(error, "Не заполнено обязательное поле «Название».")
    return name


def add(call: Call, block: Block, code: str, section: int | None, given: Mapping[str, Any]) -> int:
    """Makes an element; a code that is taken is refused."""
    store, now = call.portal.store, int(call.portal.clock.timestamp())
    if store.value("SELECT 1 FROM list_elements WHERE block = ? AND code = ?", (block.id, code)):
        raise RestError("ERROR_ELEMENT_ALREADY_EXISTS", "Element already exists")
    name = _name(given, "ERROR_ADD_ELEMENT")
    columns, values = _split(call, block, given)
    row: Row = {"block": block.id, "section": section, "code": code, "name": name, "created": now, "modified": now}
    row |= {"createdBy": call.user, "modifiedBy": call.user, **columns}
    if call.forced_id is not None:
        row["id"] = call.forced_id
    number = store.insert("list_elements", row)
    for field, found in values.items():
        _write(store, number, field, found or _initial(store, field))
    return number


def _initial(store: Store, field: Field) -> list[str]:
    """What a new element has in a field that was not sent: the default, the next number of a counter."""
    if field.type == "N:Sequence":
        sql = "SELECT max(CAST(value AS INTEGER)) FROM list_values WHERE field = ?"
        return [str(int(store.value(sql, (field.id,)) or 0) + 1)]
    if field.initial in (None, "", [], {}):
        return []
    return [str(field.initial)] if not isinstance(field.initial, (list, dict)) else []


def _write(store: Store, element: int, field: Field, found: list[str]) -> None:
    store.execute("DELETE FROM list_values WHERE element = ? AND field = ?", (element, field.id))
    for value in found:
        store.insert("list_values", {"element": element, "field": field.id, "value": value})


def change(call: Call, block: Block, element: Any, given: Mapping[str, Any]) -> None:
    """Rewrites an element: properties that were not sent are emptied, but for counters."""
    store = call.portal.store
    name = _name(given, "ERROR_UPDATE_ELEMENT")
    columns, values = _split(call, block, given)
    row = {"name": name, "modified": int(call.portal.clock.timestamp()), "modifiedBy": call.user, **columns}
    sets = ", ".join(f"{column} = ?" for column in row)
    store.execute(f"UPDATE list_elements SET {sets} WHERE id = ?", (*row.values(), element["id"]))
    for field, found in values.items():
        if found or field.type != "N:Sequence":
            _write(store, element["id"], field, found)


def remove(store: Store, number: int) -> None:
    """Deletes an element with its values."""
    store.execute("DELETE FROM list_values WHERE element = ?", (number,))
    store.execute("DELETE FROM list_elements WHERE id = ?", (number,))


def find(store: Store, block: int, number: Any, code: Any) -> Any:
    """An element by ELEMENT_ID or ELEMENT_CODE, None when there is none."""
    if number not in (None, "", 0, "0"):
        text = str(number)
        sql = "SELECT * FROM list_elements WHERE block = ? AND id = ?"
        return store.one(sql, (block, int(text))) if text.isdigit() else None
    return store.one("SELECT * FROM list_elements WHERE block = ? AND code = ?", (block, str(code or "")))


def values_of(store: Store, element: int) -> dict[int, dict[str, str]]:
    """The values of an element's properties: field -> id of the value -> value."""
    found: dict[int, dict[str, str]] = {}
    for row in store.rows("SELECT id, field, value FROM list_values WHERE element = ? ORDER BY id", (element,)):
        found.setdefault(row["field"], {})[str(row["id"])] = row["value"]
    return found


def printed(call: Call, row: Any, known: list[Field]) -> Row:
    """An element with all its columns and filled properties."""
    system = json.loads(row["system"])
    shown: Row = {
        "ID": str(row["id"]),
        "CODE": row["code"],
        "NAME": row["name"],
        "IBLOCK_SECTION_ID": str(row["section"]) if row["section"] else None,
        "CREATED_BY": str(row["createdBy"]),
        "BP_PUBLISHED": "Y",
    }
    for field in known:
        if field.system in system:
            shown[field.system] = system[field.system]
    values = values_of(call.portal.store, row["id"])
    for field in known:
        if values.get(field.id):
            found: dict[str, Any] = dict(values[field.id])
            if field.type == "S:HTML":
                found = {key: json.loads(value) for key, value in found.items()}
            shown[field.key] = found
    return shown


def hidden(call: Call, row: Any) -> Row:
    """The columns that are printed only when they are selected, and filtered by always."""
    author = call.portal.store.one("SELECT name, last_name, email FROM users WHERE id = ?", (row["createdBy"],))
    named = f"({author['email']}) {author['name']} {author['last_name']}" if author else ""
    system = json.loads(row["system"])
    return {
        "CREATED_USER_NAME": named,
        "DATE_CREATE": stamp(call, row["created"]),
        "TIMESTAMP_X": stamp(call, row["modified"]),
        "MODIFIED_BY": str(row["modifiedBy"]),
        "SORT": str(system.get("SORT") or 500),
        "ACTIVE_FROM": system.get("ACTIVE_FROM"),
        "ACTIVE_TO": system.get("ACTIVE_TO"),
        "PREVIEW_TEXT": system.get("PREVIEW_TEXT", ""),
        "PREVIEW_TEXT_TYPE": "text",
        "DETAIL_TEXT": system.get("DETAIL_TEXT", ""),
        "DETAIL_TEXT_TYPE": "text",
    }


def passes(row: Row, wanted: Mapping[str, Any]) -> bool:
    """Whether an element passes a filter; a property passes with any of its values, and negated with all."""
    for key, condition in wanted.items():
        name = key.lstrip("!=<>%@").upper()
        value = row.get(name)
        values = list(value.values()) if isinstance(value, dict) else [value]
        hits = [matches({name: "" if one is None else one}, {key: condition}) for one in values]
        if not (all(hits) if key.startswith("!") else any(hits)):
            return False
    return True
