"""Storages, folders and files: the rows, and what may be done to them."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.store import Store, declare

declare(
    """
    CREATE TABLE IF NOT EXISTS disk_storages (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, code TEXT,
        entityType TEXT NOT NULL, entityId TEXT NOT NULL, root INTEGER NOT NULL DEFAULT 0);
    CREATE UNIQUE INDEX IF NOT EXISTS disk_storages_entity ON disk_storages (entityType, entityId);
    CREATE TABLE IF NOT EXISTS disk_objects (id INTEGER PRIMARY KEY AUTOINCREMENT, storage INTEGER NOT NULL,
        type TEXT NOT NULL, parent INTEGER, name TEXT NOT NULL, code TEXT, created INTEGER NOT NULL,
        updated INTEGER NOT NULL, deleted INTEGER, createdBy INTEGER NOT NULL, updatedBy INTEGER NOT NULL,
        deletedBy INTEGER NOT NULL DEFAULT 0, deletedType INTEGER NOT NULL DEFAULT 0,
        version INTEGER NOT NULL DEFAULT 1, content INTEGER NOT NULL DEFAULT 0, size INTEGER NOT NULL DEFAULT 0);
    CREATE INDEX IF NOT EXISTS disk_objects_parent ON disk_objects (parent, deletedType);
    CREATE TABLE IF NOT EXISTS disk_contents (id INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS disk_versions (id INTEGER PRIMARY KEY AUTOINCREMENT, object INTEGER NOT NULL,
        content INTEGER NOT NULL, name TEXT NOT NULL, size INTEGER NOT NULL, version INTEGER NOT NULL,
        created INTEGER NOT NULL, createdBy INTEGER NOT NULL);
    CREATE INDEX IF NOT EXISTS disk_versions_object ON disk_versions (object);
    CREATE TABLE IF NOT EXISTS disk_links (object INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE);
    CREATE TABLE IF NOT EXISTS disk_attached (id INTEGER PRIMARY KEY AUTOINCREMENT, object INTEGER NOT NULL,
        module TEXT NOT NULL, entityType TEXT NOT NULL, entityId INTEGER NOT NULL, created INTEGER NOT NULL,
        createdBy INTEGER NOT NULL);
    """
)
Kind = Literal["folder", "file"]
# disk-folder-mark-deleted.md: what was put into the trash itself; 4 is what lay inside of it.
ALIVE, TRASHED, TRASHED_INSIDE = 0, 3, 4
_HASH = 5


@dataclass(frozen=True, slots=True)
class Storage:
    """A drive of a user, of the company, of a group or of an application."""

    id: int
    name: str
    code: str | None
    entityType: str
    entityId: str
    root: int


@dataclass(frozen=True, slots=True)
class Object:
    """A folder or a file; moments are Unix seconds, `content` names the row of `disk_contents`."""

    id: int
    storage: int
    type: Kind
    parent: int | None
    name: str
    code: str | None
    created: int
    updated: int
    deleted: int | None
    createdBy: int
    updatedBy: int
    deletedBy: int
    deletedType: int
    version: int
    content: int
    size: int


def taken(kind: Kind = "folder") -> RestError:
    """The refusal of a name that is there already."""
    word = "file" if kind == "file" else "folder"
    return RestError("DISK_OBJ_22000", f"A {word} with this name already exists")


def get(store: Store, number: int) -> Object | None:
    """The folder or file with this id."""
    row = store.one("SELECT * FROM disk_objects WHERE id = ?", (number,))
    return Object(**dict(row)) if row else None


def one(store: Store, number: int) -> Object:
    """The same, for an id that is known to be there."""
    found = get(store, number)
    if found is None:
        raise LookupError(number)
    return found


def storage_of(store: Store, number: int) -> Storage | None:
    """The storage with this id."""
    row = store.one("SELECT * FROM disk_storages WHERE id = ?", (number,))
    return Storage(**dict(row)) if row else None


def storage_for(call: Call, entity_type: str, entity_id: str, name: str) -> Storage:
    """The storage of a user, a group, ...; it is made with its root folder when it is asked for first."""
    store = call.portal.store
    sql = "SELECT * FROM disk_storages WHERE entityType = ? AND entityId = ?"
    row = store.one(sql, (entity_type, entity_id))
    if row is None:
        number = store.insert("disk_storages", {"name": name, "entityType": entity_type, "entityId": entity_id})
        root = _insert(call, {"storage": number, "type": "folder", "parent": None, "name": name})
        store.execute("UPDATE disk_storages SET root = ? WHERE id = ?", (root, number))
        row = store.one(sql, (entity_type, entity_id))
    return Storage(**dict(row)) if row else Storage(0, name, None, entity_type, entity_id, 0)


def ensure_storages(call: Call) -> None:
    """Everybody has a drive, and the company has one."""
    store = call.portal.store
    storage_for(call, "common", "shared_files_s1", "Общий диск")
    sql = (
        "SELECT id, name, last_name FROM users WHERE active = 1 AND NOT EXISTS (SELECT 1 FROM disk_storages"
        " WHERE entityType = 'user' AND entityId = CAST(users.id AS TEXT)) ORDER BY id"
    )
    for row in store.rows(sql):
        storage_for(call, "user", str(row["id"]), f"{row['name'] or ''} {row['last_name'] or ''}".strip())


def _insert(call: Call, row: dict[str, Any]) -> int:
    now = int(call.portal.clock.timestamp())
    stamps = {"created": now, "updated": now, "createdBy": call.user, "updatedBy": call.user}
    return call.portal.store.insert("disk_objects", {**stamps, **row})


def children(store: Store, folder: int) -> list[Object]:
    """What lies in a folder and not in the trash."""
    rows = store.rows("SELECT * FROM disk_objects WHERE parent = ? AND deletedType = 0 ORDER BY id", (folder,))
    return [Object(**dict(row)) for row in rows]


def named(store: Store, folder: int, name: str) -> Object | None:
    """What is called so in a folder; letter case does not matter."""
    return next((child for child in children(store, folder) if child.name.lower() == name.lower()), None)


def free_name(store: Store, folder: int, name: str) -> str:
    """`file (1).docx` when `file.docx` is there already."""
    stem, dot, extension = name.rpartition(".")
    if not dot:
        stem, extension = name, ""
    number, found = 0, name
    while named(store, folder, found) is not None:
        number += 1
        found = f"{stem} ({number}){dot}{extension}"
    return found


def add_folder(call: Call, parent: Object, name: str) -> Object:
    """Makes a subfolder; `forced_id` of a data set names its id."""
    store = call.portal.store
    if named(store, parent.id, name) is not None:
        raise taken()
    row: dict[str, Any] = {"storage": parent.storage, "type": "folder", "parent": parent.id, "name": name}
    if call.forced_id is not None:
        row["id"] = call.forced_id
    return one(store, _insert(call, row))


def add_file(call: Call, parent: Object, name: str, body: bytes, *, unique: bool = False) -> Object:
    """Puts a file into a folder; a taken name is refused, or made unique."""
    store = call.portal.store
    if unique:
        name = free_name(store, parent.id, name)
    elif named(store, parent.id, name) is not None:
        raise taken("file")
    content = store.insert("disk_contents", {"body": body})
    place = {"storage": parent.storage, "type": "file", "parent": parent.id, "name": name}
    number = _insert(call, {**place, "content": content, "size": len(body)})
    _keep_version(call, one(store, number))
    return one(store, number)


def _keep_version(call: Call, file: Object) -> None:
    row = {"object": file.id, "content": file.content, "name": file.name, "size": file.size, "version": file.version}
    now = int(call.portal.clock.timestamp())
    call.portal.store.insert("disk_versions", {**row, "created": now, "createdBy": call.user})


def add_version(call: Call, file: Object, body: bytes) -> Object:
    """A new content of a file; the old one stays among the versions."""
    content = call.portal.store.insert("disk_contents", {"body": body})
    return _set_content(call, file, content, len(body))


def restore_version(call: Call, file: Object, content: int, size: int) -> Object:
    """Makes an older content the newest version."""
    return _set_content(call, file, content, size)


def _set_content(call: Call, file: Object, content: int, size: int) -> Object:
    changed = update(call, file, content=content, size=size, version=file.version + 1)
    _keep_version(call, changed)
    return changed


def body_of(store: Store, content: int) -> bytes:
    """The bytes of a content."""
    return bytes(store.value("SELECT body FROM disk_contents WHERE id = ?", (content,)) or b"")


def update(call: Call, target: Object, **columns: Any) -> Object:
    """Writes some columns, with who and when."""
    full = {**columns, "updated": int(call.portal.clock.timestamp()), "updatedBy": call.user}
    sets = ", ".join(f"{name} = ?" for name in full)
    call.portal.store.execute(f"UPDATE disk_objects SET {sets} WHERE id = ?", (*full.values(), target.id))
    return one(call.portal.store, target.id)


def rename(call: Call, target: Object, name: str) -> Object:
    """Gives another name."""
    known = named(call.portal.store, target.parent or 0, name)
    if known is not None and known.id != target.id:
        raise taken(target.type)
    return update(call, target, name=name)


def move(call: Call, target: Object, folder: Object) -> Object:
    """Puts a folder or a file into another folder of the same storage."""
    if target.storage != folder.storage or folder.id in [child.id for child in below(call.portal.store, target)]:
        raise RestError("ACCESS_DENIED", "Access denied")
    if named(call.portal.store, folder.id, target.name) is not None:
        raise taken(target.type)
    return update(call, target, parent=folder.id)


def copy(call: Call, target: Object, folder: Object) -> Object:
    """Copies a folder with all it holds, or a file."""
    store = call.portal.store
    if target.type == "file":
        return add_file(call, folder, target.name, body_of(store, target.content))
    inside = children(store, target.id)
    made = add_folder(call, folder, target.name)
    for child in inside:
        if child.id != made.id:
            copy(call, child, made)
    return made


def below(store: Store, target: Object) -> Iterator[Object]:
    """The object itself and all it holds, whatever lies in the trash too."""
    yield target
    for row in store.rows("SELECT * FROM disk_objects WHERE parent = ? ORDER BY id", (target.id,)):
        yield from below(store, Object(**dict(row)))


def trash(call: Call, target: Object) -> Object:
    """Puts into the trash."""
    now = int(call.portal.clock.timestamp())
    for inner in list(below(call.portal.store, target)):
        kind = TRASHED if inner.id == target.id else TRASHED_INSIDE
        call.portal.store.execute(
            "UPDATE disk_objects SET deletedType = ?, deleted = ?, deletedBy = ? WHERE id = ?",
            (kind, now, call.user, inner.id),
        )
    return one(call.portal.store, target.id)


def restore(call: Call, target: Object) -> Object:
    """Takes out of the trash; a name that was taken meanwhile gets a number."""
    store = call.portal.store
    name = free_name(store, target.parent or 0, target.name)
    for inner in list(below(store, target)):
        store.execute("UPDATE disk_objects SET deletedType = 0 WHERE id = ?", (inner.id,))
    return update(call, target, name=name)


def erase(store: Store, target: Object) -> None:
    """Deletes for good, with all that is inside."""
    for inner in list(below(store, target)):
        for table, column in (("disk_versions", "object"), ("disk_links", "object"), ("disk_objects", "id")):
            store.execute(f"DELETE FROM {table} WHERE {column} = ?", (inner.id,))


def link(store: Store, number: int) -> str:
    """The hash of the public link; made when it is asked for first."""
    known = store.value("SELECT hash FROM disk_links WHERE object = ?", (number,))
    if known is None:
        known = secrets.token_urlsafe(16).replace("-", "").replace("_", "")[:_HASH]
        store.execute("INSERT INTO disk_links VALUES (?, ?)", (number, known))
    return str(known)


def attach(call: Call, number: int, module: str, entity_type: str, entity_id: int) -> int:
    """Attaches a file to an object of another module; returns the attachment's id."""
    now = int(call.portal.clock.timestamp())
    row = {"object": number, "module": module, "entityType": entity_type, "entityId": entity_id}
    return call.portal.store.insert("disk_attached", {**row, "created": now, "createdBy": call.user})
