"""Files in rows of plain tables: `["name", "base64"]` in, an id kept, an address out."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from sandbox.kernel.errors import RestError
from sandbox.kernel.store import Store

Entry = dict[str, Any]
_FOREIGN = re.compile(r"[^A-Za-z0-9+/]")


def upload(store: Store, value: Any) -> Entry | None:
    """Stores what a client sent as a file (bare, or under `fileData`); returns `{"id", "name"}`.

    None stands for "no file"; anything that is no file is error 0.
    """
    if isinstance(value, Mapping) and "fileData" in value:
        value = value["fileData"]
    if isinstance(value, Mapping):
        value = list(value.values())
    if value in (None, "", [], False):
        return None
    if not isinstance(value, list | tuple) or len(value) != 2 or not value[0]:
        raise RestError(0, "Invalid file")
    return keep(store, str(value[0]), decoded(str(value[1])))


def decoded(text: str) -> bytes:
    """Base64 as PHP reads it: what is not of its alphabet is passed over, the padding may be missing."""
    kept = _FOREIGN.sub("", text)
    if len(kept) % 4 == 1:
        kept = kept[:-1]
    return base64.b64decode(kept + "=" * (-len(kept) % 4))


def keep(store: Store, name: str, content: bytes) -> Entry:
    """Stores a file; returns `{"id", "name"}`."""
    return {"id": store.insert("crm_files", {"name": name, "content": content}), "name": name}


def content(store: Store, number: Any) -> tuple[str, bytes] | None:
    """The name and the content of a stored file."""
    row = store.one("SELECT name, content FROM crm_files WHERE id = ?", (number,))
    return None if row is None else (row["name"], bytes(row["content"]))


def address(entry: Entry) -> str:
    """Where the portal would serve a picture of its catalogue."""
    return f"/upload/iblock/{entry['id']:03x}/{entry['name']}"
