"""Sections of lists: a tree with the margins of its nodes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sandbox.infoblocks import tree
from sandbox.infoblocks.blocks import Block, stamp
from sandbox.kernel.call import Call
from sandbox.kernel.store import Store, declare

declare(
    "CREATE TABLE IF NOT EXISTS list_sections (id INTEGER PRIMARY KEY AUTOINCREMENT, block INTEGER NOT NULL,"
    " parent INTEGER, code TEXT NOT NULL, name TEXT NOT NULL, data TEXT NOT NULL DEFAULT '{}',"
    " created INTEGER NOT NULL, modified INTEGER NOT NULL, createdBy INTEGER NOT NULL, modifiedBy INTEGER NOT NULL)"
)
_DATA = ("XML_ID", "EXTERNAL_ID", "SORT", "ACTIVE", "DESCRIPTION", "DESCRIPTION_TYPE")
_ALWAYS = (
    *("ID", "CODE", "XML_ID", "EXTERNAL_ID", "IBLOCK_SECTION_ID", "TIMESTAMP_X", "SORT", "NAME", "ACTIVE"),
    *("GLOBAL_ACTIVE", "LEFT_MARGIN", "RIGHT_MARGIN", "DEPTH_LEVEL", "SEARCHABLE_CONTENT", "MODIFIED_BY"),
    *("DATE_CREATE", "CREATED_BY"),
)
Row = dict[str, Any]


def find(store: Store, block: int, number: Any, code: Any) -> Any:
    """A section by SECTION_ID or SECTION_CODE, None when there is none."""
    if number not in (None, "", 0, "0"):
        text = str(number)
        sql = "SELECT * FROM list_sections WHERE block = ? AND id = ?"
        return store.one(sql, (block, int(text))) if text.isdigit() else None
    return store.one("SELECT * FROM list_sections WHERE block = ? AND code = ?", (block, str(code or "")))


def _data(given: Mapping[str, Any]) -> Row:
    sent = {str(name).upper(): value for name, value in given.items()}
    data = {name: str(sent[name]) for name in _DATA if sent.get(name) is not None}
    if "EXTERNAL_ID" in data or "XML_ID" in data:
        data["XML_ID"] = data["EXTERNAL_ID"] = data.get("XML_ID") or data["EXTERNAL_ID"]
    return data


def add(call: Call, block: Block, code: str, parent: int | None, name: str, given: Mapping[str, Any]) -> int:
    """Makes a section."""
    now = int(call.portal.clock.timestamp())
    row = {"block": block.id, "parent": parent, "code": code, "name": name, "created": now, "modified": now}
    row |= {"createdBy": call.user, "modifiedBy": call.user, "data": json.dumps(_data(given), ensure_ascii=False)}
    if call.forced_id is not None:
        row["id"] = call.forced_id
    return call.portal.store.insert("list_sections", row)


def change(call: Call, section: Any, name: str, given: Mapping[str, Any]) -> None:
    """Changes a section."""
    data = {**json.loads(section["data"]), **_data(given)}
    call.portal.store.execute(
        "UPDATE list_sections SET name = ?, data = ?, modified = ?, modifiedBy = ? WHERE id = ?",
        (name, json.dumps(data, ensure_ascii=False), int(call.portal.clock.timestamp()), call.user, section["id"]),
    )


def remove(store: Store, number: int) -> None:
    """Deletes a section with those inside; its elements come to the root."""
    for row in store.rows("SELECT id FROM list_sections WHERE parent = ?", (number,)):
        remove(store, row["id"])
    store.execute("UPDATE list_elements SET section = NULL WHERE section = ?", (number,))
    store.execute("DELETE FROM list_sections WHERE id = ?", (number,))


def printed(call: Call, block: Block) -> list[Row]:
    """All sections of a list with their margins and depths, and what can only be filtered by."""
    rows = call.portal.store.rows("SELECT * FROM list_sections WHERE block = ? ORDER BY id", (block.id,))
    places = tree.nodes((row["id"], row["parent"]) for row in rows)
    return [_section(call, block, row, places[row["id"]]) for row in rows]


def _section(call: Call, block: Block, row: Any, place: tree.Node) -> Row:
    data = json.loads(row["data"])
    active = data.get("ACTIVE", "Y")
    return {
        "ID": str(row["id"]),
        "CODE": row["code"],
        "XML_ID": data.get("XML_ID"),
        "EXTERNAL_ID": data.get("EXTERNAL_ID"),
        "IBLOCK_SECTION_ID": str(row["parent"]) if row["parent"] else None,
        "TIMESTAMP_X": stamp(call, row["modified"]),
        "SORT": data.get("SORT", "500"),
        "NAME": row["name"],
        "ACTIVE": active,
        "GLOBAL_ACTIVE": active,
        "LEFT_MARGIN": str(place.left),
        "RIGHT_MARGIN": str(place.right),
        "DEPTH_LEVEL": str(place.depth),
        "SEARCHABLE_CONTENT": f"{row['name'].upper()}\r\n{data.get('DESCRIPTION', '').upper()}",
        "MODIFIED_BY": str(row["modifiedBy"]),
        "DATE_CREATE": stamp(call, row["created"]),
        "CREATED_BY": str(row["createdBy"]),
        "PICTURE": None,
        "DETAIL_PICTURE": None,
        "DESCRIPTION": data.get("DESCRIPTION", ""),
        "DESCRIPTION_TYPE": data.get("DESCRIPTION_TYPE", "text"),
        "SECTION_PAGE_URL": "",
        "IBLOCK_NAME": block.name,
        "IBLOCK_TYPE": block.type,
        "IBLOCK_ACTIVE": "Y",
    }


def chosen(row: Row, select: list[str]) -> Row:
    """The selected columns; without a selection those that are always there."""
    names = [name.upper() for name in select]
    return {name: row[name] for name in row if name in (names or _ALWAYS)}
