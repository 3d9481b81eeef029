"""Files: `disk.file.*`, `disk.version.get`, `disk.attachedObject.get`, and the links that carry contents."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from sandbox.disk import asking, limits, objects, printing, rights
from sandbox.disk import attached as attachments
from sandbox.disk.objects import Object
from sandbox.kernel import downloads
from sandbox.kernel.call import Attachment, Call, Page
from sandbox.kernel.errors import RestError
from sandbox.kernel.registry import method
from sandbox.kernel.rows import paged

_SHORTEST, _LONGEST = 3, 255
_FAR = 1000


@method("disk.file.getFields", "disk")
def fields(call: Call) -> dict[str, Any]:
    """The fields of a file."""
    return printing.file_fields()


@method("disk.file.get", "disk")
def get(call: Call) -> dict[str, Any]:
    """One file, in the trash too."""
    return printing.printed(call, asking.target(call, "file", trash=True))


@method("disk.file.copyTo", "disk", write=True)
def copy(call: Call) -> dict[str, Any]:
    """Copies a file into a folder."""
    file = asking.target(call, "file")
    return printing.fresh(call, objects.copy(call, file, asking.destination(call, 0)))


@method("disk.file.moveTo", "disk", write=True)
def move(call: Call) -> dict[str, Any]:
    """Moves a file within its storage."""
    file, destination = asking.target(call, "file", rights.EDIT), asking.destination(call, 0)
    limits.require_unlocked(call, file)
    return printing.printed(call, objects.move(call, file, destination), PARENT_ID=destination.id)


@method("disk.file.rename", "disk", write=True)
def rename(call: Call) -> dict[str, Any]:
    """Renames a file; the name carries the extension."""
    file = asking.target(call, "file", rights.EDIT)
    if call.get("newName") is None:
        raise asking.argument(0)
    name = str(call.get("newName")).strip()
    if not name:
        raise RestError("0", "Empty name")
    return printing.printed(call, objects.rename(call, file, name))


@method("disk.file.markDeleted", "disk", write=True)
def trash(call: Call) -> dict[str, Any]:
    """Puts a file into the trash."""
    return printing.printed(call, objects.trash(call, asking.target(call, "file", rights.EDIT)))


@method("disk.file.restore", "disk", write=True)
def restore(call: Call) -> dict[str, Any]:
    """Takes a file out of the trash."""
    file = asking.target(call, "file", rights.EDIT, trash=True)
    return printing.printed(call, objects.restore(call, file), DELETED_TYPE=0)


@method("disk.file.delete", "disk", write=True)
def delete(call: Call) -> bool:
    """Deletes a file for good."""
    file = asking.target(call, "file", rights.FULL, trash=True)
    limits.require_unlocked(call, file)
    objects.erase(call.portal.store, file)
    return True


@method("disk.file.getExternalLink", "disk", write=True)
def external_link(call: Call) -> str:
    """The public link of a file."""
    return printing.public_url(call, asking.target(call, "file"))


@method("disk.file.uploadVersion", "disk", write=True, batch=False)
def upload_version(call: Call) -> dict[str, Any]:
    """A new content of a file."""
    file = asking.target(call, "file", rights.EDIT)
    try:
        sent = asking.content(call)
    except RestError:
        raise RestError("DISK_FILE_22002", "Could not save file") from None
    if sent is None:
        raise asking.argument(0)
    if not limits.fits(call, len(sent[1])):
        raise RestError("DISK_FILE_22006", "Size restriction")
    changed = objects.add_version(call, file, sent[1])
    return printing.printed(call, changed, GLOBAL_CONTENT_VERSION=changed.version)


def _version(call: Call, row: Any) -> dict[str, Any]:
    return {
        "ID": str(row["id"]),
        "OBJECT_ID": str(row["object"]),
        "SIZE": str(row["size"]),
        "NAME": row["name"],
        "GLOBAL_CONTENT_VERSION": str(row["version"]),
        "CREATE_TIME": call.portal.clock.iso_at(row["created"]),
        "CREATED_BY": str(row["createdBy"]),
        "DOWNLOAD_URL": printing.version_url(call, row["id"]),
    }


@method("disk.file.getVersions", "disk")
def versions(call: Call) -> Page:
    """The versions of a file, the newest first."""
    file = asking.target(call, "file")
    rows = call.portal.store.rows("SELECT * FROM disk_versions WHERE object = ? ORDER BY id DESC", (file.id,))
    shown = [_version(call, row) for row in rows]
    if not call.get("filter"):
        return paged(call, shown)
    call.params.setdefault("order", {"ID": "DESC"})
    return asking.page(call, shown)


@method("disk.version.get", "disk")
def version_get(call: Call) -> dict[str, Any]:
    """One version."""
    number = asking.whole(call, "id", 0)
    row = call.portal.store.one("SELECT * FROM disk_versions WHERE id = ?", (number,))
    file = objects.get(call.portal.store, row["object"]) if row else None
    if row is None or file is None:
        raise asking.not_found(number)
    rights.require(call, file, rights.READ)
    return _version(call, row)


@method("disk.file.restoreFromVersion", "disk", write=True)
def restore_version(call: Call) -> dict[str, Any]:
    """Makes an older version the newest."""
    file, number = asking.target(call, "file", rights.EDIT), asking.whole(call, "versionId", 0)
    row = call.portal.store.one("SELECT * FROM disk_versions WHERE id = ?", (number,))
    if row is None:
        raise asking.not_found(number)
    if row["object"] != file.id:
        raise RestError("DISK_FILE_22004", "Cannot restore version from another file")
    changed = objects.restore_version(call, file, row["content"], row["size"])
    return printing.printed(call, changed, GLOBAL_CONTENT_VERSION=changed.version)


def _invalid(code: str, text: str) -> RestError:
    return RestError(code, f"{text} ({code}).")


def _scope(call: Call) -> tuple[int, Object | None]:
    """FILTER: a storage, a folder, or both."""
    given = call.get("FILTER")
    if given in (None, [], {}):
        return 0, None
    missing = _invalid("NOT_FOUND", "Search scope was not found.")
    if not isinstance(given, dict):
        raise missing
    if not set(given) <= {"STORAGE_ID", "FOLDER_ID"}:
        raise _invalid("INVALID_FILTER", "Search filter contains an unknown field.")
    numbers = {name: str(value) for name, value in given.items()}
    if not all(text.isdigit() for text in numbers.values()):
        raise missing
    store = call.portal.store
    storage = objects.storage_of(store, int(numbers["STORAGE_ID"])) if "STORAGE_ID" in numbers else None
    folder = objects.get(store, int(numbers["FOLDER_ID"])) if "FOLDER_ID" in numbers else None
    if ("STORAGE_ID" in numbers and (storage is None or not rights.of_storage(call, storage))) or (
        "FOLDER_ID" in numbers and (folder is None or not rights.level(call, folder))
    ):
        raise missing
    if storage and folder and folder.storage != storage.id:
        raise missing
    return storage.id if storage else 0, folder


@method("disk.file.search", "disk")
def search(call: Call) -> Page:
    """Files and folders by their names, and documents by their text, the last changed first."""
    query = call.get("QUERY")
    if query is None:
        raise RestError("ERROR_ARGUMENT", "Invalid value of parameter { Parameter #0 [ <required> $QUERY ] }.")
    text = " ".join(query.split()).lower() if isinstance(query, str) else ""
    if not _SHORTEST <= len(text) <= _LONGEST:
        raise _invalid("INVALID_QUERY", "Search query is invalid.")
    kind = str(call.get("TYPE") or "file")
    if kind not in ("file", "folder", "all"):
        raise _invalid("INVALID_TYPE", "Search result type is invalid.")
    storage, folder = _scope(call)
    store = call.portal.store
    inside = {inner.id for inner in objects.below(store, folder)} - {folder.id} if folder else None
    rows = store.rows(
        "SELECT * FROM disk_objects WHERE deletedType = 0 AND parent IS NOT NULL ORDER BY updated DESC, id DESC"
    )
    found = []
    for row in rows:
        item = Object(**dict(row))
        if kind not in ("all", item.type) or (storage and item.storage != storage):
            continue
        if (inside is None or item.id in inside) and _speaks_of(call, item, text) and rights.level(call, item):
            found.append(item)
    start = min(max(int(call.get("start") or 0), 0), _FAR)
    page = Page([printing.printed(call, item) for item in found[start : start + 50]], len(found), start)
    return SearchPage(page.rows, page.total, start)


class SearchPage(Page):
    """A page that tells where the next one begins, and not how many there are in all."""

    @property
    def counted(self) -> bool:
        """It does not."""
        return False


def _speaks_of(call: Call, item: Object, text: str) -> bool:
    if text in item.name.lower():
        return True
    if item.type != "file" or not item.name.lower().endswith((".txt", ".csv", ".md", ".html", ".json", ".xml")):
        return False
    return text in objects.body_of(call.portal.store, item.content).decode("utf-8", "replace").lower()


@method("disk.attachedObject.get", "disk")
def attached(call: Call) -> dict[str, Any]:
    """A file attached to a task, a message, ..."""
    number = asking.whole(call, "id", 0)
    row = call.portal.store.one("SELECT * FROM disk_attached WHERE id = ?", (number,))
    file = objects.get(call.portal.store, row["object"]) if row else None
    if row is None or file is None:
        raise asking.not_found(number)
    if not attachments.may_read(call, file, row["entityType"], row["entityId"]):
        raise rights.denied()
    token = downloads.signed(call, "disk", f"id={file.id}")
    return {
        "ID": str(row["id"]),
        "OBJECT_ID": str(file.id),
        "MODULE_ID": row["module"],
        "ENTITY_TYPE": row["entityType"],
        "ENTITY_ID": str(row["entityId"]),
        "CREATE_TIME": call.portal.clock.iso_at(row["created"]),
        "CREATED_BY": str(row["createdBy"]),
        "DOWNLOAD_URL": downloads.address(call, "download", token),
        "NAME": file.name,
        "SIZE": str(file.size),
    }


def _parts(call: Call, token: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(downloads.opened(call, "disk", token)).items()}


@downloads.served("disk")
def serve(call: Call, token: str) -> Attachment:
    """The bytes of a file, or of one of its versions."""
    parts, store = _parts(call, token), call.portal.store
    content: int | None = None
    if parts.get("service") == "version":
        row = store.one("SELECT * FROM disk_versions WHERE id = ?", (int(parts["id"]),))
        file = objects.get(store, row["object"]) if row else None
        content = row["content"] if row else None
    else:
        file = objects.get(store, int(parts["id"]))
        content = file.content if file else None
    if file is None or content is None or file.type != "file":
        raise downloads.not_found()
    return downloads.attachment(file.name, objects.body_of(store, content))


@downloads.taken("disk")
def take(call: Call, token: str) -> dict[str, Any]:
    """Keeps the file sent to an `uploadUrl` of a folder."""
    parts = _parts(call, token)
    folder = objects.get(call.portal.store, int(parts["id"]))
    sent = downloads.sent(call)
    if folder is None:
        raise downloads.not_found()
    if sent is None:
        raise RestError("ERROR_COULD_NOT_SAVE_FILE", "Could not save file")
    rights.require(call, folder, rights.ADD)
    unique = parts.get("generateUniqueName") == "1"
    return printing.fresh(call, objects.add_file(call, folder, *sent, unique=unique))
