"""Activities of cards: to-dos, calls, letters, tasks; each belongs to one card and may be bound to more."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from sandbox.crm import attachments, bindings, letters, moments
from sandbox.crm.schema import schema_of
from sandbox.kernel.call import Call
from sandbox.kernel.registry import events
from sandbox.kernel.store import Store, declare

declare(
    """
    CREATE TABLE IF NOT EXISTS crm_activities (id INTEGER PRIMARY KEY AUTOINCREMENT, ownerId INTEGER NOT NULL,
        ownerTypeId INTEGER NOT NULL, typeId INTEGER NOT NULL, providerId TEXT, providerTypeId TEXT,
        providerGroupId TEXT, associatedEntityId INTEGER NOT NULL DEFAULT 0, subject TEXT NOT NULL DEFAULT '',
        created INTEGER, lastUpdated INTEGER, startTime INTEGER, endTime INTEGER, deadline INTEGER,
        completed TEXT NOT NULL DEFAULT 'N', status INTEGER NOT NULL DEFAULT 1, responsibleId INTEGER,
        priority INTEGER NOT NULL DEFAULT 2, notifyType INTEGER NOT NULL DEFAULT 0,
        notifyValue INTEGER NOT NULL DEFAULT 0, description TEXT NOT NULL DEFAULT '',
        descriptionType INTEGER NOT NULL DEFAULT 1, direction INTEGER NOT NULL DEFAULT 0,
        location TEXT NOT NULL DEFAULT '', settings TEXT NOT NULL DEFAULT '[]', originatorId TEXT, originId TEXT,
        authorId INTEGER, editorId INTEGER, providerParams TEXT NOT NULL DEFAULT '[]', providerData TEXT,
        communications TEXT NOT NULL DEFAULT '[]', resultMark INTEGER NOT NULL DEFAULT 0,
        isIncomingChannel TEXT NOT NULL DEFAULT 'N', colorId TEXT, pingOffsets TEXT NOT NULL DEFAULT '[]');
    CREATE INDEX IF NOT EXISTS crm_activities_owner ON crm_activities (ownerTypeId, ownerId);
    CREATE INDEX IF NOT EXISTS crm_activities_provider ON crm_activities (providerId, associatedEntityId);
    CREATE INDEX IF NOT EXISTS crm_activities_updated ON crm_activities (lastUpdated);
    CREATE INDEX IF NOT EXISTS crm_activities_start ON crm_activities (startTime);
    CREATE TABLE IF NOT EXISTS crm_activity_bindings (activityId INTEGER NOT NULL, entityTypeId INTEGER NOT NULL,
        entityId INTEGER NOT NULL, PRIMARY KEY (activityId, entityTypeId, entityId)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS crm_activity_bindings_card ON crm_activity_bindings (entityTypeId, entityId);
    """
)
events("crm", "ONCRMACTIVITYADD", "ONCRMACTIVITYUPDATE", "ONCRMACTIVITYDELETE")

MEETING, CALL, TASK, LETTER, PROVIDED = 1, 2, 3, letters.LETTER, 6
PENDING, DONE = 1, 2
INCOMING, OUTGOING = 1, letters.OUTGOING
TODO = "CRM_TODO"
TASK_PROVIDER = "CRM_TASKS_TASK"
CONFIGURABLE = "CONFIGURABLE_REST_APP"
REST_APP = "REST_APP"

Row = dict[str, Any]


def get(store: Store, number: int) -> Row | None:
    """An activity's row by column names."""
    row = store.one("SELECT * FROM crm_activities WHERE id = ?", (number,))
    return dict(row) if row is not None else None


def create(
    call: Call, row: Row, bound: Iterable[tuple[int, int]] = (), furnish: Callable[[int], object] | None = None
) -> int:
    """Adds an activity to its owner and to further cards; returns its id.

    `furnish` adds what hangs on the new id (files, a layout) before anybody is told of it.
    """
    portal, now = call.portal, int(call.portal.clock.timestamp())
    full = {"created": now, "lastUpdated": now, "authorId": call.user, "editorId": call.user, **row}
    full.setdefault("responsibleId", call.user)
    if call.forced_id is not None and call.method.lower().startswith("crm.activity"):
        full["id"] = call.forced_id
    number = portal.store.insert("crm_activities", full)
    bind(call, number, [(full["ownerTypeId"], full["ownerId"]), *bound])
    if furnish is not None:
        furnish(number)
    _announce(call, number, "ADD")
    letters.send(call, full)
    return number


def bind(call: Call, number: int, cards: Iterable[tuple[int, int]]) -> None:
    """Shows an activity in cards; their last activity is now."""
    schema, store, now = schema_of(call.portal), call.portal.store, int(call.portal.clock.timestamp())
    for entity_type_id, item_id in dict.fromkeys(cards):
        store.execute("INSERT OR IGNORE INTO crm_activity_bindings VALUES (?, ?, ?)", (number, entity_type_id, item_id))
        if not call.notes.get("silent"):
            bindings.touched(schema, store, entity_type_id, item_id, call.user, now)


def cards_of(store: Store, number: int) -> list[tuple[int, int]]:
    """The cards an activity is bound to."""
    rows = store.rows(
        "SELECT entityTypeId, entityId FROM crm_activity_bindings WHERE activityId = ? ORDER BY entityTypeId, entityId",
        (number,),
    )
    return [(row[0], row[1]) for row in rows]


def unbind(call: Call, row: Row, card: tuple[int, int], heir: tuple[int, int] | None = None) -> None:
    """Takes an activity away from a card; when it was the owner, `heir` or another of its cards owns it then."""
    store = call.portal.store
    store.execute(
        "DELETE FROM crm_activity_bindings WHERE activityId = ? AND entityTypeId = ? AND entityId = ?",
        (row["id"], *card),
    )
    if card == (row["ownerTypeId"], row["ownerId"]):
        owner = heir or cards_of(store, row["id"])[0]
        store.execute("UPDATE crm_activities SET ownerTypeId = ?, ownerId = ? WHERE id = ?", (*owner, row["id"]))


def change(call: Call, before: Row, changes: Row) -> None:
    """Changes an activity; without a difference nothing is saved."""
    different = {name: value for name, value in changes.items() if before[name] != value}
    if not different:
        return
    different |= {"lastUpdated": int(call.portal.clock.timestamp()), "editorId": call.user}
    sets = ", ".join(f"{name} = ?" for name in different)
    call.portal.store.execute(f"UPDATE crm_activities SET {sets} WHERE id = ?", (*different.values(), before["id"]))
    _announce(call, before["id"], "UPDATE")
    if different.get("completed") == "Y":
        letters.send(call, {**before, **different})


def remove(call: Call, number: int) -> None:
    """Deletes an activity."""
    call.portal.store.execute("DELETE FROM crm_activities WHERE id = ?", (number,))
    call.portal.store.execute("DELETE FROM crm_activity_bindings WHERE activityId = ?", (number,))
    attachments.forget(call.portal.store, "activity", number)
    _announce(call, number, "DELETE")


def _announce(call: Call, number: int, what: str) -> None:
    call.portal.emit(f"ONCRMACTIVITY{what}", {"FIELDS": {"ID": number}}, call)


def forget_card(store: Store, entity_type_id: int, item_id: int) -> None:
    """A card is gone: its activities go too, unless they are bound to another card, which then owns them."""
    key = (entity_type_id, item_id)
    rows = store.rows("SELECT activityId FROM crm_activity_bindings WHERE entityTypeId = ? AND entityId = ?", key)
    store.execute("DELETE FROM crm_activity_bindings WHERE entityTypeId = ? AND entityId = ?", key)
    for row in rows:
        rest = cards_of(store, row[0])
        if not rest:
            store.execute("DELETE FROM crm_activities WHERE id = ?", (row[0],))
            continue
        store.execute(
            "UPDATE crm_activities SET ownerTypeId = ?, ownerId = ? WHERE id = ? AND ownerTypeId = ? AND ownerId = ?",
            (*rest[0], row[0], *key),
        )


# Old-style name -> (column, kind)
COLUMNS: dict[str, tuple[str, str]] = {
    "ID": ("id", "int"),
    "OWNER_ID": ("ownerId", "int"),
    "OWNER_TYPE_ID": ("ownerTypeId", "int"),
    "TYPE_ID": ("typeId", "int"),
    "PROVIDER_ID": ("providerId", "text"),
    "PROVIDER_TYPE_ID": ("providerTypeId", "text"),
    "PROVIDER_GROUP_ID": ("providerGroupId", "text"),
    "ASSOCIATED_ENTITY_ID": ("associatedEntityId", "int"),
    "SUBJECT": ("subject", "text"),
    "CREATED": ("created", "datetime"),
    "LAST_UPDATED": ("lastUpdated", "datetime"),
    "START_TIME": ("startTime", "datetime"),
    "END_TIME": ("endTime", "datetime"),
    "DEADLINE": ("deadline", "datetime"),
    "COMPLETED": ("completed", "flag"),
    "STATUS": ("status", "int"),
    "RESPONSIBLE_ID": ("responsibleId", "int"),
    "PRIORITY": ("priority", "int"),
    "NOTIFY_TYPE": ("notifyType", "int"),
    "NOTIFY_VALUE": ("notifyValue", "int"),
    "DESCRIPTION": ("description", "text"),
    "DESCRIPTION_TYPE": ("descriptionType", "int"),
    "DIRECTION": ("direction", "int"),
    "LOCATION": ("location", "text"),
    "SETTINGS": ("settings", "json"),
    "ORIGINATOR_ID": ("originatorId", "text"),
    "ORIGIN_ID": ("originId", "text"),
    "AUTHOR_ID": ("authorId", "int"),
    "EDITOR_ID": ("editorId", "int"),
    "PROVIDER_PARAMS": ("providerParams", "json"),
    "PROVIDER_DATA": ("providerData", "text"),
    "RESULT_MARK": ("resultMark", "int"),
    "IS_INCOMING_CHANNEL": ("isIncomingChannel", "flag"),
}
_FIXED = {
    "RESULT_VALUE": None,
    "RESULT_SUM": None,
    "RESULT_CURRENCY_ID": None,
    "RESULT_STATUS": "0",
    "RESULT_STREAM": "0",
    "RESULT_SOURCE_ID": None,
    "AUTOCOMPLETE_RULE": "0",
}


def printed(call: Call, row: Any) -> dict[str, Any]:
    """An activity as crm.activity.get prints it: strings, upper case."""
    shown: dict[str, Any] = {}
    for name, (column, kind) in COLUMNS.items():
        value = row[column]
        if kind == "json":
            shown[name] = json.loads(value)
        elif kind == "datetime":
            shown[name] = "" if value is None else moments.iso(value, call.portal.clock.zone)
        else:
            shown[name] = None if value is None else str(value)
    return {**shown, **_FIXED}
