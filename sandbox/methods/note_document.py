"""Documents of knowledge bases and their files in REST 3.0: `note.document.*`, `note.file.*`."""

from __future__ import annotations

import base64
import binascii
import mimetypes
from collections.abc import Mapping
from typing import Any

from sandbox.kernel.call import Call
from sandbox.kernel.dto import Dto, describe, props_of
from sandbox.kernel.v3 import FITS, absent, denied, invalid, method_v3, unread
from sandbox.note import pages
from sandbox.note.pages import BASES, DOCUMENTS, FILES, Row, refused

DOCUMENT = Dto(
    "DocumentDto",
    props_of(
        "id int\ncollectionId int\nparentId int\ntitle string\nmarkdown string\nposition int\n"
        "createdBy int\nupdatedBy int\ncreatedAt string\nupdatedAt string"
    ),
)
BRANCH = Dto(
    "DocumentTreeDto",
    props_of("id int\ncollectionId int\nparentId int\ntitle string\nposition int\nchildren array"),
)
FOUND = Dto(
    "DocumentSearchDto",
    props_of("documentId int\ncollectionId int\ntitle string\nscore float\nsnippet string\nsharedAccess bool"),
)
FILE = Dto(
    "FileDto",
    props_of("id int\ndocumentId int\nname string\nsize int\nmimeType string\nassetType string\nassetMarkdown string"),
)
_SHORTEST, _LONGEST, _AROUND = 3, 200, 40
_MAX_FILE = 20 * 1024 * 1024
_FORBIDDEN = (".php", ".exe", ".js", ".html", ".htm", ".sh")
describe("note.document", "note", DOCUMENT)
describe("note.document.tree", "note", BRANCH)
describe("note.document.search", "note", FOUND)
describe("note.file", "note", FILE)


def _printed(row: Row) -> Row:
    names = ("id", "collectionId", "parentId", "title", "markdown", "position", "createdBy", "updatedBy")
    moments = {name: pages.when(row[name]) for name in ("createdAt", "updatedAt")}
    return {**{name: row[name] for name in names}, **moments}


@method_v3("note.document.add", "note", "fields:any", write=True)
def add(call: Call) -> dict[str, Any]:
    """Adds a document, the last of its siblings."""
    given = pages.named(pages.fields_of(call, DOCUMENT, "collectionId", "title"), "title")
    base = pages.base(call, given["collectionId"])
    if not pages.may_manage(call, base):
        raise denied()
    parent = given.get("parentId")
    rows = pages.documents(call, base["id"])
    if parent is not None and all(row["id"] != parent for row in rows):
        raise refused("INVALID_PARENT", "parentId", "The parent document does not belong to the specified collection")
    place = max((row["position"] for row in rows if row["parentId"] == parent), default=0) + 1
    row = {"parentId": parent, "title": given["title"], "markdown": given.get("markdown") or "", "position": place}
    return {"item": _printed(DOCUMENTS.add(call, {**pages.stamped(call), **row}, base["id"]))}


@method_v3("note.document.get", "note", "id*:int")
def get(call: Call) -> dict[str, Any]:
    """One document."""
    return {"item": _printed(pages.document(call, call.params["id"]))}


@method_v3(
    "note.document.update", "note", "id*:int fields:any overwrite:bool", write=True, partial="nobody edits meanwhile"
)
def update(call: Call) -> dict[str, Any]:
    """Changes title or text of a document."""
    given = pages.named(pages.fields_of(call, DOCUMENT), "title")
    changes = {name: given[name] for name in ("title", "markdown") if given.get(name) is not None}
    if not changes:
        raise refused("EMPTY_UPDATE", "fields.title", "Nothing to update: pass title or markdown")
    row = pages.document(call, call.params["id"], manage=True)
    return {"item": _printed(DOCUMENTS.change(call, row, {**changes, **pages.touched(call)}))}


@method_v3("note.document.archive", "note", "id*:int", write=True)
def archive(call: Call) -> dict[str, bool]:
    """Puts a document away with all below it."""
    for row in pages.below(call, pages.document(call, call.params["id"], manage=True)):
        DOCUMENTS.change(call, row, {"archived": True})
    return {"result": True}


@method_v3("note.document.delete", "note", "id*:int", write=True)
def delete(call: Call) -> dict[str, bool]:
    """Deletes a document with all below it."""
    for row in pages.below(call, pages.document(call, call.params["id"], manage=True)):
        FILES.clear(call, row["id"])
        DOCUMENTS.remove(call, row["id"])
    return {"result": True}


@method_v3("note.document.tree.list", "note", "collectionId*:int")
def tree(call: Call) -> dict[str, Any]:
    """The documents of a knowledge base as a tree."""
    rows = pages.documents(call, pages.base(call, call.params["collectionId"])["id"])

    def branches(parent: int | None) -> list[Row]:
        names = ("id", "collectionId", "parentId", "title", "position")
        own = [row for row in rows if row["parentId"] == parent]
        return [{**{name: row[name] for name in names}, "children": branches(row["id"])} for row in own]

    return {"items": branches(None), "truncated": False}


@method_v3("note.document.search.list", "note", "query*:string pagination:any")
def search(call: Call) -> dict[str, Any]:
    """Documents whose title or text has the words."""
    pages.guard(call)
    query = call.params["query"].strip().lower()
    if len(query) < _SHORTEST:
        raise refused("SEARCH_QUERY_TOO_SHORT", "query", "Search query is too short")
    if len(query) > _LONGEST:
        raise refused("SEARCH_QUERY_TOO_LONG", "query", "Search query is too long")
    asked = call.params.get("pagination") or {}
    limit = asked.get("limit", 20) if isinstance(asked, Mapping) else 0
    if not FITS["int"](limit) or limit < 1:
        raise unread("PAGINATION", "pagination parameter", asked)
    there = {row["id"] for row in BASES.all(call) if not row["archived"]}
    rows = [row for row in DOCUMENTS.all(call) if not row["archived"] and row["collectionId"] in there]
    found = [hit for hit in (_hit(row, query) for row in rows) if hit is not None]
    found.sort(key=lambda hit: -hit["score"])
    return {"items": found[:limit], "hasMore": len(found) > limit}


def _hit(row: Row, query: str) -> Row | None:
    title, text = row["title"].lower(), row["markdown"].lower()
    place = text.find(query)
    if place < 0 and query not in title:
        return None
    start, end = max(0, place - _AROUND), place + len(query)
    parts = [row["markdown"][a:b] for a, b in ((start, place), (place, end), (end, end + _AROUND))]
    cut = f"...{parts[0]}<b>{parts[1]}</b>{parts[2]}..."
    score = 0.9 if query in title else min(0.5 + 0.05 * text.count(query), 0.85)
    shown = {"documentId": row["id"], "collectionId": row["collectionId"], "title": row["title"], "score": score}
    return {**shown, "snippet": cut if place >= 0 else row["title"], "sharedAccess": False}


# --- files ----------------------------------------------------------------------------------


def _file(row: Row) -> Row:
    names = ("id", "documentId", "name", "size", "mimeType", "assetType", "assetMarkdown")
    kind = row["mimeType"].partition("/")[0]
    asset = kind if kind in ("image", "video") else "file"
    return {n: {**row, "assetType": asset, "assetMarkdown": f"[[{asset} fileId={row['id']}]]"}[n] for n in names}


@method_v3("note.file.add", "note", "documentId*:int fileName*:string fileContent*:string", write=True)
def file_add(call: Call) -> dict[str, Any]:
    """Uploads a file into a document."""
    document = pages.document(call, call.params["documentId"], manage=True)
    name = call.params["fileName"]
    if name.lower().endswith(_FORBIDDEN):
        raise refused("FILE_TYPE_NOT_ALLOWED", "fileName", "File type is not supported")
    try:
        content = base64.b64decode(call.params["fileContent"], validate=True)
    except (binascii.Error, ValueError):
        raise invalid(("fileContent", "Incorrect Base64 content provided")) from None
    if len(content) > _MAX_FILE:
        raise refused("FILE_TOO_LARGE", "fileContent", "File size exceeds the allowed value")
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return {"item": _file(FILES.add(call, {"name": name, "size": len(content), "mimeType": kind}, document["id"]))}


@method_v3("note.file.get", "note", "id*:int documentId*:int")
def file_get(call: Call) -> dict[str, Any]:
    """One file of a document."""
    document = pages.document(call, call.params["documentId"])
    row = FILES.get(call, call.params["id"])
    if row is None or row["documentId"] != document["id"]:
        raise absent(call.params["id"])
    return {"item": _file(row)}
