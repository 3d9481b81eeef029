"""Files in fields of items: `["name", "base64"]` in, an id to keep, "" to clear (crm-item-update.md)."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from sandbox.crm.fields import Field
from sandbox.crm.values import invalid
from sandbox.kernel.store import Store


def read(store: Store, field: Field, value: Any) -> str | None:
    """Stores what was uploaded; the column holds `{"id", "name"}`, or a list of these."""
    if value in (None, "", False, []):
        return None
    if isinstance(value, Mapping) and "fileData" in value:
        value = value["fileData"]
    if not field.multiple:
        entry = _one(store, field, value)
        return json.dumps(entry, ensure_ascii=False) if entry else None
    elements = value.values() if isinstance(value, Mapping) else value
    kept = [entry for entry in (_one(store, field, element) for element in elements) if entry]
    return json.dumps(kept, ensure_ascii=False) if kept else None


def _one(store: Store, field: Field, value: Any) -> dict[str, Any] | None:
    if isinstance(value, Mapping) and "id" in value:
        row = store.one("SELECT id, name FROM crm_files WHERE id = ?", (int(value["id"]),))
        return dict(row) if row else None
    if isinstance(value, Mapping):
        value = list(value.values())
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise invalid(field)
    try:
        content = base64.b64decode(str(value[1]), validate=False)
    except (binascii.Error, ValueError):
        raise invalid(field) from None
    return {"id": store.insert("crm_files", {"name": str(value[0]), "content": content}), "name": str(value[0])}
