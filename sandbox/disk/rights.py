"""Who may read, add to and edit folders and files: by the storage, and by what was shared."""

from __future__ import annotations

import json

from sandbox.disk.objects import Object, Storage, storage_of
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.store import Store, declare

declare(
    "CREATE TABLE IF NOT EXISTS disk_rights (object INTEGER NOT NULL, access TEXT NOT NULL, level INTEGER NOT NULL,"
    " PRIMARY KEY (object, access)) WITHOUT ROWID"
)
NONE, READ, ADD, EDIT, FULL = range(5)
# disk-rights-get-tasks.md: id, name, title, level.
TASKS = (
    (79, "disk_access_full", "Полный доступ", FULL),
    (75, "disk_access_edit", "Редактирование", EDIT),
    (73, "disk_access_add", "Добавление", ADD),
    (71, "disk_access_read", "Чтение", READ),
)
LEVELS = {name: level for _, name, _, level in TASKS}


def denied() -> RestError:
    """The refusal for want of rights."""
    return RestError("ACCESS_DENIED", "Access denied")


def level(call: Call, target: Object) -> int:
    """The caller's level for a folder or a file: the highest of the storage's and of what was shared above it."""
    store = call.portal.store
    storage = storage_of(store, target.storage)
    found = of_storage(call, storage) if storage else NONE
    if found == FULL:
        return found
    answers = codes(call)
    current: Object | None = target
    while current is not None:
        rows = store.rows("SELECT access, level FROM disk_rights WHERE object = ?", (current.id,))
        found = max([found, *(row["level"] for row in rows if row["access"] in answers)])
        current = _parent(store, current)
    return found


def _parent(store: Store, target: Object) -> Object | None:
    row = store.one("SELECT * FROM disk_objects WHERE id = ?", (target.parent,)) if target.parent else None
    return Object(**dict(row)) if row else None


def of_storage(call: Call, storage: Storage) -> int:
    """The caller's level for a whole storage: one's own, the company's, an administrator's, the application's."""
    if call.portal.is_admin(call.user) or (storage.entityType, storage.entityId) == ("user", str(call.user)):
        return FULL
    if storage.entityType == "common":
        return EDIT
    if storage.entityType == "group":
        row = call.portal.store.one("SELECT 1 FROM sqlite_master WHERE name = 'sonet_members'")
        sql = "SELECT 1 FROM sonet_members WHERE groupId = ? AND user = ? AND role IN ('A', 'E', 'K')"
        member = row is not None and call.portal.store.one(sql, (int(storage.entityId), call.user)) is not None
        return EDIT if member else NONE
    if storage.entityType == "restapp" and call.app is not None:
        own = call.portal.store.value("SELECT id FROM apps WHERE client_id = ?", (call.app,))
        return FULL if str(own) == storage.entityId else NONE
    return NONE


def codes(call: Call) -> set[str]:
    """The access codes the caller answers to: `U35`, `D7`, `DR7` of the departments above too, `*`."""
    store = call.portal.store
    departments = [
        int(n) for n in json.loads(store.value("SELECT departments FROM users WHERE id = ?", (call.user,)) or "[]")
    ]
    codes = {f"U{call.user}", "*", *(f"D{number}" for number in departments)}
    for number in departments:
        current: int | None = number
        while current:
            codes.add(f"DR{current}")
            current = store.value("SELECT parent FROM departments WHERE id = ?", (current,))
    return codes


def require(call: Call, target: Object, wanted: int) -> None:
    """Refuses a caller whose level is lower."""
    if level(call, target) < wanted:
        raise denied()


def grant(store: Store, number: int, access: str, granted: int) -> None:
    """Gives an access code a level for an object."""
    store.execute("INSERT OR REPLACE INTO disk_rights VALUES (?, ?, ?)", (number, access, granted))


def _entries(given: object) -> list[object]:
    if isinstance(given, list):
        return given
    return list(given.values()) if isinstance(given, dict) and "TASK_ID" not in given else [given]


def readable_entries(given: object) -> bool:
    """Whether `rights` of a request are entries of TASK_ID and ACCESS_CODE, as far as they were sent."""
    return given in (None, "", [], {}) or all(isinstance(entry, dict) for entry in _entries(given))


def grant_all(call: Call, number: int, given: object) -> None:
    """`rights` of a request: entries of TASK_ID and ACCESS_CODE."""
    for entry in _entries(given):
        if isinstance(entry, dict) and entry.get("ACCESS_CODE"):
            by_id = {str(task): found for task, _, _, found in TASKS}
            grant(call.portal.store, number, str(entry["ACCESS_CODE"]), by_id.get(str(entry.get("TASK_ID")), READ))
