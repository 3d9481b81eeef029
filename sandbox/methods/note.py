"""Knowledge bases in REST 3.0: `note.collection.*` (api-reference/note/collection)."""

from __future__ import annotations

from typing import Any

from sandbox.kernel.call import Call
from sandbox.kernel.dto import Dto, describe, props_of
from sandbox.kernel.v3 import FITS, method_v3, unread
from sandbox.note import pages
from sandbox.note.pages import BASES, DOCUMENTS, Row

COLLECTION = Dto(
    "CollectionDto",
    props_of(
        "id int\nname string\nposition int\npolicyLevel string\ncreatedBy int\ncreatedAt string\n"
        "updatedBy int\nupdatedAt string"
    ),
)
_STEP, _USUAL, _MAXIMUM = 100, 50, 100
describe("note.collection", "note", COLLECTION)


def _printed(call: Call, row: Row) -> Row:
    return {
        "id": row["id"],
        "name": row["name"],
        "position": row["position"],
        "policyLevel": "manage" if pages.may_manage(call, row) else "view",
        "createdBy": row["createdBy"],
        "createdAt": pages.when(row["createdAt"]),
        "updatedBy": row["updatedBy"],
        "updatedAt": pages.when(row["updatedAt"]),
    }


def _all(call: Call) -> list[Row]:
    pages.guard(call)
    rows = [row for row in BASES.all(call) if not row["archived"]]
    return sorted(rows, key=lambda row: (row["position"], row["id"]))


@method_v3("note.collection.add", "note", "fields:any", write=True)
def add(call: Call) -> dict[str, Any]:
    """Adds a knowledge base, the last one unless `position` says where."""
    given = pages.named(pages.fields_of(call, COLLECTION, "name"), "name")
    last = max((row["position"] for row in _all(call)), default=0)
    row = {"name": given["name"], "position": given.get("position") or last + _STEP}
    return {"item": _printed(call, BASES.add(call, {**pages.stamped(call), **row}))}


@method_v3("note.collection.get", "note", "id*:int")
def get(call: Call) -> dict[str, Any]:
    """One knowledge base."""
    return {"item": _printed(call, pages.base(call, call.params["id"]))}


@method_v3("note.collection.list", "note", "pagination:any")
def collections(call: Call) -> dict[str, Any]:
    """Knowledge bases in their order, those behind `pagination.afterCursor`."""
    asked = call.params.get("pagination") or {}
    limit, after = (asked.get("limit", _USUAL), asked.get("afterCursor")) if isinstance(asked, dict) else (0, None)
    if not FITS["int"](limit) or limit < 1:
        raise unread("PAGINATION", "pagination parameter", asked)
    rows = _all(call)
    if after:
        if not isinstance(after, dict) or not all(FITS["int"](after.get(name)) for name in ("position", "id")):
            raise unread("PAGINATION", "pagination parameter", asked)
        rows = [row for row in rows if (row["position"], row["id"]) > (after["position"], after["id"])]
    page = rows[: min(limit, _MAXIMUM)]
    more = {"position": page[-1]["position"], "id": page[-1]["id"]} if len(page) < len(rows) else None
    return {"items": [_printed(call, row) for row in page], "nextCursor": more}


@method_v3("note.collection.update", "note", "id*:int fields:any", write=True)
def update(call: Call) -> dict[str, Any]:
    """Renames a knowledge base."""
    given = pages.named(pages.fields_of(call, COLLECTION, "name"), "name")
    row = pages.base(call, call.params["id"], manage=True)
    return {"item": _printed(call, BASES.change(call, row, {"name": given["name"], **pages.touched(call)}))}


@method_v3("note.collection.archive", "note", "id*:int", write=True)
def archive(call: Call) -> dict[str, bool]:
    """Puts a knowledge base away."""
    BASES.change(call, pages.base(call, call.params["id"], manage=True), {"archived": True})
    return {"result": True}


@method_v3("note.collection.delete", "note", "id*:int", write=True)
def delete(call: Call) -> dict[str, bool]:
    """Deletes a knowledge base with its documents."""
    row = pages.base(call, call.params["id"], manage=True)
    for one in DOCUMENTS.of(call, row["id"]):
        pages.FILES.clear(call, one["id"])
    DOCUMENTS.clear(call, row["id"])
    BASES.remove(call, row["id"])
    return {"result": True}
