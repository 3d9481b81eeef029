"""Storages, folders and files as `disk.*` prints them."""

from __future__ import annotations

from typing import Any

from sandbox.disk.objects import Object, Storage, get, link, storage_of
from sandbox.kernel import downloads
from sandbox.kernel.call import Call

_TYPES = {
    "ID": "integer",
    "NAME": "string",
    "TYPE": "enum",
    "CODE": "string",
    "STORAGE_ID": "integer",
    "REAL_OBJECT_ID": "integer",
    "PARENT_ID": "integer",
    "CREATE_TIME": "datetime",
    "UPDATE_TIME": "datetime",
    "DELETE_TIME": "datetime",
    "CREATED_BY": "integer",
    "UPDATED_BY": "integer",
    "DELETED_BY": "integer",
    "GLOBAL_CONTENT_VERSION": "integer",
    "FILE_ID": "integer",
    "SIZE": "integer",
    "DELETED_TYPE": "enum",
}
_HIDDEN = ("REAL_OBJECT_ID", "CREATED_BY", "UPDATED_BY", "DELETED_BY", "GLOBAL_CONTENT_VERSION", "FILE_ID", "SIZE")
_OF_FILE = ("GLOBAL_CONTENT_VERSION", "FILE_ID", "SIZE")
_OF_STORAGE = {
    "ID": "integer",
    "NAME": "string",
    "CODE": "string",
    "MODULE_ID": "string",
    "ENTITY_TYPE": "string",
    "ENTITY_ID": "string",
    "ROOT_OBJECT_ID": "integer",
}


def _described(types: dict[str, str], hidden: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    return {
        name: {"TYPE": kind, "USE_IN_FILTER": name not in hidden, "USE_IN_SHOW": True} for name, kind in types.items()
    }


def file_fields() -> dict[str, dict[str, Any]]:
    """disk-file-get-fields.md"""
    return _described({name: kind for name, kind in _TYPES.items() if name != "REAL_OBJECT_ID"}, _HIDDEN)


def folder_fields() -> dict[str, dict[str, Any]]:
    """disk-folder-get-fields.md"""
    return _described({name: kind for name, kind in _TYPES.items() if name not in _OF_FILE}, _HIDDEN)


def storage_fields() -> dict[str, dict[str, Any]]:
    """disk-storage-get-fields.md"""
    return _described(_OF_STORAGE, ("MODULE_ID", "ROOT_OBJECT_ID"))


def storage(found: Storage) -> dict[str, Any]:
    """A storage."""
    return {
        "ID": str(found.id),
        "NAME": found.name,
        "CODE": found.code,
        "MODULE_ID": "disk",
        "ENTITY_TYPE": found.entityType,
        "ENTITY_ID": found.entityId,
        "ROOT_OBJECT_ID": str(found.root),
    }


def row(call: Call, target: Object) -> dict[str, Any]:
    """A folder or a file without its addresses: what filters and orders compare."""
    clock = call.portal.clock
    shown: dict[str, Any] = {
        "ID": str(target.id),
        "NAME": target.name,
        "CODE": target.code,
        "STORAGE_ID": str(target.storage),
        "TYPE": target.type,
    }
    if target.type == "folder":
        shown["REAL_OBJECT_ID"] = str(target.id)
    shown |= {"PARENT_ID": str(target.parent) if target.parent else None, "DELETED_TYPE": str(target.deletedType)}
    if target.type == "file":
        shown |= {
            "GLOBAL_CONTENT_VERSION": str(target.version),
            "FILE_ID": str(target.content),
            "SIZE": str(target.size),
        }
    return shown | {
        "CREATE_TIME": clock.iso_at(target.created),
        "UPDATE_TIME": clock.iso_at(target.updated),
        "DELETE_TIME": clock.iso_at(target.deleted) if target.deleted else None,
        "CREATED_BY": str(target.createdBy),
        "UPDATED_BY": str(target.updatedBy),
        "DELETED_BY": str(target.deletedBy),
    }


def printed(call: Call, target: Object, **numbers: Any) -> dict[str, Any]:
    """A folder or a file; `numbers` are fields that this answer prints otherwise (PHP ints after a change)."""
    shown = {**row(call, target), **numbers}
    if target.type == "file":
        shown["DOWNLOAD_URL"] = download_url(call, target)
    shown["DETAIL_URL"] = detail_url(call, target)
    return shown


def fresh(call: Call, target: Object) -> dict[str, Any]:
    """What was just made: its own numbers are ints, nobody has deleted it yet."""
    numbers: dict[str, Any] = {"ID": target.id, "DELETED_TYPE": 0, "DELETED_BY": None}
    if target.type == "folder":
        numbers["REAL_OBJECT_ID"] = target.id
    else:
        numbers |= {"GLOBAL_CONTENT_VERSION": target.version, "FILE_ID": target.content}
    return printed(call, target, **numbers)


def download_url(call: Call, file: Object) -> str:
    """Where the bytes of a file are."""
    return downloads.address(call, "download", downloads.signed(call, "disk", f"id={file.id}"))


def version_url(call: Call, version: int) -> str:
    """Where the bytes of a version are."""
    return downloads.address(call, "download", downloads.signed(call, "disk", f"id={version}&service=version"))


def public_url(call: Call, target: Object) -> str:
    """The public link."""
    return f"http://{call.portal.domain}/~{link(call.portal.store, target.id)}"


def detail_url(call: Call, target: Object) -> str:
    """The page of a folder or a file in the drive."""
    names, current = [target.name], target
    while current.parent:
        above = get(call.portal.store, current.parent)
        if above is None or above.parent is None:
            break
        names.insert(0, above.name)
        current = above
    kind = "file" if target.type == "file" else "path"
    return f"http://{call.portal.domain}{_drive(call, target)}/{kind}/{'/'.join(names)}"


def _drive(call: Call, target: Object) -> str:
    found = storage_of(call.portal.store, target.storage)
    if found is None or found.entityType == "common":
        return "/docs"
    if found.entityType == "group":
        return f"/workgroups/group/{found.entityId}/disk"
    user = found.entityId if found.entityType == "user" else str(call.user)
    return f"/company/personal/user/{user}/disk"


def upload_address(call: Call, folder: Object, *, unique: bool) -> dict[str, str]:
    """Where a file for a folder is to be sent as multipart/form-data (disk-folder-upload-file.md)."""
    token = downloads.signed(call, "disk", f"id={folder.id}&generateUniqueName={int(unique)}")
    return {"field": "file", "uploadUrl": downloads.address(call, "upload", token)}
