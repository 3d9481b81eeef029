"""Fields and elements of universal lists: `lists.field.*`, `lists.element.*`."""

from __future__ import annotations

from typing import Any

from sandbox.infoblocks import blocks, elements, fields, sections
from sandbox.infoblocks.blocks import Block, named, need, need_one
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.kernel.rows import ordered, paged
from sandbox.plain import files


def _given(call: Call) -> dict[str, Any]:
    need(call, "FIELDS")
    return {str(name).upper(): value for name, value in call.mapping("FIELDS").items()}


@method("lists.field.add", "lists", write=True)
def field_add(call: Call) -> str:
    """Makes a field; the answer is its key."""
    block = named(call, blocks.FULL)
    return fields.add(call, block, _given(call)).key


@method("lists.field.update", "lists", write=True)
def field_update(call: Call) -> bool:
    """Changes a field; its type is sent again and stays."""
    block = named(call, blocks.FULL)
    need(call, "FIELD_ID")
    given = _given(call)
    field = fields.find(call.portal.store, block.id, str(call.get("FIELD_ID")))
    if field is None:
        raise RestError("ERROR_UPDATE_FIELD", "Error updating the field.")
    fields.change(call, field, given)
    return True


@method("lists.field.delete", "lists", write=True)
def field_delete(call: Call) -> bool:
    """Deletes a field."""
    block = named(call, blocks.FULL)
    need(call, "FIELD_ID")
    field = fields.find(call.portal.store, block.id, str(call.get("FIELD_ID")))
    if field is not None:
        fields.remove(call.portal.store, field)
    return True


@method("lists.field.get", "lists")
def field_get(call: Call) -> dict[str, Any]:
    """All fields by key, or the one of FIELD_ID by its type."""
    block, store = named(call, blocks.READ), call.portal.store
    if call.get("FIELD_ID") in (None, ""):
        return {field.key: fields.printed(store, field) for field in fields.of(store, block.id)}
    field = fields.find(store, block.id, str(call.get("FIELD_ID")))
    return {field.type: fields.printed(store, field)} if field else {}


@method("lists.field.type.get", "lists")
def field_types(call: Call) -> dict[str, str]:
    """The types a new field can have: system fields that are there already are left out, but for FIELD_ID's."""
    block, store = named(call, blocks.READ), call.portal.store
    there = {field.system for field in fields.of(store, block.id)} - {str(call.get("FIELD_ID") or "").upper()}
    types = {name: title for name, title in fields.SYSTEM.items() if name not in there}
    if str(call.get("FIELD_ID") or "").upper() == "NAME":
        types = {"NAME": "Название", **types}
    return {**types, **fields.CUSTOM}


@method("lists.element.add", "lists", write=True)
def add(call: Call) -> int:
    """Makes an element; a repeated ELEMENT_CODE is refused."""
    block = named(call, blocks.ADD)
    need(call, "ELEMENT_CODE")
    given = _given(call)
    section = str(call.get("IBLOCK_SECTION_ID") or given.get("IBLOCK_SECTION_ID") or 0)
    if section != "0" and sections.find(call.portal.store, block.id, section, None) is None:
        raise RestError("ERROR_ADD_ELEMENT", "Неверно указан раздел.")
    return elements.add(call, block, str(call.get("ELEMENT_CODE")), int(section) or None, given)


def _element(call: Call, block: Block) -> Any:
    need_one(call, "ELEMENT_CODE", "ELEMENT_ID")
    found = elements.find(call.portal.store, block.id, call.get("ELEMENT_ID"), call.get("ELEMENT_CODE"))
    if found is None:
        raise RestError("ERROR_ELEMENT_NOT_FOUND", "Element not found")
    return found


@method("lists.element.update", "lists", write=True)
def update(call: Call) -> bool:
    """Rewrites an element whole."""
    block = named(call, blocks.MODIFY)
    need_one(call, "ELEMENT_CODE", "ELEMENT_ID")
    given = _given(call)
    elements.change(call, block, _element(call, block), given)
    return True


@method("lists.element.delete", "lists", write=True)
def delete(call: Call) -> bool:
    """Deletes an element."""
    block = named(call, blocks.MODIFY)
    elements.remove(call.portal.store, _element(call, block)["id"])
    return True


@method("lists.element.get", "lists")
def get(call: Call) -> Page:
    """Elements by ELEMENT_ID, ELEMENT_CODE or FILTER, ordered by ELEMENT_ORDER."""
    block, store = named(call, blocks.READ), call.portal.store
    known = fields.of(store, block.id)
    if any(call.get(name) not in (None, "") for name in ("ELEMENT_ID", "ELEMENT_CODE")):
        one = elements.find(store, block.id, call.get("ELEMENT_ID"), call.get("ELEMENT_CODE"))
        found = [one] if one else []
    else:
        found = store.rows("SELECT * FROM list_elements WHERE block = ? ORDER BY id", (block.id,))
    wanted = call.mapping("FILTER")
    rows = []
    for row in found:
        shown = elements.printed(call, row, known)
        full = {**elements.hidden(call, row), **shown}
        if elements.passes(full, wanted):
            rows.append((full, shown))
    rows = _sorted(call, rows)
    select = [str(name).upper() for name in call.listing("SELECT")]
    return paged(call, [_chosen(full, select) if select else shown for full, shown in rows])


def _sorted(
    call: Call, rows: list[tuple[dict[str, Any], dict[str, Any]]]
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    shown = {full["ID"]: short for full, short in rows}
    every = [full for full, _ in rows]
    for name, direction in reversed(list((call.mapping("ELEMENT_ORDER") or {"ID": "asc"}).items())):
        key = str(name).upper()
        keyed = [{**full, "_KEY": _flat(full.get(key)), "_FULL": full} for full in every]
        every = [row["_FULL"] for row in ordered(keyed, "_KEY", str(direction))]
    return [(full, shown[full["ID"]]) for full in every]


def _flat(value: Any) -> Any:
    return next(iter(value.values()), "") if isinstance(value, dict) else value


def _chosen(full: dict[str, Any], select: list[str]) -> dict[str, Any]:
    every = "PROPERTY_*" in select or "*" in select
    return {
        name: value
        for name, value in full.items()
        if name in select or name == "ID" or (every and name.startswith("PROPERTY_"))
    }


@method("lists.element.get.file.url", "lists")
def file_url(call: Call) -> list[str]:
    """Where the files of a property of an element are."""
    block, store = named(call, blocks.READ), call.portal.store
    need_one(call, "ELEMENT_CODE", "ELEMENT_ID")
    need(call, "FIELD_ID")
    element = _element(call, block)
    field = fields.find(store, block.id, str(call.get("FIELD_ID")))
    if field is None or field.type not in ("F", "S:DiskFile"):
        return []
    values = list(elements.values_of(store, element["id"]).get(field.id, {}).values())
    if field.type == "S:DiskFile":
        return [f"/bitrix/tools/disk/uf.php?attachedId={value}&action=download&ncc=1" for value in values]
    base = f"/company/lists/{block.id}/file/{element['section'] or 0}/{element['id']}/{field.key}"
    return [f"{base}/{value}/?ncc=y&download=y" for value in values if files.content(store, value)]
