"""Items of every object type: created, changed and deleted in one way for both spellings of the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sandbox.crm import access, activities, happenings, links, multifields, recyclebin, required, rows, stages
from sandbox.crm.drafts import Draft
from sandbox.crm.schema import CONTACT, DEAL, INVOICE, LEAD, QUOTE, Entity, Status, schema_of
from sandbox.crm.values import same
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.store import Store

Row = dict[str, Any]
# The fields that hold the number people see on a document; the id when none is given.
_NUMBERED = {INVOICE: "accountNumber", QUOTE: "quoteNumber"}
_DEFAULTED = ("typeId", "sourceId", "industry", "employees")

Forgetter = Callable[[Store, int, int], None]
_FORGETTERS: list[Forgetter] = []


Follower = Callable[[Call, Entity, int], None]
_FOLLOWERS: list[Follower] = []


def on_create(follower: Follower) -> Follower:
    """Registers what follows from an item that was added: called with its type and id."""
    _FOLLOWERS.append(follower)
    return follower


def on_forget(forgetter: Forgetter) -> Forgetter:
    """Registers what else goes with an item when it is deleted: called with the store, the type and the id."""
    _FORGETTERS.append(forgetter)
    return forgetter


def not_found() -> RestError:
    """The refusal of crm.item.* for an id that is not there."""
    return RestError("NOT_FOUND", "Элемент не найден", 400)


def stored(store: Store, entity: Entity, item_id: int) -> Row | None:
    """An item's row by column names, or None."""
    row = store.one(f'SELECT * FROM "{entity.table}" WHERE id = ?', (item_id,))
    return dict(row) if row is not None else None


def owned(call: Call, entity: Entity, item_id: int) -> Row:
    """An item the caller may touch: NOT_FOUND when there is none, ACCESS_DENIED without the right."""
    row = stored(call.portal.store, entity, item_id)
    if row is None:
        raise not_found()
    if entity.schema.access and not access.allowed(call, entity, row["assignedById"]):
        raise access.denied()
    return row


def create(call: Call, entity: Entity, draft: Draft) -> int:
    """Adds an item and returns its id; history, links, events and automation follow."""
    if entity.schema.access and access.mode_of(call, entity) == "none":
        raise access.denied()
    store = call.portal.store
    now = int(call.portal.clock.timestamp())
    row = _beginning(call, entity, now)
    if call.forced_id is not None:
        row["id"] = call.forced_id
    given = draft.columns
    stage, category = _place(entity, given)
    if stage is not None:
        row |= stages.settled(entity, stage, today=_today(call), now=now, creating=True)
    row |= {name: value for name, value in given.items() if name not in ("stageId", "categoryId")}
    if entity.has_categories:
        row["categoryId"] = category
    _adjust_times(row, given)
    if draft.contacts:
        row["contactId"] = draft.contacts[0]
    if entity.id == LEAD:
        row["isReturnCustomer"] = _returning(row)
    item_id = store.insert(entity.table, row)
    _finish_row(store, entity, item_id, row)
    _attach(store, entity, item_id, draft)
    required.check_new(call, entity, {**row, "id": item_id}, stage)
    if stage is not None:
        moment = row.get("createdTime") or now
        stages.record(store, entity, item_id, stages.CREATED, stage, category, moment)
    happenings.item(call, entity, item_id, "ADD")
    if stage is not None:
        happenings.entered(call, entity, item_id, category or 0, stage.code)
    for follower in _FOLLOWERS:
        follower(call, entity, item_id)
    return item_id


def _returning(row: Row) -> str:
    """A lead is a repeated one when it has a client (crm/leads/index.md)."""
    return "Y" if row.get("contactId") or row.get("companyId") else "N"


def _beginning(call: Call, entity: Entity, now: int) -> Row:
    """The columns of a new item before its fields are applied."""
    user = call.user
    row: Row = {
        "createdTime": now,
        "updatedTime": now,
        "createdBy": user,
        "updatedBy": user,
        "assignedById": user,
        "opened": "Y",
        "lastActivityBy": user,
        "lastActivityTime": now,
    }
    if "movedBy" in entity.fields:
        row |= {"movedBy": user, "movedTime": now}
    if "begindate" in entity.fields:
        row["begindate"] = _today(call)
        row["closedate"] = (call.portal.now() + timedelta(days=7)).date().isoformat()
    if "isManualOpportunity" in entity.fields:
        row |= {"isManualOpportunity": "N", "currencyId": entity.schema.base_currency}
        row["opportunity"] = 0.0 if entity.id in (LEAD, DEAL, QUOTE, INVOICE) else None
    row |= _first_values(entity)
    if entity.id == DEAL:
        row |= {"taxValue": 0.0, "isRecurring": "N", "isReturnCustomer": "N", "isRepeatedApproach": "N"}
    elif entity.id == QUOTE:
        row |= {"taxValue": 0.0, "personTypeId": 1}
    elif entity.has_multifields:
        row |= {"hasPhone": "N", "hasEmail": "N", "hasImol": "N"}
        row |= {LEAD: {"isReturnCustomer": "N"}, CONTACT: {"export": "Y"}}.get(entity.id, {"isMyCompany": "N"})
    return row


def _first_values(entity: Entity) -> Row:
    """Types, sources and the like begin with the first element of their directory (crm-item-add.md)."""
    found: Row | None = entity.compiled.get("first values")
    if found is None:
        directories = {f.column: entity.schema.statuses.get(f.dictionary) for f in entity.fields.values()}
        found = {name: group[0].code for name, group in directories.items() if group and name in _DEFAULTED}
        entity.compiled["first values"] = found
    return found


def _place(entity: Entity, given: Row) -> tuple[Status | None, int | None]:
    """The stage and the funnel of a new item."""
    category = stages.category_of(entity, given.get("categoryId")) if entity.has_categories else None
    return stages.stage_of(entity, category or 0, given.get("stageId")), category


def _today(call: Call) -> str:
    return call.portal.now().date().isoformat()


def _adjust_times(row: Row, given: Row) -> None:
    """A backdated item was changed, moved and touched last when it was created, unless it says otherwise."""
    created = given.get("createdTime")
    if created is None:
        return
    for name in ("updatedTime", "movedTime", "lastActivityTime"):
        if name in row and given.get(name) is None:
            row[name] = created


def _finish_row(store: Store, entity: Entity, item_id: int, row: Row) -> None:
    """What is known only after the id is: the default title, an invoice's number."""
    if not row.get("title") and "title" in entity.fields:
        title = f"{entity.schema.title_of(entity.id)} #{item_id}"
        store.execute(f'UPDATE "{entity.table}" SET title = ? WHERE id = ?', (title, item_id))
    numbered = _NUMBERED.get(entity.id)
    if numbered and not row.get(numbered):
        store.execute(f'UPDATE "{entity.table}" SET "{numbered}" = ? WHERE id = ?', (str(item_id), item_id))


def _attach(store: Store, entity: Entity, item_id: int, draft: Draft) -> bool:
    """Replaces links and applies multifields; says whether anything changed."""
    changed = False
    if draft.contacts is not None:
        before = links.contacts_of(store, entity.id, [item_id]).get(item_id, [])
        if before != draft.contacts:
            links.set_contacts(store, entity.id, item_id, draft.contacts)
            changed = True
    if draft.companies is not None:
        before = links.companies_of(store, [item_id]).get(item_id, [])
        if before != draft.companies:
            links.set_companies(store, item_id, draft.companies)
            changed = True
    applied = [multifields.change(store, entity.id, item_id, entries) for entries in draft.multifields]
    if any(applied):
        _mark_presence(store, entity, item_id)
        changed = True
    return changed


def _mark_presence(store: Store, entity: Entity, item_id: int) -> None:
    marks = multifields.presence(store, entity.id, item_id)
    sets = ", ".join(f'"{name}" = ?' for name in marks)
    store.execute(f'UPDATE "{entity.table}" SET {sets} WHERE id = ?', (*marks.values(), item_id))


def change(call: Call, entity: Entity, item_id: int, draft: Draft) -> bool:
    """Changes an item; False when every value was already so: then nothing is saved and no event is sent."""
    store = call.portal.store
    before = owned(call, entity, item_id)
    changes, stage, category = _differences(entity, before, draft.columns)
    attached = _attach(store, entity, item_id, draft)
    if attached and draft.contacts is not None and "contactId" in before:
        changes["contactId"] = draft.contacts[0] if draft.contacts else None
    if not changes and not attached and stage is None:
        return False
    if entity.id == LEAD:
        changes["isReturnCustomer"] = _returning({**before, **changes})
    now = int(call.portal.clock.timestamp())
    if stage is not None:
        if entity.schema.access:
            access.require_moves(call, entity)
        if category == before.get("categoryId"):
            required.check(call, entity, {**before, **changes}, stage)
        changes |= stages.settled(entity, stage, today=_today(call), now=now)
        if "movedBy" in before:
            changes |= {"movedBy": call.user, "movedTime": draft.columns.get("movedTime") or now}
        if "previousStageId" in before:
            changes["previousStageId"] = before["stageId"]
    _save(call, entity, item_id, changes, now)
    _announce(call, entity, item_id, before, stage, category, changes.get("movedTime") or now)
    return True


def _differences(entity: Entity, before: Row, given: Row) -> tuple[Row, Status | None, int | None]:
    """The columns that really change, the new stage (None: the same), the funnel.

    A deal moved to another funnel without a stage comes to the first stage there.
    """
    changes = {name: value for name, value in given.items() if not same(before[name], value)}
    if not entity.has_stages:
        return changes, None, before.get("categoryId")
    wanted = changes.pop("stageId", None)
    category = before.get("categoryId")
    moved = changes.get("categoryId")
    if moved is not None:
        category = changes["categoryId"] = stages.category_of(entity, moved)
        kept = stages.stage_of(entity, category, wanted) if wanted else entity.stage(category, before["stageId"])
        return changes, kept or stages.first(entity, category), category
    changes.pop("categoryId", None)
    stage = stages.stage_of(entity, category or 0, wanted) if wanted else None
    return changes, stage, category


def _save(call: Call, entity: Entity, item_id: int, changes: Row, now: int) -> None:
    if not (call.notes.get("silent") and "updatedTime" in changes):
        changes |= {"updatedTime": now, "updatedBy": call.user}
    sets = ", ".join(f'"{name}" = ?' for name in changes)
    call.portal.store.execute(f'UPDATE "{entity.table}" SET {sets} WHERE id = ?', (*changes.values(), item_id))


def _announce(
    call: Call, entity: Entity, item_id: int, before: Row, stage: Status | None, category: int | None, moment: int
) -> None:
    """History (at `moment`), events and automation of a saved change."""
    if stage is None:
        happenings.item(call, entity, item_id, "UPDATE")
        return
    funnel_changed = category != before.get("categoryId")
    kind = stages.kind_of_move(stage, funnel_changed=funnel_changed)
    stages.record(call.portal.store, entity, item_id, kind, stage, category, moment)
    if funnel_changed and entity.id == DEAL:
        happenings.moved_to_category(call, item_id, category or 0, stage.code)
    else:
        happenings.item(call, entity, item_id, "UPDATE")
    happenings.entered(call, entity, item_id, category or 0, stage.code)


def remove(call: Call, entity: Entity, item_id: int) -> None:
    """Deletes an item; links to it become empty, its history goes with it."""
    row = owned(call, entity, item_id)
    store = call.portal.store
    recyclebin.keep(call, entity, row)
    forget(call, entity, item_id)
    store.execute(f'DELETE FROM "{entity.table}" WHERE id = ?', (item_id,))
    happenings.item(call, entity, item_id, "DELETE")


def forget(call: Call, entity: Entity, item_id: int) -> None:
    """Removes everything that hangs on an item, and every reference to it."""
    store = call.portal.store
    store.execute("DELETE FROM crm_contact_links WHERE entityTypeId = ? AND entityId = ?", (entity.id, item_id))
    store.execute("DELETE FROM crm_multifields WHERE entityTypeId = ? AND entityId = ?", (entity.id, item_id))
    rows.forget(store, entity.id, item_id)
    store.execute("DELETE FROM sale_payments WHERE ownerTypeId = ? AND ownerId = ?", (entity.id, item_id))
    activities.forget_card(store, entity.id, item_id)
    store.execute("DELETE FROM sale_orders WHERE ownerTypeId = ? AND ownerId = ?", (entity.id, item_id))
    if entity.has_stages:
        store.execute(f'DELETE FROM "{entity.history}" WHERE ownerId = ?', (item_id,))
    for forgetter in _FORGETTERS:
        forgetter(store, entity.id, item_id)
    for table, column in references(call, entity):
        store.execute(f'UPDATE "{table}" SET "{column}" = NULL WHERE "{column}" = ?', (item_id,))
    if entity.id == CONTACT:
        store.execute("DELETE FROM crm_company_links WHERE contactId = ?", (item_id,))
        store.execute("DELETE FROM crm_contact_links WHERE contactId = ?", (item_id,))
    elif entity.declaration.code == "COMPANY":
        store.execute("DELETE FROM crm_company_links WHERE companyId = ?", (item_id,))


def references(call: Call, entity: Entity) -> list[tuple[str, str]]:
    """The (table, column) pairs where other items name an item of this type."""
    names = {f"parentId{entity.id}"}
    names |= {CONTACT: {"contactId"}, LEAD: {"leadId"}, DEAL: {"dealId"}, QUOTE: {"quoteId"}}.get(entity.id, set())
    if entity.declaration.code == "COMPANY":
        names |= {"companyId", "mycompanyId"}
    found: list[tuple[str, str]] = entity.compiled.get("references") or []
    if not found:
        schema = schema_of(call.portal)
        for entity_type_id in schema.all_types():
            other = schema.entity(entity_type_id)
            columns = {field.column for field in (*other.declaration.columns, *other.fields.values())}
            found.extend((other.table, name) for name in sorted(names & columns))
        entity.compiled["references"] = found
    return found
