"""Universal lists: `lists.*` without fields and elements (api-reference/lists)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sandbox.infoblocks import blocks, elements, fields, sections
from sandbox.infoblocks.blocks import Block, find, named, need, need_one
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.kernel.rows import matches, ordered, paged
from sandbox.plain import files


def _given(call: Call) -> dict[str, Any]:
    need(call, "FIELDS")
    return {str(name).upper(): value for name, value in call.mapping("FIELDS").items()}


def _columns(call: Call, given: Mapping[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {"modified": int(call.portal.clock.timestamp())}
    for name, column in (("NAME", "name"), ("DESCRIPTION", "description")):
        if given.get(name) is not None:
            row[column] = str(given[name])
    if str(given.get("SORT") or "").isdigit():
        row["sort"] = int(given["SORT"])
    if given.get("BIZPROC") is not None:
        row["bizproc"] = "Y" if given["BIZPROC"] == "Y" else "N"
    picture = given.get("PICTURE")
    if isinstance(picture, (Mapping, list)) and picture:
        entry = files.upload(call.portal.store, picture)
        row["picture"] = entry["id"] if entry else None
    if str(call.get("SOCNET_GROUP_ID") or "").isdigit():
        row["socnetGroup"] = call.integer("SOCNET_GROUP_ID")
    return row


@method("lists.add", "lists", write=True)
def add(call: Call) -> int:
    """Makes a list; administrators only. Without RIGHTS its maker alone has access."""
    need(call, "IBLOCK_TYPE_ID", "IBLOCK_CODE")
    given = _given(call)
    store, kind, code = call.portal.store, str(call.get("IBLOCK_TYPE_ID")), str(call.get("IBLOCK_CODE"))
    if not call.portal.is_admin(call.user):
        raise blocks.denied()
    if kind not in blocks.TYPES:
        raise RestError("ERROR_ADD_IBLOCK", "Incorrect iblock type")
    if any(block.code == code for block in blocks.every(store)):
        raise RestError("ERROR_IBLOCK_ALREADY_EXISTS", "Iblock already exists")
    if not str(given.get("NAME") or "").strip():
        raise RestError("ERROR_ADD_IBLOCK", "Введите название инфоблока.")
    rights = {str(key): str(value) for key, value in call.mapping("RIGHTS").items()} or {f"U{call.user}": "X"}
    row = {"type": kind, "code": code, "rights": json.dumps(rights), **_columns(call, given)}
    row["messages"] = json.dumps(_messages(call), ensure_ascii=False)
    if call.forced_id is not None:
        row["id"] = call.forced_id
    number = store.insert("list_blocks", row)
    fields.add_name(call, number)
    return number


def _messages(call: Call) -> dict[str, str]:
    return {name: str(value) for name, value in call.mapping("MESSAGES").items() if name in blocks.MESSAGES}


@method("lists.update", "lists", write=True)
def update(call: Call) -> bool:
    """Changes a list; RIGHTS are added to those that there are."""
    block = named(call, blocks.FULL)
    given = _given(call)
    if "NAME" in given and not str(given["NAME"]).strip():
        raise RestError("ERROR_UPDATE_IBLOCK", "Введите название инфоблока.")
    fresh = {str(key): str(value) for key, value in call.mapping("RIGHTS").items()}
    row = {
        **_columns(call, given),
        "rights": json.dumps({**fresh, **block.rights}),
        "messages": json.dumps({**block.messages, **_messages(call)}, ensure_ascii=False),
    }
    sets = ", ".join(f"{name} = ?" for name in row)
    call.portal.store.execute(f"UPDATE list_blocks SET {sets} WHERE id = ?", (*row.values(), block.id))
    return True


@method("lists.delete", "lists", write=True)
def delete(call: Call) -> bool:
    """Deletes a list with all it holds."""
    block, store = named(call, blocks.FULL), call.portal.store
    for row in store.rows("SELECT id FROM list_elements WHERE block = ?", (block.id,)):
        elements.remove(store, row["id"])
    for table in ("list_sections", "list_fields"):
        store.execute(f"DELETE FROM {table} WHERE block = ?", (block.id,))
    store.execute("DELETE FROM list_blocks WHERE id = ?", (block.id,))
    return True


@method("lists.get", "lists")
def get(call: Call) -> Page:
    """One list, or all of a type that the caller may read."""
    need(call, "IBLOCK_TYPE_ID")
    one = any(call.get(name) not in (None, "") for name in ("IBLOCK_ID", "IBLOCK_CODE"))
    if one:
        block = find(call)
        if block is not None and not blocks.may(call, block, blocks.READ):
            raise blocks.denied()
        found = [block] if block else []
    else:
        found = [b for b in blocks.every(call.portal.store) if _listed(call, b)]
    rows = [blocks.printed(call, block) for block in found]
    for name, direction in reversed(list((call.mapping("IBLOCK_ORDER") or {"ID": "desc"}).items())):
        name = "IBLOCK_TYPE_ID" if name == "IBLOCK_TYPE" else name
        rows = ordered(rows, str(name), str(direction))
    return paged(call, rows)


def _listed(call: Call, block: Block) -> bool:
    group = call.get("SOCNET_GROUP_ID")
    if group not in (None, "") and str(block.socnetGroup) != str(group):
        return False
    return block.type == call.get("IBLOCK_TYPE_ID") and blocks.may(call, block, blocks.READ)


@method("lists.get.iblock.type.id", "lists")
def type_id(call: Call) -> str | None:
    """The type of a list."""
    need_one(call, "IBLOCK_CODE", "IBLOCK_ID")
    block = find(call)
    return block.type if block else None


def _name(given: Mapping[str, Any], error: str) -> str:
    name = str(given.get("NAME") or "").strip()
    if not name:
        raise RestError(error, "Введите название раздела.")
    return name


@method("lists.section.add", "lists", write=True)
def section_add(call: Call) -> int:
    """Makes a section."""
    block = named(call, blocks.ADD)
    need(call, "SECTION_CODE")
    given, store = _given(call), call.portal.store
    code, parent = str(call.get("SECTION_CODE")), str(call.get("IBLOCK_SECTION_ID") or 0)
    if sections.find(store, block.id, None, code) is not None:
        raise RestError("ERROR_SECTION_ALREADY_EXISTS", "Section already exists")
    if parent != "0" and sections.find(store, block.id, parent, None) is None:
        raise RestError("ERROR_ADD_SECTION", "Неверно указан родительский раздел.")
    return sections.add(call, block, code, int(parent) or None, _name(given, "ERROR_ADD_SECTION"), given)


def _section(call: Call, block: Block) -> Any:
    need_one(call, "SECTION_CODE", "SECTION_ID")
    found = sections.find(call.portal.store, block.id, call.get("SECTION_ID"), call.get("SECTION_CODE"))
    if found is None:
        raise RestError("ERROR_SECTION_NOT_FOUND", "Section not found")
    return found


@method("lists.section.update", "lists", write=True)
def section_update(call: Call) -> bool:
    """Changes a section."""
    block = named(call, blocks.MODIFY)
    need_one(call, "SECTION_CODE", "SECTION_ID")
    given = _given(call)
    sections.change(call, _section(call, block), _name(given, "ERROR_UPDATE_SECTION"), given)
    return True


@method("lists.section.delete", "lists", write=True)
def section_delete(call: Call) -> bool:
    """Deletes a section."""
    block = named(call, blocks.MODIFY)
    sections.remove(call.portal.store, _section(call, block)["id"])
    return True


@method("lists.section.get", "lists")
def section_get(call: Call) -> Page:
    """Sections by FILTER and SELECT."""
    block = named(call, blocks.READ)
    wanted = {name.replace(" ", "_"): value for name, value in call.mapping("FILTER").items()}
    rows = [row for row in sections.printed(call, block) if matches(row, wanted)]
    select = [str(name) for name in call.listing("SELECT")]
    return paged(call, [sections.chosen(row, select) for row in rows])
