"""Records of the timeline (comments, log entries): written, found, bound to cards, removed."""

from __future__ import annotations

from typing import Any

from sandbox.crm import attachments, bindings, items
from sandbox.crm.reading import offset
from sandbox.crm.schema import schema_of
from sandbox.kernel.call import Call
from sandbox.kernel.errors import RestError
from sandbox.kernel.store import Store, declare

declare(
    """
    CREATE TABLE IF NOT EXISTS crm_timeline (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL,
        created INTEGER NOT NULL, authorId INTEGER NOT NULL, text TEXT NOT NULL, title TEXT NOT NULL DEFAULT '',
        iconCode TEXT NOT NULL DEFAULT '');
    CREATE TABLE IF NOT EXISTS crm_timeline_bindings (recordId INTEGER NOT NULL, entityTypeId INTEGER NOT NULL,
        entityId INTEGER NOT NULL, PRIMARY KEY (recordId, entityTypeId, entityId)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS crm_timeline_bindings_card ON crm_timeline_bindings (entityTypeId, entityId);
    CREATE TABLE IF NOT EXISTS crm_timeline_apps (recordId INTEGER PRIMARY KEY, app TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS crm_timeline_pins (recordId INTEGER NOT NULL, entityTypeId INTEGER NOT NULL,
        entityId INTEGER NOT NULL, PRIMARY KEY (entityTypeId, entityId, recordId)) WITHOUT ROWID;
    CREATE TRIGGER IF NOT EXISTS crm_timeline_gone AFTER DELETE ON crm_timeline BEGIN
        DELETE FROM crm_timeline_bindings WHERE recordId = old.id;
        DELETE FROM crm_timeline_apps WHERE recordId = old.id;
        DELETE FROM crm_timeline_pins WHERE recordId = old.id;
    END;
    """
)

COMMENT, LOG = "comment", "log"
Card = tuple[int, int]


def owner_not_found() -> RestError:
    """The refusal for a card that is not there."""
    return RestError("OWNER_NOT_FOUND", "Владелец элемента не найден", 400)


def denied() -> RestError:
    """The refusal for a caller without a right to the card."""
    return RestError("ACCESS_DENIED", "Access denied", 400)


def record(call: Call, kind: str, card: Card, values: dict[str, Any]) -> int:
    """Writes a record into a card's timeline."""
    bindings.require(call, card, owner_not_found(), denied())
    store, now = call.portal.store, int(call.portal.clock.timestamp())
    row = {"kind": kind, "created": now, "authorId": call.user, **values}
    if call.forced_id is not None:
        row["id"] = call.forced_id
    number = store.insert("crm_timeline", row)
    store.execute("INSERT INTO crm_timeline_bindings VALUES (?, ?, ?)", (number, *card))
    if call.app is not None:
        store.execute("INSERT INTO crm_timeline_apps VALUES (?, ?)", (number, call.app))
    if not call.notes.get("silent"):
        bindings.touched(schema_of(call.portal), store, *card, call.user, now)
    return number


def find(store: Store, number: int, kind: str | None = None) -> Any:
    """A record by its id (of this kind, when one is named), or None."""
    row = store.one("SELECT * FROM crm_timeline WHERE id = ?", (number,))
    return row if row is not None and kind in (None, row["kind"]) else None


def cards(store: Store, number: int) -> list[Card]:
    """The cards a record is shown in."""
    rows = store.rows(
        "SELECT entityTypeId, entityId FROM crm_timeline_bindings WHERE recordId = ? ORDER BY entityTypeId, entityId",
        (number,),
    )
    return [(row[0], row[1]) for row in rows]


def bind(store: Store, number: int, card: Card) -> bool:
    """Shows a record in one more card; False when it is shown there already."""
    done = store.execute("INSERT OR IGNORE INTO crm_timeline_bindings VALUES (?, ?, ?)", (number, *card))
    return done.rowcount > 0


def unbind(store: Store, number: int, card: Card) -> bool:
    """Takes a record away from a card; False when it was not there."""
    key = (number, *card)
    store.execute("DELETE FROM crm_timeline_pins WHERE recordId = ? AND entityTypeId = ? AND entityId = ?", key)
    done = store.execute(
        "DELETE FROM crm_timeline_bindings WHERE recordId = ? AND entityTypeId = ? AND entityId = ?", key
    )
    return done.rowcount > 0


def app_of(store: Store, number: int) -> str | None:
    """The application that wrote a record, None for a webhook or a person."""
    found = store.value("SELECT app FROM crm_timeline_apps WHERE recordId = ?", (number,))
    return None if found is None else str(found)


def remove(store: Store, number: int) -> None:
    """Deletes a record with everything that hangs on it."""
    store.execute("DELETE FROM crm_timeline WHERE id = ?", (number,))
    attachments.forget(store, "comment", number)


@items.on_forget
def forget_card(store: Store, entity_type_id: int, item_id: int) -> None:
    """A card is gone: so are its records, unless they are shown in another card too."""
    key = (entity_type_id, item_id)
    rows = store.rows("SELECT recordId FROM crm_timeline_bindings WHERE entityTypeId = ? AND entityId = ?", key)
    for row in rows:
        unbind(store, row[0], key)
        if not cards(store, row[0]):
            remove(store, row[0])


def of_card(call: Call, kind: str, card: Card, order: dict[str, Any], size: int) -> tuple[list[Any], int, int]:
    """A page of a card's records, the count of all, and where the page begins; the newest first."""
    columns = {"ID": "id", "CREATED": "created", "AUTHOR_ID": "authorId"}
    parts = [
        f"{columns[key.upper()]} {'DESC' if str(value).upper() == 'DESC' else 'ASC'}"
        for key, value in order.items()
        if key.upper() in columns
    ]
    base = (
        "FROM crm_timeline WHERE kind = ? AND id IN"
        " (SELECT recordId FROM crm_timeline_bindings WHERE entityTypeId = ? AND entityId = ?)"
    )
    start = max(offset(call), 0)
    sql = f"SELECT * {base} ORDER BY {', '.join([*parts, 'id DESC'])} LIMIT {size} OFFSET {start}"
    total = call.portal.store.value(f"SELECT count(*) {base}", (kind, *card))
    return call.portal.store.rows(sql, (kind, *card)), int(total), start
