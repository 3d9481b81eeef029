"""Folders: `disk.folder.*` (api-reference/disk/folder)."""

from __future__ import annotations

from typing import Any

from sandbox.disk import asking, objects, printing, rights
from sandbox.disk.objects import Object
from sandbox.kernel.call import Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.methods.disk_storage import children, upload_into


def _inner(call: Call, wanted: int) -> Object:
    """The folder of `id` that is no storage's root."""
    folder = asking.target(call, "folder", wanted)
    if folder.parent is None:
        raise RestError("DISK_OBJ_22000", "Could not delete root folder")
    return folder


@method("disk.folder.getFields", "disk")
def fields(call: Call) -> dict[str, Any]:
    """The fields of a folder."""
    return printing.folder_fields()


@method("disk.folder.get", "disk")
def get(call: Call) -> dict[str, Any]:
    """One folder, in the trash too."""
    return printing.printed(call, asking.target(call, "folder", trash=True))


@method("disk.folder.getChildren", "disk")
def get_children(call: Call) -> Page:
    """What lies in a folder and the caller may read."""
    return children(call, asking.target(call, "folder", rights.NONE))


@method("disk.folder.addSubFolder", "disk", write=True)
def add(call: Call) -> dict[str, Any]:
    """Makes a subfolder."""
    folder = asking.target(call, "folder", rights.ADD)
    name = asking.data_name(call, asking.argument(1))
    made = objects.add_folder(call, folder, name)
    rights.grant_all(call, made.id, call.get("rights"))
    return printing.fresh(call, made)


@method("disk.folder.copyTo", "disk", write=True)
def copy(call: Call) -> dict[str, Any]:
    """Copies a folder with all it holds."""
    folder = asking.target(call, "folder")
    return printing.fresh(call, objects.copy(call, folder, asking.destination(call, 1)))


@method("disk.folder.moveTo", "disk", write=True)
def move(call: Call) -> dict[str, Any]:
    """Moves a folder within its storage."""
    folder, destination = asking.target(call, "folder", rights.EDIT), asking.destination(call, 1)
    if folder.parent is None:
        raise RestError("", "Could not move root folder")
    return printing.printed(call, objects.move(call, folder, destination), PARENT_ID=destination.id)


@method("disk.folder.rename", "disk", write=True)
def rename(call: Call) -> dict[str, Any]:
    """Renames a folder."""
    folder = asking.target(call, "folder", rights.EDIT)
    name = str(call.get("newName") or "").strip()
    if not name:
        raise asking.argument(1)
    return printing.printed(call, objects.rename(call, folder, name))


@method("disk.folder.markDeleted", "disk", write=True)
def trash(call: Call) -> dict[str, Any]:
    """Puts a folder into the trash."""
    return printing.printed(call, objects.trash(call, _inner(call, rights.EDIT)), DELETED_TYPE=objects.TRASHED)


@method("disk.folder.restore", "disk", write=True)
def restore(call: Call) -> dict[str, Any]:
    """Takes a folder out of the trash."""
    folder = asking.target(call, "folder", rights.EDIT, trash=True)
    return printing.printed(call, objects.restore(call, folder), DELETED_TYPE=0)


@method("disk.folder.deleteTree", "disk", write=True)
def delete(call: Call) -> bool:
    """Deletes a folder with all it holds."""
    objects.erase(call.portal.store, _inner(call, rights.FULL))
    return True


@method("disk.folder.getExternalLink", "disk", write=True)
def external_link(call: Call) -> str:
    """The public link of a folder."""
    return printing.public_url(call, asking.target(call, "folder"))


@method("disk.folder.shareToUser", "disk", write=True)
def share(call: Call) -> bool:
    """Gives an employee a level that is not above the caller's own."""
    folder = asking.target(call, "folder")
    for place, name in ((1, "userId"), (2, "taskName")):
        if call.get(name) in (None, ""):
            raise asking.argument(place)
    user, wanted = str(call.get("userId")), rights.LEVELS.get(str(call.get("taskName")), rights.NONE)
    known = user.isdigit() and call.portal.store.value("SELECT 1 FROM users WHERE id = ?", (int(user),))
    if not known:
        raise asking.not_found(user)
    if wanted == rights.NONE or wanted > rights.level(call, folder):
        raise rights.denied()
    rights.grant(call.portal.store, folder.id, f"U{user}", wanted)
    return True


@method("disk.folder.uploadFile", "disk", write=True, batch=False)
def upload(call: Call) -> dict[str, Any]:
    """Puts a file into a folder; without `fileContent` an address to send it to."""
    number = asking.whole(call, "id", 0)
    folder = objects.get(call.portal.store, number)
    if folder is None or folder.type != "folder" or folder.deletedType != objects.ALIVE:
        raise asking.not_found(number)
    rights.require(call, folder, rights.ADD)
    return upload_into(call, folder)
