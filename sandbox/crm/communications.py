"""Communications of activities: the phone, the address or the person an activity was held with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sandbox.crm.schema import COMPANY, CONTACT, LEAD
from sandbox.kernel.store import Store

MEETING, CALL, LETTER = 1, 2, 4
_KINDS = {CALL: "PHONE", LETTER: "EMAIL"}


def given(value: Any) -> list[dict[str, Any]]:
    """The entries of a list parameter (`COMMUNICATIONS`, `BINDINGS`) with upper-case keys."""
    entries = list(value.values()) if isinstance(value, Mapping) else value if isinstance(value, list) else []
    return [{str(k).upper(): v for k, v in entry.items()} for entry in entries if isinstance(entry, Mapping)]


def accepted(type_id: int, value: Any) -> list[dict[str, Any]]:
    """The communications of an activity: those of another kind than its own are discarded (how-to-send-email.md)."""
    kind = _KINDS.get(type_id)
    return [entry for entry in given(value) if kind is None or str(entry.get("TYPE") or kind).upper() == kind]


def cards(entries: list[dict[str, Any]]) -> list[tuple[int, int]]:
    """The cards that communications name."""
    found = []
    for entry in entries:
        try:
            card = int(entry.get("ENTITY_TYPE_ID") or 0), int(entry.get("ENTITY_ID") or 0)
        except (TypeError, ValueError):
            continue
        if all(card):
            found.append(card)
    return found


def printed(store: Store, row: Any) -> list[dict[str, Any]]:
    """`COMMUNICATIONS` as crm.activity.list prints them."""
    return [_printed(store, row, i, entry) for i, entry in enumerate(json.loads(row["communications"]), 1)]


def _printed(store: Store, row: Any, index: int, entry: dict[str, Any]) -> dict[str, Any]:
    card = next(iter(cards([entry])), (row["ownerTypeId"], row["ownerId"]))
    return {
        "ID": str(row["id"] * 10 + index),
        "TYPE": str(entry.get("TYPE") or _KINDS.get(row["typeId"], "")),
        "VALUE": entry.get("VALUE"),
        "ENTITY_ID": str(card[1]),
        "ENTITY_TYPE_ID": str(card[0]),
        "ENTITY_SETTINGS": _settings(store, *card),
    }


def _settings(store: Store, entity_type_id: int, item_id: int) -> dict[str, Any]:
    """The names of the card as the timeline shows them."""
    if entity_type_id == COMPANY:
        return {"COMPANY_TITLE": store.value("SELECT title FROM crm_4 WHERE id = ?", (item_id,))}
    if entity_type_id not in (LEAD, CONTACT):
        return {}
    row = store.one(f"SELECT * FROM crm_{entity_type_id} WHERE id = ?", (item_id,))
    if row is None:
        return {}
    names = {name: row[column] or "" for name, column in _NAMES.items()}
    if entity_type_id == LEAD:
        return {**names, "LEAD_TITLE": row["title"]}
    company = store.value("SELECT title FROM crm_4 WHERE id = ?", (row["companyId"],))
    return {**names, "COMPANY_TITLE": company, "COMPANY_ID": str(row["companyId"]) if row["companyId"] else None}


_NAMES = {"HONORIFIC": "honorific", "NAME": "name", "SECOND_NAME": "secondName", "LAST_NAME": "lastName"}
