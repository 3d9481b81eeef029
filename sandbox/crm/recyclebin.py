"""Deleted items lie in the recycle bin for thirty days and can be taken back; REST does not see them.

Leads, deals, contacts, companies, estimates and invoices always go there, items of a smart process
when its `isRecyclebinEnabled` says so (crm-type-add.md).
"""

from __future__ import annotations

import json
from typing import Any

from sandbox.crm import links, multifields, rows
from sandbox.crm.drafts import Draft
from sandbox.crm.schema import CONTACT, Entity
from sandbox.kernel.call import Call
from sandbox.kernel.store import Store, declare

_KEPT_SECONDS = 30 * 86400
declare(
    """
    CREATE TABLE IF NOT EXISTS crm_recycle_bin (id INTEGER PRIMARY KEY AUTOINCREMENT, entityTypeId INTEGER NOT NULL,
        entityId INTEGER NOT NULL, data TEXT NOT NULL, deletedBy INTEGER NOT NULL, deletedTime INTEGER NOT NULL);
    CREATE INDEX IF NOT EXISTS crm_recycle_bin_item ON crm_recycle_bin (entityTypeId, entityId);
    CREATE INDEX IF NOT EXISTS crm_recycle_bin_time ON crm_recycle_bin (deletedTime);
    """
)
# Made anew when an item is taken back.
_OWN = ("id", "stageSemanticId")


def keep(call: Call, entity: Entity, row: dict[str, Any]) -> None:
    """Puts an item that is being deleted into the bin, with its links, phones and product rows."""
    if entity.flags.get("isRecyclebinEnabled", "Y") != "Y":
        return
    store, number, now = call.portal.store, int(row["id"]), int(call.portal.clock.timestamp())
    many = multifields.of(store, entity.id, [number]).get(number, []) if entity.has_multifields else []
    data = {
        "row": row,
        "contacts": links.contacts_of(store, entity.id, [number]).get(number, []) if entity.id != CONTACT else [],
        "companies": links.companies_of(store, [number]).get(number, []) if entity.id == CONTACT else [],
        "fm": [entry.item() for entry in many],
        "rows": [{name: row[name] for name in rows.COLUMNS} for row in rows.of(store, entity.id, number)],
    }
    store.execute("DELETE FROM crm_recycle_bin WHERE deletedTime < ?", (now - _KEPT_SECONDS,))
    kept = {"entityTypeId": entity.id, "entityId": number, "data": json.dumps(data, ensure_ascii=False)}
    store.insert("crm_recycle_bin", {**kept, "deletedBy": call.user, "deletedTime": now})


def contents(store: Store) -> list[dict[str, Any]]:
    """What lies in the bin, the newest first."""
    found = store.rows("SELECT * FROM crm_recycle_bin ORDER BY id DESC")
    return [
        {
            "id": row["id"],
            "entityTypeId": row["entityTypeId"],
            "entityId": row["entityId"],
            "title": json.loads(row["data"])["row"].get("title"),
            "deletedBy": row["deletedBy"],
            "deletedTime": row["deletedTime"],
        }
        for row in found
    ]


def take(store: Store, entity: Entity, number: int) -> tuple[Draft, list[dict[str, Any]]] | None:
    """Takes the last deleted item with this id out of the bin: what it was, and its product rows."""
    sql = "SELECT id, data FROM crm_recycle_bin WHERE entityTypeId = ? AND entityId = ? ORDER BY id DESC LIMIT 1"
    kept = store.one(sql, (entity.id, number))
    if kept is None:
        return None
    store.execute("DELETE FROM crm_recycle_bin WHERE id = ?", (kept["id"],))
    data = json.loads(kept["data"])
    known = set(entity.columns)
    columns = {n: v for n, v in data["row"].items() if n in known and n not in _OWN and v is not None}
    many = [[{"typeId": e["typeId"], "valueType": e["valueType"], "value": e["value"]} for e in data["fm"]]]
    draft = Draft(columns=columns, multifields=many if data["fm"] else [])
    if entity.id == CONTACT:
        draft.companies = _alive(store, 4, data["companies"])
    elif data["contacts"]:
        draft.contacts = _alive(store, CONTACT, data["contacts"])
    return draft, data["rows"]


def _alive(store: Store, entity_type_id: int, numbers: list[int]) -> list[int]:
    """Those of the linked cards that were not deleted meanwhile."""
    return [n for n in numbers if store.value(f"SELECT 1 FROM crm_{entity_type_id} WHERE id = ?", (n,))]
