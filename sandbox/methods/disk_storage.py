"""Drives: `disk.storage.*`, `disk.rights.getTasks` (api-reference/disk/storage)."""

from __future__ import annotations

from typing import Any

from sandbox.disk import asking, limits, objects, printing, rights
from sandbox.disk.objects import Object, Storage
from sandbox.kernel.apps import find_app
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method


def no_name() -> RestError:
    """An upload without a name."""
    return RestError("DISK_BASE_SERVICE_22001", "Error: required parameter NAME (DISK_BASE_SERVICE_22001)")


def children(call: Call, folder: Object) -> Page:
    """A page of what lies in a folder and the caller may read."""
    found = {str(c.id): c for c in objects.children(call.portal.store, folder.id) if rights.level(call, c)}
    page = asking.page(call, [printing.row(call, child) for child in found.values()])
    page.rows = [printing.printed(call, found[row["ID"]]) for row in page.rows]
    return page


def _root(call: Call, storage: Storage) -> Object:
    return objects.one(call.portal.store, storage.root)


@method("disk.storage.getFields", "disk")
def fields(call: Call) -> dict[str, Any]:
    """The fields of a storage."""
    return printing.storage_fields()


@method("disk.storage.getTypes", "disk")
def types(call: Call) -> list[str]:
    """The types of storages."""
    return ["user", "common", "group"]


@method("disk.storage.get", "disk")
def get(call: Call) -> dict[str, Any]:
    """One storage."""
    return printing.storage(asking.storage(call))


@method("disk.storage.getList", "disk")
def listing(call: Call) -> Page:
    """The storages the caller may read."""
    objects.ensure_storages(call)
    rows = call.portal.store.rows("SELECT * FROM disk_storages WHERE entityType != 'restapp' ORDER BY id")
    found = [storage for row in rows if rights.of_storage(call, storage := Storage(**dict(row)))]
    return asking.page(call, [printing.storage(storage) for storage in found])


@method("disk.storage.getForApp", "disk", write=True)
def for_app(call: Call) -> dict[str, Any]:
    """The application's own storage; made when it is asked for first."""
    if call.app is None:
        raise RestError("ACCESS_DENIED", "Access denied! Application context required")
    app = find_app(call.portal, call.app)
    if app is None:
        raise RestError("ERROR_NOT_FOUND", "Could not find application by app_id")
    return printing.storage(objects.storage_for(call, "restapp", str(app.id), app.title or app.client_id))


@method("disk.storage.rename", "disk", write=True)
def rename(call: Call) -> dict[str, Any]:
    """Renames the application's storage; others are refused."""
    storage = asking.storage(call)
    name = str(call.get("newName") or "").strip()
    if not name:
        raise asking.argument(1)
    if storage.entityType != "restapp":
        raise RestError("", "Access denied (invalid type of storage)")
    if rights.of_storage(call, storage) < rights.FULL:
        raise rights.denied()
    store = call.portal.store
    store.execute("UPDATE disk_storages SET name = ? WHERE id = ?", (name, storage.id))
    store.execute("UPDATE disk_objects SET name = ? WHERE id = ?", (name, storage.root))
    return {**printing.storage(storage), "NAME": name}


@method("disk.storage.getChildren", "disk")
def get_children(call: Call) -> Page:
    """What lies in the root; of another's drive only what was shared."""
    storage = asking.storage(call, rights.NONE)
    return children(call, _root(call, storage))


@method("disk.storage.addFolder", "disk", write=True)
def add_folder(call: Call) -> dict[str, Any]:
    """Makes a folder in the root."""
    storage = asking.storage(call, rights.ADD)
    name = asking.data_name(call, asking.argument(1))
    made = objects.add_folder(call, _root(call, storage), name)
    rights.grant_all(call, made.id, call.get("rights"))
    return printing.fresh(call, made)


@method("disk.storage.uploadFile", "disk", write=True, batch=False)
def upload(call: Call) -> dict[str, Any]:
    """Puts a file into the root; without `fileContent` an address to send it to."""
    storage = asking.storage(call, rights.ADD)
    return upload_into(call, _root(call, storage))


def upload_into(call: Call, folder: Object) -> dict[str, Any]:
    """Puts `fileContent` into a folder, or answers with the address that takes it."""
    sent = asking.content(call)
    if sent is None:
        return printing.upload_address(call, folder, unique=asking.unique(call))
    name = asking.data_name(call, no_name())
    if not rights.readable_entries(call.get("rights")):
        raise RestError("", "Invalid rights format")
    if not limits.fits(call, len(sent[1])):
        raise RestError("ERROR_COULD_NOT_SAVE_FILE", "Could not save file")
    made = objects.add_file(call, folder, name, sent[1], unique=asking.unique(call))
    rights.grant_all(call, made.id, call.get("rights"))
    return printing.fresh(call, made)


@method("disk.rights.getTasks", "disk")
def tasks(call: Call) -> list[dict[str, str]]:
    """The levels of access."""
    return [{"ID": str(number), "NAME": name, "TITLE": title} for number, name, title, _ in rights.TASKS]
