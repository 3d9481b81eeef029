"""A manager merges cards: one survives, the others are folded into it and deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.crm import bindings, happenings, items, links, multifields
from sandbox.crm.schema import COMPANY, CONTACT, DEAL, LEAD, Entity, schema_of
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.portal import Portal
from sandbox.kernel.store import Store

# What makes up the identity of a card and never comes from the one that disappears.
_OWN = frozenset({"id", "createdTime", "createdBy", "updatedTime", "updatedBy", "stageId", "categoryId", "title"})


def merge(portal: Portal, body: Mapping[str, Any]) -> dict[str, Any]:
    """Merges cards: `{"entityTypeId", "main", "others": [...], "order": "update_first"|"delete_first", "as"}`.

    Empty fields of the survivor are filled, every link to the others is moved to it; the events
    (one update, one delete for each of the others) go out in the asked order.
    """
    entity = schema_of(portal).entity(int(body["entityTypeId"]))
    main, others = int(body["main"]), [int(number) for number in body["others"]]
    call = Call(portal, "merge", {}, user=int(body.get("as", 1)), source="act")
    point = "merge"
    portal.store.execute(f"SAVEPOINT {point}")
    try:
        _fold(call, entity, main, others)
    except BaseException:
        portal.store.roll_back(point)
        raise
    finally:
        portal.store.execute(f"RELEASE {point}")
    _announce(call, entity, main, others, str(body.get("order") or "update_first"))
    return {"main": main, "deleted": others}


def _fold(call: Call, entity: Entity, main: int, others: list[int]) -> None:
    if main in others or not others:
        raise RestError("BAD_MERGE", "The survivor cannot be among the merged cards")
    survivor = items.owned(call, entity, main)
    for number in others:
        survivor = _absorb(call, entity, survivor, items.owned(call, entity, number))
    now = int(call.portal.clock.timestamp())
    sets = [name for name in survivor if name not in ("id", "updatedTime", "updatedBy")]
    marks = ", ".join(f'"{name}" = ?' for name in sets)
    values = [survivor[name] for name in sets]
    call.portal.store.execute(
        f'UPDATE "{entity.table}" SET {marks}, "updatedTime" = ?, "updatedBy" = ? WHERE id = ?',
        (*values, now, call.user, main),
    )


def _absorb(call: Call, entity: Entity, survivor: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Moves everything of another card to the survivor and deletes it; returns the survivor's new columns."""
    store, main, gone = call.portal.store, int(survivor["id"]), int(other["id"])
    filled = {n: v for n, v in other.items() if n not in _OWN and survivor[n] in (None, "") and v not in (None, "")}
    _move_links(store, entity, main, gone)
    _move_multifields(store, entity, main, gone)
    _move_timeline(store, entity, main, gone)
    for table, column in items.references(call, entity):
        store.execute(f'UPDATE "{table}" SET "{column}" = ? WHERE "{column}" = ?', (main, gone))
    if entity.id in (CONTACT, COMPANY):
        store.execute(
            "UPDATE crm_requisites SET ENTITY_ID = ? WHERE ENTITY_TYPE_ID = ? AND ENTITY_ID = ?",
            (main, entity.id, gone),
        )
    items.forget(call, entity, gone)
    store.execute(f'DELETE FROM "{entity.table}" WHERE id = ?', (gone,))
    presence = multifields.presence(store, entity.id, main) if entity.has_multifields else {}
    return {**survivor, **filled, **presence}


def _move_links(store: Store, entity: Entity, main: int, gone: int) -> None:
    if entity.id == CONTACT:
        store.execute("UPDATE OR IGNORE crm_contact_links SET contactId = ? WHERE contactId = ?", (main, gone))
        companies = links.companies_of(store, [main, gone])
        joined = list(dict.fromkeys([*companies.get(main, []), *companies.get(gone, [])]))
        links.set_companies(store, main, joined)
        return
    contacts = links.contacts_of(store, entity.id, [main, gone])
    joined = list(dict.fromkeys([*contacts.get(main, []), *contacts.get(gone, [])]))
    if entity.id == COMPANY:
        for contact in contacts.get(gone, []):
            kept = [main if c == gone else c for c in links.companies_of(store, [contact]).get(contact, [])]
            links.set_companies(store, contact, list(dict.fromkeys(kept)))
    elif entity.id in (LEAD, DEAL) or "contactIds" in entity.fields:
        links.set_contacts(store, entity.id, main, joined)


def _move_multifields(store: Store, entity: Entity, main: int, gone: int) -> None:
    """The survivor gets the phones and e-mails it does not have yet."""
    found = multifields.of(store, entity.id, [main, gone])
    known = {(e.kind, multifields.search_form(e.kind, e.value)) for e in found.get(main, [])}
    for entry in found.get(gone, []):
        if (entry.kind, multifields.search_form(entry.kind, entry.value)) not in known:
            store.execute("UPDATE crm_multifields SET entityId = ? WHERE id = ?", (main, entry.id))


def _move_timeline(store: Store, entity: Entity, main: int, gone: int) -> None:
    """Activities, comments, tasks, payments and chats of the card follow it."""
    pair = (main, entity.id, gone)
    for table in ("crm_activity_bindings", "crm_timeline_bindings"):
        store.execute(f"UPDATE OR IGNORE {table} SET entityId = ? WHERE entityTypeId = ? AND entityId = ?", pair)
    store.execute("UPDATE crm_activities SET ownerId = ? WHERE ownerTypeId = ? AND ownerId = ?", pair)
    store.execute("UPDATE OR REPLACE openline_chats SET entityId = ? WHERE entityTypeId = ? AND entityId = ?", pair)
    store.execute("UPDATE sale_payments SET ownerId = ? WHERE ownerTypeId = ? AND ownerId = ?", pair)
    old, new = bindings.print_reference(entity.id, gone), bindings.print_reference(entity.id, main)
    store.execute(
        'UPDATE tasks SET "ufCrmTask" = replace("ufCrmTask", ?, ?) WHERE id IN (SELECT taskId FROM task_cards'
        " WHERE card = ?)",
        (f'"{old}"', f'"{new}"', old),
    )
    store.execute("UPDATE OR IGNORE task_cards SET card = ? WHERE card = ?", (new, old))


def _announce(call: Call, entity: Entity, main: int, others: list[int], order: str) -> None:
    if order == "delete_first":
        for number in others:
            happenings.item(call, entity, number, "DELETE")
        happenings.item(call, entity, main, "UPDATE")
        return
    happenings.item(call, entity, main, "UPDATE")
    for number in others:
        happenings.item(call, entity, number, "DELETE")
