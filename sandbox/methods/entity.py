"""Data storages of applications: `entity.*` (api-reference/entity)."""

from __future__ import annotations

from typing import Any

from sandbox.infoblocks import entities, tree
from sandbox.infoblocks.entities import ITEMS, PROPERTIES, SECTIONS, STORAGES, argument, storage
from sandbox.kernel import downloads
from sandbox.kernel.call import Attachment, Call, Page
from sandbox.kernel.documents import Document
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.plain import files

_TYPES = ("S", "N", "F")
_PICTURES = ("PREVIEW_PICTURE", "DETAIL_PICTURE")
_SECTION_PICTURES = ("PICTURE", "DETAIL_PICTURE")


@method("entity.add", "entity", write=True)
def add(call: Call) -> bool:
    """Makes a storage."""
    app, code = entities.application(call), entities.code_of(call)
    name = str(call.get("NAME") or "").strip()
    if not name:
        raise argument("NAME")
    if entities.find(call, app, code) is not None:
        raise _taken()
    body = {"ENTITY": code, "NAME": name, "ACCESS": entities.access(call), "CREATED_BY": call.user}
    STORAGES.add(call, body, app)
    return True


def _taken() -> RestError:
    return RestError("ERROR_ENTITY_ALREADY_EXISTS", "Entity already exists")


@method("entity.update", "entity", write=True)
def update(call: Call) -> bool:
    """Changes a storage; ENTITY_NEW renames it."""
    found = storage(call, entities.FULL)
    changes: Document = {}
    if call.get("NAME"):
        changes["NAME"] = str(call.get("NAME"))
    if call.get("ENTITY_NEW"):
        code = entities.code_of(call, "ENTITY_NEW")
        if code != found["ENTITY"] and entities.find(call, found["app"], code) is not None:
            raise _taken()
        changes["ENTITY"] = code
    if call.get("ACCESS") is not None:
        changes["ACCESS"] = entities.access(call)
    STORAGES.change(call, found, changes)
    return True


@method("entity.delete", "entity", write=True)
def delete(call: Call) -> bool:
    """Deletes a storage with all it holds."""
    found = storage(call, entities.FULL)
    for kind in (ITEMS, SECTIONS, PROPERTIES):
        kind.clear(call, found["id"])
    STORAGES.remove(call, found["id"])
    return True


def _storage(found: Document) -> dict[str, str]:
    shown = {"ID": str(found["id"]), "IBLOCK_TYPE_ID": "rest_entity"}
    return {**shown, "ENTITY": found["ENTITY"], "NAME": found["NAME"]}


@method("entity.get", "entity")
def get(call: Call) -> Any:
    """The storage of ENTITY, or all of the application."""
    if call.get("ENTITY") is None:
        app = entities.application(call)
        return [_storage(found) for found in STORAGES.of(call, app) if entities.may(call, found, entities.READ)]
    return _storage(storage(call, entities.READ))


@method("entity.rights", "entity", write=True)
def rights(call: Call) -> dict[str, str]:
    """Who may do what; ACCESS replaces it."""
    found = storage(call, entities.FULL)
    if call.get("ACCESS") is not None:
        found = STORAGES.change(call, found, {"ACCESS": entities.access(call)})
    return {f"U{found['CREATED_BY']}": entities.FULL, **found["ACCESS"]}


def _picture(call: Call, name: str, changes: Document) -> None:
    value = call.get(name)
    if value is False or value == "":
        changes[name] = None
    elif value is not None:
        entry = files.upload(call.portal.store, value)
        changes[name] = entry["id"] if entry else None


def _number(call: Call, name: str = "ID") -> int:
    value = str(call.get(name) or "")
    if not value.isdigit() or int(value) <= 0:
        raise argument(name)
    return int(value)


def _known_section(call: Call, found: Document) -> str | None:
    value = str(call.get("SECTION") or "0")
    if value == "0":
        return None
    section = SECTIONS.get(call, value)
    if section is None:
        raise RestError("ERROR_CORE", "Invalid parent section!")
    if section["storage"] != found["id"]:
        text = "The section block code does not match the parent section block code!"
        raise RestError("ERROR_CORE", text)
    return value


def _item_fields(call: Call, found: Document) -> Document:
    changes: Document = {}
    for name in ("NAME", "PREVIEW_TEXT", "DETAIL_TEXT", "CODE", "SORT"):
        if call.get(name) is not None:
            changes[name] = str(call.get(name))
    if call.get("ACTIVE") is not None:
        changes["ACTIVE"] = entities.flag(call.get("ACTIVE"))
    for name in ("DATE_ACTIVE_FROM", "DATE_ACTIVE_TO"):
        if call.get(name) is not None:
            changes[name] = entities.moment(call, name)
    for name in _PICTURES:
        _picture(call, name, changes)
    if call.get("SECTION") is not None:
        changes["SECTION"] = _known_section(call, found)
    given = call.mapping("PROPERTY_VALUES")
    types = {row["PROPERTY"]: row["TYPE"] for row in PROPERTIES.of(call, found["id"])}
    changes["values"] = {code: _value(call, types[code], given[code]) for code in given if code in types}
    return changes


def _value(call: Call, kind: str, value: Any) -> Any:
    if kind == "F":
        entry = files.upload(call.portal.store, value) if value else None
        return entry["id"] if entry else None
    if kind == "N" and value not in (None, ""):
        try:
            float(str(value))
        except ValueError:
            raise RestError("ERROR_ARGUMENT", "Invalid value of a number", argument="PROPERTY_VALUES") from None
    return None if value is None else str(value) if not isinstance(value, (list, dict)) else value


@method("entity.item.add", "entity", write=True)
def item_add(call: Call) -> int:
    """Adds an item."""
    found = storage(call, entities.WRITE)
    changes = _item_fields(call, found)
    body = {
        **entities.stamps(call, new=True),
        **{"ACTIVE": "Y", "DATE_ACTIVE_FROM": "", "DATE_ACTIVE_TO": "", "SORT": "500", "NAME": ""},
        **dict.fromkeys(("PREVIEW_PICTURE", "PREVIEW_TEXT", "DETAIL_PICTURE", "DETAIL_TEXT", "CODE", "SECTION")),
        **changes,
    }
    return int(ITEMS.add(call, body, found["id"])["id"])


def _item(call: Call, found: Document) -> Document:
    number = _number(call)
    item = ITEMS.get(call, number)
    if item is None or item["storage"] != found["id"]:
        raise RestError("ERROR_ITEM_NOT_FOUND", "Item not found")
    return item


@method("entity.item.update", "entity", write=True)
def item_update(call: Call) -> bool:
    """Changes an item; properties that are not sent stay."""
    found = storage(call, entities.WRITE)
    item = _item(call, found)
    changes = _item_fields(call, found)
    changes["values"] = {**item["values"], **changes["values"]}
    ITEMS.change(call, item, {**changes, **entities.stamps(call, new=False)})
    return True


@method("entity.item.delete", "entity", write=True)
def item_delete(call: Call) -> bool:
    """Deletes an item."""
    found = storage(call, entities.WRITE)
    ITEMS.remove(call, _item(call, found)["id"])
    return True


def _address(call: Call, number: Any) -> str | None:
    return downloads.address(call, "download", downloads.signed(call, "entity", str(number))) if number else None


@downloads.served("entity")
def _serve(call: Call, token: str) -> Attachment:
    found = files.content(call.portal.store, downloads.opened(call, "entity", token))
    if found is None:
        raise downloads.not_found()
    return downloads.attachment(*found)


def _shown_item(call: Call, found: Document, item: Document, known: list[Document]) -> Document:
    hidden = ("id", "storage", "values")
    shown: Document = {"ID": str(item["id"]), **{name: value for name, value in item.items() if name not in hidden}}
    for name in _PICTURES:
        shown[name] = _address(call, shown[name])
    shown["ENTITY"] = found["ENTITY"]
    if known:
        shown["PROPERTY_VALUES"] = {
            row["PROPERTY"]: _address(call, item["values"].get(row["PROPERTY"]))
            if row["TYPE"] == "F"
            else item["values"].get(row["PROPERTY"])
            for row in known
        }
    return shown


@method("entity.item.get", "entity")
def item_get(call: Call) -> Page:
    """Items by FILTER and SORT."""
    found = storage(call, entities.READ)
    known = PROPERTIES.of(call, found["id"])
    return entities.page(call, [_shown_item(call, found, item, known) for item in ITEMS.of(call, found["id"])])


def _property(call: Call, found: Document) -> Document:
    code = str(call.get("PROPERTY") or "")
    if not code:
        raise argument("PROPERTY")
    row = next((row for row in PROPERTIES.of(call, found["id"]) if row["PROPERTY"] == code), None)
    if row is None:
        raise RestError("ERROR_PROPERTY_NOT_FOUND", "Property not found")
    return row


def _new_code(call: Call, found: Document, name: str, error: str) -> str:
    code = str(call.get(name) or "")
    if code[:1].isdigit():
        raise RestError("ERROR_CORE", "Property code cannot start with a digit")
    if any(row["PROPERTY"] == code for row in PROPERTIES.of(call, found["id"])):
        raise RestError("ERROR_PROPERTY_ALREADY_EXISTS", error)
    return code


def _kind(call: Call) -> str:
    kind = str(call.get("TYPE") or "S")
    if kind == "L":
        raise RestError("ERROR_UNSUPPORTED_PROPERTY_TYPE", "Invalid property type")
    if kind not in _TYPES:
        raise RestError("ERROR_ARGUMENT", "Wrong entity item property type", argument="TYPE")
    return kind


@method("entity.item.property.add", "entity", write=True)
def property_add(call: Call) -> bool:
    """Adds a property to the items of a storage."""
    found = storage(call, entities.FULL)
    if not call.get("PROPERTY"):
        raise argument("PROPERTY")
    kind = _kind(call)
    code = _new_code(call, found, "PROPERTY", "Property already exists")
    body = {"PROPERTY": code, "NAME": str(call.get("NAME") or code), "TYPE": kind}
    PROPERTIES.add(call, {**body, "SORT": str(call.get("SORT") or 500)}, found["id"])
    return True


@method("entity.item.property.update", "entity", write=True)
def property_update(call: Call) -> bool:
    """Changes a property; PROPERTY_NEW renames it, no type turns into a file."""
    found = storage(call, entities.FULL)
    row = _property(call, found)
    changes: Document = {name: str(call.get(name)) for name in ("NAME", "SORT") if call.get(name) is not None}
    if call.get("TYPE"):
        changes["TYPE"] = _kind(call)
        if changes["TYPE"] == "F" and row["TYPE"] != "F":
            raise RestError("ERROR_ARGUMENT", "Cannot change property type to File", argument="TYPE")
    fresh = str(call.get("PROPERTY_NEW") or row["PROPERTY"])
    if fresh != row["PROPERTY"]:
        changes["PROPERTY"] = _new_code(call, found, "PROPERTY_NEW", f"Property {fresh} already exists")
        for item in ITEMS.of(call, found["id"]):
            if row["PROPERTY"] in item["values"]:
                values = {fresh if code == row["PROPERTY"] else code: value for code, value in item["values"].items()}
                ITEMS.change(call, item, {"values": values})
    PROPERTIES.change(call, row, changes)
    return True


@method("entity.item.property.delete", "entity", write=True)
def property_delete(call: Call) -> bool:
    """Removes a property."""
    found = storage(call, entities.FULL)
    PROPERTIES.remove(call, _property(call, found)["id"])
    return True


def _shown_property(row: Document) -> dict[str, str]:
    return {name: row[name] for name in ("PROPERTY", "NAME", "TYPE", "SORT")}


@method("entity.item.property.get", "entity")
def property_get(call: Call) -> Any:
    """One property, or all of a storage."""
    found = storage(call, entities.READ)
    if call.get("PROPERTY"):
        return _shown_property(_property(call, found))
    return [_shown_property(row) for row in PROPERTIES.of(call, found["id"])]


def _section_fields(call: Call, found: Document) -> Document:
    changes: Document = {}
    for name in ("NAME", "CODE", "DESCRIPTION", "SORT"):
        if call.get(name) is not None:
            changes[name] = str(call.get(name))
    if call.get("ACTIVE") is not None:
        changes["ACTIVE"] = entities.flag(call.get("ACTIVE"))
    for name in _SECTION_PICTURES:
        _picture(call, name, changes)
    if call.get("SECTION") is not None:
        changes["SECTION"] = _known_section(call, found)
    return changes


@method("entity.section.add", "entity", write=True)
def section_add(call: Call) -> int:
    """Adds a section."""
    found = storage(call, entities.WRITE)
    if not str(call.get("NAME") or "").strip():
        raise argument("NAME")
    empty = dict.fromkeys(("CODE", "PICTURE", "DETAIL_PICTURE", "DESCRIPTION", "SECTION"))
    body = {**entities.stamps(call, new=True), "ACTIVE": "Y", "SORT": "500", **empty, **_section_fields(call, found)}
    return int(SECTIONS.add(call, body, found["id"])["id"])


def _section(call: Call, found: Document) -> Document:
    number = _number(call)
    row = SECTIONS.get(call, number)
    if row is None or row["storage"] != found["id"]:
        raise RestError("ERROR_SECTION_NOT_FOUND", "Section not found")
    return row


@method("entity.section.update", "entity", write=True)
def section_update(call: Call) -> bool:
    """Changes a section."""
    found = storage(call, entities.WRITE)
    row = _section(call, found)
    SECTIONS.change(call, row, {**_section_fields(call, found), **entities.stamps(call, new=False)})
    return True


@method("entity.section.delete", "entity", write=True)
def section_delete(call: Call) -> bool:
    """Deletes a section with those inside; items come to the root."""
    found = storage(call, entities.WRITE)
    gone = [str(_section(call, found)["id"])]
    rows = SECTIONS.of(call, found["id"])
    for number in gone:
        gone += [str(row["id"]) for row in rows if row["SECTION"] == number]
    for number in gone:
        SECTIONS.remove(call, int(number))
    for item in ITEMS.of(call, found["id"]):
        if item["SECTION"] in gone:
            ITEMS.change(call, item, {"SECTION": None})
    return True


@method("entity.section.get", "entity")
def section_get(call: Call) -> Page:
    """Sections by FILTER and SORT, with their places in the tree."""
    found = storage(call, entities.READ)
    rows = SECTIONS.of(call, found["id"])
    places = tree.nodes((row["id"], int(row["SECTION"]) if row["SECTION"] else None) for row in rows)
    shown = []
    for row in rows:
        place = places[row["id"]]
        margins = {"LEFT_MARGIN": str(place.left), "RIGHT_MARGIN": str(place.right), "DEPTH_LEVEL": str(place.depth)}
        printed = {name: value for name, value in row.items() if name not in ("id", "storage")}
        pictures = {name: _address(call, row[name]) for name in _SECTION_PICTURES}
        shown.append({"ID": str(row["id"]), **printed, **pictures, **margins, "ENTITY": found["ENTITY"]})
    return entities.page(call, shown)
