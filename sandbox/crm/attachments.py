"""Files of activities and of timeline comments."""

from __future__ import annotations

from typing import Any, Literal

from sandbox.crm import moments
from sandbox.kernel.call import Call
from sandbox.kernel.store import Store, declare
from sandbox.plain.files import keep, upload

declare(
    """
    CREATE TABLE IF NOT EXISTS crm_attachments (kind TEXT NOT NULL, ownerId INTEGER NOT NULL, fileId INTEGER NOT NULL,
        authorId INTEGER NOT NULL, created INTEGER NOT NULL, PRIMARY KEY (kind, ownerId, fileId)) WITHOUT ROWID;
    """
)

Kind = Literal["activity", "comment"]
_IMAGES = {"gif", "png", "jpg", "jpeg", "webp", "bmp"}


def attach(call: Call, kind: Kind, number: int, value: Any) -> list[int]:
    """Replaces the files of a record: `["name", "base64"]`, `{"fileData": [...]}` or `{"id": n}` each."""
    store = call.portal.store
    kept = []
    for element in list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []:
        if isinstance(element, dict) and element.get("id"):
            kept.append(int(element["id"]))
            continue
        entry = upload(store, element)
        if entry is not None:
            kept.append(entry["id"])
    store.execute("DELETE FROM crm_attachments WHERE kind = ? AND ownerId = ?", (kind, number))
    for file in dict.fromkeys(kept):
        _bind(call, kind, number, file)
    return kept


def attach_file(call: Call, kind: Kind, number: int, name: str, content: bytes) -> int:
    """Adds one ready file to a record; returns the file's id."""
    entry = keep(call.portal.store, name, content)
    _bind(call, kind, number, entry["id"])
    return int(entry["id"])


def _bind(call: Call, kind: Kind, number: int, file: int) -> None:
    now = int(call.portal.clock.timestamp())
    call.portal.store.execute(
        "INSERT OR REPLACE INTO crm_attachments VALUES (?, ?, ?, ?, ?)", (kind, number, file, call.user, now)
    )


def forget(store: Store, kind: Kind, number: int) -> None:
    """A record is gone: so are its files."""
    store.execute("DELETE FROM crm_attachments WHERE kind = ? AND ownerId = ?", (kind, number))


def _rows(store: Store, kind: Kind, number: int) -> list[Any]:
    return store.rows(
        "SELECT a.*, f.name, length(f.content) AS size FROM crm_attachments AS a JOIN crm_files AS f ON f.id = a.fileId"
        " WHERE a.kind = ? AND a.ownerId = ? ORDER BY a.fileId",
        (kind, number),
    )


def of_activity(call: Call, number: int) -> list[dict[str, Any]]:
    """`FILES` as crm.activity.list prints them."""
    path = f"http://{call.portal.domain}/bitrix/tools/crm_show_file.php"
    return [
        {"id": row["fileId"], "url": f"{path}?fileId={row['fileId']}&ownerTypeId=6&ownerId={number}&auth="}
        for row in _rows(call.portal.store, "activity", number)
    ]


def of_comment(call: Call, number: int) -> dict[str, Any]:
    """`FILES` as crm.timeline.comment.get prints them: descriptions by file id."""
    return {str(row["fileId"]): _described(call, row) for row in _rows(call.portal.store, "comment", number)}


def _described(call: Call, row: Any) -> dict[str, Any]:
    store, name = call.portal.store, str(row["name"])
    image = name.rpartition(".")[2].lower() in _IMAGES
    author = store.one("SELECT name, last_name FROM users WHERE id = ?", (row["authorId"],))
    address, stamp = f"http://{call.portal.domain}/disk", row["created"]
    described: dict[str, Any] = {
        "id": row["fileId"],
        "date": moments.iso(row["created"], call.portal.clock.zone),
        "type": "image" if image else "file",
        "name": name,
        "size": row["size"],
    }
    if image:
        described["image"] = {"width": 1, "height": 1}
    show = f"{address}/showFile/{row['fileId']}/?&ncc=1"
    return described | {
        "authorId": row["authorId"],
        "authorName": " ".join(part for part in (author["name"], author["last_name"]) if part) if author else "",
        "urlPreview": f"{show}&width=640&height=640&ts={stamp}&filename={name}" if image else "",
        "urlShow": f"{show}&ts={stamp}&filename={name}",
        "urlDownload": f"{address}/downloadFile/{row['fileId']}/?&ncc=1&filename={name}",
    }
