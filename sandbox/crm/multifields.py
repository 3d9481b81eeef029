"""Phones, e-mails, sites and messengers of leads, contacts and companies."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sandbox.kernel.store import Store

KINDS = ("PHONE", "EMAIL", "WEB", "IM", "LINK")


@dataclass(frozen=True, slots=True)
class Entry:
    """One value: api-reference/crm/data-types.md, `crm_multifield`."""

    id: int
    kind: str
    value_type: str
    value: str

    def item(self) -> dict[str, Any]:
        """As crm.item.get prints it."""
        return {"id": self.id, "valueType": self.value_type, "value": self.value, "typeId": self.kind}

    def old(self) -> dict[str, str]:
        """As crm.contact.get prints it."""
        return {"ID": str(self.id), "VALUE_TYPE": self.value_type, "VALUE": self.value, "TYPE_ID": self.kind}


def search_form(kind: str, value: str) -> str:
    """The form in which equal contacts are equal: the last ten digits of a phone without its extension,
    a lower-case e-mail."""
    if kind == "PHONE":
        return re.sub(r"\D", "", re.split(r"[;,#]", value, maxsplit=1)[0])[-10:]
    return value.strip().lower()


def of(store: Store, entity_type_id: int, ids: Sequence[int]) -> dict[int, list[Entry]]:
    """The values of many items at once, in the order of their ids."""
    if not ids:
        return {}
    rows = store.rows(
        "SELECT entityId, id, typeId, valueType, value FROM crm_multifields"
        f" WHERE entityTypeId = ? AND entityId IN ({', '.join('?' * len(ids))}) ORDER BY id",
        (entity_type_id, *ids),
    )
    result: dict[int, list[Entry]] = {}
    for owner, number, kind, value_type, value in rows:
        result.setdefault(owner, []).append(Entry(number, kind, value_type, value))
    return result


def flat(entries: Sequence[Entry], name: str) -> str:
    """A flat alias (`phoneWork`, `email`, ...): the first value of that kind, "" for none."""
    kind, subtype = _meant(name)
    for entry in entries:
        if entry.kind == kind and (not subtype or entry.value_type == subtype):
            return entry.value
    return ""


@cache
def _meant(name: str) -> tuple[str, str]:
    """The kind and the type of the values that a flat alias stands for; "" is any type."""
    match = re.fullmatch(r"(phone|email|imol)(\w*)", name)
    kind, subtype = (match[1].upper(), match[2].upper()) if match else ("", "")
    return ("IM", "OPENLINE") if kind == "IMOL" else (kind, subtype)


def _insert(store: Store, entity_type_id: int, item_id: int, kind: str, value_type: str, value: str) -> None:
    store.execute(
        "INSERT INTO crm_multifields (entityTypeId, entityId, typeId, valueType, value, search)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (entity_type_id, item_id, kind, value_type or "WORK", value, search_form(kind, value)),
    )


def change(store: Store, entity_type_id: int, item_id: int, entries: Any) -> bool:
    """Applies `fm`: keys `n0`, `n1` (or a plain list) add, a known id changes, an empty value deletes.

    Returns whether anything changed (crm-item-update.md, tab Contact, field `fm`).
    """
    if isinstance(entries, Mapping):
        pairs = list(entries.items())
    elif isinstance(entries, (list, tuple)):
        pairs = [
            (str(entry.get("id") or f"n{i}"), entry) for i, entry in enumerate(entries) if isinstance(entry, Mapping)
        ]
    else:
        return False
    known = {entry.id: entry for entry in of(store, entity_type_id, [item_id]).get(item_id, [])}
    changes = [_apply(store, (entity_type_id, item_id), known, str(key), entry) for key, entry in pairs]
    return any(changes)


def _apply(store: Store, owner: tuple[int, int], known: dict[int, Entry], key: str, entry: Mapping[str, Any]) -> bool:
    data = {str(k).replace("_", "").lower(): v for k, v in entry.items()}
    current = known.get(int(key)) if key.isdigit() else None
    value = str(data.get("value") or "").strip()
    if current is None:
        if value and data.get("typeid"):
            _insert(store, *owner, str(data["typeid"]).upper(), str(data.get("valuetype") or "WORK"), value)
            return True
        return False
    if not value or str(data.get("delete", "")).upper() == "Y":
        store.execute("DELETE FROM crm_multifields WHERE id = ?", (current.id,))
        return True
    value_type = str(data.get("valuetype") or current.value_type)
    if (value, value_type) == (current.value, current.value_type):
        return False
    store.execute(
        "UPDATE crm_multifields SET value = ?, valueType = ?, search = ? WHERE id = ?",
        (value, value_type, search_form(current.kind, value), current.id),
    )
    return True


def presence(store: Store, entity_type_id: int, item_id: int) -> dict[str, str]:
    """The marks `hasPhone`, `hasEmail`, `hasImol` of an item."""
    entries = of(store, entity_type_id, [item_id]).get(item_id, [])
    kinds = {entry.kind for entry in entries}
    lines = any(entry.kind == "IM" and entry.value_type in ("OPENLINE", "IMOL") for entry in entries)
    return {
        "hasPhone": "Y" if "PHONE" in kinds else "N",
        "hasEmail": "Y" if "EMAIL" in kinds else "N",
        "hasImol": "Y" if lines else "N",
    }


def find(store: Store, kind: str, value: str, entity_type_id: int) -> list[int]:
    """Items of a type that hold this phone or e-mail, at most twenty, in the order of their ids."""
    rows = store.rows(
        "SELECT DISTINCT entityId FROM crm_multifields WHERE typeId = ? AND search = ? AND entityTypeId = ?"
        " ORDER BY entityId LIMIT 20",
        (kind, search_form(kind, value), entity_type_id),
    )
    return [int(row[0]) for row in rows]
